"""A table as copied from a spreadsheet, 한글 or a web page, to the column groups of a ranking."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markdown_it import MarkdownIt

from articles.content.reference_marks import drop_marks, marks_note, struck_note
from articles.content.text import normalise, normalise_line
from articles.rankings.total_validation import is_total

MAX_CHARACTERS = 300_000
MAX_ROWS = 1_000
MAX_COLUMNS = 60
MAX_GROUPS = 6

_RANK = re.compile(r"(?:공동\s*)?(\d{1,4})\s*(?:위|\.|등)?(?:\s*\(?공동\)?)?")
# What spreadsheets show in place of a value: an error, or a number wider than its column.
_ERROR = re.compile(
    r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|FIELD!|BLOCKED!|BUSY!|CONNECT!"
    r"|UNKNOWN!|PYTHON!|GETTING_DATA)|Err:[0-9]{3}|#{3,}",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[(\[<※*\s]*단위\s*[:：)].{0,60}")
# Excel's own line before the rows of a .csv.
_SEPARATOR = re.compile(r"\s*\"?sep=([,;\t|])\"?\n", re.IGNORECASE)
_INLINE = re.compile(r"[*_`\[\]<>&~\\!]")
_MARKDOWN_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_SIGNS_OF_FIGURES = frozenset("%‰₩$€£¥")
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


@dataclass(frozen=True)
class CopiedTable:
    """What was read: the cells, each on one line, and sentences on what was left out or unsure."""

    rows: Rows
    notes: tuple[str, ...] = ()


# From what was copied to rows of cells


def read_copied(html: str, text: str, headings: Sequence[str]) -> CopiedTable:
    """Return the table of a clipboard's HTML, or of its text where that says more.

    Raises PasteError.
    """
    if not html.strip():
        return read_text(text, headings)
    try:
        table = read_html(html, headings)
    except PasteError:
        if not text.strip():
            raise
        return read_text(text, headings)
    if _says_all(html, text):
        return table
    try:
        plain = read_text(text, headings)
    except PasteError:
        return table
    if find_head(plain.rows, headings) is None and find_head(table.rows, headings) is not None:
        return table
    note = _("The copied text was read: it says more than the copied table.")
    return CopiedTable(plain.rows, (*plain.notes, note))


def _says_all(html: str, text: str) -> bool:
    """Tell whether every letter, digit and sign of a figure in a clipboard's text is in its HTML.

    The text of a cell that holds 0.25 and shows 25% is the better one.
    """
    from articles.content.html_tables import parse_html  # noqa: PLC0415

    root = parse_html(normalise(html))
    if root is None:
        return False
    words = [*root.itertext(), *root.xpath("//@alt | //@value")]
    missing = _letters(text) - _letters("".join(map(str, words)))
    return not missing


def _letters(text: str) -> Counter[str]:
    folded = unicodedata.normalize("NFKC", text)
    return Counter(letter for letter in folded if letter.isalnum() or letter in _SIGNS_OF_FIGURES)


def read_text(text: str, headings: Sequence[str]) -> CopiedTable:
    """Return the cells of text: tabs, Markdown, semicolons, commas, bars, or one cell a line.

    Merged cells are as the source left them: the text in the first, the others empty. Raises
    PasteError.
    """
    if len(text) > MAX_CHARACTERS:
        raise PasteError((0, _("This is too much to be one table.")))
    text = normalise(text).strip("\n")
    lines = text.split("\n")
    if "\t" not in text and _is_markdown(lines):
        rows, shown = _markdown(lines)
        table = clean(rows, shown.marks)
        notes = [struck_note(shown.struck)] if shown.struck else []
        return CopiedTable(table.rows, (*notes, *table.notes))
    if match := _SEPARATOR.match(text):
        rows, notes = _separated(text[match.end() :], match[1])
    elif found := _delimited(text, headings):
        rows, notes = found
    else:
        rows, notes = _one_cell_a_line([line for line in lines if line.strip()], len(headings)), []
    table = clean(rows)
    return CopiedTable(table.rows, (*notes, *table.notes))


def _delimited(text: str, headings: Sequence[str]) -> tuple[Rows, list[str]] | None:
    """Return the rows by the sign that parts the headings, or else parts every line alike."""
    candidates = {sign: _separated(text, sign) for sign in "\t;,|" if sign in text}
    for rows, notes in candidates.values():
        head = find_head(rows, headings)
        if head is not None and len(rows[head]) > 1:
            return rows, notes
    if "\t" in candidates:
        return candidates["\t"]
    for rows, notes in candidates.values():
        if len({len(row) for row in rows if any(row)}) == 1:
            return rows, notes
    return None


def _separated(text: str, delimiter: str) -> tuple[Rows, list[str]]:
    try:
        return list(
            csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
        ), []
    except csv.Error:
        # An odd quotation mark is no spreadsheet's: it would take the rest of the text with it.
        note = _("The quotation marks are not in pairs around cells; they were read as letters.")
        return [line.split(delimiter) for line in text.split("\n")], [note]


def _is_markdown(lines: Sequence[str]) -> bool:
    filled = [line.strip() for line in lines if line.strip()]
    return sum(line.startswith("|") for line in filled) > len(filled) // 2 or any(
        "|" in line and _MARKDOWN_RULE.fullmatch(line) for line in filled
    )


def _markdown(lines: Sequence[str]) -> tuple[Rows, "_ShownMarkdown"]:
    """Return the cells of a Markdown table and what showed them, which knows what it dropped."""
    rows = []
    for line in map(str.strip, lines):
        if not line or _MARKDOWN_RULE.fullmatch(line):
            continue
        cells = [cell.replace(r"\|", "|") for cell in _PIPE.split(line.removeprefix("|"))]
        rows.append(cells if cells[-1].strip() else cells[:-1])
    if len(rows) > MAX_ROWS:
        raise _too_large()
    shown = _ShownMarkdown()
    return [[shown.text(cell) for cell in row] for row in rows], shown


class _ShownMarkdown:
    """Markdown's inline marks as a page shows them: **굵게** is 굵게."""

    def __init__(self) -> None:
        self._converter = MarkdownIt("commonmark").enable("strikethrough")
        self.marks: list[str] = []
        self.struck: list[str] = []

    def text(self, cell: str) -> str:
        from articles.content.html_tables import parse_html  # noqa: PLC0415
        from articles.content.shown_text import Reading, shown_text  # noqa: PLC0415

        # Brackets within brackets take quadratic time; no cell has so many.
        if not _INLINE.search(cell) or len(cell) > 600 or len(_INLINE.findall(cell)) > 40:
            return cell
        root = parse_html(self._converter.renderInline(cell.strip()))
        if root is None:
            return cell
        reading = Reading()
        text = shown_text(root, reading)
        self.marks += reading.marks
        self.struck += reading.struck
        return text


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


def read_html(source: str, headings: Sequence[str]) -> CopiedTable:
    """Return the cells of the table with the headings, or the largest, merged ones written out.

    Raises PasteError.
    """
    # lxml takes 3 MB in each worker for few requests.
    from articles.content.html_tables import find_tables  # noqa: PLC0415

    if len(source) > 10 * MAX_CHARACTERS:
        raise PasteError((0, _("This is too much to be one table.")))
    source = re.sub(r"<\?xml[^>]*>", "", normalise(source))
    tables = find_tables(source)
    if not tables:
        raise PasteError((0, _("No table was found.")))
    with_head = [each for each in tables if find_head(each.rows, headings) is not None]
    # A table inside another is read with it: the inner one is meant.
    table = max(with_head or tables, key=lambda each: (each.is_sure, sum(map(len, each.rows))))
    notes = list(table.notes)
    if len(tables) > 1:
        text = ngettext(
            "One table was read; %(count)s other was not.",
            "One table was read; %(count)s others were not.",
            len(tables) - 1,
        )
        notes.append(text % {"count": len(tables) - 1})
    elif not table.is_sure:
        notes.append(_("Merged cells of the table contradict each other; check its rows."))
    cleaned = clean([list(row) for row in table.rows])
    return CopiedTable(cleaned.rows, (*notes, *cleaned.notes))


def to_text(rows: Rows) -> str:
    """Return cells as a spreadsheet copies them, which `read_text` reads back."""
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(rows)
    return out.getvalue()


def clean(rows: Sequence[Sequence[str]], marks: Sequence[str] = ()) -> CopiedTable:
    """Return the cells on one line each; without the empty rows and columns at the end.

    Reference marks are dropped from the cells and named in a note, with those in `marks`.
    """
    left_out = list(marks)
    cleaned: Rows = []
    for row in rows:
        cleaned.append([])
        for cell in row:
            text, found = drop_marks(normalise_line(cell))
            left_out += found
            cleaned[-1].append(text)
    while cleaned and not any(cleaned[-1]):
        cleaned.pop()
    for row in cleaned:
        while row and not row[-1]:
            row.pop()
    if len(cleaned) > MAX_ROWS or max(map(len, cleaned), default=0) > MAX_COLUMNS:
        raise _too_large()
    return CopiedTable(cleaned, (marks_note(left_out),) if left_out else ())


def _too_large() -> PasteError:
    limits = {"rows": MAX_ROWS, "columns": MAX_COLUMNS}
    text = _("The table has more than %(rows)s rows or %(columns)s columns.")
    return PasteError((0, text % limits))


# From rows of cells to column groups


def to_groups(rows: Rows, rank_heading: str, headings: Sequence[str]) -> list[Group]:
    """Return the groups of columns below the two header rows (or one, or none).

    `headings` are the series' columns. The rank stands in the first column or before each group.
    Raises PasteError with every fault found.
    """
    if not rows:
        raise PasteError((0, _("There is nothing in the box.")))
    head = find_head(rows, headings)
    if head is None:
        starts, labels, body = _without_head(rows, len(headings))
    else:
        starts = _group_starts(rows[head], head, rank_heading, headings)
        above = rows[head - 1] if head else []
        if head > 1 and _UNIT.fullmatch("".join(dict.fromkeys(filter(None, above)))):
            above = rows[head - 2]
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


def find_head(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> int | None:
    """Return the number of the row that holds the first heading, or None."""
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
    if len(starts) > 1 and len({text for text in above if text}) == 1:
        # One text over all periods is the table's title.
        return [""] * len(starts)
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
        if not filled or _is_note(row):
            continue
        faults += _strays(row, number, filled, places)
        faults += _errors(row, number, filled)
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


def left_out(rows: Rows, headings: Sequence[str]) -> list[str]:
    """Return a note of the lines above the table and below it that `to_groups` passes over."""
    head = find_head(rows, headings)
    if head is None:
        return []
    lines = [*rows[: max(0, head - 1)], *(row for row in rows[head + 1 :] if _is_note(row))]
    texts = [" ".join(dict.fromkeys(filter(None, row))) for row in lines if any(row)]
    if not texts:
        return []
    listed = " / ".join(text[:100] for text in texts[:10]) + (" …" if len(texts) > 10 else "")
    return [_("Lines that are no part of the table were left out: %(lines)s") % {"lines": listed}]


def _is_note(row: Sequence[str]) -> bool:
    """Tell whether a row holds one text, maybe merged over its columns, that is a note."""
    texts = set(filter(None, row))
    return len(texts) == 1 and bool(_NOTE.match(texts.pop()))


def _errors(row: Sequence[str], number: int, filled: Sequence[int]) -> Iterator[tuple[int, str]]:
    for column in filled:
        if _ERROR.fullmatch(row[column]):
            text = _("“%(cell)s” in column %(column)s is a spreadsheet's error, not a figure.")
            yield number, text % {"cell": row[column][:20], "column": column + 1}


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
