"""A ranking as an .xlsx file: the table as printed, the figures as rows, and the notes."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from articles.open_data.csv_export import Figures, Note, guard
from articles.rankings.layout import Layout

DATA_SHEET = "data"
HEAD_FILL = PatternFill("solid", fgColor="EEF2F7")
NARROWEST_COLUMN, WIDEST_COLUMN = 8, 40


def to_xlsx(
    title: str, day: date, layout: Layout, figures: Figures, notes: Sequence[Note]
) -> bytes:
    """Return the workbook's bytes, the same for the same arguments on every machine."""
    workbook = Workbook()
    workbook.properties.title = title
    workbook.properties.creator = None
    workbook.properties.created = workbook.properties.modified = datetime.combine(day, time())
    table = workbook.active
    table.title = _("table")
    _write_table(table, title, layout)
    table.append([])
    for name, text in notes:
        table.append([guard(name), guard(text)])
    data = workbook.create_sheet(DATA_SHEET)
    for row in figures.table:
        data.append(row)
    return _bytes(workbook)


def _write_table(sheet: Worksheet, title: str, layout: Layout) -> None:
    """Write the title and the two rows of headers, merged as on the page, and the rows."""
    width = 1 + len(layout.columns)
    sheet.append([guard(title)])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append([guard(layout.rank_heading.text)])
    sheet.append(["", *(guard(column.text) for column in layout.columns)])
    sheet.merge_cells(start_row=2, end_row=3, start_column=1, end_column=1)
    column = 2
    for group in layout.groups:
        sheet.cell(2, column, guard(group.text))
        last = column + group.span - 1
        sheet.merge_cells(start_row=2, end_row=2, start_column=column, end_column=last)
        column = last + 1
    for row in layout.rows:
        texts = (f"{cell.text} ({cell.note})" if cell.note else cell.text for cell in row.cells)
        sheet.append([guard(row.heading.text), *map(guard, texts)])
    if layout.total:
        texts = (cell.text for cell in layout.total.cells)
        sheet.append([guard(layout.total.heading.text), *map(guard, texts)])
        for cell in sheet[sheet.max_row]:
            cell.font = Font(bold=True)
    for cells in sheet.iter_rows(min_row=2, max_row=3, max_col=width):
        for cell in cells:
            cell.font, cell.fill = Font(bold=True), HEAD_FILL
            cell.alignment = Alignment(horizontal="center", vertical="center")
    sheet.freeze_panes = "B4"
    _fit(sheet, width, sheet.max_row)


def _fit(sheet: Worksheet, width: int, last_row: int) -> None:
    """Make each column as wide as its longest text; Hangul takes two units."""
    for number in range(1, width + 1):
        texts = (str(sheet.cell(row, number).value or "") for row in range(3, last_row + 1))
        longest = max((sum(1 + (sign > "\u1100") for sign in text) for text in texts), default=0)
        wide = min(max(longest + 2, NARROWEST_COLUMN), WIDEST_COLUMN)
        sheet.column_dimensions[get_column_letter(number)].width = wide


def _bytes(workbook: Workbook) -> bytes:
    """Save `workbook` without the moment of saving, which openpyxl and zip files would hold."""
    saved, timeless = io.BytesIO(), io.BytesIO()
    ExcelWriter(workbook, ZipFile(saved, "w")).save()
    with ZipFile(saved) as source, ZipFile(timeless, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(ZipInfo(name), source.read(name), ZIP_DEFLATED)
    return timeless.getvalue()
