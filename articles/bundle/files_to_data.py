"""Files of a bundle to plain data, each fault with its line."""

import re
from dataclasses import replace
from pathlib import Path

import yaml
from django.utils.translation import gettext as _

from articles.bundle import yaml_values
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
from articles.content.text import normalise, normalise_line

MAX_FILE_BYTES = 1_000_000

_STATES = ("draft", "in_review", "published", "withdrawn")
_LICENCES = ("none", "type0", "type1", "type2", "type3", "type4", "ai")

_TABLE = {
    "slug": yaml_values.line,
    "ranking": yaml_values.line,
    "periods": yaml_values.many(yaml_values.day),
    "caption": yaml_values.line,
    "source_note": yaml_values.line,
    "source_url": yaml_values.line,
}
_REFERENCE = {
    "title": yaml_values.line,
    "publisher": yaml_values.line,
    "url": yaml_values.line,
    "accessed_date": yaml_values.day,
}
_ARTICLE = {
    "uid": yaml_values.line,
    "title": yaml_values.line,
    "slug": yaml_values.line,
    "kicker": yaml_values.line,
    "byline": yaml_values.line,
    "category": yaml_values.line,
    "tags": yaml_values.many(yaml_values.line),
    "monthly_issue": yaml_values.month,
    "leads_month": yaml_values.switch,
    "summary": yaml_values.prose,
    "state": yaml_values.one_of(*_STATES),
    "published_at": yaml_values.moment,
    "withdrawn_at": yaml_values.moment,
    "kogl": yaml_values.one_of(*_LICENCES),
    "comment_policy": yaml_values.one_of("open", "reviewed", "closed"),
    "comments_open_days": yaml_values.integer,
    "comments_close_at": yaml_values.moment,
    "tables": yaml_values.many(yaml_values.record(TableData, _TABLE, {"slug", "ranking"})),
    "references": yaml_values.many(yaml_values.record(ReferenceData, _REFERENCE, {"title"})),
    "legacy_paths": yaml_values.many(yaml_values.line),
}
_ISSUE = {
    "month": yaml_values.month,
    "title": yaml_values.line,
    "state": yaml_values.one_of("draft", "published"),
    "published_at": yaml_values.moment,
}
_PAGE = {"slug": yaml_values.line, "title": yaml_values.line, "position": yaml_values.integer}
_CATEGORY = {"slug": yaml_values.line, "name": yaml_values.line, "position": yaml_values.integer}
_TAG = {"slug": yaml_values.line, "name": yaml_values.line}
_TAXONOMY = {
    "categories": yaml_values.many(yaml_values.record(CategoryData, _CATEGORY, {"slug", "name"})),
    "tags": yaml_values.many(yaml_values.record(TagData, _TAG, {"slug", "name"})),
}
_SUBJECT = {
    "slug": yaml_values.line,
    "name": yaml_values.line,
    "country": yaml_values.line,
    "aliases": yaml_values.many(yaml_values.line),
    "former_slugs": yaml_values.many(yaml_values.line),
}
_ENTRY = {
    "rank": yaml_values.integer,
    "tied": yaml_values.switch,
    "subject": yaml_values.line,
    "label": yaml_values.line,
    "cells": yaml_values.cells,
}
_TOTAL = {"label": yaml_values.line, "cells": yaml_values.cells}
_PERIOD = {
    "label": yaml_values.line,
    "as_of": yaml_values.day,
    "published_at": yaml_values.moment,
    "entries": yaml_values.many(
        yaml_values.record(EntryData, _ENTRY, {"rank", "subject", "label"})
    ),
    "total": yaml_values.record(TotalData, _TOTAL, {"label", "cells"}),
}
_COLUMN = {"key": yaml_values.line, "heading": yaml_values.line}
_RANKING = {
    "slug": yaml_values.line,
    "title": yaml_values.line,
    "rank_heading": yaml_values.line,
    "columns": yaml_values.many(yaml_values.record(ColumnData, _COLUMN, {"key", "heading"})),
    "periods": yaml_values.many(yaml_values.record(PeriodData, _PERIOD, {"label", "as_of"})),
}

_READ_ARTICLE = yaml_values.record(ArticleData, _ARTICLE, {"uid", "title"})
_READ_ISSUE = yaml_values.record(IssueData, _ISSUE, {"month", "title"})
_READ_PAGE = yaml_values.record(PageData, _PAGE, {"slug", "title"})
_READ_TAXONOMY = yaml_values.record(TaxonomyData, _TAXONOMY, set())
_READ_SUBJECTS = yaml_values.many(yaml_values.record(SubjectData, _SUBJECT, {"slug", "name"}))
_READ_RANKING = yaml_values.record(
    RankingData, _RANKING, {"slug", "title", "rank_heading", "columns"}
)

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
    node = yaml_values.compose(text)
    if isinstance(node, yaml.SequenceNode):
        return SubjectsData(_READ_SUBJECTS(node))
    keys = yaml_values.pairs(node)
    if "columns" in keys or "slug" in keys:
        return _READ_RANKING(node)
    if keys.keys() & _TAXONOMY.keys() or not keys:
        return _READ_TAXONOMY(node)
    raise yaml_values.fault(node, _("The keys are those of no file of a bundle."))


def read_markdown(text: str) -> ArticleData | IssueData | PageData:
    """Return the article, the monthly issue or the site page that `text` says."""
    lines = normalise(text).split("\n")
    if lines[0].rstrip() != "---":
        raise BundleError(1, _("The file does not begin with a line “---”."))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise BundleError(1, _("The line “---” that ends the first part is missing."))
    node = yaml_values.compose("\n".join(lines[1:end]), first_line=2)
    rest = lines[end + 1 :]
    keys = yaml_values.pairs(node)
    if "uid" in keys:
        return replace(_READ_ARTICLE(node), body=_body(rest))
    if "month" in keys:
        return replace(_READ_ISSUE(node), items=_items(rest, end + 2))
    if "slug" in keys:
        return replace(_READ_PAGE(node), body=_body(rest))
    raise yaml_values.fault(node, _("None of the keys uid, month and slug stands here."))


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
    node, line = yaml_values.compose(source, first), first
    for step in path:
        if isinstance(node, yaml.MappingNode) and step in (keys := yaml_values.pairs(node)):
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
