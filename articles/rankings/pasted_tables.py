"""A table as copied from a spreadsheet, 한글 or a web page, to the column groups of a ranking."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from articles.content.text import normalise, normalise_line
from articles.rankings.total_validation import is_total

MAX_CHARACTERS = 300_000
MAX_ROWS = 1_000
MAX_COLUMNS = 60
MAX_GROUPS = 6

_RANK = re.compile(r"(?:공동\s*)?(\d{1,4})\s*(?:위|\.|등)?(?:\s*\(?공동\)?)?")
_MARKDOWN_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_PIPE = re.compile(r"(?<!\\)\|")
_NOTE = re.compile(r"[*※]|출처|주[:)]|source", re.IGNORECASE)

Rows = list[list[str]]


class PasteError(ValueError):
    """Say what cannot be read: `faults` are (row counted from 1, or 0 for the whole; sentence)."""

    def __init__(self, *faults: tuple[int, str]):
        super().__init__(*faults)
        self.faults = faults


@dataclass(frozen=True)
class Group:
    """A period's rows, each its rank and its cells in the columns' order, as texts.

    `total` is its last row, the label and the cells; empty where there is none.
    """

    label: str
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


# From what was copied to rows of cells


def read_text(text: str, column_count: int) -> Rows:
    """Return the cells of copied text: tabs, Markdown, commas, or one cell a line.

    Merged cells are as the source left them: the text in the first, the others empty. Raises
    PasteError.
    """
    if len(text) > MAX_CHARACTERS:
        raise PasteError((0, _("This is too much to be one table.")))
    text = normalise(text).strip("\n")
    lines = text.split("\n")
    if "\t" in text:
        return _clean(_separated(text, "\t"))
    if sum(line.strip().startswith("|") for line in lines) > len(lines) // 2:
        return _clean(_markdown(lines))
    if len({line.count(",") for line in lines if line.strip()}) == 1 and "," in text:
        return _clean(_separated(text, ","))
    return _clean(_one_cell_a_line([line for line in lines if line.strip()], column_count))


def _separated(text: str, delimiter: str) -> Rows:
    # An odd quotation mark is no spreadsheet's: it would take the rest of the text with it.
    if text.count('"') % 2:
        return [line.split(delimiter) for line in text.split("\n")]
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise PasteError((0, _("The quotation marks of the table do not fit."))) from error


def _markdown(lines: Sequence[str]) -> Rows:
    rows = []
    for line in map(str.strip, lines):
        if not line or _MARKDOWN_RULE.fullmatch(line):
            continue
        cells = [cell.replace(r"\|", "|") for cell in _PIPE.split(line.removeprefix("|"))]
        rows.append(cells if cells[-1] else cells[:-1])
    return rows


def _one_cell_a_line(lines: Sequence[str], column_count: int) -> Rows:
    """Put together what 한글 copies as plain text: every cell a line of its own, row after row."""
    first = next((n for n, line in enumerate(lines) if _RANK.fullmatch(line.strip())), None)
    if first is None:
        return [[line] for line in lines]
    for groups in range(1, MAX_GROUPS + 1):
        width = 1 + groups * column_count
        body = lines[first:]
        if len(body) % width or not all(
            _RANK.fullmatch(rank.strip()) or is_total(rank) for rank in body[::width]
        ):
            continue
        rows = [list(body[start : start + width]) for start in range(0, len(body), width)]
        head = list(lines[:first])
        if len(head) < width:
            return rows
        labels, headings = head[-(width + groups) + 1 : -width + 1], head[-width + 1 :]
        above = [_padded(labels, column_count)] if len(labels) == groups else []
        return [*above, ["", *headings], *rows]
    return [[line] for line in lines]


def _padded(labels: Sequence[str], column_count: int) -> list[str]:
    row = [""]
    for label in labels:
        row += [label, *[""] * (column_count - 1)]
    return row


def read_html(source: str) -> Rows:
    """Return the cells of the largest table in copied HTML, merged ones written out.

    Raises PasteError.
    """
    # lxml takes 3 MB in each worker for few requests.
    from articles.content.html_tables import find_tables  # noqa: PLC0415

    if len(source) > 10 * MAX_CHARACTERS:
        raise PasteError((0, _("This is too much to be one table.")))
    source = re.sub(r"<\?xml[^>]*>", "", normalise(source))
    tables = [table.rows for table in find_tables(source)]
    if not tables:
        raise PasteError((0, _("No table was found.")))
    return _clean([list(row) for row in max(tables, key=lambda rows: sum(map(len, rows)))])


def to_text(rows: Rows) -> str:
    """Return cells as a spreadsheet copies them, which `read_text` reads back."""
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(rows)
    return out.getvalue()


def _clean(rows: Rows) -> Rows:
    """Return the cells on one line each; without the empty rows and columns at the end."""
    rows = [[normalise_line(cell) for cell in row] for row in rows]
    while rows and not any(rows[-1]):
        rows.pop()
    for row in rows:
        while row and not row[-1]:
            row.pop()
    if len(rows) > MAX_ROWS or max(map(len, rows), default=0) > MAX_COLUMNS:
        limits = {"rows": MAX_ROWS, "columns": MAX_COLUMNS}
        text = _("The table has more than %(rows)s rows or %(columns)s columns.")
        raise PasteError((0, text % limits))
    return rows


# From rows of cells to column groups


def to_groups(rows: Rows, rank_heading: str, headings: Sequence[str]) -> list[Group]:
    """Return the groups of columns below the two header rows (or one, or none).

    `headings` are the series' columns. The rank stands in the first column or before each group.
    Raises PasteError with every fault found.
    """
    if not rows:
        raise PasteError((0, _("There is nothing in the box.")))
    head = _find_head(rows, headings)
    if head is None:
        starts, labels, body = _without_head(rows, len(headings))
    else:
        starts = _group_starts(rows[head], head, rank_heading, headings)
        above = rows[head - 1] if head else []
        labels = _labels(above, starts, len(headings), rank_heading)
        body = head + 1
    if len(starts) > MAX_GROUPS:
        text = _("The table has %(count)s periods; enter at most %(limit)s at a time.")
        raise PasteError((0, text % {"count": len(starts), "limit": MAX_GROUPS}))
    return _read_body(rows, body, starts, labels, len(headings))


def _same(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _find_head(rows: Rows, headings: Sequence[str]) -> int | None:
    for number, row in enumerate(rows):
        if any(_same(cell, headings[0]) for cell in row):
            return number
    return None


def _group_starts(
    row: list[str], number: int, rank_heading: str, headings: Sequence[str]
) -> list[tuple[int, int]]:
    """Return (column of the rank, column of the first cell) of each group."""
    starts, faults = [], []
    expected = ", ".join(headings)
    for column, cell in enumerate(row):
        if not _same(cell, headings[0]):
            continue
        found = row[column : column + len(headings)]
        if len(found) < len(headings) or not all(map(_same, found, headings)):
            text = _("The headings “%(found)s” are not those of the series: %(expected)s.")
            faults.append((number + 1, text % {"found": ", ".join(found), "expected": expected}))
        has_own_rank = column > 1 and _same(row[column - 1], rank_heading)
        starts.append((column - 1 if has_own_rank or column == 1 else 0, column))
    if starts[0][1] == 0:
        text = _("The column “%(heading)s” with the ranks is missing before the first group.")
        faults.append((number + 1, text % {"heading": rank_heading}))
    if faults:
        raise PasteError(*faults)
    return starts


def _labels(
    above: list[str], starts: Sequence[tuple[int, int]], width: int, rank_heading: str
) -> list[str]:
    labels = []
    for rank, first in starts:
        # A merged cell has its text at its first column, which may be the rank's.
        columns = (*range(first, first + width), *([rank] if rank == first - 1 else []))
        texts = [above[column] for column in columns if column < len(above)]
        texts = [text for text in texts if text and not _same(text, rank_heading)]
        labels.append(texts[0] if texts else "")
    return labels


def _without_head(rows: Rows, width: int) -> tuple[list[tuple[int, int]], list[str], int]:
    """Take a table without headings for the series' own columns, when their number fits."""
    columns = max(map(len, rows))
    groups, rest = divmod(columns - 1, width)
    if rest or not groups or not _RANK.fullmatch(rows[0][0] if rows[0] else ""):
        text = _(
            "The headings of the series were not found, nor are there ranks and %(width)s columns"
            " a period. Copy the table with its headings."
        )
        raise PasteError((1, text % {"width": width}))
    return [(0, 1 + group * width) for group in range(groups)], [""] * groups, 0


def _read_body(
    rows: Rows, body: int, starts: Sequence[tuple[int, int]], labels: Sequence[str], width: int
) -> list[Group]:
    faults: list[tuple[int, str]] = []
    groups: list[list[tuple[str, ...]]] = [[] for _start in starts]
    totals: list[tuple[str, ...]] = [() for _start in starts]
    places = {column for rank, first in starts for column in (rank, *range(first, first + width))}
    for number, row in enumerate(rows[body:], start=body + 1):
        filled = [column for column, cell in enumerate(row) if cell]
        if not filled or (len(filled) == 1 and _NOTE.match(row[filled[0]])):
            continue
        faults += _strays(row, number, filled, places)
        for period, (rank, first) in enumerate(starts):
            cells = [
                row[column] if column < len(row) else "" for column in range(first, first + width)
            ]
            printed_rank = row[rank] if rank < len(row) else ""
            if _is_total(printed_rank, cells[0]):
                if totals[period]:
                    faults.append((number, _("A second total stands here.")))
                totals[period] = _total(printed_rank, cells)
            elif any(cells):
                groups[period].append((_rank(printed_rank), *cells))
    if not any(groups):
        faults.append((0, _("No rows were found below the headings.")))
    if faults:
        raise PasteError(*faults)
    return [
        Group(label, tuple(group), total)
        for label, group, total in zip(labels, groups, totals, strict=True)
    ]


def _is_total(rank: str, name: str) -> bool:
    """Tell whether a row is the total; what is ranked may be called so too."""
    return is_total(rank) or (is_total(name) and not _RANK.fullmatch(rank))


def _total(rank: str, cells: Sequence[str]) -> tuple[str, ...]:
    """Return the label and the cells of a total, whose label may be merged over both columns."""
    if not any(cells[1:]) and not is_total(cells[0]):
        return ()
    return (cells[0] if is_total(cells[0]) else rank, *cells[1:])


def _strays(
    row: list[str], number: int, filled: Sequence[int], places: set[int]
) -> Iterator[tuple[int, str]]:
    for column in filled:
        if column not in places:
            text = _("“%(cell)s” stands in column %(column)s, which has no heading of the series.")
            yield number, text % {"cell": row[column][:50], "column": column + 1}


def _rank(text: str) -> str:
    match = _RANK.fullmatch(text)
    return match[1] if match else text
