"""An uploaded .xlsx or .csv to rows of cells, within bounds and without trust."""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.rankings.pasted_tables import (
    CopiedTable,
    PasteError,
    clean,
    find_head,
    read_html,
    read_text,
)

MAX_FILE_BYTES = 2 * 1024**2
MAX_UNPACKED_BYTES = 20 * 1024**2
# As many as an editor reads; the note tells how many more there are.
MAX_NAMED = 60

# A damaged file comes to light as almost any of these.
_DAMAGED = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, NotImplementedError, OSError),
    *(RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error),
)


def read_file(name: str, content: bytes, headings: Sequence[str]) -> CopiedTable:
    """Return the cells that a file shows, of the sheet with the headings; raises PasteError."""
    if len(content) > MAX_FILE_BYTES:
        limit = {"limit": MAX_FILE_BYTES // 1024**2}
        raise PasteError((0, _("The file is larger than %(limit)s MB.") % limit))
    if content.startswith(b"PK"):
        return _read_package(content, headings)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        # The container of old Office files holds also new ones that are encrypted.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise PasteError((0, _("The file is protected by a password. Save it without one.")))
        raise PasteError((0, _("This is an old .xls file. Save it as .xlsx in Excel.")))
    text = _decode(content) if name.lower().endswith(_TEXT_ENDINGS) else ""
    if re.match(r"\s*<", text) and re.search(r"<table\b", text, re.IGNORECASE):
        # What many sites call an Excel file is a web page.
        return read_html(text, headings)
    if re.match(r"\s*<\?xml", text):
        raise PasteError((0, _("This is an XML file. Save it as .xlsx in Excel.")))
    if not name.lower().endswith((".csv", ".txt", ".tsv")):
        raise PasteError((0, _("Only .xlsx and .csv files can be read.")))
    if not text.strip():
        raise PasteError((0, _("The file holds no cells.")))
    return read_text(text, headings)


_TEXT_ENDINGS = (".csv", ".txt", ".tsv", ".xls", ".htm", ".html")


def _decode(content: bytes) -> str:
    """Return the file's text: UTF-8, UTF-16 as Excel's "Unicode text", or Korean Windows' CP949."""
    encodings = ["utf-8-sig", "cp949"]
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encodings = ["utf-16"]
    elif content[:2_000].count(0) > len(content[:2_000]) // 20:
        # Without a mark: ASCII's half of each pair tells which comes first. A lone NUL is a slip.
        is_little = content[1:2_000:2].count(0) > content[0:2_000:2].count(0)
        encodings = ["utf-16-le" if is_little else "utf-16-be"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PasteError((0, _("The file's letters cannot be read. Save it as UTF-8.")))


def _read_package(content: bytes, headings: Sequence[str]) -> CopiedTable:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > MAX_UNPACKED_BYTES:
                raise PasteError((0, _("The file is too large when unpacked.")))
            names = set(package.namelist())
        if "xl/workbook.bin" in names:
            raise PasteError((0, _("This is a .xlsb file. Save it as .xlsx in Excel.")))
        if "mimetype" in names or "Contents/content.hpf" in names:
            raise PasteError((0, _("This is no Excel file. Save it as .xlsx.")))
        return _read_workbook(content, headings)
    except PasteError:
        raise
    except _DAMAGED as error:
        raise PasteError((0, _("The file is damaged, or is no .xlsx file."))) from error


def _read_workbook(content: bytes, headings: Sequence[str]) -> CopiedTable:
    # lxml takes 3 MB in each worker for few requests.
    from articles.rankings.workbook import Workbook  # noqa: PLC0415

    book = Workbook(content)
    sheet = None
    for each in book.sheets():
        if find_head(each.rows, headings) is not None:
            sheet = each
            break
        if sheet is None and (each.rows or each.faults):
            sheet = each
    if sheet is None:
        text = _("The file holds no cells.")
        if book.hidden_sheets:
            text = _("The file's sheets hold no cells, or are hidden.")
        raise PasteError((0, text))
    if sheet.faults:
        faults = sheet.faults[:MAX_NAMED]
        raise PasteError(*((0, fault) for fault in faults))
    others = [name for name in book.sheet_names if name != sheet.name]
    notes = [*_sheet_notes(sheet.name, others, book.hidden_sheets), *_cell_notes(sheet)]
    table = clean(sheet.rows, sheet.marks)
    return CopiedTable(table.rows, (*notes, *table.notes))


def _sheet_notes(name: str, others: list[str], hidden: list[str]) -> list[str]:
    notes = []
    if others:
        text = _("The sheet “%(name)s” was read; these were not: %(others)s")
        notes.append(text % {"name": name, "others": _listed(others)})
    if hidden:
        notes.append(_("Hidden sheets were left out: %(names)s") % {"names": _listed(hidden)})
    return notes


def _cell_notes(sheet) -> list[str]:
    from articles.rankings.workbook import column_letters  # noqa: PLC0415

    notes = []
    if sheet.hidden_rows:
        text = ngettext(
            "%(count)s row that is hidden or filtered out was not read: %(names)s",
            "%(count)s rows that are hidden or filtered out were not read: %(names)s",
            len(sheet.hidden_rows),
        )
        names = _listed(map(str, sorted(sheet.hidden_rows)))
        notes.append(text % {"count": len(sheet.hidden_rows), "names": names})
    if sheet.hidden_columns:
        names = _listed(map(column_letters, sorted(sheet.hidden_columns)))
        notes.append(_("Hidden columns were not read: %(names)s") % {"names": names})
    if sheet.far_cell:
        text = _("Cells far from the table were not read, the first of them %(cell)s.")
        notes.append(text % {"cell": sheet.far_cell})
    if sheet.rounded:
        text = _("Cells were read as their format shows them; what they hold is: %(cells)s")
        cells = _listed(f"{place} {shown} ({full})" for place, shown, full in sheet.rounded)
        notes.append(text % {"cells": cells})
    return notes


def _listed(names) -> str:
    names = [name[:100] for name in names]
    listed = ", ".join(names[:MAX_NAMED])
    rest = len(names) - MAX_NAMED
    return (
        _("%(names)s and %(count)s more") % {"names": listed, "count": rest} if rest > 0 else listed
    )
