"""What a source's reader finds: threads and comments in any order, and what it leaves out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _
from lxml import etree

from comments.bundle.data import CommentLine, ThreadLine

# Of the ids that a sentence applies to.
EXAMPLES = 5


class SourceError(Exception):
    """Say why the file cannot be read."""


@dataclass(frozen=True)
class ThreadRecord:
    """A page of the other system; `key` is what its comments name it by.

    One that was deleted there is not taken over.
    """

    key: str
    line: ThreadLine
    is_deleted: bool = False


@dataclass(frozen=True)
class CommentRecord:
    """A comment and the key of its thread; one that is gone keeps its place below replies only."""

    thread: str
    line: CommentLine
    is_gone: bool = False


Record = ThreadRecord | CommentRecord


class Notes:
    """Sentences on what was left out or changed, each with how often and the first ids."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, sentence: str, example: str) -> None:
        self.counts[sentence] += 1
        examples = self.examples.setdefault(sentence, [])
        if len(examples) < EXAMPLES:
            examples.append(example[:80])


def parse_events(file: BinaryIO) -> Iterator[tuple[str, etree._Element]]:
    """Yield lxml's "start" and "end" events; raise SourceError for what is no plain XML.

    Neither a document type, nor entities of its own, nor anything from elsewhere is ever read: an
    export needs none (OWASP, XML External Entity Prevention).
    """
    events = etree.iterparse(
        file,
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    is_first = True
    try:
        for event, element in events:
            if is_first and element.getroottree().docinfo.doctype:
                raise SourceError(_("The file declares a document type; an export has none."))
            is_first = False
            yield event, element
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise SourceError(
            _("Line %(line)s is not well-formed XML, or not in the encoding it declares.")
            % {"line": line}
        ) from error


def forget(element: etree._Element) -> None:
    """Free an element that has been read, and those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
