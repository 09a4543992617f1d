"""Strict YAML: from marked nodes to checked values, each fault with its line.

A reader takes a YAML node and returns a value or raises BundleError. Scalars are taken as they
are written, so `title: no` is the word "no" and `monthly_issue: 2025-10` is no number.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import yaml
from django.utils.translation import gettext as _

from articles.bundle.data import SEOUL, BundleError
from articles.content.text import normalise, normalise_line

MAX_NODES = 50_000

Reader = Callable[[yaml.Node], Any]

_WORDS = {True: {"true", "yes", "on"}, False: {"false", "no", "off"}}
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
}


class _Loader(yaml.SafeLoader):
    """Composes nodes only, and refuses what would let a small file grow large."""

    def __init__(self, stream: str):
        super().__init__(stream)
        self.nodes = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        line = event.start_mark.line
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise BundleError(line + 1, _("The file holds too many values."))
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise BundleError(line + 1, _("Anchors and aliases (& and *) are not read."))
        if event.tag is not None:
            raise BundleError(line + 1, _("Tags (!) are not read."))
        return super().compose_node(parent, index)


def compose(text: str, first_line: int = 1) -> yaml.Node:
    """Return the one YAML document in `text`, whose first line is line `first_line` of its file."""
    # The marks then count the lines of the file.
    text = "\n" * (first_line - 1) + text
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else first_line
        raise BundleError(line, _("This is not valid YAML.")) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BundleError(line, _("This character is not allowed in YAML.")) from error
    except RecursionError as error:
        raise BundleError(first_line, _("The values are nested too deeply.")) from error
    except (ValueError, OverflowError) as error:
        # PyYAML's answer to an escape beyond the last code point.
        raise BundleError(first_line, _("An escaped character does not exist.")) from error
    if node is None:
        raise BundleError(first_line, _("No values stand here."))
    return node


def fault(node: yaml.Node, message: str) -> BundleError:
    return BundleError(node.start_mark.line + 1, message)


def is_empty(node: yaml.Node) -> bool:
    return node.tag == "tag:yaml.org,2002:null"


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise fault(node, _("A single value is expected here."))
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        raise fault(node, _("An escaped character does not exist."))
    return "" if is_empty(node) else node.value


def prose(node: yaml.Node) -> str:
    return normalise(_scalar(node))


def line(node: yaml.Node) -> str:
    """Read one line: its text has no line break and no space at its ends."""
    return normalise_line(_scalar(node))


def integer(node: yaml.Node) -> int:
    text = _scalar(node)
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise fault(node, _("A whole number is expected here."))
    return int(text)


def switch(node: yaml.Node) -> bool:
    text = _scalar(node).lower()
    for value, words in _WORDS.items():
        if text in words:
            return value
    raise fault(node, _("true or false is expected here."))


def day(node: yaml.Node) -> date:
    text = _scalar(node)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise fault(node, _("A date such as 2025-10-28 is expected here."))
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise fault(node, _("This date does not exist.")) from error


def moment(node: yaml.Node) -> datetime:
    """Read a moment; without an offset it is Korean time."""
    text = _scalar(node)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,15}(Z|[+-][0-9:]{2,9})?", text):
        raise fault(node, _("A moment such as 2025-10-28T09:00:00+09:00 is expected here."))
    try:
        value = datetime.fromisoformat(text)
        value = value.astimezone(SEOUL) if value.tzinfo else value.replace(tzinfo=SEOUL)
        value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise fault(node, _("This moment does not exist.")) from error
    return value


def month(node: yaml.Node) -> str:
    text = _scalar(node)
    if not re.fullmatch(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise fault(node, _("A month such as 2025-10 is expected here."))
    return text


def one_of(*words: str) -> Reader:
    """Read one of `words`."""

    def read(node):
        text = line(node)
        if text not in words:
            raise fault(
                node, _("One of these is expected: %(words)s") % {"words": ", ".join(words)}
            )
        return text

    return read


def many(reader: Reader) -> Reader:
    """Read a list, each element with `reader`, as a tuple."""

    def read(node):
        if is_empty(node):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise fault(node, _("A list is expected here."))
        return tuple(reader(element) for element in node.value)

    return read


def pairs(node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return a mapping's key and value nodes by key; a key that stands twice is refused."""
    if not isinstance(node, yaml.MappingNode):
        raise fault(node, _("Keys and values are expected here."))
    found = {}
    for key_node, value_node in node.value:
        key = line(key_node)
        if key in found:
            raise fault(key_node, _("The key %(key)s stands twice.") % {"key": key})
        found[key] = (key_node, value_node)
    return found


def cells(node: yaml.Node) -> dict[str, str]:
    return {key: line(value) for key, (_key, value) in pairs(node).items()}


def record(make: Callable[..., Any], readers: dict[str, Reader], required: set[str]) -> Reader:
    """Read a mapping into `make(**values)`; an empty value is the same as an absent key."""

    def read(node):
        values = {}
        for key, (key_node, value_node) in pairs(node).items():
            if key not in readers:
                raise fault(key_node, _("The key %(key)s is not known here.") % {"key": key})
            if not is_empty(value_node):
                values[key] = readers[key](value_node)
        for key in sorted(required):
            if values.get(key) in (None, ""):
                raise fault(node, _("The key %(key)s is missing.") % {"key": key})
        return make(**values)

    return read
