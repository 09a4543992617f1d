"""JSON Lines in and out: bytes to checked data, each fault with its line's number."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from articles.bundle import schema
from articles.bundle.schema import SchemaError
from articles.content.text import is_plausible
from comments.bundle.data import (
    FORMAT,
    KINDS,
    OUTCOMES,
    STATES,
    VERSION,
    CommentLine,
    EntryAnchor,
    Fault,
    ItemAnchor,
    Line,
    LineError,
    Outcome,
    Revision,
    ThreadLine,
)

# A comment with hundreds of earlier texts fits in; memory stays bounded whatever a file holds.
MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_REVISIONS = 2_000

HEADER = json.dumps({"format": FORMAT, "version": VERSION})
_ID = re.compile(r"[!-9;-~]+:[!-~]+")
MAX_ID_CHARACTERS = 200


# Reading


def read_lines(file: BinaryIO) -> Iterator[tuple[int, Line]]:
    """Yield (number, line) of a file; a line that cannot be read is a Fault.

    Holds one line at a time. Raises LineError when the first line is no header of the format.
    """
    number = 1
    if _header(file.readline(MAX_LINE_BYTES)) != (FORMAT, VERSION):
        raise LineError(
            _("The first line of a file of threads is %(header)s.") % {"header": HEADER}
        )
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(MAX_LINE_BYTES)
            yield number, Fault(_("The line is too long."))
        elif raw.strip():
            try:
                yield number, parse(raw)
            except LineError as error:
                yield number, Fault(str(error))


def _header(raw: bytes) -> tuple[Any, Any]:
    try:
        header = _decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except LineError:
        return None, None
    return header.get("format"), header.get("version")


def parse(raw: bytes) -> ThreadLine | CommentLine:
    """Return what a line says; raise LineError."""
    fields = _decode(raw)
    read = _THREAD if "thread" in fields else _COMMENT
    try:
        line: ThreadLine | CommentLine = read(fields)
    except SchemaError as error:
        places = [step + 1 if isinstance(step, int) else step[:40] for step in error.path]
        raise LineError(": ".join(map(str, [*places, error.message]))) from error
    return line


def _decode(raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise LineError(_("The line is not in UTF-8.")) from error
    except (ValueError, RecursionError) as error:
        raise LineError(_("The line is not valid JSON.")) from error
    if not isinstance(fields, dict):
        raise LineError(_("The line is no JSON object."))
    return fields


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


# The schema


def _word(value: Any) -> str:
    """Read a text that is looked up as it is: without what no database takes."""
    text = schema.text(value)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise SchemaError(_("The text holds a character that cannot be used."))
    return text


def _id(value: Any) -> str:
    text = schema.text(value)
    if len(text) > MAX_ID_CHARACTERS or not _ID.fullmatch(text):
        raise SchemaError(
            _(
                "An id such as disqus:123 is expected: at most %(limit)s Latin letters, digits and"
                " signs, and a colon after its source."
            )
            % {"limit": MAX_ID_CHARACTERS}
        )
    return text


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise SchemaError(_("A whole number from 1 is expected."))
    return value


_ANY_MOMENT = schema.moment()


def _moment(value: Any) -> datetime:
    moment: datetime = _ANY_MOMENT(value)
    if not is_plausible(moment):
        raise SchemaError(_("Give a date between 1900 and 2999."))
    return moment


def _month(value: Any) -> date:
    return date.fromisoformat(f"{schema.month(value)}-01")


def _about(value: Any) -> EntryAnchor | ItemAnchor:
    is_item = isinstance(value, dict) and "month" in value
    anchor: EntryAnchor | ItemAnchor = (_ITEM if is_item else _ENTRY)(value)
    return anchor


def _thread(thread: dict[str, str], pinned: str = "") -> ThreadLine:
    return ThreadLine(**thread, pinned=pinned)


_NAMES = schema.record(dict, dict.fromkeys(("uid", "path", "slug", "title"), _word))
_THREAD = schema.record(_thread, {"thread": _NAMES, "pinned": _id}, ["thread"])
_ITEM = schema.record(ItemAnchor, {"month": _month, "item": _whole}, ["month", "item"])
_ENTRY_FIELDS = {"ranking": _word, "as_of": schema.day, "subject": _word}
_ENTRY = schema.record(EntryAnchor, _ENTRY_FIELDS, _ENTRY_FIELDS)
_OUTCOME = schema.record(
    Outcome,
    {"state": schema.one_of(*OUTCOMES), "answer": _word, "decided_at": _moment},
    ["state"],
)
_REVISION = schema.record(
    Revision,
    {
        **dict.fromkeys(("written_at", "removed_at"), _moment),
        **dict.fromkeys(("name", "body"), schema.text),
        "version": _whole,
    },
    ["version", "written_at"],
)
_COMMENT = schema.record(
    CommentLine,
    {
        **dict.fromkeys(("id", "parent"), _id),
        **dict.fromkeys(("name", "body", "email"), schema.text),
        "staff": _word,
        **dict.fromkeys(("created_at", "edited_at", "blocked_until"), _moment),
        **dict.fromkeys(("version", "answered_version"), _whole),
        "state": schema.one_of(*STATES),
        "kind": schema.one_of(*KINDS),
        "about": _about,
        "outcome": _OUTCOME,
        "revisions": schema.many(_REVISION, at_most=MAX_REVISIONS),
    },
    ["id", "created_at"],
)


# Writing


def write(line: ThreadLine | CommentLine) -> str:
    """Return the line's JSON; what is as it is by default is left out."""
    fields = _fields(line)
    if isinstance(line, ThreadLine):
        pinned = {"pinned": fields.pop("pinned")} if line.pinned else {}
        fields = {"thread": fields} | pinned
    return json.dumps(fields, ensure_ascii=False)


def _fields(data: Any) -> dict[str, Any]:
    fields = {}
    for name, field in type(data).__dataclass_fields__.items():
        value = getattr(data, name)
        if value != field.default:
            fields[name] = _plain(name, value)
    return fields


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return [_fields(each) for each in value]
    if name == "month":
        return f"{value:%Y-%m}"
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int) else _fields(value)
