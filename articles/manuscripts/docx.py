"""A Word document (.docx: ECMA-376) to HTML by mammoth, which is given only what is text.

mammoth knows neither where a paragraph stood nor how deep a list is that Word draws by indents
alone, and takes a lot of memory. So what it does not need goes out before, and each paragraph gets
a bookmark that says its number, its bullet and its depth: `place_12_7_b`.
"""

import io
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field

import mammoth
from django.utils.translation import gettext as _
from lxml import etree
from lxml import html as lxml_html

from articles.content.text import normalise_line
from articles.content.xml_packages import PackageError, XmlPackage
from articles.manuscripts.blocks import HtmlSource, left_out, printed_number

# mammoth takes up to 0.2 ms and 1 kB for each.
MAX_ELEMENTS = 40_000
MAX_PARAGRAPHS = 8_000
MAX_STYLE_CHAIN = 20
# Of a style's name or a list's printed number, which stand at each of their paragraphs again.
MAX_VALUE_CHARACTERS = 60
TWIPS_PER_SPACE = 100
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

STYLE_MAP = """
b => strong
i => em
strike => s
u =>
p[style-name='footnote text'] => p:fresh
"""
_DELETED = {"del", "moveFrom"}
# What mammoth does not read, or only to warn of.
_PASSED_OVER = {
    *("bookmarkStart", "bookmarkEnd", "proofErr", "lastRenderedPageBreak", "sectPr", "tblGrid"),
    *("commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef", "permStart"),
    *("permEnd", "tblPr", "tcW", "tblPrEx", "rFonts", "color", "sz", "szCs", "lang", "kern"),
    *("spacing", "jc", "shd", "noProof", "rPrChange", "pPrChange", "tcPrChange", "trPrChange"),
    *("tblPrChange", "numPr", "ind", "tabs", "pBdr", "pStyle", "w", "position", "snapToGrid"),
    *("wordWrap", "autoSpaceDE", "autoSpaceDN", "keepNext", "keepLines", "widowControl"),
    *("adjustRightInd", "textAlignment", "contextualSpacing", "bCs", "iCs", "tcBorders", "vAlign"),
    *("outlineLvl", "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart"),
    *("moveToRangeEnd", "rtl", "cs", "trHeight", "cantSplit", "hideMark", "tcMar", "noWrap"),
}
_UNWRAPPED = {"fldSimple", "dir", "bdo", "sdtContent"}
_HEADING = re.compile(r"(?:heading|제목)\s*([1-9])", re.IGNORECASE)
_TITLE = re.compile(r"title|제목", re.IGNORECASE)
_LIST_STYLE = re.compile(r"List (Bullet|Number)(?: ([2-5]))?", re.IGNORECASE)
_PLACE = re.compile(r"place_([0-9]+)_([0-9]+)_(b|n[0-9]+|h[1-6]|p)")
_OWN_WORDS = re.compile(r"자동 생성된 설명|Description automatically generated|AI 생성 콘텐츠")
_NUMBER_KINDS = {
    "decimal": "DIGIT",
    "ganada": "HANGUL_SYLLABLE",
    "decimalEnclosedCircle": "CIRCLED_DIGIT",
    "upperLetter": "LATIN_CAPITAL",
    "lowerLetter": "LATIN_SMALL",
    "upperRoman": "ROMAN_CAPITAL",
    "lowerRoman": "ROMAN_SMALL",
}


@dataclass
class _Style:
    name: str = ""
    based_on: str = ""
    num_id: str = ""
    level: int = 0
    left: int | None = None
    outline: int | None = None


@dataclass
class _Level:
    kind: str = "bullet"
    text: str = ""
    start: int = 1
    left: int = 0


@dataclass
class _Prepared:
    """A document that mammoth may read, and what was found on the way."""

    content: bytes
    notes: list[tuple[int, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def to_html(package: XmlPackage) -> HtmlSource:
    """Return a .docx file's text; raises PackageError."""
    prepared = _Preparation(package).prepare()
    pictures: dict[str, bytes] = {}
    notes = prepared.notes

    @mammoth.images.img_element
    def take_picture(image):
        with image.open() as file:
            name = file.read().decode()
        if name not in pictures:
            pictures[name] = package.read(name)
        return {"src": name}

    try:
        converted = mammoth.convert_to_html(
            io.BytesIO(prepared.content),
            style_map=STYLE_MAP,
            include_embedded_style_map=False,
            convert_image=take_picture,
        )
    except (AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError) as error:
        # mammoth checks little of what a damaged document lacks.
        raise PackageError(_("The file is damaged. Save it anew and try again.")) from error
    return HtmlSource(_with_places(converted.value), pictures, notes, " ".join(prepared.words))


def _with_places(source: str) -> str:
    """Return mammoth's HTML with what the bookmarks say as attributes."""
    if not source.strip():
        return ""
    root = lxml_html.document_fromstring(f"<html><body>{source}</body></html>")
    for mark in root.xpath("//a[starts-with(@id, 'place_')]"):
        found = _PLACE.fullmatch(mark.get("id"))
        block = next((each for each in mark.iterancestors() if each.tag in {"p", "li"}), None)
        if found and block is not None and block.get("data-line") is None:
            line, indent, kind = found.groups()
            block.set("data-line", line)
            if kind[0] == "h":
                block.tag = kind
            elif kind != "p":
                block.set("data-bullet", "•" if kind == "b" else f"{kind[1:]}.")
                block.set("data-indent", indent)
        mark.drop_tree()
    # The way back from a note is no text.
    for back in root.xpath("//a[starts-with(@href, '#footnote-ref-')]"):
        back.drop_tree()
    for note in root.xpath("//li[starts-with(@id, 'footnote-') or starts-with(@id, 'endnote-')]"):
        first = note.find("p")
        number = note.getparent().index(note) + 1
        target = first if first is not None else note
        target.text = f"[{number}] {(target.text or '').lstrip()}"
        note.tag = "div"
        note.getparent().tag = "div"
    return lxml_html.tostring(root, encoding="unicode")


def _local(element: etree._Element | None) -> str:
    is_element = element is not None and isinstance(element.tag, str)
    return etree.QName(element).localname if is_element else ""


def _value(parent: etree._Element | None, name: str) -> str:
    """Return the `val` of a child, or ""; a child without one says "on"."""
    child = parent.find(W + name) if parent is not None else None
    return child.get(W + "val", "on")[:MAX_VALUE_CHARACTERS] if child is not None else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text) else None


class _Preparation:
    """One pass over a document's parts that leaves what is text."""

    def __init__(self, package: XmlPackage):
        self.package = package
        self.notes: list[tuple[int, str]] = []
        self.words: list[str] = []
        self.line = 0
        self.elements = 0
        self.counts: dict[str, dict[int, int]] = defaultdict(dict)

    def prepare(self) -> _Prepared:
        main = self._main_part()
        folder = main.rpartition("/")[0]
        self.styles = self._read_styles(f"{folder}/styles.xml")
        self.nums = self._read_numbering(f"{folder}/numbering.xml")
        root = self._xml(main)
        if sum(1 for _each in root.iter(W + "p")) > MAX_PARAGRAPHS:
            raise PackageError(_("The file holds more than any manuscript does."))
        self._strip(root)
        texts: dict[etree._Element, list[etree._Element]] = {p: [] for p in root.iter(W + "p")}
        for each in root.iter(W + "t", W + "tab"):
            if (paragraph := next(each.iterancestors(W + "p"), None)) is not None:
                texts[paragraph].append(each)
        for paragraph, own in texts.items():
            self._mark(paragraph, own)
        parts = {main: root}
        for name in ("footnotes", "endnotes"):
            path = f"{folder}/{name}.xml"
            if path in self.package.names:
                parts[path] = self._xml(path)
                self._strip(parts[path])
                self._gather(parts[path])
        if any(f"{folder}/{name}.xml" in parts for name in ("footnotes", "endnotes")):
            self._note_footnotes(root)
        self._leave_out(folder)
        for part in parts.values():
            self.elements += sum(1 for _each in part.iter())
        if self.elements > MAX_ELEMENTS:
            raise PackageError(_("The file holds more than any manuscript does."))
        return _Prepared(self._packed(parts, folder), self.notes, self.words)

    def _main_part(self) -> str:
        for each in self.package.xml("_rels/.rels"):
            if each.get("Type", "").endswith("/officeDocument"):
                return each.get("Target", "").lstrip("/")
        raise PackageError(_("The file holds no text of Word."))

    def _xml(self, name: str) -> etree._Element:
        root = self.package.xml(name)
        if _STRICT in root.nsmap.values():
            raise PackageError(
                _("This is a Strict Open XML document. Save it in Word as an ordinary .docx file.")
            )
        return root

    # Styles and numbering

    def _read_styles(self, name: str) -> dict[str, _Style]:
        styles = {}
        if name in self.package.names:
            for each in self._xml(name).iter(W + "style"):
                paragraph = each.find(W + "pPr")
                num = paragraph.find(W + "numPr") if paragraph is not None else None
                styles[each.get(W + "styleId", "")] = _Style(
                    _value(each, "name"),
                    _value(each, "basedOn"),
                    _value(num, "numId"),
                    _number(_value(num, "ilvl")) or 0,
                    _left(paragraph),
                    _number(_value(paragraph, "outlineLvl")),
                )
        return styles

    def _read_numbering(self, name: str) -> dict[str, dict[int, _Level]]:
        if name not in self.package.names:
            return {}
        root = self._xml(name)
        abstract = {}
        for each in root.iter(W + "abstractNum"):
            levels = {}
            for number, level in enumerate(each.iter(W + "lvl")):
                found = _number(level.get(W + "ilvl"))
                levels[number if found is None else found] = _Level(
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText"),
                    _number(_value(level, "start")) or 1,
                    _left(level.find(W + "pPr")) or 0,
                )
            abstract[each.get(W + "abstractNumId", "")] = levels
        return {
            each.get(W + "numId", ""): abstract.get(_value(each, "abstractNumId"), {})
            for each in root.iter(W + "num")
        }

    def _chain(self, style_id: str) -> list[_Style]:
        chain: list[_Style] = []
        while style_id in self.styles and len(chain) < MAX_STYLE_CHAIN:
            chain.append(self.styles[style_id])
            style_id = chain[-1].based_on
        return chain

    def _mark(self, paragraph: etree._Element, texts: list[etree._Element]) -> None:
        """Put a bookmark with the paragraph's place and form before its `texts`."""
        text = "".join(each.text or "" for each in texts if each.tag == W + "t")
        self.line += 1
        if text:
            self.words.append(text)
        kind, indent = self._form(paragraph, text)
        _spell_out_indent(texts)
        mark = etree.Element(W + "bookmarkStart")
        mark.set(W + "id", str(self.line))
        mark.set(W + "name", f"place_{self.line}_{indent}_{kind}")
        properties = paragraph.find(W + "pPr")
        paragraph.insert(0, mark)
        if properties is not None:
            paragraph.remove(properties)

    def _form(self, paragraph: etree._Element, text: str) -> tuple[str, int]:
        properties = paragraph.find(W + "pPr")
        chain = self._chain(_value(properties, "pStyle"))
        outline = _number(_value(properties, "outlineLvl"))
        for style in chain:
            if heading := _HEADING.fullmatch(style.name):
                return f"h{min(int(heading[1]), 6)}", 0
            outline = style.outline if outline is None else outline
        if chain and _TITLE.fullmatch(chain[0].name):
            return "h1", 0
        if outline is not None and outline < 6:
            return f"h{outline + 1}", 0
        num = properties.find(W + "numPr") if properties is not None else None
        num_id, level = _value(num, "numId"), _number(_value(num, "ilvl"))
        styled = next((style for style in chain if style.num_id), None)
        if num is None and styled:
            num_id, level = styled.num_id, styled.level
        levels = self.nums.get(num_id, {})
        if num_id in {"", "0"} or not levels:
            return self._by_style_name(chain)
        level = level or 0
        shape = levels.get(level, _Level())
        own = _left(properties)
        lefts = [own, *(style.left for style in chain if style.num_id or num is None), shape.left]
        left = next((each for each in lefts if each is not None), 0)
        # What stands further in is deeper, whichever list it belongs to.
        indent = min(10 * max(0, left // TWIPS_PER_SPACE) + level, 9_999)
        if shape.kind in {"bullet", "none"}:
            return "b", indent
        return self._numbered(paragraph, num_id, level, levels), indent

    def _by_style_name(self, chain: list[_Style]) -> tuple[str, int]:
        for style in chain:
            if match := _LIST_STYLE.fullmatch(style.name):
                return "b", 40 * int(match[2] or 1)
        return "p", 0

    def _numbered(
        self, paragraph: etree._Element, num_id: str, level: int, levels: dict[int, _Level]
    ) -> str:
        """Return the kind of a numbered item; what is no plain number stands before its text."""
        counts = self.counts[num_id]
        counts[level] = counts.get(level, levels[level].start - 1 if level in levels else 0) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        shape = levels.get(level, _Level("decimal", f"%{level + 1}."))

        def number(match: re.Match[str]) -> str:
            which = int(match[1]) - 1
            kind = _NUMBER_KINDS.get(levels[which].kind if which in levels else "", "DIGIT")
            return printed_number(counts.get(which, 1), kind)

        printed = normalise_line(re.sub(r"%([1-9])", number, shape.text))
        if re.fullmatch(r"[0-9]{1,4}\.", printed):
            return f"n{printed[:-1]}"
        if printed:
            paragraph.insert(0, _run(f"{printed} "))
        return "b"

    # What is no text

    def _strip(self, root: etree._Element) -> None:
        for each in list(root.iter()):
            name = _local(each)
            if name == "AlternateContent":
                _choose(each)
            elif name in _UNWRAPPED:
                _unwrap(each)
            elif name == "ruby":
                _spell_out_ruby(each)
        for each in list(root.iter(W + "txbxContent")):
            _move_after_paragraph(each)
        line = 0
        for each in list(root.iter()):
            name = _local(each)
            if name == "p":
                line += 1
            is_deleted = name in _DELETED and _local(each.getparent()) != "rPr"
            if is_deleted or (name == "r" and _is_hidden(each)):
                # What is in one that is dropped went with it.
                if _is_attached(each, root):
                    self._drop(each, line)
            elif name in {"oMath", "oMathPara"} and _is_attached(each, root):
                formula = normalise_line("".join(each.itertext()))
                each.addprevious(_run(formula))
                each.getparent().remove(each)
                self.notes.append((line, _("An equation was kept as its source; rewrite it.")))
            elif name == "blip" and each.get(_R + "link") and not each.get(_R + "embed"):
                self.notes.append((line, _("A picture that only links to a file was left out.")))
                each.getparent().remove(each)
            elif name == "docPr" and _OWN_WORDS.search(each.get("descr") or ""):
                self.notes.append((line, left_out(normalise_line(each.get("descr")))))
                each.attrib.pop("descr")
            elif name == "tr" and each.find(f"{W}trPr/{W}del") is not None:
                self._drop(each, line)
            elif name == "altChunk":
                self.notes.append((line, _("A chart or an embedded object was left out.")))
        kept = {"numPr", "ind", "pStyle", "outlineLvl"}
        for each in list(root.iter()):
            name = _local(each)
            if name in _PASSED_OVER - kept and each.getparent() is not None:
                _remove(each)
        filled: set[etree._Element] = set()
        for each in root.iter():
            if _local(each) in {"t", "blip", "imagedata", "sym", "tbl"}:
                for around in each.iterancestors(W + "p"):
                    if around in filled:
                        break
                    filled.add(around)
        for each in list(root.iter(W + "p")):
            is_only_child = _local(each.getparent()) == "tc"
            if not is_only_child and each not in filled:
                _remove(each)

    def _drop(self, element: etree._Element, line: int) -> None:
        texts = [each.text or "" for each in element.iter(W + "t", W + "delText")]
        if text := normalise_line("".join(texts)):
            self.notes.append((line, left_out(text)))
        if element.getparent() is not None:
            _remove(element)

    def _gather(self, root: etree._Element) -> None:
        self.words.append(" ".join(each.text or "" for each in root.iter(W + "t")))

    def _note_footnotes(self, root: etree._Element) -> None:
        if any(_local(e) in {"footnoteReference", "endnoteReference"} for e in root.iter()):
            self.notes.append((0, _("The footnotes stand at the end of the text; check them.")))

    def _leave_out(self, folder: str) -> None:
        """Name the words of headers, footers and comments."""
        for name in sorted(self.package.names):
            if not re.fullmatch(
                rf"{re.escape(folder)}/(?:header|footer|comments)[0-9]*\.xml", name
            ):
                continue
            for paragraph in self._xml(name).iter(W + "p"):
                texts = [each.text or "" for each in paragraph.iter(W + "t")]
                if text := normalise_line("".join(texts)):
                    self.notes.append((0, left_out(text)))

    def _packed(self, parts: dict[str, etree._Element], folder: str) -> bytes:
        """Return a package of the parts, with pictures' names in their places, and nothing else.

        A document may show one picture ten thousand times, and mammoth reads it each time.
        """
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as packed:
            for name in ("[Content_Types].xml", "_rels/.rels"):
                packed.writestr(name, etree.tostring(self.package.xml(name)))
            for name, root in parts.items():
                packed.writestr(name, etree.tostring(root))
                rels = f"{folder}/_rels/{name.rpartition('/')[2]}.rels"
                if rels in self.package.names:
                    packed.writestr(rels, etree.tostring(self.package.xml(rels)))
            for name in self.package.names:
                if name.startswith(f"{folder}/media/"):
                    packed.writestr(name, name)
        return content.getvalue()


def _left(properties: etree._Element | None) -> int | None:
    indent = properties.find(W + "ind") if properties is not None else None
    if indent is None:
        return None
    return _number(indent.get(W + "left") or indent.get(W + "start"))


def _run(text: str) -> etree._Element:
    run = etree.Element(W + "r")
    etree.SubElement(run, W + "t").text = text
    return run


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _is_attached(element: etree._Element, root: etree._Element) -> bool:
    return element.getparent() is not None and any(each is root for each in element.iterancestors())


def _is_hidden(run: etree._Element) -> bool:
    return _value(run.find(W + "rPr"), "vanish") not in {"", "0", "false"}


def _choose(alternatives: etree._Element) -> None:
    """Put in the place of alternatives the one that older readers take, where it says anything."""
    choices = {_local(each): each for each in alternatives}
    chosen = choices.get("Fallback")
    if chosen is None or not any(_local(each) in {"t", "imagedata"} for each in chosen.iter()):
        chosen = choices.get("Choice", chosen)
    for each in list(chosen) if chosen is not None else ():
        alternatives.addprevious(each)
    _remove(alternatives)


def _unwrap(element: etree._Element) -> None:
    if element.getparent() is None:
        return
    target = element.getparent() if _local(element) == "sdtContent" else element
    if target.getparent() is None:
        return
    for each in list(element):
        target.addprevious(each)
    _remove(target)


def _spell_out_ruby(ruby: etree._Element) -> None:
    """Put the small letters above a word into brackets behind it."""
    small, word = (
        "".join(text.text or "" for part in ruby.iter(W + name) for text in part.iter(W + "t"))
        for name in ("rt", "rubyBase")
    )
    text = etree.Element(W + "t")
    text.text = f"{word}({small})" if small else word
    ruby.addprevious(text)
    _remove(ruby)


def _move_after_paragraph(box: etree._Element) -> None:
    """Put a text box's paragraphs below the paragraph that it hangs on."""
    paragraph = next((each for each in box.iterancestors(W + "p")), None)
    if paragraph is None:
        return
    for each in reversed(list(box)):
        paragraph.addnext(each)


def _spell_out_indent(texts: list[etree._Element]) -> None:
    """Write the spaces and tabs at a line's start so that HTML keeps them."""
    for each in texts:
        if each.tag == W + "tab":
            each.tag, each.text = W + "t", "\u00a0" * 4
            continue
        text = each.text or ""
        stripped = text.lstrip(" ")
        each.text = "\u00a0" * (len(text) - len(stripped)) + stripped
        if stripped:
            break
