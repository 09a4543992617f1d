"""Files of a bundle to plain data, each fault with its line."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from articles.bundle import schema, yaml_nodes
from articles.bundle.data import (
    SEOUL,
    ArticleData,
    BundleError,
    CategoryData,
    ColumnData,
    Data,
    EntryData,
    IssueData,
    IssueItemData,
    PageData,
    PeriodData,
    PictureData,
    PicturesData,
    RankingData,
    ReferenceData,
    SubjectData,
    SubjectsData,
    TableData,
    TagData,
    TaxonomyData,
    TotalData,
)
from articles.content.text import normalise, normalise_line

MAX_FILE_BYTES = 1_000_000

_MOMENT = schema.moment(SEOUL)
_STATES = ("draft", "in_review", "published", "withdrawn")
_LICENCES = ("none", "type0", "type1", "type2", "type3", "type4", "ai")

_TABLE = {
    "slug": schema.line,
    "ranking": schema.line,
    "periods": schema.many(schema.day),
    "caption": schema.line,
    "source_note": schema.line,
    "source_url": schema.line,
}
_REFERENCE = {
    "title": schema.line,
    "publisher": schema.line,
    "url": schema.line,
    "accessed_date": schema.day,
}
_ARTICLE = {
    "uid": schema.line,
    "title": schema.line,
    "slug": schema.line,
    "kicker": schema.line,
    "byline": schema.line,
    "category": schema.line,
    "tags": schema.many(schema.line),
    "monthly_issue": schema.month,
    "leads_month": schema.switch,
    "summary": schema.prose,
    "lead_picture": schema.line,
    "state": schema.one_of(*_STATES),
    "published_at": _MOMENT,
    "withdrawn_at": _MOMENT,
    "kogl": schema.one_of(*_LICENCES),
    "comment_policy": schema.one_of("open", "reviewed", "closed"),
    "comments_open_days": schema.integer,
    "comments_close_at": _MOMENT,
    "tables": schema.many(schema.record(TableData, _TABLE, {"slug", "ranking"})),
    "references": schema.many(schema.record(ReferenceData, _REFERENCE, {"title"})),
    "legacy_paths": schema.many(schema.line),
}
_ISSUE = {
    "month": schema.month,
    "title": schema.line,
    "state": schema.one_of("draft", "in_review", "published"),
    "published_at": _MOMENT,
}
_PAGE = {"slug": schema.line, "title": schema.line, "position": schema.integer}
_CATEGORY = {"slug": schema.line, "name": schema.line, "position": schema.integer}
_TAG = {"slug": schema.line, "name": schema.line}
_TAXONOMY = {
    "categories": schema.many(schema.record(CategoryData, _CATEGORY, {"slug", "name"})),
    "tags": schema.many(schema.record(TagData, _TAG, {"slug", "name"})),
}
_PICTURE = {
    "name": schema.line,
    "alternative_text": schema.line,
    "is_decorative": schema.switch,
    "caption": schema.line,
    "credit": schema.line,
    "focal_x": schema.integer,
    "focal_y": schema.integer,
}
_PICTURES = {"pictures": schema.many(schema.record(PictureData, _PICTURE, {"name"}))}
_SUBJECT = {
    "slug": schema.line,
    "name": schema.line,
    "country": schema.line,
    "aliases": schema.many(schema.line),
    "former_slugs": schema.many(schema.line),
}
_ENTRY = {
    "rank": schema.integer,
    "tied": schema.switch,
    "subject": schema.line,
    "label": schema.line,
    "cells": schema.cells,
}
_TOTAL = {"label": schema.line, "cells": schema.cells}
_PERIOD = {
    "label": schema.line,
    "as_of": schema.day,
    "published_at": _MOMENT,
    "entries": schema.many(schema.record(EntryData, _ENTRY, {"rank", "subject", "label"})),
    "total": schema.record(TotalData, _TOTAL, {"label", "cells"}),
}
_COLUMN = {"key": schema.line, "heading": schema.line}
_RANKING = {
    "slug": schema.line,
    "title": schema.line,
    "rank_heading": schema.line,
    "columns": schema.many(schema.record(ColumnData, _COLUMN, {"key", "heading"})),
    "periods": schema.many(schema.record(PeriodData, _PERIOD, {"label", "as_of"})),
}

_READ_ARTICLE = schema.record(ArticleData, _ARTICLE, {"uid", "title"})
_READ_ISSUE = schema.record(IssueData, _ISSUE, {"month", "title"})
_READ_PAGE = schema.record(PageData, _PAGE, {"slug", "title"})
_READ_PICTURES = schema.record(PicturesData, _PICTURES, set())
_READ_TAXONOMY = schema.record(TaxonomyData, _TAXONOMY, set())
_READ_SUBJECTS = schema.many(schema.record(SubjectData, _SUBJECT, {"slug", "name"}))
_READ_RANKING = schema.record(RankingData, _RANKING, {"slug", "title", "rank_heading", "columns"})

# In a file these texts follow the front matter.
_ITEM = {"category": schema.line, "headline": schema.line, "body": schema.prose}
_ITEMS = schema.many(schema.record(IssueItemData, _ITEM, {"category", "headline"}))
_WHOLE_ARTICLE = {
    **_ARTICLE,
    "monthly_issue": lambda written: schema.month(written) if written else "",
    "body": schema.prose,
}
_READ_WHOLE = {
    ArticleData: schema.record(ArticleData, _WHOLE_ARTICLE, {"uid", "title"}),
    IssueData: schema.record(IssueData, {**_ISSUE, "items": _ITEMS}, {"month", "title"}),
    PageData: schema.record(PageData, {**_PAGE, "body": schema.prose}, {"slug", "title"}),
    RankingData: _READ_RANKING,
}

_ITEM_HEADING = re.compile(r"##(?!#)")
_ESCAPED_HEADING = re.compile(r"\\+##(?!#)")


def read_file(path: Path) -> Data:
    """Return what a file of a bundle says; raises BundleError with the line of the fault.

    What a file holds is told by its keys, so it may stand anywhere under any name.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BundleError(
            1, _("The file is larger than %(limit)s kB.") % {"limit": MAX_FILE_BYTES // 1000}
        )
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BundleError(line, _("The text is not UTF-8.")) from error
    if path.suffix.lower() == ".md":
        return read_markdown(text)
    return read_yaml(text)


def data_of(data_class: type[Data], plain: Any) -> Any:
    """Return the `data_class` that mappings, lists and texts say, whole; raises SchemaError."""
    return _READ_WHOLE[data_class](plain)


def read_yaml(text: str) -> TaxonomyData | PicturesData | SubjectsData | RankingData:
    """Return the taxonomy, pictures, subjects or the ranking series that YAML `text` says."""
    text = normalise(text)
    if not text.strip():
        raise BundleError(1, _("The file is empty."))
    return _read(yaml_nodes.compose(text), _yaml_data)


def _yaml_data(data: Any) -> TaxonomyData | PicturesData | SubjectsData | RankingData:
    if isinstance(data, list):
        return SubjectsData(_READ_SUBJECTS(data))
    keys = schema.mapping(data).keys()
    if "columns" in keys or "slug" in keys:
        return _READ_RANKING(data)
    if keys & _PICTURES.keys():
        return _READ_PICTURES(data)
    if keys & _TAXONOMY.keys() or not keys:
        return _READ_TAXONOMY(data)
    raise schema.SchemaError(_("The keys are those of no file of a bundle."))


def _read(node: yaml.Node, reader: schema.Reader) -> Any:
    """Return what `reader` makes of the node; raises BundleError with the line of the fault."""
    try:
        return reader(yaml_nodes.plain(node))
    except schema.SchemaError as error:
        raise BundleError(yaml_nodes.line_at(node, error.path), error.message) from error


def read_markdown(text: str) -> ArticleData | IssueData | PageData:
    """Return the article, the monthly issue or the site page that `text` says."""
    lines = normalise(text).split("\n")
    if lines[0].rstrip() != "---":
        raise BundleError(1, _("The file does not begin with a line “---”."))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise BundleError(1, _("The line “---” that ends the first part is missing."))
    node = yaml_nodes.compose("\n".join(lines[1:end]), first_line=2)
    data = _read(node, _front_matter)
    rest = lines[end + 1 :]
    if isinstance(data, IssueData):
        return replace(data, items=_items(rest, end + 2))
    return replace(data, body=_body(rest))


def _front_matter(data: Any) -> ArticleData | IssueData | PageData:
    keys = schema.mapping(data).keys()
    if "uid" in keys:
        return _READ_ARTICLE(data)
    if "month" in keys:
        return _READ_ISSUE(data)
    if "slug" in keys:
        return _READ_PAGE(data)
    raise schema.SchemaError(_("None of the keys uid, month and slug stands here."))


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """Return the line of a bundle's file `text` where the value at `path` begins.

    `path` leads there by keys and places in lists; where it leads no further, what is above it
    answers. `body` and `items` stand below the front matter.
    """
    lines = normalise(text).split("\n")
    first, source = 1, "\n".join(lines)
    if lines[0].rstrip() == "---":
        end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
        if path[:1] == ("body",):
            return min(end + 2, len(lines))
        if path[:1] == ("items",):
            headings = [n for n, line in enumerate(lines, 1) if _ITEM_HEADING.match(line)]
            return headings[path[1]]
        first, source = 2, "\n".join(lines[1:end])
    return yaml_nodes.line_at(yaml_nodes.compose(source, first), path) if path else first


def _body(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _items(lines: list[str], first_line: int) -> tuple[IssueItemData, ...]:
    items: list[tuple[str, str, list[str]]] = []
    for number, line in enumerate(lines, first_line):
        if _ITEM_HEADING.match(line):
            items.append((*_item_heading(line, number), []))
        elif items:
            items[-1][2].append(line[1:] if _ESCAPED_HEADING.match(line) else line)
        elif line.strip():
            raise BundleError(number, _("An item begins with a line “## (category) headline”."))
    return tuple(
        IssueItemData(category, headline, _body(body)) for category, headline, body in items
    )


def _item_heading(line: str, number: int) -> tuple[str, str]:
    text = normalise_line(line[2:])
    category, closed, headline = text.partition(")")
    if not text.startswith("(") or not closed:
        raise BundleError(number, _("An item begins with a line “## (category) headline”."))
    category, headline = category[1:].strip(), headline.strip()
    if not category or not headline:
        raise BundleError(number, _("The category or the headline of the item is missing."))
    return category, headline
