"""The HTML of another system's article to the Markdown of ours (docs/decisions/moving.md).

A manuscript's title, date and tables are guessed; an export says itself what is what, so here
nothing is: a paragraph stays one, and a line break stays one.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from html import unescape
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from lxml import etree
from lxml import html as lxml_html

from articles.content.html_tables import is_readable, read_table
from articles.content.reference_marks import lowered, raised
from articles.content.shown_text import hidden_by_sheets, is_removed
from articles.content.text import normalise, normalise_line
from articles.imports.markdown_text import (
    line_of,
    link_to,
    list_item,
    shown_address,
    stands_alone,
    without_skipped_levels,
    written_address,
)
from articles.manuscripts.blocks import Run, escape, fenced, left_out
from articles.manuscripts.tables import read_series
from articles.manuscripts.tables import to_markdown as table_to_markdown

# Of lists and quotations within one another: the Markdown of ours reads twelve.
MAX_DEPTH = 8

_BREAK = Run("\n")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CONTAINERS = {
    *("address", "article", "aside", "body", "center", "dd", "details", "dl", "div", "fieldset"),
    *("figcaption", "figure", "footer", "form", "header", "hgroup", "html", "legend", "li"),
    *("main", "nav", "p", "section", "caption", "tbody", "td", "tfoot", "th", "thead"),
    *("tr", "picture", "summary", "dt"),
}
_LISTS = {"ul", "ol", "menu", "dir"}
_PLAYERS = {"iframe", "embed", "object", "video", "audio"}
_FORMS = {"button", "input", "select", "textarea", "option"}
_CODE_TAGS = {"code", "kbd", "samp", "tt"}
# Of these a page shows nothing that is text.
_SILENT = {"style", "head", "title", "meta", "link", "template", "map", "base", "rp", "source"}
_DRAWN = {"svg", "canvas", "math"}
_STRUCK = {"del", "s", "strike"}
_NEVER_TEXT = {"script", "noscript", *_SILENT, *_DRAWN, *_PLAYERS, *_FORMS}
# What a table of a text does not hold: one that does lays out the page.
_LAID_OUT = ("img", "pre", "table", "ul", "ol", *_PLAYERS)
_FORMS_OF_TEXT: dict[str, Callable[[str], str]] = {"sup": raised, "sub": lowered}
_LANGUAGE = re.compile(r"(?:^|[\s;])(?:language|lang|brush)[-:]\s*([\w+#.-]{1,30})")
_YOUTUBE = re.compile(r"//(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]{5,20})")
_TAG = re.compile(r"<[^>]*>")
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|tr|blockquote|pre)>", re.IGNORECASE)


@dataclass(frozen=True)
class Surroundings:
    """What the writer asks of its source, each with a sentence for the report where it helps.

    `link` returns the address to write for one that a text leads to, "" for none; `picture` the
    path below /media/ of the picture at an address, "" where it is not there.
    """

    link: Callable[[str], str]
    picture: Callable[[str, str], str]
    note: Callable[[str], None]


@dataclass(frozen=True)
class _Form:
    """The form of the text at a place, as the elements around it say."""

    strong: bool = False
    emphasis: bool = False
    code: bool = False
    href: str = ""
    write: Callable[[str], str] = str


def to_markdown(html: str, around: Surroundings, *, keeps_lines: bool = False) -> str:
    """Return `html` as Markdown; `keeps_lines` tells that its line ends are meant, an empty line
    as a paragraph's end (WordPress, wpautop).
    """
    html = normalise(html)
    root = _parse(html)
    if root is not None:
        writer = _Writer(around, keeps_lines, hidden_by_sheets(root))
        with suppress(RecursionError):
            return "\n\n".join(without_skipped_levels(writer.blocks_of(root, _Form())))
    around.note(_("The HTML is nested too deeply or damaged: its words alone were taken."))
    text = unescape(_TAG.sub(" ", _BLOCK_END.sub("\n\n", html)))
    paragraphs = [normalise_line(each) for each in re.split(r"\n\s*\n", text)]
    return "\n\n".join(escape(each) for each in paragraphs if each)


def _parse(html: str) -> etree._Element | None:
    if not is_readable(html):
        return None
    parser = lxml_html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    source = f"<body><div>{html}</div></body>".encode("utf-8", errors="replace")
    try:
        root = lxml_html.document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    failed = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    return None if failed or root.find("body") is None else root.find("body")


class _Writer:
    """One pass over the elements; `blocks` and `runs` are those of the container at hand."""

    def __init__(self, around: Surroundings, keeps_lines: bool, hiding: frozenset):
        self.around = around
        self.keeps_lines = keeps_lines
        self.hiding = hiding
        self.blocks: list[str] = []
        self.runs: list[Run] = []
        self.depth = 0
        self.is_heading = False

    def blocks_of(self, element: etree._Element, form: _Form) -> list[str]:
        """Return what an element holds as Markdown, block by block."""
        return self.gathered(lambda: self.walk(element, form))

    def gathered(self, write: Callable[[], None]) -> list[str]:
        """Return the blocks that `write` adds, apart from those around them."""
        outer = self.blocks, self.runs
        self.blocks, self.runs = [], []
        write()
        self.flush()
        blocks, (self.blocks, self.runs) = self.blocks, outer
        return blocks

    def walk(self, element: etree._Element, form: _Form) -> None:
        self.text(element.text, form)
        for child in element:
            if isinstance(child.tag, str):
                self.element(child, form)
            self.text(child.tail, form)

    # Text

    def text(self, text: str | None, form: _Form) -> None:
        if not text:
            return
        if not self.keeps_lines:
            self.runs.append(self.run(re.sub(r"[ \t\n\r\f]+", " ", text), form))
            return
        for number, line in enumerate(re.sub(r"[ \t\r\f]+", " ", text).split("\n")):
            if number:
                self.runs.append(_BREAK)
            self.runs.append(self.run(line, form))

    def run(self, text: str, form: _Form) -> Run:
        strong = form.strong and not self.is_heading
        return Run(form.write(text), strong, form.href, form.emphasis, form.code)

    def flush(self) -> None:
        """End the paragraph at hand; an empty line within it ends one too."""
        lines: list[list[Run]] = [[]]
        for run in self.runs:
            if run is _BREAK:
                lines.append([])
            else:
                lines[-1].append(run)
        self.runs = []
        paragraph: list[str] = []
        for line in [*lines, []]:
            if written := line_of(line):
                paragraph.append(written)
            elif paragraph:
                self.blocks.append("\n".join(paragraph))
                paragraph = []

    def add(self, block: str) -> None:
        self.flush()
        if block:
            self.blocks.append(block)

    # Elements

    def element(self, element: etree._Element, form: _Form) -> None:
        tag = element.tag
        if tag not in _NEVER_TEXT and is_removed(element, self.hiding):
            self.leave_out(element)
        elif tag == "br":
            self.runs.append(_BREAK)
        elif tag in _HEADINGS:
            self.heading(element)
        elif tag in _LISTS:
            self.listing(element, form)
        elif tag == "blockquote":
            self.quotation(element, form)
        elif tag == "pre":
            self.verbatim(element, form)
        elif tag == "table":
            self.table(element, form)
        elif tag == "hr":
            self.add("---")
        elif tag == "img":
            self.image(element, form)
        elif tag == "figure":
            self.figure(element, form)
        elif tag in _PLAYERS:
            self.player(element)
        elif tag in _FORMS:
            self.form_field(element)
        elif tag == "script":
            self.around.note(_("A script was left out."))
        elif tag == "noscript":
            # Beside a picture that a script loads later stands the same without one.
            if not _is_image(element.getprevious()):
                self.container(element, form)
        elif tag in _DRAWN:
            self.leave_out(element, always=True)
        elif tag in _CONTAINERS:
            self.container(element, form)
        elif tag not in _SILENT:
            self.inline(element, form)

    def container(self, element: etree._Element, form: _Form) -> None:
        self.flush()
        if element.tag in {"dt", "summary"}:
            form = replace(form, strong=True)
        self.walk(element, form)
        self.flush()

    def inline(self, element: etree._Element, form: _Form) -> None:
        tag = element.tag
        if tag in {"b", "strong"}:
            form = replace(form, strong=True)
        elif tag in {"i", "em", "cite"}:
            form = replace(form, emphasis=True)
        elif tag in _CODE_TAGS:
            form = replace(form, code=True)
        elif tag in _FORMS_OF_TEXT:
            form = replace(form, write=_FORMS_OF_TEXT[tag])
        elif tag in _STRUCK:
            self.around.note(_("Struck-out words were kept; check them."))
        elif tag == "a":
            form = replace(form, href=self.href(element))
        opening, closing = {"q": ("“", "”"), "rt": ("(", ")")}.get(tag, ("", ""))
        self.text(opening, form)
        self.walk(element, form)
        self.text(closing, form)

    def href(self, element: etree._Element) -> str:
        address = normalise_line(element.get("href") or "")
        if not address:
            return ""
        if address.startswith("#"):
            self.around.note(_("A link within the page was left out; its words stay."))
            return ""
        return written_address(self.around.link(address))

    def heading(self, element: etree._Element) -> None:
        self.flush()
        self.is_heading = True
        blocks = self.blocks_of(element, _Form())
        self.is_heading = False
        words = [block for block in blocks if not stands_alone(block)]
        text = normalise_line(" ".join(words))
        if text and self.depth:
            self.add(f"**{text}**" if "**" not in text else text)
        elif text:
            self.add(f"{'#' * int(element.tag[1])} {text}")
        for block in blocks:
            if stands_alone(block):
                self.add(block)

    def listing(self, element: etree._Element, form: _Form) -> None:
        self.flush()
        if "gallery" in (element.get("class") or ""):
            # Pictures side by side, which WordPress put into a list.
            self.container(element, form)
            return
        if self.is_too_deep(element, form):
            return
        self.depth += 1
        start = element.get("start") or "1"
        number = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
        items: list[str] = []
        for blocks in self.items_of(element, form):
            if blocks:
                items.append(list_item(f"{number}." if element.tag == "ol" else "-", blocks))
                number += 1
        self.depth -= 1
        is_loose = any("\n\n" in item for item in items)
        self.add(("\n\n" if is_loose else "\n").join(items))

    def is_too_deep(self, element: etree._Element, form: _Form) -> bool:
        """Tell whether no level is left; what the element holds has become text then."""
        if self.depth < MAX_DEPTH:
            return False
        self.around.note(_("Lists or quotations were nested too deeply; the inmost are text."))
        self.walk(element, form)
        self.flush()
        return True

    def items_of(self, element: etree._Element, form: _Form) -> Iterator[list[str]]:
        """Yield each item's blocks; what stands in a list without an item around it is one."""
        yield self.gathered(lambda: self.text(element.text, form))
        for child in element:
            if child.tag == "li":
                yield self.blocks_of(child, form)
            elif isinstance(child.tag, str):
                yield self.gathered(partial(self.element, child, form))
            yield self.gathered(partial(self.text, child.tail, form))

    def quotation(self, element: etree._Element, form: _Form) -> None:
        self.flush()
        if self.is_too_deep(element, form):
            return
        self.depth += 1
        text = "\n\n".join(self.blocks_of(element, form))
        self.depth -= 1
        if text:
            self.add("\n".join(f"> {line}".rstrip() for line in text.split("\n")))

    def verbatim(self, element: etree._Element, form: _Form) -> None:
        if next(element.iter("img", "table", *_PLAYERS), None) is not None:
            self.container(element, form)
            return
        for line_break in element.iter("br"):
            line_break.text = "\n"
        lines = [line.rstrip() for line in normalise(element.text_content()).split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        for link in element.iter("a"):
            self.around.note(left_out(normalise_line(link.get("href") or "")))
        if lines:
            self.add(fenced(lines, _language(element)))

    def table(self, element: etree._Element, form: _Form) -> None:
        self.flush()
        is_laid_out = any(each is not element for each in element.iter(*_LAID_OUT))
        table = None if is_laid_out or self.depth else read_table(element, self.hiding)
        drawn = table_to_markdown(table) if table else ""
        if not drawn or table is None:
            self.around.note(_("A table that lays out text or pictures became paragraphs."))
            self.container(element, form)
            return
        caption = element.find("caption")
        if caption is not None:
            self.container(caption, form)
        for text in table.notes:
            self.around.note(text)
        if read_series(table, "") is not None:
            text = _(
                "A table looks like a ranking: make it one at the desk, and it has its figures."
            )
            self.around.note(text)
        if table.is_merged:
            self.around.note(_("A table's merged cells were written out."))
        for link in element.iter("a"):
            address = normalise_line(link.get("href") or "")
            if address and not address.startswith("#"):
                self.around.note(left_out(address))
        self.add(drawn)

    def figure(self, element: etree._Element, form: _Form) -> None:
        images = list(element.iter("img"))
        caption = element.find(".//figcaption")
        is_plain = len(images) == 1 and next(element.iter("table", "pre", *_PLAYERS), None) is None
        if not is_plain or caption is None:
            self.container(element, form)
            return
        for link in caption.iter("a"):
            self.around.note(left_out(normalise_line(link.get("href") or "")))
        words = normalise_line(caption.text_content())
        self.image(images[0], self.form_around(images[0], element, form), words)

    def form_around(self, image: etree._Element, figure: etree._Element, form: _Form) -> _Form:
        link = next(image.iterancestors("a", figure.tag), None)
        is_linked = link is not None and link.tag == "a"
        return replace(form, href=self.href(link)) if is_linked else form

    def image(self, element: etree._Element, form: _Form, caption: str = "") -> None:
        alt = normalise_line(element.get("alt") or "")
        classes = (element.get("class") or "").split()
        if alt and {"emoji", "wp-smiley"} & set(classes):
            self.text(alt, form)
            return
        if element.get("width") == "1" and element.get("height") == "1":
            self.around.note(_("A picture of one pixel, which counts readers, was left out."))
            return
        address = _source_of(element)
        name = self.around.picture(address, alt) if address else ""
        self.flush()
        if name:
            title = re.sub(r'([\\"])', r"\\\1", caption)
            written = f"![{escape(alt, is_first=False, is_linked=True)}](/media/{name}"
            self.add(f'{written} "{title}")' if title else f"{written})")
            if form.href and not leads_to_picture(form.href):
                self.add(f"[{escape(shown_address(form.href), is_linked=True)}]({form.href})")
            return
        words = alt or caption or _("Picture")
        target = written_address(self.around.link(address)) if address else ""
        self.add(link_to(words, target) if target else escape(words))
        if caption and caption != words:
            self.add(escape(caption))

    def player(self, element: etree._Element) -> None:
        """Put a link in the place of what another site shows, or plays, within the page."""
        sources = [element.get("src") or element.get("data-src") or element.get("data") or ""]
        sources += [each.get("src") or "" for each in element.iter("source", "embed")]
        sources += [each.get("href") or "" for each in element.iter("a")]
        address = next(filter(None, map(normalise_line, sources)), "")
        address = f"https:{address}" if address.startswith("//") else address
        if found := _YOUTUBE.search(address):
            address = f"https://www.youtube.com/watch?v={found[1]}"
        words = normalise_line(element.get("title") or "")
        target = written_address(self.around.link(address)) if address else ""
        if target:
            self.around.note(_("What was shown within the page became a link."))
            self.add(link_to(words or shown_address(target), target))
        elif address or words:
            self.around.note(left_out(f"[{element.tag}] {words} {address}"))

    def form_field(self, element: etree._Element) -> None:
        if element.tag == "input" and element.get("type") == "checkbox":
            self.text("☑ " if element.get("checked") is not None else "☐ ", _Form())
        else:
            self.leave_out(element, always=True)

    def leave_out(self, element: etree._Element, *, always: bool = False) -> None:
        text = normalise_line(" ".join(element.itertext()))[:200]
        pictures = len(list(element.iter("img", *_PLAYERS)))
        if text or pictures or always:
            self.around.note(left_out(normalise_line(f"[{element.tag}] {text}")))


def _is_image(element: etree._Element | None) -> bool:
    return element is not None and element.tag == "img"


def leads_to_picture(href: str) -> bool:
    return bool(re.search(r"\.(?:jpe?g|png|webp|gif|bmp|svg|avif)$", urlsplit(href).path, re.I))


def _source_of(image: etree._Element) -> str:
    """Return a picture's address, that of the real one where a script was to load it later."""
    names = ("data-orig-file", "data-lazy-src", "data-src", "src")
    addresses = [normalise_line(image.get(name) or "") for name in names]
    real = [each for each in addresses if each and not each.startswith("data:")]
    return next(iter([*real, *filter(None, addresses)]), "")


def _language(element: etree._Element) -> str:
    """Return the language that a block of code names in one of the known ways."""
    for each in (element, *element.iter("code")):
        named = each.get("data-enlighter-language") or each.get("data-lang") or each.get("lang")
        found = _LANGUAGE.search(each.get("class") or "")
        name = named or (found[1] if found else "")
        if name and name != "unread" and re.fullmatch(r"[\w+#.-]{1,30}", name):
            return name
    return ""
