"""Strict YAML as plain data, and the line where each value stands.

Scalars are taken as they are written, so `title: no` is the word "no" and `monthly_issue: 2025-10`
is no number.
"""

from typing import Any

import yaml
from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.content.text import normalise_line

MAX_NODES = 50_000


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


def plain(node: yaml.Node) -> Any:
    """Return the node's mappings, lists and texts; raises BundleError where a key stands twice."""
    if isinstance(node, yaml.SequenceNode):
        return [plain(element) for element in node.value]
    if isinstance(node, yaml.MappingNode):
        return {key: plain(value) for key, (_key, value) in _pairs(node).items()}
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        raise _fault(node, _("An escaped character does not exist."))
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def line_at(node: yaml.Node, path: tuple[str | int, ...]) -> int:
    """Return the line where the value at `path` begins, or what is above it where none is there."""
    line = node.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode) and step in (pairs := _pairs(node)):
            line = pairs[step][0].start_mark.line + 1
            node = pairs[step][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _pairs(node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return a mapping's key and value nodes by key."""
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key_node, value_node in node.value:
        written = plain(key_node)
        if not isinstance(written, str | None):
            raise _fault(key_node, _("A text is expected here."))
        key = normalise_line(written or "")
        if key in found:
            raise _fault(key_node, _("The key %(key)s stands twice.") % {"key": key})
        found[key] = (key_node, value_node)
    return found


def _fault(node: yaml.Node, message: str) -> BundleError:
    return BundleError(node.start_mark.line + 1, message)
