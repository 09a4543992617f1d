"""Readers that a schema is made of: from plain data to checked values.

Plain data are what JSON or YAML says: mappings, lists, texts, numbers, and None for what is not
given. A reader takes one value and returns what it stands for, or raises SchemaError.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _

from articles.content.text import normalise, normalise_line

Reader = Callable[[Any], Any]

_WORDS = {True: {"true", "yes", "on"}, False: {"false", "no", "off"}}


class SchemaError(Exception):
    """Say what is wrong with a value; `path` leads to it by keys and places in lists."""

    def __init__(self, message: str, *path: str | int):
        super().__init__(message)
        self.message = message
        self.path = path


def _read_at(step: str | int, reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except SchemaError as error:
        error.path = (step, *error.path)
        raise


# Single values


def text(value: Any) -> str:
    """Read a text as it is written."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SchemaError(_("A text is expected here."))
    return value


def prose(value: Any) -> str:
    return normalise(text(value))


def line(value: Any) -> str:
    """Read one line: its text has no line break and no space at its ends."""
    return normalise_line(text(value))


def integer(value: Any) -> int:
    """Read a whole number that is written as a text."""
    written = text(value)
    if not re.fullmatch(r"-?[0-9]{1,9}", written):
        raise SchemaError(_("A whole number is expected here."))
    return int(written)


def switch(value: Any) -> bool:
    written = text(value).lower()
    for state, words in _WORDS.items():
        if written in words:
            return state
    raise SchemaError(_("true or false is expected here."))


def day(value: Any) -> date:
    written = text(value)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        raise SchemaError(_("A date such as 2025-10-28 is expected here."))
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise SchemaError(_("This date does not exist.")) from error


def month(value: Any) -> str:
    written = text(value)
    if not re.fullmatch(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])", written):
        raise SchemaError(_("A month such as 2025-10 is expected here."))
    return written


def moment(zone: tzinfo | None = None) -> Reader:
    """Read a moment, in `zone`; one without an offset is meant there, or refused without a zone."""

    def read(value):
        written = text(value)
        match = re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,15}(Z|[+-][0-9:]{2,9})?", written
        )
        if not match or not (zone or match[1]):
            raise SchemaError(_("A moment such as 2025-10-28T09:00:00+09:00 is expected here."))
        try:
            found = datetime.fromisoformat(written)
            if zone:
                found = found.astimezone(zone) if match[1] else found.replace(tzinfo=zone)
            found.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise SchemaError(_("This moment does not exist.")) from error
        return found

    return read


def one_of(*words: str) -> Reader:
    """Read one of `words`."""

    def read(value):
        written = line(value)
        if written not in words:
            expected = {"words": ", ".join(words)}
            raise SchemaError(_("One of these is expected: %(words)s") % expected)
        return written

    return read


# What holds others


def many(reader: Reader, at_most: int | None = None) -> Reader:
    """Read a list, each element with `reader`, as a tuple."""

    def read(value):
        if value is None:
            return ()
        if not isinstance(value, list):
            raise SchemaError(_("A list is expected here."))
        if at_most is not None and len(value) > at_most:
            raise SchemaError(_("At most %(limit)s may stand here.") % {"limit": at_most})
        return tuple(_read_at(place, reader, each) for place, each in enumerate(value))

    return read


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SchemaError(_("Keys and values are expected here."))
    return value


def cells(value: Any) -> dict[str, str]:
    return {key: _read_at(key, line, each) for key, each in mapping(value).items()}


def record(
    make: Callable[..., Any], readers: Mapping[str, Reader], required: Iterable[str] = ()
) -> Reader:
    """Read a mapping into `make(**values)`; an empty value is the same as an absent key."""

    def read(value):
        values = {}
        for key, each in mapping(value).items():
            if key not in readers:
                raise SchemaError(_("The key %(key)s is not known here.") % {"key": key[:40]}, key)
            if each is not None:
                values[key] = _read_at(key, readers[key], each)
        for key in sorted(required):
            if values.get(key) in (None, ""):
                raise SchemaError(_("The key %(key)s is missing.") % {"key": key})
        return make(**values)

    return read
