"""An article as the beginning of next month's."""

import re
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from articles.bundle.data_to_rows import month_day, row_of, store
from articles.bundle.rows_to_data import whole_data
from articles.models import MonthlyIssue, RankingPeriod, Revision
from articles.models.article import new_uid

MONTH = re.compile(r"(?<!\d)(\d{1,2})월")
# What leads somewhere, and would lead nowhere under another name.
ADDRESS = re.compile(r"(\[\[ranking:[^\]\n]*\]\]|\]\([^()\s]*|https?://[^\s<>\"()]+)")
# What holds a text together: headings, and the places of its tables.
SKELETON = re.compile(r"#{2,} |\[\[ranking:")


def copy_for_next_month(article, *, by, keeps_text):
    """Store a draft like `article` for the month after its own, and return it.

    Kicker, title and captions name that month, and each table shows as many periods as before, the
    newest. References, old addresses and moments belong to the old article alone.
    """
    data = whole_data(article)
    year, month = _month_of(data)
    moved = _mover(year, month)
    text = {"summary": moved(data.summary), "body": moved(data.body)}
    if not keeps_text:
        text = {"summary": "", "body": _skeleton(text["body"])}
    copied = replace(
        data,
        uid=new_uid(),
        title=moved(data.title),
        slug="",
        kicker=moved(data.kicker),
        monthly_issue=_next_issue(year, month),
        leads_month=False,
        state="draft",
        published_at=None,
        withdrawn_at=None,
        comments_close_at=None,
        tables=tuple(
            replace(
                table,
                caption=moved(table.caption),
                periods=_newest_periods(table.ranking, len(table.periods)),
            )
            for table in data.tables
        ),
        references=(),
        legacy_paths=(),
        **text,
    )
    with transaction.atomic():
        note = _("Copied from “%(title)s”") % {"title": article}
        store(copied, Revision.Kind.SAVED, reason=note, by=by, note=note[:300])
        return row_of(copied)


def _month_of(data):
    """Return year and month that an article speaks of; the year is None where nothing says it."""
    if data.monthly_issue:
        year, month = map(int, data.monthly_issue.split("-"))
        return year, month
    found = MONTH.search(f"{data.kicker} {data.title}")
    year = data.published_at.year if data.published_at else None
    if found:
        return year, int(found[1])
    return year, data.published_at.month if data.published_at else None


def _mover(year, month):
    """Return what moves a text that names the month on to the next; years only into January."""
    after = month and month % 12 + 1

    def moved_words(text):
        text = MONTH.sub(lambda m: f"{after}월" if int(m[1]) == month else m[0], text)
        return text.replace(f"{year}년", f"{year + 1}년") if year and after == 1 else text

    def moved(text):
        pieces = ADDRESS.split(text)
        return "".join(
            piece if number % 2 else moved_words(piece) for number, piece in enumerate(pieces)
        )

    return moved


def _next_issue(year, month):
    """Return the next month's issue, as a bundle names it, where there is one."""
    if not (year and month):
        return ""
    following = f"{year + month // 12:04}-{month % 12 + 1:02}"
    exists = MonthlyIssue.objects.filter(month=month_day(following)).exists()
    return following if exists else ""


def _newest_periods(ranking, count):
    dates = RankingPeriod.objects.filter(ranking__slug=ranking).order_by("-as_of")
    return tuple(sorted(dates.values_list("as_of", flat=True)[:count]))


def _skeleton(body):
    lines = [line for line in body.split("\n") if SKELETON.match(line)]
    return "\n\n".join(lines) or _("(Write here.)")
