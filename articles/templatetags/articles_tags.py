"""How dates, kept HTML, fields and rankings look; nothing here asks the database."""

import json

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from articles.content.line_breaks import kept_together
from articles.content.share_picture import kind_picture_url
from articles.content.text import CONTENT_LANGUAGE
from articles.rankings import movement
from articles.rankings.changes import newest_changes
from articles.rankings.table_rendering import draw_beside, draw_rows

register = template.Library()

_IN_KOREAN = format_html(' lang="{}"', CONTENT_LANGUAGE)
JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def kept_html(html):
    """Draw HTML that was sanitised or escaped when it was saved; the only place that trusts any."""
    return mark_safe(html)  # noqa: S308


@register.filter
def prose_html(html):
    """Draw the HTML of an editor's text, lines not breaking where no Korean line does."""
    return kept_html(kept_together(html))


@register.simple_tag
def share_picture_url(kind):
    """Return the address of the picture that pages of a kind share."""
    return kind_picture_url(kind)


@register.simple_tag
def in_korean():
    """Draw the attribute that tells what editors and readers wrote from an English interface."""
    return "" if get_language() == CONTENT_LANGUAGE else _IN_KOREAN


@register.filter
def day(moment):
    """Draw a date or a date-time as 2025.10.28."""
    if hasattr(moment, "hour"):
        moment = timezone.localtime(moment).replace(microsecond=0)
    return _time(moment, "%Y.%m.%d")


@register.filter
def minute(moment):
    """Draw a date-time as 2025.10.28 09:30."""
    moment = timezone.localtime(moment).replace(microsecond=0)
    return _time(moment, "%Y.%m.%d %H:%M")


def _time(moment, style):
    text = moment.strftime(style)
    return mark_safe(f'<time datetime="{moment.isoformat()}">{text}</time>')  # noqa: S308


@register.filter
def described_by(field, ids):
    """Draw a form field whose description is `ids` and, when there is one, its error."""
    if field.errors:
        ids = f"{ids} {field.auto_id}_error"
    return field.as_widget(attrs={"aria-describedby": ids})


@register.filter
def at(mapping, key):
    """Return what `mapping` has at `key`, or None."""
    return mapping.get(key) if mapping else None


# More columns than a sheet of paper holds, upright and across.
WIDE, VAST = 8, 16


@register.inclusion_tag("articles/_ranking_table.html")
def ranking_table(
    layout, caption, source_note="", source_url="", *, files=None, folded=True, links=None, talk=""
):
    """Draw a ranking's table and chart; each column's header cell names the group it stands under.

    `files` are addresses of the figures by kind; where there is little room, a `folded` chart opens
    when asked for. `links` is what stands beside an entry: {its first cell's id: link with id,
    address, text, label and is_idle}; `talk` is where one chooses a row to speak of.
    """
    width = layout.groups[0].span if layout.groups else 1
    columns = [
        (column, layout.groups[number // width].id) for number, column in enumerate(layout.columns)
    ]
    return {
        "layout": layout,
        "columns": columns,
        "width": width,
        "size": "vast" if len(columns) > VAST else "wide" if len(columns) > WIDE else "",
        "caption": caption,
        "source_note": source_note,
        "source_url": source_url,
        "files": files,
        "talk": talk,
        "rows": mark_safe(draw_rows(layout, width, links)),  # noqa: S308 - escaped there
        "folded": folded,
    }


@register.filter
def beside(link):
    """Draw the link to what is said about an item."""
    return mark_safe(draw_beside(link))  # noqa: S308 - escaped there


@register.filter
def json_ld(data):
    """Draw data for search engines; nothing in it can end the element that it stands in."""
    text = json.dumps(data, ensure_ascii=False).translate(JSON_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', kept_html(text))


@register.filter
def move(moved):
    """Draw a move from one period to the next, by shape and text."""
    return movement.draw(moved)


@register.simple_tag
def standings(table):
    """Return the newest period of a loaded table that has figures, each entry with its move."""
    periods = list(table.periods.all())
    while periods and not periods[-1].entries.all():
        periods.pop()
    if not periods:
        return {"period": None, "previous": None, "changes": None, "rows": []}
    comparisons = movement.compare([movement.ranks_of(period) for period in periods])
    newest = comparisons[-1]
    rows = [
        {
            "entry": entry,
            "move": newest.moves.get(entry.subject_id),
            "cells": [entry.cells.get(column["key"], "") for column in table.ranking.cell_columns],
        }
        for entry in periods[-1].entries.all()
    ]
    before = newest.with_period
    return {
        "period": periods[-1],
        "previous": None if before is None else periods[before],
        "changes": newest_changes(periods, comparisons),
        "rows": rows,
    }
