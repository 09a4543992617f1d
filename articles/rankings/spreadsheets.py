"""An uploaded .xlsx or .csv to rows of cells, within bounds and without trust."""

import csv
import io
import zipfile
import zlib
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from articles.rankings.pasted_tables import (
    MAX_COLUMNS,
    MAX_ROWS,
    PasteError,
    Rows,
    read_text,
    to_text,
)

MAX_FILE_BYTES = 2 * 1024**2
MAX_UNPACKED_BYTES = 20 * 1024**2
# Excel writes the second for "Unicode text", and the third on Korean Windows for .csv.
ENCODINGS = ("utf-8-sig", "utf-16", "cp949")

# openpyxl checks little: a damaged file comes to light as almost any of these.
_DAMAGED = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError),
    *(NotImplementedError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)


def read_file(name: str, content: bytes, column_count: int) -> Rows:
    """Return the cells of the file's first sheet that has any; raises PasteError."""
    if len(content) > MAX_FILE_BYTES:
        limit = {"limit": MAX_FILE_BYTES // 1024**2}
        raise PasteError((0, _("The file is larger than %(limit)s MB.") % limit))
    if content.startswith(b"PK"):
        return read_text(to_text(_read_xlsx(content)), column_count)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise PasteError((0, _("This is an old .xls file. Save it as .xlsx in Excel.")))
    if not name.lower().endswith((".csv", ".txt", ".tsv")):
        raise PasteError((0, _("Only .xlsx and .csv files can be read.")))
    return read_text(_as_tabs(_decode(content)), column_count)


def _decode(content: bytes) -> str:
    encodings = ENCODINGS if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp949")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PasteError((0, _("The file's letters cannot be read. Save it as UTF-8.")))


def _as_tabs(text: str) -> str:
    """Return the text with tabs between its cells, whichever sign stood there."""
    line = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max("\t,;", key=line.count)
    if delimiter == "\t":
        return text
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter))
    except csv.Error as error:
        raise PasteError((0, _("The quotation marks of the table do not fit."))) from error
    return to_text(rows)


def _read_xlsx(content: bytes) -> Rows:
    damaged = PasteError((0, _("The file is damaged, or is no .xlsx file.")))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED_BYTES:
                raise PasteError((0, _("The file is too large when unpacked.")))
        return _first_sheet(content)
    except PasteError:
        raise
    except _DAMAGED as error:
        raise damaged from error


def _first_sheet(content: bytes) -> Rows:
    from openpyxl import load_workbook  # noqa: PLC0415 - a second to load, needed by few requests

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            # What the file says of its size need not be true.
            sheet.reset_dimensions()
            cells = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS + 1, values_only=True)
            rows = [[_printed(value) for value in row] for row in cells]
            if any(map(any, rows)):
                return rows
    finally:
        book.close()
    raise PasteError((0, _("The file holds no cells.")))


def _printed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == value.min.time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else str(value)
