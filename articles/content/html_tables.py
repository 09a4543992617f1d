"""An HTML table's cells, the merged ones written out."""

from lxml import etree
from lxml import html as lxml_html

from articles.content.text import normalise_line
from articles.legacy_import.blocks import Table

MAX_COLUMNS = 60
MAX_ROWS = 1_000
MAX_CELLS = 10_000


def find_tables(source: str) -> list[Table]:
    """Return the tables in a piece of HTML; none where it cannot be read."""
    try:
        root = lxml_html.document_fromstring(source, parser=lxml_html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return []
    return [table for each in root.iter("table") if (table := read_table(each))]


def read_table(element: etree._Element) -> Table | None:
    """Return a table's cells; None when it has one column only and so lays out other things."""
    rows = [row for row in element.iter("tr") if _table_of(row) is element]
    cells = [list(row.iterchildren("td", "th")) for row in rows]
    if not any(len(row) > 1 for row in cells):
        return None
    is_sure = len(rows) <= MAX_ROWS and not any(True for _each in element.iterdescendants("table"))
    is_merged = False
    grid: list[dict[int, str]] = [{} for _row in rows]
    filled = 0
    for number, row in enumerate(cells):
        column = 0
        for cell in row:
            while column in grid[number]:
                column += 1
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            is_merged = is_merged or down > 1 or across > 1
            if number + down > len(rows):
                is_sure, down = False, len(rows) - number
            if column + across > MAX_COLUMNS:
                is_sure, across = False, max(1, MAX_COLUMNS - column)
            filled += down * across
            if filled > MAX_CELLS:
                return Table(_lines(cells), is_sure=False)
            text = _text(cell)
            for below in range(number, number + down):
                for beside in range(column, column + across):
                    # Two merged cells in one place: the source contradicts itself.
                    is_sure = is_sure and beside not in grid[below]
                    grid[below][beside] = text
            column += across
    width = max(len(row) for row in grid)
    if any(set(row) != set(range(width)) for row in grid):
        return Table(_lines(cells), is_sure=False)
    head_rows = next(
        (n for n, row in enumerate(cells) if not row or any(cell.tag == "td" for cell in row)),
        len(cells),
    )
    for number, row in enumerate(rows):
        if row.getparent().tag == "thead":
            head_rows = max(head_rows, number + 1)
    return Table(
        tuple(tuple(row[column] for column in range(width)) for row in grid),
        head_rows=head_rows,
        is_merged=is_merged,
        is_sure=is_sure,
    )


def _table_of(row: etree._Element) -> etree._Element | None:
    return next(row.iterancestors("table"), None)


def _span(cell: etree._Element, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return (
        max(1, min(int(text), MAX_ROWS))
        if text.isascii() and text.isdigit() and len(text) < 6
        else 1
    )


def _text(cell: etree._Element) -> str:
    """Return a cell's words; a line break within becomes a space."""
    return normalise_line(" ".join(cell.itertext()) if len(cell) else cell.text or "")


def _lines(cells: list[list[etree._Element]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(_text(cell) for cell in row) for row in cells if row)
