"""JSON Lines in and out: bytes to checked data, each fault with its line's number."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

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

Reader = Callable[[Any], Any]


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
    if "thread" in fields:
        thread = _read(fields, {"thread": _thread, "pinned": _id}, ["thread"])
        return ThreadLine(**thread.pop("thread"), **thread)
    return CommentLine(**_read(fields, _COMMENT, ["id", "created_at"]))


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


def _read(fields: Any, readers: Mapping[str, Reader], required: list[str]) -> dict[str, Any]:
    """Return the fields that are given, each read by its reader; None counts as not given."""
    if not isinstance(fields, dict):
        raise LineError(_("An object with names and values is expected."))
    if unknown := next((name for name in fields if name not in readers), None):
        raise LineError(_("“%(name)s” means nothing here.") % {"name": unknown[:40]})
    values = {}
    for name, value in fields.items():
        if value is None:
            continue
        try:
            values[name] = readers[name](value)
        except LineError as error:
            raise LineError(f"{name}: {error}") from error
    if missing := next((name for name in required if name not in values), None):
        raise LineError(_("“%(name)s” is missing.") % {"name": missing})
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise LineError(_("A text is expected."))
    return value


def _word(value: Any) -> str:
    """Read a text that is looked up as it is: without what no database takes."""
    text = _text(value)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise LineError(_("The text holds a character that cannot be used."))
    return text


def _id(value: Any) -> str:
    text = _text(value)
    if len(text) > MAX_ID_CHARACTERS or not _ID.fullmatch(text):
        raise LineError(
            _(
                "An id such as disqus:123 is expected: at most %(limit)s Latin letters, digits and"
                " signs, and a colon after its source."
            )
            % {"limit": MAX_ID_CHARACTERS}
        )
    return text


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise LineError(_("A whole number from 1 is expected."))
    return value


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not is_plausible(moment):
        raise LineError(_("A moment such as 2025-10-28T09:00:00+09:00 is expected."))
    return moment


def _day(value: Any) -> date:
    text = _text(value)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise LineError(_("A date such as 2025-10-28 is expected."))


def _month(value: Any) -> date:
    return _day(f"{_text(value)}-01")


def _one_of(choices: tuple[str, ...]) -> Reader:
    def read(value: Any) -> str:
        if value not in choices:
            raise LineError(_("One of these is expected: %(list)s") % {"list": ", ".join(choices)})
        return str(value)

    return read


def _thread(value: Any) -> dict[str, str]:
    return _read(value, dict.fromkeys(("uid", "path", "slug", "title"), _word), [])


def _about(value: Any) -> EntryAnchor | ItemAnchor:
    if isinstance(value, dict) and "month" in value:
        return ItemAnchor(**_read(value, {"month": _month, "item": _whole}, ["month", "item"]))
    entry = {"ranking": _word, "as_of": _day, "subject": _word}
    return EntryAnchor(**_read(value, entry, list(entry)))


def _outcome(value: Any) -> Outcome:
    readers = {"state": _one_of(OUTCOMES), "answer": _word, "decided_at": _moment}
    return Outcome(**_read(value, readers, ["state"]))


def _revisions(value: Any) -> tuple[Revision, ...]:
    if not isinstance(value, list) or len(value) > MAX_REVISIONS:
        raise LineError(_("A list of earlier texts is expected."))
    readers = {"version": _whole, "written_at": _moment, "removed_at": _moment}
    readers |= {"name": _text, "body": _text}
    return tuple(Revision(**_read(each, readers, ["version", "written_at"])) for each in value)


_COMMENT: dict[str, Reader] = {
    "id": _id,
    "parent": _id,
    "name": _text,
    "body": _text,
    "email": _text,
    "staff": _word,
    **dict.fromkeys(("created_at", "edited_at", "blocked_until"), _moment),
    **dict.fromkeys(("version", "answered_version"), _whole),
    "state": _one_of(STATES),
    "kind": _one_of(KINDS),
    "about": _about,
    "outcome": _outcome,
    "revisions": _revisions,
}


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
