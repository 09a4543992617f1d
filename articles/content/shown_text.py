"""An HTML element's words as a browser shows them, on one line.

White space is collapsed as CSS Text 3 (4.1) does: none is added between inline elements, and a
line break or the edge of a block is one space. What is not shown is not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from articles.content.reference_marks import drop_marks, is_raised_mark, lowered, raised
from articles.content.text import normalise_line

# HTML, "15.3.1 Hidden elements", what only a player or an old browser would show, and the parts
# of SVG and MathML that are no text.
_NEVER_SHOWN = {
    *("area", "base", "basefont", "datalist", "head", "link", "meta", "noembed", "noframes"),
    *("noscript", "param", "rp", "script", "style", "template", "title"),
    *("audio", "canvas", "iframe", "meter", "progress", "video"),
    *("annotation", "annotation-xml", "defs", "desc", "metadata", "symbol"),
}
_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"),
    *("dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li"),
    *("listing", "main", "menu", "nav", "ol", "p", "plaintext", "pre", "search", "section"),
    *("summary", "ul", "xmp", "option", "optgroup", "br"),
    *("table", "tbody", "thead", "tfoot", "tr", "td", "th", "colgroup", "col"),
}
# Elements that copied pages and documents raise and lower by style.
_INLINE = {"a", "b", "em", "font", "i", "small", "span", "strong", "u"}
# Elements whose text is read before it is known what it means; within each other they are not.
_READ_APART = {"rt", "select", "sub", "sup"}
_DECLARATION = re.compile(r"([-a-z]+)\s*:\s*([^;]+)")
_ZERO = re.compile(r"[+-]?(?:0+\.?0*|\.0+)(?:px|pt|em|rem|%)?")
_FAR_AWAY = re.compile(r"-\d{4,}(?:px|pt|em)?|-\d{3,}em")
_CLIPPED = re.compile(r"rect\(\s*0|inset\(\s*(?:50|100)%")
_NOTE_CLASS = re.compile(r"\b(?:reference|footnote|fn|cite_ref|noteref)", re.I)
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#][-\w]+)?", re.I)
MAX_STYLE_LENGTH = 200_000


@dataclass
class Reading:
    """What is read of a cell, or of a whole table: the marks dropped, pictures without words."""

    marks: list[str] = field(default_factory=list)
    pictures: int = 0


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute, the last of each property."""
    found = _DECLARATION.findall(style.lower()) if style else ()
    return {name: value.replace("!important", "").strip() for name, value in found}


def is_removed(element: etree._Element, hiding: frozenset[str] = frozenset()) -> bool:
    """Tell whether an element takes no place: display:none and its like.

    `hiding` are the selectors by which the page itself hides, from `hiding_selectors`.
    """
    if element.get("hidden") is not None or element.tag in _NEVER_SHOWN:
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if element.tag == "input":
        return (element.get("type") or "").lower() == "hidden"
    style = declarations(element.get("style") or "")
    if "display" in style:
        return style["display"] == "none"
    if style.get("mso-hide") in {"all", "screen"} or style.get("visibility") == "collapse":
        return True
    return bool(hiding) and not hiding.isdisjoint(_selectors_of(element))


def _is_visible(element: etree._Element, around: bool | None) -> bool | None:
    """Tell whether an element that takes its place shows its own text in it.

    `around` is what holds around it. False can be taken back by an element within, as
    visibility and font-size are inherited; None cannot.
    """
    style = declarations(element.get("style") or "")
    if around is None or not style:
        return around
    if (
        _ZERO.fullmatch(style.get("opacity", ""))
        or _FAR_AWAY.match(style.get("text-indent", ""))
        or _CLIPPED.search(style.get("clip", "") + style.get("clip-path", ""))
        or (style.get("position") == "absolute" and _FAR_AWAY.match(style.get("left", "")))
    ):
        return None
    if style.get("visibility") == "hidden" or _ZERO.fullmatch(style.get("font-size", "")):
        return False
    if style.get("visibility") == "visible" or "font-size" in style:
        return True
    return around


def hides_its_text(element: etree._Element) -> bool:
    """Tell whether an element keeps its place and shows nothing in it, nor anything within."""
    around = _is_visible(element, True)
    return around is None or (
        around is False and not any(_is_visible(each, around) for each in element.iterdescendants())
    )


def hiding_selectors(root: etree._Element) -> frozenset[str]:
    """Return the plain selectors (a tag, a class, an id, a tag with one) that hide in `root`."""
    found: set[str] = set()
    for sheet in root.iter("style"):
        text = re.sub(r"<!--|-->|/\*.*?\*/", "", (sheet.text or "")[:MAX_STYLE_LENGTH], flags=re.S)
        media = (sheet.get("media") or "all").lower()
        if not re.search(r"all|screen", media):
            continue
        for selectors, style in _rules(text):
            rule = declarations(style)
            for selector in map(str.strip, selectors.split(",")):
                if not selector or not _SELECTOR.fullmatch(selector):
                    continue
                if rule.get("display") == "none" or rule.get("mso-hide") == "all":
                    found.add(selector)
                elif "display" in rule:
                    found.discard(selector)
    return frozenset(found)


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Return (selectors, declarations) of a style sheet's rules that stand in no @media."""
    open_rules: list[str] = []
    start = 0
    for brace in re.finditer(r"[{}]", css):
        piece, start = css[start : brace.start()], brace.end()
        if brace[0] == "{":
            open_rules.append(piece.rpartition(";")[2].strip())
        elif open_rules:
            selectors = open_rules.pop()
            if not open_rules and not selectors.startswith("@"):
                yield selectors, piece


def _selectors_of(element: etree._Element) -> set[str]:
    tag = str(element.tag)
    names = [f".{name}" for name in (element.get("class") or "").split()]
    if element.get("id"):
        names.append(f"#{element.get('id')}")
    return {tag, *names, *(tag + name for name in names)}


def shown_text(
    element: etree._Element, reading: Reading, hiding: frozenset[str] = frozenset()
) -> str:
    """Return the words that an element shows; what was left out of them is added to `reading`."""
    own = Reading()
    text = normalise_line(_read(element, own, hiding))
    text, marks = drop_marks(text)
    own.marks += marks
    if not text and own.marks:
        # Nothing but marks: a column of sources.
        text, own.marks = " ".join(own.marks), []
    reading.marks += own.marks
    reading.pictures += own.pictures
    return text


def _read(element: etree._Element, reading: Reading, hiding: frozenset[str]) -> str:
    pieces: list[str] = []
    # For each open element: whether its text is visible.
    visible: list[bool | None] = []
    walker = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    skipped = None
    for event, each in walker:
        if event == "start":
            around = visible[-1] if visible else True
            is_hidden = each is not element and is_removed(each, hiding)
            words = None if is_hidden else _replacement(each, pieces, reading, hiding, element)
            if is_hidden or words is not None:
                skipped = each
                walker.skip_subtree()
                if words and _is_visible(each, around):
                    pieces.append(words)
                continue
            visible.append(_is_visible(each, around))
            if _is_block(each):
                pieces.append(" ")
            if visible[-1]:
                pieces.append(each.text or "")
            continue
        if event == "end":
            if each is skipped:
                skipped = None
            else:
                visible.pop()
                if _is_block(each):
                    pieces.append(" ")
        if each is not element and visible[-1]:
            pieces.append(each.tail or "")
    return "".join(pieces)


def _is_block(element: etree._Element) -> bool:
    display = declarations(element.get("style") or "").get("display", "")
    if display:
        return not display.startswith(("inline", "contents", "ruby")) or element.tag == "br"
    return element.tag in _BLOCKS


def _replacement(
    element: etree._Element,
    pieces: list[str],
    reading: Reading,
    hiding: frozenset[str],
    outermost: etree._Element,
) -> str | None:
    """Return what is shown in an element's place; None where its content is."""
    tag = _kind(element)
    if element is outermost or (tag in _READ_APART and _kind(outermost) in _READ_APART):
        return None
    if tag in {"img", "image"}:
        # An empty description says that the picture is an ornament.
        reading.pictures += element.get("alt") != ""
        return normalise_line(element.get("alt") or "")
    if tag == "input":
        return _value(element)
    if tag == "select":
        options = list(element.iter("option"))
        chosen = [each for each in options if each.get("selected") is not None] or options[:1]
        return " ".join(each.text or "" for each in chosen)
    if tag == "rt":
        # Small letters above the word: they stand in brackets where they cannot stand above.
        words = _read(element, reading, hiding).strip()
        return f"({words})" if words else ""
    if tag == "sub":
        return lowered(normalise_line(_read(element, reading, hiding)))
    if tag == "sup":
        words = normalise_line(_read(element, reading, hiding))
        if words and (_points_to_note(element) or is_raised_mark(words, "".join(pieces[-8:]))):
            reading.marks.append(words)
            return ""
        if words in {",", "·"} and reading.marks:
            # What parts two marks.
            return ""
        return raised(words)
    return None


def _kind(element: etree._Element) -> str:
    """Return an element's name; sup or sub for what a style raises or lowers like them."""
    if element.tag in _INLINE:
        align = declarations(element.get("style") or "").get("vertical-align", "").strip()
        return {"super": "sup", "sub": "sub"}.get(align, element.tag)
    return str(element.tag)


def _value(element: etree._Element) -> str:
    kind = (element.get("type") or "text").lower()
    if kind in {"checkbox", "radio"}:
        return "☑" if element.get("checked") is not None else "☐"
    if kind in {"image", "password", "file", "color", "range", "hidden"}:
        return element.get("alt") or "" if kind == "image" else ""
    return element.get("value") or ""


def _points_to_note(element: etree._Element) -> bool:
    if _NOTE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
        return True
    return any((link.get("href") or "").startswith("#") for link in element.iter("a"))
