"""What two saved states of one thing differ in: words of texts, rows of lists, cells of tables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from articles.bundle.data import (
    SEOUL,
    ColumnData,
    EntryData,
    IssueItemData,
    PeriodData,
    RankingData,
    ReferenceData,
    TableData,
)
from articles.content.word_diff import ADDED, REMOVED, SAME, word_changes

CHANGED = "changed"
# What is compared word by word.
PROSE = {"title", "kicker", "summary", "body", "rank_heading"}

# [(SAME, REMOVED or ADDED, text)] in the order of reading.
Pieces = list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """A row that is ADDED, REMOVED or CHANGED; a cell for each of the list's columns."""

    kind: str
    cells: tuple[Pieces, ...]


@dataclass(frozen=True)
class Difference:
    """What differs in one field of the data: the words of a text, or rows below their `columns`."""

    field: str
    words: Pieces | None = None
    # Names of fields, or headings of a ranking's own.
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    # Of a ranking's figures: the period they belong to.
    period: str = ""

    def count(self, kind: str) -> int:
        """Return how many words, or rows, are of the kind."""
        if self.words is None:
            return sum(row.kind == kind for row in self.rows)
        return sum(len(text.split()) for of, text in self.words if of == kind)

    @property
    def is_order_only(self) -> bool:
        return self.words is None and not self.rows


def differences(before: Any, after: Any) -> list[Difference]:
    """Return the fields of two data of one class that differ, in the order of the fields."""
    found: list[Difference] = []
    for each in fields(after):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if old == new:
            continue
        if each.name == "periods" and isinstance(after, RankingData):
            found += _period_differences(old, new, after)
        elif isinstance(new, tuple):
            rows = _rows(each.name, old), _rows(each.name, new)
            found.append(_row_difference(each.name, *rows))
        else:
            words = word_changes if each.name in PROSE else whole_values
            found.append(Difference(each.name, words(as_text(old), as_text(new))))
    return found


def whole_values(before: str, after: str) -> Pieces:
    """Return a value that is read whole, a figure or a date, and what it has become."""
    if before == after:
        return [(SAME, after)] if after else []
    return [(kind, text) for kind, text in ((REMOVED, before), (ADDED, after)) if text]


def summary(found: list[Difference]) -> list[list]:
    """Return what a list of revisions tells: [[field, added, removed, changed]], a field once.

    The numbers count rows, and in a body words.
    """
    counts: dict[str, Counter] = {}
    for difference in found:
        of_field = counts.setdefault(difference.field, Counter())
        if difference.words is None or difference.field == "body":
            of_field.update({kind: difference.count(kind) for kind in (ADDED, REMOVED, CHANGED)})
    return [[name, of[ADDED], of[REMOVED], of[CHANGED]] for name, of in counts.items()]


def as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(SEOUL):%Y.%m.%d %H:%M}"
        case date():
            return f"{value:%Y.%m.%d}"
        case tuple():
            return ", ".join(map(as_text, value))
        case bool():
            return "✓" if value else ""
    return str(value)


# Rows: {key: {column: value}}


def _rows(name: str, records: tuple) -> dict[Any, dict[str, Any]]:
    times: Counter = Counter()
    rows = {}
    for record in records:
        key = row_key(record)
        times[key] += 1
        rows[key, times[key]] = _values(name, record)
    return rows


def row_key(record: Any) -> Any:
    """Return what a row is known by when its other values change."""
    match record:
        case ReferenceData():
            return record.url or record.title
        case TableData():
            return record.slug
        case IssueItemData():
            return record.headline
        case ColumnData():
            return record.key
        case EntryData():
            return record.subject
        case PeriodData():
            return record.as_of
    return record


def _values(name: str, record: Any) -> dict[str, Any]:
    if isinstance(record, str):
        return {name: record}
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    cells = values.pop("cells", {})
    return values | (dict(cells) if isinstance(cells, Mapping) else {})


def _row_difference(name: str, old: dict, new: dict, headings: Any = None, period: str = ""):
    pairs = [(old.get(key), values) for key, values in new.items()]
    gone = [values for key, values in old.items() if key not in new]
    if len(old) == len(new):
        # A row that has lost what it was known by is still the one in its place.
        places = dict(zip(new, old, strict=True))
        pairs = [
            (old.get(key) or (old[places[key]] if places[key] not in new else None), values)
            for key, values in new.items()
        ]
        taken = [id(values) for values, _new in pairs if values is not None]
        gone = [values for values in gone if id(values) not in taken]
    changed = [(a, b) for a, b in [*pairs, *((values, None) for values in gone)] if a != b]
    columns = dict.fromkeys(key for pair in changed for values in pair for key in values or ())
    columns = [key for key in columns if any((row or {}).get(key) for p in changed for row in p)]
    rows = tuple(Row(_kind(a, b), tuple(_cells(a or {}, b or {}, columns))) for a, b in changed)
    shown = tuple((headings or {}).get(key, key) for key in columns)
    return Difference(name, columns=shown, rows=rows, period=period)


def _kind(old: dict | None, new: dict | None) -> str:
    if old is None:
        return ADDED
    return REMOVED if new is None else CHANGED


def _cells(old: dict, new: dict, columns: list[str]) -> Iterator[Pieces]:
    for key in columns:
        before, after = as_text(old.get(key)), as_text(new.get(key))
        words = word_changes if "\n" in before + after else whole_values
        yield words(before, after)


# A ranking's figures


def _period_differences(
    old: tuple[PeriodData, ...], new: tuple[PeriodData, ...], ranking: RankingData
) -> Iterator[Difference]:
    headings = {column.key: column.heading for column in ranking.columns[1:]}
    headings |= {"rank": ranking.rank_heading, "label": ranking.columns[0].heading}
    known = {period.as_of: period for period in old}
    periods = [(known.pop(period.as_of, None), period) for period in new]
    for before, after in [*periods, *((period, None) for period in known.values())]:
        if before == after:
            continue
        label = (after or before).label  # type: ignore[union-attr]
        rows = [_period_rows(period) for period in (before, after)]
        yield _row_difference("periods", *rows, headings, label)


def _period_rows(period: PeriodData | None) -> dict:
    if period is None:
        return {}
    rows: dict[Any, dict[str, Any]] = _rows("entries", period.entries)
    for values in rows.values():
        del values["subject"]
    if period.total:
        rows["total"] = {"label": period.total.label, **period.total.cells}
    head = {
        "label": f"{period.label} ({as_text(period.as_of)})",
        "published_at": period.published_at,
    }
    return {"head": head, **rows}
