"""An HTML table's cells as a browser shows them, the merged ones written out."""

import re
from collections.abc import Iterator

from django.utils.translation import ngettext
from lxml import etree
from lxml import html as lxml_html

from articles.content.reference_marks import marks_note, struck_note
from articles.content.shown_text import (
    Reading,
    hidden_by_sheets,
    hides_its_text,
    is_removed,
    shown_text,
)
from articles.content.text import normalise_line
from articles.manuscripts.blocks import Table

Hidden = frozenset[etree._Element]
MAX_COLUMNS = 60
MAX_ROWS = 1_000
MAX_CELLS = 10_000
# With what merged cells say written out in each of their places.
MAX_CHARACTERS = 1_000_000


# A tag's name and more attributes than any has: libxml2 looks through all for each that it adds.
_CROWDED_TAG = re.compile(
    r"<[a-z][^\s/>]*+"
    r"""(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+))?+){200}""",
    re.IGNORECASE,
)


def is_readable(source: str) -> bool:
    """Tell whether a piece of HTML can be parsed in bounded time."""
    return not _CROWDED_TAG.search(source)


def parse_html(source: str) -> etree._Element | None:
    """Return the root of a piece of HTML without its comments; None where it cannot be read."""
    if not is_readable(source):
        return None
    parser = lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        return lxml_html.document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def find_tables(source: str) -> list[Table]:
    """Return the tables that a piece of HTML shows; none where it cannot be read."""
    root = parse_html(source)
    if root is None:
        return []
    hiding = hidden_by_sheets(root)
    return [
        table
        for each in root.iter("table")
        if not _is_hidden(each, hiding) and (table := read_table(each, hiding))
    ]


def _is_hidden(table: etree._Element, hiding: Hidden) -> bool:
    return any(is_removed(each, hiding) for each in (table, *table.iterancestors()))


def read_table(element: etree._Element, hiding: Hidden | None = None) -> Table | None:
    """Return a table's cells; None when it has one column only and so lays out other things.

    `hiding` are the elements that the page's style sheets hide, sought where not given.
    """
    if hiding is None:
        hiding = hidden_by_sheets(element.getroottree().getroot())
    all_rows = _rows_of(element)
    hidden = _hidden_rows(all_rows, hiding)
    groups = [(row, group) for row, group in all_rows if row not in hidden]
    # Excel ends each table that it copies with a hidden row of empty cells.
    hidden_rows = sum(bool(normalise_line("".join(row.itertext()))) for row in hidden)
    rows = [row for row, _group in groups]
    cells = [
        [cell for cell in row.iterchildren("td", "th") if not is_removed(cell, hiding)]
        for row in rows
    ]
    if not any(len(row) > 1 for row in cells):
        return None
    reading = Reading()
    ends = _ends_of_groups([group for _row, group in groups])
    is_sure = len(rows) <= MAX_ROWS and next(element.iterdescendants("table"), None) is None
    is_merged = False
    grid: list[dict[int, str]] = [{} for _row in rows]
    filled = characters = 0
    for number, row in enumerate(cells):
        column = 0
        for cell in row:
            while column in grid[number]:
                column += 1
            down, across = _span(cell, "rowspan"), _span(cell, "colspan") or 1
            # A cell ends with its group of rows, to which 0 reaches ("4.9.12 Processing model").
            left = ends[number] - number
            is_sure = is_sure and down <= left
            down = min(down or left, left)
            is_merged = is_merged or down > 1 or across > 1
            if column + across > MAX_COLUMNS:
                is_sure, across = False, max(1, MAX_COLUMNS - column)
            filled += down * across
            if filled > MAX_CELLS:
                return _unsure(cells, hiding)
            text = shown_text(cell, reading, hiding)
            characters += len(text) * down * across
            if characters > MAX_CHARACTERS:
                return _unsure(cells, hiding)
            for below in range(number, number + down):
                for beside in range(column, column + across):
                    # Two merged cells in one place: the source contradicts itself.
                    is_sure = is_sure and beside not in grid[below]
                    before = grid[below].get(beside, "")
                    grid[below][beside] = f"{before} {text}" if before and text else before or text
            column += across
    width = max(len(row) for row in grid)
    if any(set(row) != set(range(width)) for row in grid):
        return _unsure(cells, hiding)
    head_rows = next(
        (n for n, row in enumerate(cells) if not row or any(cell.tag == "td" for cell in row)),
        len(cells),
    )
    for number, (_row, group) in enumerate(groups):
        if group.tag == "thead":
            head_rows = max(head_rows, number + 1)
    hidden_columns = _hidden_columns(element, width, hiding)
    hidden_words = sum(any(row[column] for row in grid) for column in hidden_columns)
    shown = [column for column in range(width) if column not in hidden_columns]
    if len(shown) < 2:
        return None
    return Table(
        tuple(tuple(row[column] for column in shown) for row in grid),
        head_rows=head_rows,
        is_merged=is_merged,
        is_sure=is_sure,
        notes=tuple(_notes(reading, hidden_rows, hidden_words)),
    )


def _rows_of(table: etree._Element) -> list[tuple[etree._Element, etree._Element]]:
    """Return (row, its group) as they are shown: the first thead above, the first tfoot below."""
    pairs = []
    left = list(table)[::-1]
    while left:
        each = left.pop()
        if each.tag == "tr":
            pairs.append((each, each.getparent()))
        elif each.tag != "table":
            left += list(each)[::-1]
    head = next((group for _row, group in pairs if group.tag == "thead"), None)
    foot = next((group for _row, group in pairs if group.tag == "tfoot"), None)
    order = {head: -1, foot: 1}
    return sorted(pairs, key=lambda pair: order.get(pair[1], 0))


def _hidden_rows(
    rows: list[tuple[etree._Element, etree._Element]], hiding: Hidden
) -> set[etree._Element]:
    """Return the rows that are not shown, or whose group is not."""
    groups = {
        group
        for group in dict.fromkeys(group for _row, group in rows)
        if is_removed(group, hiding) or (group.tag != "table" and hides_its_text(group))
    }
    return {
        row
        for row, group in rows
        if group in groups or is_removed(row, hiding) or hides_its_text(row)
    }


def _ends_of_groups(groups: list[etree._Element]) -> list[int]:
    """Return, for each row, where the group of rows it stands in ends."""
    ends = [len(groups)] * len(groups)
    for number in range(len(groups) - 2, -1, -1):
        is_last = groups[number] is not groups[number + 1]
        ends[number] = number + 1 if is_last else ends[number + 1]
    return ends


def _hidden_columns(table: etree._Element, width: int, hiding: Hidden) -> set[int]:
    """Return the columns whose `col` is hidden; Excel writes such ones into what it copies."""
    hidden: set[int] = set()
    column = 0
    for each in table.iterchildren("col", "colgroup"):
        cols = list(each.iterchildren("col")) or [each]
        for col in cols:
            span = min(_span(col, "span") or 1, width)
            if is_removed(col, hiding) or is_removed(each, hiding):
                hidden.update(range(column, min(column + span, width)))
            column += span
            if column >= width:
                return hidden
    return hidden


def _span(cell: etree._Element, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return min(int(text), MAX_ROWS) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _unsure(cells: list[list[etree._Element]], hiding: Hidden) -> Table:
    """Return the cells in their rows where their places are not known."""
    reading = Reading()
    lines = tuple(tuple(shown_text(cell, reading, hiding) for cell in row) for row in cells if row)
    return Table(lines, is_sure=False, notes=tuple(_notes(reading, 0, 0)))


def _notes(reading: Reading, rows: int, columns: int) -> Iterator[str]:
    if rows:
        text = ngettext(
            "%(count)s hidden row of the table was left out.",
            "%(count)s hidden rows of the table were left out.",
            rows,
        )
        yield text % {"count": rows}
    if columns:
        text = ngettext(
            "%(count)s hidden column of the table was left out.",
            "%(count)s hidden columns of the table were left out.",
            columns,
        )
        yield text % {"count": columns}
    if reading.marks:
        yield marks_note(reading.marks)
    if reading.struck:
        yield struck_note(reading.struck)
    if reading.pictures:
        text = ngettext(
            "Of %(count)s picture in the table only the description was read.",
            "Of %(count)s pictures in the table only the descriptions were read.",
            reading.pictures,
        )
        yield text % {"count": reading.pictures}
