"""An HTML element's words as a browser shows them, on one line.

White space is collapsed as CSS Text 3 (4.1) does: none is added between inline elements, and a
line break or the edge of a block is one space. What is not shown is not read.
"""

import itertools
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
_READ_APART = {"del", "rt", "select", "sub", "sup"}
# A name is sought where one begins: in a long word without a colon a search would go on and on.
_DECLARATION = re.compile(r"(?<![-a-z])([-a-z]+)\s*:\s*([^;]+)")
_ZERO = re.compile(r"[+-]?(?:0+\.?0*|\.0+)(?:px|pt|em|rem|%)?")
_FAR_AWAY = re.compile(r"-\d{4,}(?:px|pt|em)?|-\d{3,}em")
_CLIPPED = re.compile(r"rect\(\s*0|inset\(\s*(?:50|100)%")
_NOTE_CLASS = re.compile(r"\b(?:reference|footnote|fn|cite_ref|noteref)", re.I)
# Of a selector: "td", ".note", "td.note.x", "tr[hidden]".
_NAME = re.compile(r"[a-z][a-z0-9]*(?![-\w])|[.#][-\w]+|\[[-\w]+\]", re.I)
_SIMPLE = re.compile(r"\*|\*?(?:[a-z][a-z0-9]*)?(?:[.#][-\w]+|\[[-\w]+\])*", re.I)
# A browser puts rows into one that their source may lack.
_TBODY = re.compile(r">\s*tbody\s*>", re.I)
# One that nothing ends reaches to the end of its sheet.
_COMMENT = re.compile(r"<!--|-->|/\*.*?(?:\*/|\Z)", re.S)
MAX_STYLE_LENGTH = 200_000
# Each step of each rule is tried on each element.
MAX_TRIES = 1_000_000
# Of selectors such as ".a .b > .c", and how far above an element they are followed.
MAX_STEPS, MAX_DEPTH = 5, 40


@dataclass
class Reading:
    """What is read of a cell, or of a whole table: what was dropped, pictures without words."""

    marks: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    pictures: int = 0


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute, the last of each property."""
    found = _DECLARATION.findall(style.lower()) if style else ()
    return {name: value.replace("!important", "").strip() for name, value in found}


def is_removed(element: etree._Element, hiding: frozenset[etree._Element] = frozenset()) -> bool:
    """Tell whether an element takes no place: display:none and its like.

    `hiding` are the elements that the page itself takes out, from `hidden_by_sheets`.
    """
    if element.get("hidden") is not None or element.tag in _NEVER_SHOWN:
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    if element.tag == "input":
        return (element.get("type") or "").lower() == "hidden"
    if element in hiding:
        return True
    style = declarations(element.get("style") or "")
    if "display" in style:
        return style["display"] == "none"
    return style.get("mso-hide") in {"all", "screen"} or style.get("visibility") == "collapse"


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


def hidden_by_sheets(root: etree._Element) -> frozenset[etree._Element]:
    """Return the elements that the style sheets of `root` take out, as the cascade has it.

    Read are types, classes, ids and attributes, and what stands within or directly below another;
    rules with more than that, and those of @media, hide nothing.
    """
    rules: dict[str, list[_Rule]] = {}
    order = itertools.count()
    for sheet in root.iter("style"):
        media = (sheet.get("media") or "all").lower()
        if not re.search(r"all|screen", media):
            continue
        text = _COMMENT.sub("", (sheet.text or "")[:MAX_STYLE_LENGTH])
        for selectors, style in _rules(text):
            _add_rules(rules, selectors, style, next(order))
    found = [rule for each in rules.values() for rule in each]
    if not any(rule.hides for rule in found):
        return frozenset()
    elements = list(root.iter("*"))
    if sum(len(rule.steps) for rule in found) * len(elements) > MAX_TRIES:
        # No document of words hides in so many ways: seconds would go, and nothing is lost.
        return frozenset()
    names = _Names()
    return frozenset(each for each in elements if _is_hidden_by(each, rules, names))


@dataclass(frozen=True)
class _Rule:
    """What one selector says of display; `steps` are (sign before it, names), the last first."""

    steps: tuple[tuple[str, frozenset[str]], ...]
    # What decides between rules: importance, ids, classes, types, the place in the sheets.
    weight: tuple[bool, int, int, int, int]
    hides: bool


def _add_rules(rules: dict[str, list[_Rule]], selectors: str, style: str, order: int) -> None:
    displays = [value for name, value in _DECLARATION.findall(style.lower()) if name == "display"]
    hides = bool(displays) and displays[-1].split("!")[0].strip() == "none"
    hides = hides or declarations(style).get("mso-hide") == "all"
    if not displays and not hides:
        return
    is_important = bool(displays) and "!important" in displays[-1].replace(" ", "")
    for selector in map(str.strip, selectors.split(",")):
        single = _TBODY.sub(" ", " ".join(selector.split()))
        pieces = re.sub(r" ?> ?", " >", single).split()
        is_read = all(_SIMPLE.fullmatch(piece.removeprefix(">")) for piece in pieces)
        if not is_read or not 0 < len(pieces) <= MAX_STEPS:
            continue
        steps = tuple(
            (piece[0], frozenset(map(_plain_name, _NAME.findall(piece))))
            for piece in reversed(pieces)
        )
        names = [name for _sign, found in steps for name in found]
        ids = sum(name[0] == "#" for name in names)
        classes = sum(name[0] in ".[" for name in names)
        weight = is_important, ids, classes, len(names) - ids - classes, order
        key = min(steps[0][1], key=lambda name: "#.[".find(name[0]) % 4, default="*")
        rules.setdefault(key, []).append(_Rule(steps, weight, hides))


def _plain_name(name: str) -> str:
    return name.lower() if name[0].isalpha() else name


class _Names(dict[etree._Element, set[str]]):
    """What selectors may call each element: its type, .class, #id, [attribute]."""

    def __missing__(self, element: etree._Element) -> set[str]:
        names = {str(element.tag), *(f"[{name}]" for name in element.attrib)}
        names.update(f".{name}" for name in (element.get("class") or "").split())
        if element.get("id"):
            names.add(f"#{element.get('id')}")
        self[element] = names
        return names


def _is_hidden_by(element: etree._Element, rules: dict[str, list[_Rule]], names: _Names) -> bool:
    found = [
        rule
        for name in (*names[element], "*")
        for rule in rules.get(name, ())
        if _fits(element, rule.steps, names)
    ]
    if not found:
        return False
    winner = max(found, key=lambda rule: rule.weight)
    own = element.get("style") or ""
    is_own = "display" in declarations(own) and not winner.weight[0]
    return winner.hides and not is_own


def _fits(
    element: etree._Element, steps: tuple[tuple[str, frozenset[str]], ...], names: _Names
) -> bool:
    if not steps[0][1] <= names[element]:
        return False
    above = list(itertools.islice(element.iterancestors(), MAX_DEPTH)) if len(steps) > 1 else []
    # Where among those above the steps so far may stand.
    places = [-1]
    for (sign, _own), (_sign, wanted) in itertools.pairwise(steps):
        next_places = [place + 1 for place in places]
        if sign != ">":
            next_places = list(range(next_places[0], len(above)))
        places = [
            place for place in next_places if place < len(above) and wanted <= names[above[place]]
        ]
        if not places:
            return False
    return True


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


def shown_text(
    element: etree._Element, reading: Reading, hiding: frozenset[etree._Element] = frozenset()
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
    reading.struck += own.struck
    reading.pictures += own.pictures
    return text


def _read(element: etree._Element, reading: Reading, hiding: frozenset[etree._Element]) -> str:
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
    hiding: frozenset[etree._Element],
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
    if tag == "del":
        struck = _read(element, reading, hiding)
        if not any(map(str.isdigit, struck)):
            return struck
        # A figure that no longer holds: with the one that replaces it, 3 and 4 would be 34.
        reading.struck.append(normalise_line(struck))
        return ""
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
    """Return an element's name; sup, sub or del for what a style makes like them."""
    if element.tag in {"s", "strike"}:
        return "del"
    if element.tag in _INLINE:
        style = declarations(element.get("style") or "")
        decoration = style.get("text-decoration", "") + style.get("text-decoration-line", "")
        if "line-through" in decoration:
            return "del"
        return {"super": "sup", "sub": "sub"}.get(style.get("vertical-align", ""), element.tag)
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
