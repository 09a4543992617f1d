"""A saved HTML page of the old site to a draft."""

import codecs
import re
from dataclasses import replace

from django.utils.translation import gettext as _
from lxml import etree
from lxml import html as lxml_html

from articles.bundle.data import BundleError
from articles.content.html_tables import read_table
from articles.content.text import normalise, normalise_line
from articles.manuscripts.blocks import Block, Run, check_count, line_block
from articles.manuscripts.outline import ImportedPage, left_out, read_blocks
from articles.old_addresses import MAX_ADDRESS_CHARACTERS, normalise_address

_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.I
)
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d{4}\)(https?://[^\s<>]{1,500}) -->")
_SCRIPT = re.compile(r"\.(?:do|php|jsp|aspx?|cgi|nhn)$", re.IGNORECASE)
_KOREAN = {"euc-kr", "euc_kr", "ks_c_5601-1987", "ksc5601", "cp949", "ms949", "windows-949"}

_SKIPPED = {
    *("head", "script", "style", "noscript", "template", "nav", "footer", "svg", "math"),
    *("select", "option", "button", "textarea", "input", "map"),
}
# Of these a page shows nothing.
_CODE = {"head", "script", "style", "noscript", "template", "map"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"),
    *("div", "dl", "dt", "fieldset", "figcaption", "figure", "form", "header", "hr", "html"),
    *("legend", "li", "main", "ol", "p", "pre", "section", "summary", "ul"),
    *("table", "tbody", "thead", "tfoot", "tr", "td", "th"),
    *_HEADINGS,
}
_LISTS = {"ul", "ol"}
_STRONG = {"b", "strong"}
_PICTURES = {"img", "iframe", "video", "audio", "embed", "object", "canvas"}
# Of what stands in a table's cell nothing is read, not even a description.
_PLAYERS = _PICTURES - {"img", "canvas"}
_LEADS_NOWHERE = re.compile(r"#|(?:javascript|data):", re.IGNORECASE)


def read(data: bytes) -> ImportedPage:
    """Return the draft that a saved page gives; raises BundleError when it has no title."""
    text, notes = _decode(data)
    text = normalise(text)
    parser = lxml_html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = lxml_html.document_fromstring(
            text.encode("utf-8", errors="replace"), parser=parser, ensure_head_body=True
        )
    except etree.ParserError as error:
        raise BundleError(1, _("The page is empty.")) from error
    for entry in parser.error_log:
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            raise BundleError(max(1, entry.line), _("The page is nested too deeply."))
    walk = _Walk()
    blocks = walk.blocks_of(root)
    return read_blocks(blocks, (*notes, *walk.notes), _legacy_path(root, text))


def _decode(data: bytes) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Decode by byte order mark, by the page's own word, or as UTF-8; note what is lost."""
    match = _META_CHARSET.search(data, 0, 4096)
    name = match[1].decode("ascii").lower() if match else ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        name = "utf-16"
    elif data.startswith(codecs.BOM_UTF8) or not name:
        name = "utf-8-sig"
    elif name in _KOREAN:
        # Every browser reads EUC-KR as its superset.
        name = "cp949"
    try:
        if not codecs.lookup(name)._is_text_encoding:
            name = "utf-8-sig"
    except LookupError:
        name = "utf-8-sig"
    for encoding in (name, "utf-8-sig", "cp949"):
        try:
            return data.decode(encoding), ()
        except UnicodeDecodeError:
            continue
    text = data.decode(name, errors="replace")
    line = text.count("\n", 0, text.find("\ufffd")) + 1
    return text, ((line, _("Some characters could not be read and are marked in the text.")),)


def _legacy_path(root: etree._Element, text: str) -> str:
    """Return the address that the page itself names, with its query and without its site."""
    urls = root.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
    if match := _SAVED_FROM.search(text, 0, 4096):
        urls.append(match[1])
    addresses = [
        address
        for address in map(normalise_address, map(str, urls))
        if re.fullmatch(r"/[^\s#]+", address) and len(address) <= MAX_ADDRESS_CHARACTERS
    ]
    # `view.do` without its query is every page of the board.
    complete = (address for address in addresses if not _SCRIPT.search(address))
    return next(complete, next(iter(addresses), ""))


class _Walk:
    """One pass over a document's elements, in their order, that gathers blocks."""

    def __init__(self):
        self.blocks: list[Block] = []
        self.notes: list[tuple[int, str]] = []
        self.runs: list[Run] = []
        self.line = 1
        self.strong = 0
        self.hrefs: list[str] = []
        self.heading = 0
        # Whether the open paragraph has shown a picture.
        self.is_continued = False
        # For each open list: the number of its next item, or 0 when it has none.
        self.numbers: list[int] = []
        # For each open item: its bullet, until its first text has taken it.
        self.bullets: list[str] = []

    def blocks_of(self, root: etree._Element) -> list[Block]:
        walker = etree.iterwalk(root, events=("start", "end"))
        skipped = None
        for event, element in walker:
            if event == "start":
                if self._skips(element):
                    skipped = element
                    walker.skip_subtree()
                else:
                    self._open(element)
                    self._add(element.text)
            else:
                if element is skipped:
                    skipped = None
                else:
                    self._close(element)
                self._add(element.tail)
            check_count(self.blocks)
        self._flush()
        return self.blocks

    def _skips(self, element: etree._Element) -> bool:
        tag = element.tag
        if tag in _SKIPPED:
            text = "" if tag in _CODE else normalise_line(" ".join(element.itertext()))
            if text:
                self.notes.append((element.sourceline or 1, left_out(text)))
            if tag not in _CODE:
                self._note_pictures(element, _PICTURES)
            return True
        if tag in _PICTURES:
            self._flush()
            self._add_picture(element)
            self.is_continued = True
            return True
        if tag == "pre" and _BLOCKS.union(_PICTURES).isdisjoint(
            child.tag for child in element.iterdescendants()
        ):
            self._flush()
            for line_break in element.iter("br"):
                line_break.text = "\n"
            lines = [line.rstrip() for line in normalise(element.text_content()).split("\n")]
            if any(lines):
                self.blocks.append(
                    Block(element.sourceline or 1, verbatim=tuple(lines), is_after_gap=True)
                )
            self._note_addresses(element)
            return True
        if tag == "table" and (table := read_table(element)):
            self._flush()
            caption = element.find("caption")
            if caption is not None and (text := normalise_line(caption.text_content())):
                text = text if text.startswith("[") else f"[{text}]"
                self.blocks.append(line_block(caption.sourceline or 1, text, is_after_gap=True))
            self.blocks.append(Block(element.sourceline or 1, table=table, is_after_gap=True))
            self._note_addresses(element)
            self._note_pictures(element, _PLAYERS)
            return True
        return False

    def _add_picture(self, element: etree._Element) -> None:
        line = _picture_line(element)
        self.blocks.append(
            Block(element.sourceline or 1, verbatim=(line,), fence="unread", is_after_gap=True)
        )

    def _note_pictures(self, element: etree._Element, tags: set[str]) -> None:
        for picture in element.iter(*tags):
            self.notes.append((picture.sourceline or 1, left_out(_picture_line(picture))))

    def _note_addresses(self, element: etree._Element) -> None:
        """Name the addresses of links of which the draft has the words alone."""
        for link in element.iter("a"):
            self._note_address(link)

    def _note_address(self, link: etree._Element) -> None:
        address = normalise_line(link.get("href") or "")
        is_shown = address in normalise_line(link.text_content())
        if not is_shown and not _LEADS_NOWHERE.match(address):
            self.notes.append((link.sourceline or 1, left_out(address)))

    def _open(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush(before=tag)
        if tag in _LISTS:
            start = element.get("start", "1")
            number = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
            self.numbers.append(number if tag == "ol" else 0)
        elif tag == "li":
            number = self.numbers[-1] if self.numbers else 0
            self.bullets.append(f"{number}." if number else "•")
            if number:
                self.numbers[-1] += 1
        elif tag == "br":
            self._flush()
        elif tag in _STRONG:
            self.strong += 1
        elif tag == "a":
            address = _safe_address(element.get("href") or "")
            self.hrefs.append(address)
            if not address or not normalise_line(element.text_content()):
                self._note_address(element)
        elif tag in _HEADINGS:
            self.heading += 1
        if not self.runs:
            self.line = element.sourceline or self.line

    def _close(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush(after=tag)
        if tag in _LISTS and self.numbers:
            self.numbers.pop()
        elif tag == "li" and self.bullets:
            self.bullets.pop()
        elif tag in _STRONG:
            self.strong -= 1
        elif tag == "a" and self.hrefs:
            self.hrefs.pop()
        elif tag in _HEADINGS:
            self.heading -= 1

    def _add(self, text: str | None) -> None:
        if text:
            # A no-break space is an indentation someone typed; the others are the file's own.
            text = re.sub(r"[ \t\n]+", " ", text)
            self.runs.append(Run(text, self.strong > 0, self.hrefs[-1] if self.hrefs else ""))

    def _flush(self, before: str = "", after: str = "") -> None:
        """End the line that is being gathered; an item that holds only a list ends empty."""
        raw = "".join(run.text for run in self.runs).strip(" ")
        runs, self.runs = tuple(self.runs), []
        is_continued = self.is_continued
        self.is_continued = is_continued and not (before or after)
        depth = 4 * len(self.bullets)
        is_empty_item = not raw.strip() and (before in _LISTS or after == "li")
        if not raw.strip() and not (is_empty_item and self.bullets and self.bullets[-1]):
            return
        block = line_block(
            self.line,
            raw,
            runs,
            is_after_gap=True,
            is_heading=self.heading > 0,
            is_continued=is_continued,
        )
        if self.bullets and self.bullets[-1]:
            if block.bullet == "•" or not block.bullet:
                text_runs = block.runs
            else:
                text_runs = line_block(self.line, f"• {raw}", (Run("• "), *runs)).runs
            block = replace(block, bullet=self.bullets[-1], indent=depth, runs=text_runs)
            self.bullets[-1] = ""
        elif block.bullet or self.bullets:
            block = replace(block, indent=depth + 1 + block.indent)
        else:
            block = replace(block, indent=0)
        self.blocks.append(block)


def _picture_line(element: etree._Element) -> str:
    address = element.get("src") or element.get("data") or ""
    words = normalise_line(element.get("alt") or element.get("title") or "")
    if address.startswith("data:"):
        address = "data:"
    return normalise_line(f"[{element.tag}] {words} {address}")


def _safe_address(href: str) -> str:
    """Return a link's address where it can be kept: an absolute one that Markdown can hold."""
    href = href.strip()
    if not re.fullmatch(r"(?:https?://|mailto:)[^\s<>\"\\]{1,480}", href, re.I):
        return ""
    # Markdown ends an address at the first bracket that has no partner.
    return href.replace("(", "%28").replace(")", "%29")
