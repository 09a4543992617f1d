"""The HTML of a comment elsewhere to plain text, by rules of our own: nothing of it is kept."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree
from lxml.html import HTMLParser, fragment_fromstring

from articles.content.text import normalise

_DROPPED = {"script", "style", "template", "noscript", "head", "title", "object", "svg", "math"}
# Blocks with a margin, and those that only begin a line.
_PARAGRAPHS = {
    *("p", "blockquote", "pre", "ul", "ol", "menu", "dl", "figure", "table", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
_LINES = {
    *("div", "section", "article", "aside", "header", "footer", "main", "nav", "address", "center"),
    *("details", "summary", "figcaption", "caption", "fieldset", "legend", "form", "hgroup"),
    *("tr", "dt", "dd", "li", "option", "body"),
}
_LISTS = {"ul", "ol", "menu"}
_CELLS = {"td", "th"}
# Between their children white space is the file's own.
_STRUCTURE = {*_LISTS, "dl", "table", "thead", "tbody", "tfoot", "tr", "colgroup", "select"}
_MEDIA = {"img", "iframe", "embed", "video", "audio", "source"}
# As HTML reads it: Word's `<?xml:namespace … />` ends at the first bracket.
_DECLARATION = re.compile(r"<\?[^>]*>?")
_SHORTENED = re.compile(r"\s*(?:\.\.\.|…)$")
_INDENT = "  "


def to_text(html: str, *, keeps_lines: bool = False) -> str:
    """Return what a reader sees of `html`: paragraphs, line breaks, items, quotations, cells.

    Items keep their depth and number ("- ", "1. "), quotations begin with "> ", cells stand apart
    by " | ". A link shows where it leads, a picture its description and address; scripts and
    styles are dropped. `keeps_lines` tells that line ends in the source are meant, as WordPress
    keeps them.
    """
    text = normalise(_DECLARATION.sub("", html))
    if not re.search("[<&]", text):
        return text.strip()
    if keeps_lines:
        text = text.strip("\n")
    try:
        root = fragment_fromstring(text, create_parent="div", parser=HTMLParser(huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    return _Writer(keeps_lines).write(root)


@dataclass
class _List:
    """An open list: the number of its next item, None where items have none."""

    number: int | None
    step: int = 1
    letters: str = ""

    def mark(self, value: str | None) -> str:
        """Return what stands before the next item; `value` is the number that it says itself."""
        if self.number is None:
            return "- "
        number = _whole(value, self.number)
        self.number = number + self.step
        if self.letters and 1 <= number <= 26:
            return f"{chr(ord(self.letters) + number - 1)}. "
        return f"{number}. "


@dataclass
class _Link:
    """An open link: the line and the place where it began, and its words so far."""

    line: int
    start: int
    words: list[str] = field(default_factory=list)


class _Writer:
    def __init__(self, keeps_lines: bool) -> None:
        self.keeps_lines = keeps_lines
        self.lines: list[str] = []
        self.current = ""
        # Of an item: what stands before its first words, and before the lines that follow.
        self.mark = ""
        self.lists: list[_List] = []
        self.items = 0
        self.cells = 0
        self.quotes = 0
        self.links: list[_Link] = []
        self.dropped = 0
        self.verbatim = 0

    def write(self, root: etree._Element) -> str:
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self.start(element)
                self.add(element.text or "", element)
            elif event == "end":
                self.end(element)
            if event != "start" and element is not root:
                self.add(element.tail or "", element.getparent())
        self.break_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")

    def start(self, element: etree._Element) -> None:
        tag = element.tag
        self.dropped += tag in _DROPPED
        self.break_before(tag)
        self.quotes += tag == "blockquote"
        self.verbatim += tag == "pre"
        if tag in _LISTS:
            self.lists.append(_list_of(element))
        elif tag == "li":
            self.items += 1
            self.mark = self.lists[-1].mark(element.get("value")) if self.lists else "- "
        elif tag in _CELLS:
            is_nested = self.cells > 0 and next(element.itersiblings(preceding=True), None) is None
            if not is_nested and self.current.strip():
                self.current = f"{self.current.rstrip()} | "
            self.cells += 1
        elif tag == "a":
            self.links.append(_Link(len(self.lines), len(self.current)))
        elif tag in _MEDIA:
            self.show_media(element)

    def end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "a":
            self.end_link(self.links.pop(), link_address(element.get("href")))
        self.dropped -= tag in _DROPPED
        if tag in _CELLS:
            self.cells -= 1
        elif tag != "br":
            self.break_before(tag)
        if tag == "li":
            self.mark = ""
            self.items -= 1
        elif tag in _LISTS:
            self.lists.pop()
        self.quotes -= tag == "blockquote"
        self.verbatim -= tag == "pre"

    def break_before(self, tag: str) -> None:
        """Begin a line, or a paragraph, where a browser does; a cell has one line."""
        is_inner_list = tag in _LISTS and self.items
        if self.cells and tag != "table" and (tag in _PARAGRAPHS | _LINES or tag == "br"):
            self.current = f"{self.current.rstrip()} " if self.current.strip() else self.current
        elif tag in _LINES or is_inner_list or (tag == "br" and self.current.strip()):
            self.break_line()
        elif tag in _PARAGRAPHS or tag == "br":
            # A line break on an empty line shows as one.
            self.break_paragraph()

    def show_media(self, element: etree._Element) -> None:
        address = web_address(element.get("src"))
        words = " ".join(filter(None, [element.get("alt"), address]))
        is_glued = self.current and not self.current[-1].isspace()
        if words:
            self.add(f"{' ' if is_glued else ''}{words} ", element)

    def end_link(self, link: _Link, address: str) -> None:
        """Let a link show where it leads, once: systems show a long address shortened."""
        shown = "".join(link.words).strip()
        if self.links:
            self.links[-1].words += link.words
        if not address or self.dropped or address in shown:
            return
        if not is_same_address(shown, address):
            self.current = f"{self.current.rstrip()} ({address})".lstrip()
        elif link.line == len(self.lines):
            before = self.current[: link.start]
            self.current = before + self.current[link.start :].replace(shown, address, 1)
            if not shown:
                self.current = f"{before}{address}"
        else:
            self.current = f"{self.current.rstrip()} {address}".lstrip()

    def add(self, text: str, parent: etree._Element | None) -> None:
        if self.dropped:
            return
        if self.verbatim and not self.cells:
            first, *others = text.split("\n")
            self.append(first)
            for line in others:
                self.break_line(keeps_empty=True)
                self.append(line)
            return
        is_between = bool(self.items) and not self.current.strip()
        if not text.strip() and ((parent is not None and parent.tag in _STRUCTURE) or is_between):
            return
        first, *others = text.split("\n") if self.keeps_lines and not self.cells else [text]
        self.append_words(first)
        for line in others:
            self.break_before("br")
            self.append_words(line)

    def append_words(self, text: str) -> None:
        words = re.sub(r"[ \t\n\f]+", " ", text)
        is_after_space = not self.current or self.current.endswith(" ")
        self.append(words.lstrip(" ") if is_after_space else words)

    def append(self, text: str) -> None:
        self.current += text
        if self.links:
            self.links[-1].words.append(text)

    def break_line(self, *, keeps_empty: bool = False) -> None:
        if self.current.strip() or keeps_empty:
            indent = _INDENT * max(0, self.items - 1)
            mark = self.mark or (" " * len(_INDENT) if self.items else "")
            self.mark = ""
            line = f"{indent}{mark}{self.current}".rstrip()
            self.lines.append("> " * self.quotes + line)
        self.current = ""

    def break_paragraph(self) -> None:
        self.break_line()
        if self.lines and self.lines[-1] and not self.mark:
            self.lines.append("")


def _list_of(element: etree._Element) -> _List:
    if element.tag != "ol":
        return _List(None)
    letters = element.get("type", "")
    letters = letters if letters in {"a", "A"} else ""
    if element.get("reversed") is None:
        return _List(_whole(element.get("start"), 1), 1, letters)
    count = sum(child.tag == "li" for child in element)
    return _List(_whole(element.get("start"), count), -1, letters)


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch("-?[0-9]{1,9}", text) else default


def is_same_address(shown: str, address: str) -> bool:
    """Tell whether a link's words are its address, whole or shortened, or are none."""
    bare = _SHORTENED.sub("", shown)
    words, full = _comparable(bare), _comparable(address)
    return not words or words == full or (bare != shown and full.startswith(words))


def _comparable(address: str) -> str:
    text = re.sub(r"^(?:https?://)?(?:www\.)?", "", unquote(address.strip()).casefold())
    return text.rstrip("/")


def link_address(raw: str | None) -> str:
    """Return where a link leads, as a reader may follow it: a path of the old site stays one.

    A link within the page, or one that would run something, leads nowhere.
    """
    if address := web_address(raw):
        return address
    address = (raw or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme in {"mailto", "tel"}:
        return unquote(parts.path)
    is_path = not parts.scheme and not parts.netloc and bool(parts.path or parts.query)
    return address if is_path and not re.search(r"\s", address) else ""


def web_address(raw: str | None) -> str:
    """Return an http or https address, "" for anything else; Disqus' detours are undone."""
    address = (raw or "").strip()
    if address.startswith("//"):
        address = f"https:{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc or re.search(r"\s", address):
        return ""
    if parts.hostname == "disq.us" and (target := parse_qs(parts.query).get("url")):
        # The target, a colon and a signature.
        return web_address(target[0].rpartition(":")[0]) or address
    return address
