"""Files of a bundle to plain data, each fault with its line."""

import re
from dataclasses import replace
from pathlib import Path

import yaml
from django.utils.translation import gettext as _

from articles.bundle import values
from articles.bundle.data import (
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
    RankingData,
    ReferenceData,
    SubjectData,
    SubjectsData,
    TableData,
    TagData,
    TaxonomyData,
    TotalData,
)
from articles.text import normalise, normalise_line

MAX_FILE_BYTES = 1_000_000

_STATES = ("draft", "in_review", "published", "withdrawn")
_LICENCES = ("none", "type0", "type1", "type2", "type3", "type4", "ai")

_TABLE = {
    "slug": values.line,
    "ranking": values.line,
    "periods": values.many(values.day),
    "caption": values.line,
    "source_note": values.line,
    "source_url": values.line,
}
_REFERENCE = {
    "title": values.line,
    "publisher": values.line,
    "url": values.line,
    "accessed_date": values.day,
}
_ARTICLE = {
    "uid": values.line,
    "title": values.line,
    "slug": values.line,
    "kicker": values.line,
    "byline": values.line,
    "category": values.line,
    "tags": values.many(values.line),
    "monthly_issue": values.month,
    "leads_month": values.switch,
    "summary": values.prose,
    "state": values.one_of(*_STATES),
    "published_at": values.moment,
    "withdrawn_at": values.moment,
    "kogl": values.one_of(*_LICENCES),
    "comment_policy": values.one_of("open", "reviewed", "closed"),
    "comments_open_days": values.integer,
    "comments_close_at": values.moment,
    "tables": values.many(values.record(TableData, _TABLE, {"slug", "ranking"})),
    "references": values.many(values.record(ReferenceData, _REFERENCE, {"title"})),
    "legacy_paths": values.many(values.line),
}
_ISSUE = {
    "month": values.month,
    "title": values.line,
    "state": values.one_of("draft", "published"),
    "published_at": values.moment,
}
_PAGE = {"slug": values.line, "title": values.line, "position": values.integer}
_CATEGORY = {"slug": values.line, "name": values.line, "position": values.integer}
_TAG = {"slug": values.line, "name": values.line}
_TAXONOMY = {
    "categories": values.many(values.record(CategoryData, _CATEGORY, {"slug", "name"})),
    "tags": values.many(values.record(TagData, _TAG, {"slug", "name"})),
}
_SUBJECT = {
    "slug": values.line,
    "name": values.line,
    "country": values.line,
    "aliases": values.many(values.line),
    "former_slugs": values.many(values.line),
}
_ENTRY = {
    "rank": values.integer,
    "tied": values.switch,
    "subject": values.line,
    "label": values.line,
    "cells": values.cells,
}
_TOTAL = {"label": values.line, "cells": values.cells}
_PERIOD = {
    "label": values.line,
    "as_of": values.day,
    "published_at": values.moment,
    "entries": values.many(values.record(EntryData, _ENTRY, {"rank", "subject", "label"})),
    "total": values.record(TotalData, _TOTAL, {"label", "cells"}),
}
_COLUMN = {"key": values.line, "heading": values.line}
_RANKING = {
    "slug": values.line,
    "title": values.line,
    "rank_heading": values.line,
    "columns": values.many(values.record(ColumnData, _COLUMN, {"key", "heading"})),
    "periods": values.many(values.record(PeriodData, _PERIOD, {"label", "as_of"})),
}

_READ_ARTICLE = values.record(ArticleData, _ARTICLE, {"uid", "title"})
_READ_ISSUE = values.record(IssueData, _ISSUE, {"month", "title"})
_READ_PAGE = values.record(PageData, _PAGE, {"slug", "title"})
_READ_TAXONOMY = values.record(TaxonomyData, _TAXONOMY, set())
_READ_SUBJECTS = values.many(values.record(SubjectData, _SUBJECT, {"slug", "name"}))
_READ_RANKING = values.record(RankingData, _RANKING, {"slug", "title", "rank_heading", "columns"})

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


def read_yaml(text: str) -> TaxonomyData | SubjectsData | RankingData:
    """Return the taxonomy, the subjects or the ranking series that YAML `text` says."""
    text = normalise(text)
    if not text.strip():
        raise BundleError(1, _("The file is empty."))
    node = values.compose(text)
    if isinstance(node, yaml.SequenceNode):
        return SubjectsData(_READ_SUBJECTS(node))
    keys = values.pairs(node)
    if "columns" in keys or "slug" in keys:
        return _READ_RANKING(node)
    if keys.keys() & _TAXONOMY.keys() or not keys:
        return _READ_TAXONOMY(node)
    raise values.fault(node, _("The keys are those of no file of a bundle."))


def read_markdown(text: str) -> ArticleData | IssueData | PageData:
    """Return the article, the monthly issue or the site page that `text` says."""
    lines = normalise(text).split("\n")
    if lines[0].rstrip() != "---":
        raise BundleError(1, _("The file does not begin with a line “---”."))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise BundleError(1, _("The line “---” that ends the first part is missing."))
    node = values.compose("\n".join(lines[1:end]), first_line=2)
    rest = lines[end + 1 :]
    keys = values.pairs(node)
    if "uid" in keys:
        return replace(_READ_ARTICLE(node), body=_body(rest))
    if "month" in keys:
        return replace(_READ_ISSUE(node), items=_items(rest, end + 2))
    if "slug" in keys:
        return replace(_READ_PAGE(node), body=_body(rest))
    raise values.fault(node, _("None of the keys uid, month and slug stands here."))


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
    node, line = values.compose(source, first), first
    for step in path:
        if isinstance(node, yaml.MappingNode) and step in (keys := values.pairs(node)):
            line = keys[step][0].start_mark.line + 1
            node = keys[step][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


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
