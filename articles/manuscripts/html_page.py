"""HTML to a draft: a saved page, a copied text, or what the readers of documents give."""

import base64
import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _
from lxml import etree
from lxml import html as lxml_html

from articles.bundle.data import BundleError
from articles.content.html_tables import is_readable, read_table
from articles.content.markdown import ALT_TEXT_TO_WRITE
from articles.content.reference_marks import lowered, raised
from articles.content.shown_text import declarations, hidden_by_sheets, is_removed
from articles.content.text import normalise, normalise_line
from articles.manuscripts.blocks import (
    PICTURE_SCHEME,
    STORED_ADDRESS,
    Block,
    HtmlSource,
    Run,
    check_count,
    escape,
    is_picture,
    left_out,
    line_block,
)
from articles.manuscripts.outline import ImportedPage, read_blocks
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
MAX_PICTURES = 40
_EMPHASIS = {"em", "i"}
_STRUCK = {"s", "strike"}
_RAISING: dict[str, Callable[[str], str]] = {"sup": raised, "sub": lowered}
# Blocks that stand inside a paragraph's own element.
_WITHIN = {"br", "hr"}
_WORD_LEVEL = re.compile(r"mso-list:[^;]{0,40}\blevel([1-9])", re.IGNORECASE)
_IGNORED = re.compile(r"mso-list:\s*Ignore", re.IGNORECASE)
_NO_TEXT = re.compile(r"mso-element:\s*(?:comment|header|footer)", re.IGNORECASE)
_STYLED_BULLET = re.compile(r"[•□■◆◇○●◎❍–·․∙‧・※-]|[0-9]{1,4}\.")
# Of a heading these are ornaments.
_HEADING_MARKS = {*"□■◆◇○●◎•"}
_LEADS_NOWHERE = re.compile(r"#|(?:javascript|data):", re.IGNORECASE)


def read(data: bytes) -> ImportedPage:
    """Return the draft that a saved page gives; raises BundleError when it has no title."""
    text, notes = _decode(data)
    return read_source(HtmlSource(text, notes=list(notes)))


def read_source(source: HtmlSource) -> ImportedPage:
    """Return the draft that a document's HTML gives; raises BundleError when it has no title."""
    text = normalise(source.html)
    root = _parse(text)
    walk = _Walk(root, source.pictures)
    blocks = walk.blocks_of(root)
    notes = (*source.notes, *walk.notes)
    return read_blocks(blocks, notes, _legacy_path(root, text), walk.taken, source.name)


def read_fragment(source: HtmlSource) -> tuple[list[Block], list[tuple[int, str]]]:
    """Return the blocks of a piece of HTML and its notes; raises BundleError."""
    root = _parse(normalise(source.html))
    walk = _Walk(root, source.pictures)
    blocks = walk.blocks_of(root)
    source.pictures.clear()
    source.pictures.update(walk.taken)
    return blocks, [*source.notes, *walk.notes]


def _parse(text: str) -> etree._Element:
    if not is_readable(text):
        raise BundleError(1, _("The file holds more than any manuscript does."))
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
    return root


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
    for encoding in (name, "utf-8-sig", "cp949"):
        try:
            return data.decode(encoding), ()
        except (LookupError, UnicodeError):
            # What a page names may be no charset at all, or one that is no text's: rot13, idna.
            continue
    try:
        text = data.decode(name, errors="replace")
    except (LookupError, UnicodeError):
        text = data.decode(errors="replace")
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

    def __init__(self, root: etree._Element, pictures: Mapping[str, bytes]):
        self.hiding = hidden_by_sheets(root)
        # What the document's reader took out of it, and what of that the draft shows.
        self.pictures = pictures
        self.taken: dict[str, bytes] = {}
        # A document numbers its paragraphs; a page is known by its lines.
        self.is_numbered = next(root.iterfind(".//*[@data-line]"), None) is not None
        self.blocks: list[Block] = []
        self.notes: list[tuple[int, str]] = []
        self.runs: list[Run] = []
        self.line = 1
        self.strong = 0
        self.hrefs: list[str] = []
        self.emphasis = self.code = self.quoted = 0
        self.raising: list[Callable[[str], str]] = []
        self.heading = 0
        # The bullet that a paragraph's style gives it, until its first text has taken it, and how
        # deep it stands.
        self.item: tuple[str, int] | None = None
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
        style = element.get("style") or ""
        if _IGNORED.search(style):
            return self._takes_list_mark(element)
        if tag not in _SKIPPED | _PICTURES and (
            tag == "del"
            or _NO_TEXT.search(style)
            or "msocom" in (element.get("class") or "")
            or is_removed(element, self.hiding)
        ):
            if text := normalise_line(" ".join(element.itertext())):
                self.notes.append((self._line_of(element), left_out(text)))
            self._note_pictures(element, _PICTURES)
            return True
        if tag in _SKIPPED:
            text = "" if tag in _CODE else normalise_line(" ".join(element.itertext()))
            if text:
                self.notes.append((self._line_of(element), left_out(text)))
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
                    Block(self._line_of(element), verbatim=tuple(lines), is_after_gap=True)
                )
            self._note_addresses(element)
            return True
        if tag == "table" and (table := read_table(element, self.hiding)):
            self._flush()
            caption = element.find("caption")
            if caption is not None and (text := normalise_line(caption.text_content())):
                text = text if text.startswith("[") else f"[{text}]"
                self.blocks.append(line_block(self._line_of(caption), text, is_after_gap=True))
            self.blocks.append(Block(self._line_of(element), table=table, is_after_gap=True))
            self._note_addresses(element)
            self._note_pictures(element, _PLAYERS)
            return True
        return False

    def _line_of(self, element: etree._Element) -> int:
        if not self.is_numbered:
            return element.sourceline or 1
        own = element.get("data-line") or ""
        return int(own) if re.fullmatch(r"[0-9]{1,6}", own) else self.line

    def _takes_list_mark(self, element: etree._Element) -> bool:
        """Take Word's own mark of a list item, a glyph of Wingdings or a number, for the bullet."""
        if self.item is None:
            return False
        mark = normalise_line(element.text_content())
        if re.fullmatch(r"[0-9]{1,4}\.", mark):
            self.item = (mark, self.item[1])
        elif len(mark) > 1:
            self._add(f"{mark} ")
        return True

    def _add_picture(self, element: etree._Element) -> None:
        line = self._line_of(element)
        address = element.get("src") or ""
        words = normalise_line(element.get("alt") or element.get("title") or "")
        data = self.pictures.get(address) or _embedded(address)
        is_kept = is_picture(data) and len(self.taken) < MAX_PICTURES
        if element.tag == "img" and (is_kept or STORED_ADDRESS.fullmatch(address)):
            if data:
                address = f"{PICTURE_SCHEME}{len(self.taken) + 1}"
                self.taken[address] = data
            if not words:
                self.notes.append((line, _("A picture was taken over; write what it shows.")))
            alt = escape(words, is_first=False, is_linked=True) or ALT_TEXT_TO_WRITE
            caption = (element.get("data-caption") or "").replace('"', r"\"")
            ready = f'![{alt}]({address} "{caption}")' if caption else f"![{alt}]({address})"
            self.blocks.append(Block(line, ready=ready, is_after_gap=True))
            return
        if data and is_picture(data):
            text = _("Only %(limit)s pictures are taken over; upload this one by itself.")
            self.notes.append((line, text % {"limit": MAX_PICTURES}))
        elif data:
            text = _("A picture is neither JPEG, PNG nor WebP: save it as one and upload it.")
            self.notes.append((line, text))
        self.blocks.append(
            Block(line, verbatim=(_picture_line(element),), fence="unread", is_after_gap=True)
        )

    def _note_pictures(self, element: etree._Element, tags: set[str]) -> None:
        for picture in element.iter(*tags):
            self.notes.append((self._line_of(picture), left_out(_picture_line(picture))))

    def _note_addresses(self, element: etree._Element) -> None:
        """Name the addresses of links of which the draft has the words alone."""
        for link in element.iter("a"):
            self._note_address(link)

    def _note_address(self, link: etree._Element) -> None:
        address = normalise_line(link.get("href") or "")
        if _LEADS_NOWHERE.match(address):
            return
        # No page has links within one another: to read through each of them would take long.
        is_inner = next(link.iterancestors("a"), None) is not None
        if is_inner or address not in normalise_line(link.text_content()):
            self.notes.append((self._line_of(link), left_out(address)))

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
        elif tag in _STRUCK:
            text = _("Struck-out words were kept; check them.")
            self.notes.append((self._line_of(element), text))
        elif tag == "blockquote":
            self.quoted += 1
        elif tag == "a":
            address = _safe_address(element.get("href") or "")
            is_inner = bool(self.hrefs)
            self.hrefs.append(address)
            if not address or not (is_inner or normalise_line(element.text_content())):
                self._note_address(element)
        elif tag in _HEADINGS or _is_title(element):
            self.heading = int(tag[1]) if tag in _HEADINGS else 1
        self._count_forms(element, 1)
        if tag in _BLOCKS:
            self.item = _styled_item(element) or (None if tag not in _WITHIN else self.item)
        if not self.runs:
            self.line = self._line_of(element)

    def _count_forms(self, element: etree._Element, step: int) -> None:
        """Count in or out what an element says of its text's form."""
        tag = element.tag
        self.strong += step * _is_strong(element)
        self.emphasis += step * (tag in _EMPHASIS)
        self.code += step * (tag == "code")
        if tag in _RAISING:
            self.raising = [*self.raising, _RAISING[tag]] if step > 0 else self.raising[:-1]

    def _close(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush(after=tag)
        if tag in _LISTS and self.numbers:
            self.numbers.pop()
        elif tag == "li" and self.bullets:
            self.bullets.pop()
        elif tag == "blockquote":
            self.quoted -= 1
        elif tag == "a" and self.hrefs:
            self.hrefs.pop()
        elif tag in _HEADINGS or _is_title(element):
            self.heading = 0
        self._count_forms(element, -1)
        if tag in _BLOCKS and tag not in _WITHIN:
            self.item = None

    def _add(self, text: str | None) -> None:
        if text:
            # A no-break space is an indentation someone typed; the others are the file's own.
            text = re.sub(r"[ \t\n]+", " ", text)
            if self.raising:
                text = self.raising[-1](text)
            self.runs.append(
                Run(
                    text,
                    self.strong > 0,
                    self.hrefs[-1] if self.hrefs else "",
                    emphasis=self.emphasis > 0,
                    code=self.code > 0,
                )
            )

    def _flush(self, before: str = "", after: str = "") -> None:
        """End the line that is being gathered; an item that holds only a list ends empty."""
        raw = "".join(run.text for run in self.runs).strip(" ")
        runs, self.runs = tuple(self.runs), []
        is_continued = self.is_continued
        self.is_continued = is_continued and not (before or after)
        # Google's documents put a list right into a list, without an item around it.
        depth = 4 * max(len(self.numbers), len(self.bullets))
        is_empty_item = not raw.strip() and (before in _LISTS or after == "li")
        if not raw.strip() and not (is_empty_item and self.bullets and self.bullets[-1]):
            return
        block = line_block(
            self.line,
            raw,
            runs,
            is_after_gap=True,
            is_heading=self.heading > 0,
            heading_level=self.heading,
            is_quoted=self.quoted > 0,
            is_continued=is_continued,
        )
        if block.is_heading and block.bullet not in _HEADING_MARKS:
            block = replace(block, bullet="", indent=0, runs=_whole(block, runs))
        elif block.is_heading:
            block = replace(block, bullet="", indent=0)
        elif self.item:
            bullet, indent = self.item
            self.item = ("", indent)
            if bullet:
                block = replace(block, bullet=bullet, indent=indent, runs=_whole(block, runs))
            else:
                block = replace(block, indent=indent + 1 + block.indent)
        elif self.bullets and self.bullets[-1]:
            text_runs = block.runs if block.bullet == "•" else _whole(block, runs)
            block = replace(block, bullet=self.bullets[-1], indent=depth, runs=text_runs)
            self.bullets[-1] = ""
        elif block.bullet or self.bullets:
            block = replace(block, indent=depth + 1 + block.indent)
        else:
            block = replace(block, indent=0)
        self.blocks.append(block)


def _whole(block: Block, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs of a block's line with what was taken for its bullet."""
    if not block.bullet:
        return block.runs
    return line_block(block.line, f"• {block.raw}", (Run("• "), *runs)).runs


def _styled_item(element: etree._Element) -> tuple[str, int] | None:
    """Return the bullet and the depth that a paragraph's own style gives it."""
    if level := _WORD_LEVEL.search(element.get("style") or ""):
        return "•", 4 * int(level[1])
    bullet, indent = element.get("data-bullet") or "", element.get("data-indent") or ""
    if _STYLED_BULLET.fullmatch(bullet) and re.fullmatch(r"[0-9]{1,4}", indent):
        return bullet, int(indent)
    return None


def _is_title(element: etree._Element) -> bool:
    return element.tag == "p" and element.get("class") == "MsoTitle"


def _is_strong(element: etree._Element) -> bool:
    style = element.get("style") or ""
    weight = declarations(style).get("font-weight", "").strip("\"' ") if "weight" in style else ""
    if weight.isdecimal():
        return int(weight) >= 600
    # Google's documents stand in a <b> that is not bold.
    return weight.startswith("bold") if weight else element.tag in _STRONG


def _embedded(address: str) -> bytes:
    """Return the bytes of a data: address, or b""."""
    kind, _comma, content = address.partition(",")
    if not kind.startswith("data:image/") or not kind.endswith(";base64"):
        return b""
    try:
        return base64.b64decode(content, validate=False)
    except ValueError:
        return b""


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
