"""What the sheets of an .xlsx file show: ECMA-376 part 1, 18 (SpreadsheetML), read as a stream.

Transitional and Strict files have other namespaces and the same names, so names alone are compared.
"""

import io
import posixpath
import re
import zipfile
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import IO

from django.utils.translation import gettext as _
from lxml import etree

from articles.content.reference_marks import is_raised_mark, lowered, raised
from articles.content.text import normalise_line
from articles.rankings import pasted_tables
from articles.rankings.number_formats import (
    BUILT_IN,
    GENERAL,
    CannotShow,
    show_number,
    show_text,
)

MAX_ROWS = 1_001
MAX_COLUMNS = 61
LAST_COLUMN = 16_384
MAX_MERGED_CELLS = 200_000
# As Excel has it, of a cell and of its format.
MAX_CELL_CHARACTERS = 32_767
MAX_FORMAT_CHARACTERS = 255
# Of a sheet's cells together: one text may stand in all of them.
MAX_CHARACTERS = 10 * pasted_tables.MAX_CHARACTERS
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE = re.compile(r"(?:_x[0-9A-Fa-f]{4}_)+")


class DamagedWorkbook(ValueError):
    """The file is no workbook, or one that breaks the rules it is written by."""


@dataclass
class Sheet:
    """A sheet's shown cells, row by row; what is wrong with some, and what was left out.

    `faults` are sentences about cells that show no value. `rounded` are (cell, shown, whole
    number); `marks` the reference marks that stood raised in a cell.
    """

    name: str
    rows: list[list[str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    rounded: list[tuple[str, str, str]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    far_cell: str = ""
    shows_zeros: bool = True
    characters: int = 0

    def count(self, characters: int) -> None:
        """Count what is put into the sheet; raises PasteError for too much."""
        self.characters += characters
        if self.characters > MAX_CHARACTERS:
            raise _too_much()


def _too_much() -> pasted_tables.PasteError:
    return pasted_tables.PasteError((0, _("This is too much to be one table.")))


@dataclass
class _Hidden:
    """A sheet's hidden columns and rows, in their order."""

    columns: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def add_columns(self, first: int, last: int) -> None:
        first = max(first, self.columns[-1] + 1 if self.columns else 1)
        self.columns.extend(range(first, min(last, LAST_COLUMN) + 1))

    def has_column(self, number: int) -> bool:
        place = bisect_left(self.columns, number)
        return self.columns[place : place + 1] == [number]

    def has_row(self, number: int) -> bool:
        place = bisect_left(self.rows, number)
        return self.rows[place : place + 1] == [number]

    def shown_place(self, row: int, column: int) -> tuple[int, int]:
        """Return a shown cell's row and column, counted without the hidden ones."""
        return row - bisect_left(self.rows, row), column - bisect_left(self.columns, column)

    def is_far(self, row: int, column: int) -> bool:
        down, across = self.shown_place(row, column)
        return down > MAX_ROWS or across > MAX_COLUMNS


class Workbook:
    """An opened .xlsx file; raises DamagedWorkbook where it does not hold together."""

    def __init__(self, content: bytes):
        self._package = zipfile.ZipFile(io.BytesIO(content))
        # Some programs write their system's separator, or letters of the other case.
        names = self._package.namelist()
        self._names = {name.replace("\\", "/").lower(): name for name in names}
        book = self._related("", "officeDocument")
        path = next(iter(book.values()), None)
        if path is None:
            raise DamagedWorkbook
        sheets = self._related(path, "worksheet")
        self.hidden_sheets: list[str] = []
        self.sheet_names: list[str] = []
        self._sheet_paths: list[str] = []
        self._is_1904 = False
        for element in self._elements(path, {"sheet", "workbookPr"}):
            if _name(element) == "workbookPr":
                self._is_1904 = _is_true(element.get("date1904"))
                continue
            target = sheets.get(_attribute(element, "id"))
            if target is None or target in self._sheet_paths:
                continue
            if element.get("state", "visible") != "visible":
                self.hidden_sheets.append(element.get("name", ""))
            else:
                self.sheet_names.append(element.get("name", ""))
                self._sheet_paths.append(target)
        self._formats = self._read_formats(path)
        self._strings = self._read_strings(path)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets that are not hidden, in their order."""
        for name, path in zip(self.sheet_names, self._sheet_paths, strict=True):
            yield self._read_sheet(name, path)

    # Parts of the package

    def _open(self, path: str) -> IO[bytes]:
        name = self._names.get(path.lstrip("/").lower())
        if name is None:
            raise DamagedWorkbook
        return self._package.open(name)

    def _elements(self, path: str, names: set[str]) -> Iterator[etree._Element]:
        """Yield the elements of these names as they end, and free them and every row afterwards."""
        tags = [f"{{*}}{name}" for name in {*names, "row"}]
        with self._open(path) as part:
            walker = etree.iterparse(
                part, events=("end",), tag=tags, resolve_entities=False, no_network=True
            )
            for _event, element in walker:
                if element.getroottree().docinfo.doctype:
                    # OPC, 9.1.2: a part has no document type declaration.
                    raise DamagedWorkbook
                if _name(element) in names:
                    yield element
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]

    def _related(self, path: str, kind: str) -> dict[str, str]:
        """Return the paths of the parts that a part names as of this kind, by their id."""
        folder, name = posixpath.split(path)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        found = {}
        for element in self._elements(rels, {"Relationship"}):
            if element.get("Type", "").rpartition("/")[2] != kind:
                continue
            target = element.get("Target", "")
            found[element.get("Id", "")] = posixpath.normpath(
                target if target.startswith("/") else posixpath.join(folder, target)
            )
        return found

    def _read_formats(self, path: str) -> list[str]:
        """Return the format codes by the number that a cell gives as its style."""
        codes = dict(BUILT_IN)
        cells: list[str] = []
        for part in self._related(path, "styles").values():
            for element in self._elements(part, {"numFmt", "cellXfs"}):
                if _name(element) == "numFmt":
                    if element.getparent() is not None and _name(element.getparent()) == "numFmts":
                        # What Excel writes for older readers beside the code it goes by itself.
                        code = _attribute(element, "formatCode16") or element.get("formatCode", "")
                        if len(code) > MAX_FORMAT_CHARACTERS:
                            raise DamagedWorkbook
                        codes[_integer(element.get("numFmtId"))] = unescape(code)
                else:
                    numbers = [_integer(each.get("numFmtId")) for each in element]
                    cells = [codes.get(number, GENERAL) for number in numbers]
        return cells

    def _read_strings(self, path: str) -> list[tuple[str, list[str]]]:
        return [
            _text(element)
            for part in self._related(path, "sharedStrings").values()
            for element in self._elements(part, {"si"})
        ]

    # A sheet

    def _read_sheet(self, name: str, path: str) -> Sheet:
        sheet = Sheet(name)
        merges = [
            area
            for element in self._elements(path, {"mergeCell"})
            if (area := _area(element.get("ref", "")))
        ]
        anchors = {(top, left) for top, left, _bottom, _right in merges}
        cells: dict[int, dict[int, str]] = {}
        hidden = _Hidden()
        row_number = 0
        for element in self._elements(path, {"row", "col", "sheetView"}):
            kind = _name(element)
            if kind == "sheetView":
                sheet.shows_zeros = element.get("showZeros", "1") in {"1", "true"}
            elif kind == "col":
                if _is_hidden(element, "width"):
                    hidden.add_columns(_integer(element.get("min")), _integer(element.get("max")))
            elif (number := _integer(element.get("r")) or row_number + 1) > row_number:
                row_number = number
                if _is_hidden(element, "ht"):
                    hidden.rows.append(row_number)
                self._read_row(element, row_number, anchors, hidden, cells, sheet)
            elif len(element):
                raise DamagedWorkbook
        _write_out(merges, cells, sheet)
        _keep_shown(sheet, cells, hidden)
        return sheet

    def _read_row(
        self,
        row: etree._Element,
        number: int,
        anchors: set[tuple[int, int]],
        hidden: "_Hidden",
        cells: dict[int, dict[int, str]],
        sheet: Sheet,
    ) -> None:
        is_hidden_row = number in hidden.rows[-1:]
        column = 0
        for cell in row.iterchildren("{*}c"):
            match = _REFERENCE.fullmatch(cell.get("r", ""))
            column = _column_number(match[1]) if match else column + 1
            is_hidden = is_hidden_row or hidden.has_column(column)
            place = f"{column_letters(column)}{number}"
            if is_hidden and (number, column) not in anchors:
                if _has_value(cell):
                    # Only what held something is told of.
                    (sheet.hidden_rows if is_hidden_row else sheet.hidden_columns).add(
                        number if is_hidden_row else column
                    )
            elif not is_hidden and hidden.is_far(number, column):
                sheet.far_cell = sheet.far_cell or (place if _has_value(cell) else "")
            elif text := self._shown(cell, place, sheet):
                cells.setdefault(number, {})[column] = text

    def _shown(self, cell: etree._Element, place: str, sheet: Sheet) -> str:
        kind = cell.get("t", "n")
        value = cell.find("{*}v")
        raw = (value.text or "") if value is not None else ""
        code = self._code(cell)
        if kind == "inlineStr":
            inline = cell.find("{*}is")
            text, marks = _text(inline) if inline is not None else ("", [])
            return _show_text(text, marks, code, place, sheet)
        if not raw:
            if cell.find("{*}f") is not None and kind != "str":
                sheet.faults.append(
                    _(
                        "Cell %(cell)s holds a formula whose result is not in the file: open it in"
                        " Excel and save it."
                    )
                    % {"cell": place}
                )
            return ""
        if kind == "s":
            number = _integer(raw)
            if not raw.strip().isdigit() or number >= len(self._strings):
                raise DamagedWorkbook
            text, marks = self._strings[number]
            return _show_text(text, marks, code, place, sheet)
        if kind == "str":
            return _show_text(unescape(raw), [], code, place, sheet)
        if kind == "e":
            text = _("Cell %(cell)s shows the error %(error)s.")
            sheet.faults.append(text % {"cell": place, "error": raw[:20]})
            return ""
        if kind == "b":
            return "TRUE" if _is_true(raw.strip()) else "FALSE"
        return self._shown_number(raw, kind, code, place, sheet)

    def _shown_number(self, raw: str, kind: str, code: str, place: str, sheet: Sheet) -> str:
        number = _serial(raw) if kind == "d" else _float(raw)
        if number == 0 and not sheet.shows_zeros:
            return ""
        try:
            shown = show_number(number, code, is_1904=self._is_1904 and kind != "d")
        except CannotShow:
            text = _("Cell %(cell)s shows ####: its format has no place for %(value)s.")
            sheet.faults.append(text % {"cell": place, "value": raw[:30]})
            return ""
        text = normalise_line(shown.text)
        if shown.full:
            sheet.rounded.append((place, text, shown.full))
        return text

    def _code(self, cell: etree._Element) -> str:
        number = _integer(cell.get("s"))
        return self._formats[number] if number < len(self._formats) else GENERAL


def _write_out(
    merges: list[tuple[int, int, int, int]], cells: dict[int, dict[int, str]], sheet: Sheet
) -> None:
    """Write the text of each merged cell into all its places."""
    count = 0
    for top, left, bottom, right in merges:
        text = cells.get(top, {}).get(left)
        if not text:
            continue
        down, across = range(top, bottom + 1), range(left, right + 1)
        if len(down) > MAX_ROWS or len(across) > MAX_COLUMNS:
            # Merged over whole rows or columns of the sheet: no cell of a table.
            continue
        count += len(down) * len(across)
        if count > MAX_MERGED_CELLS:
            raise DamagedWorkbook
        sheet.count(len(text) * len(down) * len(across))
        for row in down:
            for column in across:
                cells.setdefault(row, {}).setdefault(column, text)


def _keep_shown(sheet: Sheet, cells: dict[int, dict[int, str]], hidden: _Hidden) -> None:
    """Put the cells into rows, without the hidden rows and columns."""
    for number in sorted(cells):
        if hidden.has_row(number):
            continue
        for column, text in sorted(cells[number].items()):
            if hidden.has_column(column) or hidden.is_far(number, column):
                continue
            down, across = hidden.shown_place(number, column)
            while len(sheet.rows) < down:
                sheet.rows.append([])
            row = sheet.rows[down - 1]
            row.extend([""] * (across - len(row)))
            row[across - 1] = text


def _show_text(text: str, marks: list[str], code: str, place: str, sheet: Sheet) -> str:
    if len(text) > MAX_CELL_CHARACTERS:
        raise _too_much()
    sheet.count(len(text) + sum(map(len, marks)))
    sheet.marks += marks
    shown = show_text(text, code)
    sheet.count(max(0, len(shown) - len(text)))
    if text not in shown:
        sheet.rounded.append((place, normalise_line(shown), normalise_line(text)))
    return shown


# Names, numbers and texts


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _attribute(element: etree._Element, name: str) -> str:
    """Return an attribute of any namespace: `r:id` in both kinds of file."""
    for key, value in element.attrib.items():
        if etree.QName(key).localname == name and key != name:
            return str(value)
    return ""


def _is_true(text: str | None) -> bool:
    return text in {"1", "true", "on"}


def _is_hidden(element: etree._Element, size: str) -> bool:
    """Tell whether a row or column is hidden, as such or by having no height or width."""
    return _is_true(element.get("hidden")) or _float(element.get(size) or "1") == 0


def _has_value(cell: etree._Element) -> bool:
    return any(_name(child) in {"v", "is"} and (len(child) or child.text) for child in cell)


def _integer(text: str | None) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _float(text: str) -> float:
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise DamagedWorkbook from error
    if not number.is_finite() or number.adjusted() > 308:
        raise DamagedWorkbook
    return float(number)


def _serial(text: str) -> float:
    """Return the day number of an ISO date, as Strict files have it."""
    text = text.strip().removesuffix("Z")
    try:
        # A time alone is a part of a day.
        moment = datetime.fromisoformat(text if "-" in text else f"1899-12-30T{text}")
    except ValueError as error:
        raise DamagedWorkbook from error
    elapsed = moment.replace(tzinfo=None) - datetime(1899, 12, 30)  # noqa: DTZ001 - has no zone
    return elapsed.total_seconds() / 86_400


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _area(reference: str) -> tuple[int, int, int, int] | None:
    """Return (top, left, bottom, right) of a merged cell's reference."""
    first, _colon, last = reference.replace("$", "").partition(":")
    start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
    if not start or not end:
        return None
    return int(start[2]), _column_number(start[1]), int(end[2]), _column_number(end[1])


def unescape(text: str) -> str:
    """Return text with its characters for `_x000D_` and the like (22.9.2.19, ST_Xstring)."""

    def characters(match: re.Match[str]) -> str:
        units = bytes.fromhex("".join(match[0][n + 2 : n + 6] for n in range(0, len(match[0]), 7)))
        return units.decode("utf-16-be", "replace")

    return _ESCAPE.sub(characters, text)


def _text(item: etree._Element) -> tuple[str, list[str]]:
    """Return a string's text without its phonetic letters, and the reference marks raised in it."""
    text, marks = "", []
    for child in item:
        name = _name(child)
        if name == "t":
            text += unescape(child.text or "")
        elif name == "r":
            words = unescape(child.findtext("{*}t") or "")
            raising = child.find("{*}rPr/{*}vertAlign")
            position = raising.get("val") if raising is not None else ""
            if position == "superscript" and is_raised_mark(words.strip(), text):
                marks.append(words.strip())
                continue
            if position in {"superscript", "subscript"}:
                words = raised(words) if position == "superscript" else lowered(words)
            text += words
    if not text.strip() and marks:
        return " ".join(marks), []
    return text, marks
