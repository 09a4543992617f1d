"""What every reader of another system's export needs: its XML, why it fails, what is left out."""

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _
from lxml import etree

# Of the ids that a sentence applies to.
EXAMPLES = 5
# XML allows none of them, WordPress writes them as they stand in a text; in UTF-8 no other
# character holds such a byte.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class SourceError(Exception):
    """Say why the file or folder cannot be read."""


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


class _WithoutControls:
    """A file without the control characters that no XML may hold, each line of them noted."""

    def __init__(self, file: BinaryIO, notes: Notes):
        self.file = file
        self.notes = notes
        self.line = 1
        self.is_wide: bool | None = None

    def read(self, size: int = -1) -> bytes:
        # At the file's end only is nothing an answer.
        while data := self.file.read(size):
            if kept := self._without_controls(data):
                return kept
        return b""

    def _without_controls(self, data: bytes) -> bytes:
        if self.is_wide is None:
            self.is_wide = data.startswith(_UTF_16)
        kept = data if self.is_wide else data.translate(None, _CONTROLS)
        if len(kept) < len(data):
            text = _("Control characters, which XML forbids, were left out of the file.")
            for number, line in enumerate(data.split(b"\n"), self.line):
                if line.translate(None, _CONTROLS) != line:
                    self.notes.add(text, _("line %(line)s") % {"line": number})
        self.line += data.count(b"\n")
        return kept


def parse_events(file: BinaryIO, notes: Notes) -> Iterator[tuple[str, etree._Element]]:
    """Yield lxml's "start" and "end" events; raise SourceError for what is no plain XML.

    Neither a document type, nor entities of its own, nor anything from elsewhere is ever read: an
    export needs none (OWASP, XML External Entity Prevention).
    """
    events = etree.iterparse(
        _WithoutControls(file, notes),
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
