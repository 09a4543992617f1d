"""The HTML of a comment elsewhere to plain text, by rules of our own: nothing of it is kept."""

import re
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HTMLParser, fragment_fromstring

from articles.content.text import normalise

_DROPPED = {"script", "style", "template", "noscript", "head", "title", "object", "svg", "math"}
_BLOCKS = {
    *("p", "div", "section", "article", "blockquote", "pre", "ul", "ol", "dl", "figure"),
    *("table", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
}
_LINES = {"br", "li", "tr", "dt", "dd"}
_DECLARATION = re.compile(r"<\?.*?(?:\?>|$)", re.DOTALL)
_SHORTENED = re.compile(r"(?:\.\.\.|…)$")


def to_text(html: str, *, keeps_lines: bool = False) -> str:
    """Return what a reader sees of `html`: paragraphs, line breaks, "- " items, "> " quotations.

    A link shows where it leads, a picture its description and address; scripts and styles are
    dropped. `keeps_lines` tells that line ends in the source are meant, as WordPress keeps them.
    """
    text = normalise(_DECLARATION.sub("", html))
    if not re.search("[<&]", text):
        return text.strip()
    if keeps_lines:
        text = text.strip("\n").replace("\n", "<br>")
    try:
        root = fragment_fromstring(text, create_parent="div", parser=HTMLParser(huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    return _Writer().write(root)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current = ""
        self.quotes = 0
        self.links: list[int] = []
        self.dropped = 0
        self.verbatim = 0

    def write(self, root: etree._Element) -> str:
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self.start(element)
            elif event == "end":
                self.end(element)
            if event != "start" and element is not root:
                self.add(element.tail or "")
        self.break_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")

    def start(self, element: etree._Element) -> None:
        tag = element.tag
        self.dropped += tag in _DROPPED
        # A line break on an empty line shows as one.
        if tag in _BLOCKS or (tag == "br" and not self.current.strip()):
            self.break_paragraph()
        elif tag in _LINES:
            self.break_line()
        self.quotes += tag == "blockquote"
        self.verbatim += tag == "pre"
        if tag == "li":
            self.current = "- "
        elif tag == "a":
            self.links.append(len(self.current))
        elif tag in {"img", "iframe", "embed", "video", "audio"}:
            self.add(" ".join(filter(None, [element.get("alt"), web_address(element.get("src"))])))
        self.add(element.text or "")

    def end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "a":
            self.end_link(self.links.pop(), web_address(element.get("href")))
        self.dropped -= tag in _DROPPED
        if tag in _BLOCKS:
            self.break_paragraph()
        elif tag == "li":
            self.break_line()
        self.quotes -= tag == "blockquote"
        self.verbatim -= tag == "pre"

    def end_link(self, start: int, address: str) -> None:
        """Let a link show where it leads, once: systems show a long address shortened."""
        shown = self.current[start:].strip()
        bare = _SHORTENED.sub("", shown)
        if not address or self.dropped:
            return
        if not bare or address.startswith(bare) or address.partition("://")[2].startswith(bare):
            self.current = f"{self.current[:start]}{address}"
        else:
            self.current += f" ({address})"

    def add(self, text: str) -> None:
        if self.dropped:
            return
        if self.verbatim:
            first, *others = text.split("\n")
            self.current += first
            for line in others:
                self.break_line(keeps_empty=True)
                self.current = line
            return
        words = re.sub(r"[ \t\n\f]+", " ", text)
        self.current += words.lstrip(" ") if not self.current else words

    def break_line(self, *, keeps_empty: bool = False) -> None:
        if self.current.strip() or keeps_empty:
            self.lines.append("> " * self.quotes + self.current.rstrip())
        self.current = ""

    def break_paragraph(self) -> None:
        self.break_line()
        if self.lines and self.lines[-1]:
            self.lines.append("")


def web_address(raw: str | None) -> str:
    """Return an http or https address, "" for anything else."""
    address = (raw or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    has_space = re.search(r"\s", address)
    return address if parts.scheme in {"http", "https"} and parts.netloc and not has_space else ""
