"""A document of 한글 (.hwpx: OWPML, KS X 6101) to HTML, which the reader of pages takes on.

Names alone are compared: the namespaces carry a year that changes with the version.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext as _
from lxml import etree

from articles.content.text import normalise_line
from articles.content.xml_packages import PackageError, XmlPackage
from articles.manuscripts.blocks import HtmlSource, left_out, printed_number, split_bullet

MIMETYPE = b"application/hwp+zip"
MAX_DEPTH = 60
# The cells of tables hold some too.
MAX_PARAGRAPHS = 40_000
# Of a style's name or a list's printed number, which stand at each of their paragraphs again.
MAX_VALUE_CHARACTERS = 60
# 1/7200 inch; what one level of a list is set in by, about.
UNITS_PER_SPACE = 250

_SPACES = {"nbSpace": "\u00a0", "fwSpace": "\u3000", "hyphen": "-", "tab": "\t"}
# Which of an object's remarks 한글 writes by itself.
_OWN_REMARK = re.compile(
    r"[^\n]{1,20}입니다\.?|(?:원본 그림의|사진 찍은|프로그램 이름|색 대표|EXIF|카메라|조리개|노출"
    r"|ISO|초점|측광|대비|밝기|채도|선명도|플래시|F-스톱|이미지 고유)[^\n]*"
)
_NO_TEXT = {
    *("secPr", "linesegarray", "colPr", "pageNum", "pageHiding", "bookmark", "indexmark"),
    *("parameters", "shapeComment", "metaTag", "pageNumCtrl", "newNum"),
}
_LEFT_OUT = {"header", "footer", "hiddenComment", "MEMO"}
_SHAPES = {"rect", "ellipse", "arc", "polygon", "curve", "line", "connectLine", "textart"}


@dataclass
class Head:
    """What a paragraph's style puts before it, or that it is a heading."""

    kind: str = "NONE"
    list_id: str = ""
    level: int = 0
    indent: int = 0


def to_html(package: XmlPackage) -> HtmlSource:
    """Return a .hwpx file's text; raises PackageError."""
    return _Document(package).read()


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [each for each in element if _name(each) == name]


def _find(element: etree._Element, name: str) -> etree._Element | None:
    return next((each for each in element.iter() if _name(each) == name), None)


def _outermost(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the elements of a name that stand in no other of it."""
    walker = etree.iterwalk(element, events=("start",))
    for _event, each in walker:
        if _name(each) == name:
            walker.skip_subtree()
            yield each


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text) else 0


class _Document:
    """One pass over a document's sections."""

    def __init__(self, package: XmlPackage):
        manifest = "META-INF/manifest.xml"
        if manifest in package.names and b"encryption-data" in package.read(manifest):
            raise PackageError(_("The file is protected by a password. Save it without one."))
        self.package = package
        self.items = self._manifest()
        self.heads: dict[str, Head] = {}
        self.forms: dict[str, set[str]] = {}
        self.bullets: dict[str, str] = {}
        self.numberings: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.styles: dict[str, tuple[str, str]] = {}
        self.counts: dict[str, dict[int, int]] = defaultdict(dict)
        self.out: list[str] = []
        self.words: list[str] = []
        self.notes: list[tuple[int, str]] = []
        self.pictures: dict[str, bytes] = {}
        self.footnotes: list[str] = []
        self.paragraph = 0
        self.links: list[bool] = []
        self.deleted: list[str] | None = None
        self.depth = 0

    def _manifest(self) -> dict[str, str]:
        name = "Contents/content.hpf"
        if "META-INF/container.xml" in self.package.names:
            for each in self.package.xml("META-INF/container.xml").iter():
                path = each.get("full-path", "") if _name(each) == "rootfile" else ""
                if path.endswith(".hpf"):
                    name = path
        self.opf = self.package.xml(name)
        return {
            each.get("id", ""): each.get("href", "").lstrip("/")
            for each in self.opf.iter()
            if _name(each) == "item"
        }

    def read(self) -> HtmlSource:
        header = next((path for path in self.items.values() if path.endswith("header.xml")), "")
        if header in self.package.names:
            self._read_header(self.package.xml(header))
        spine = [each.get("idref", "") for each in self.opf.iter() if _name(each) == "itemref"]
        paths = [self.items.get(each, "") for each in spine]
        # Each once, however often it is named.
        sections = [p for p in dict.fromkeys(paths) if re.search(r"section[0-9]+\.xml$", p)]
        if not sections:
            raise PackageError(_("The file holds no text of 한글."))
        for path in sections:
            self._paragraphs(self.package.xml(path))
        self._end_deletion()
        if self.footnotes:
            self.out += [f"<p>{text}</p>" for text in self.footnotes]
            self.notes.append((0, _("The footnotes stand at the end of the text; check them.")))
        return HtmlSource("\n".join(self.out), self.pictures, self.notes, " ".join(self.words))

    def _read_header(self, root: etree._Element) -> None:
        for each in root.iter():
            match _name(each):
                case "charPr":
                    self.forms[each.get("id", "")] = {
                        kind for kind in map(_name, each) if kind in {"bold", "italic"}
                    }
                case "bullet":
                    self.bullets[each.get("id", "")] = each.get("char", "")[:1]
                case "numbering":
                    self.numberings[each.get("id", "")] = {
                        _number(head.get("level")): (
                            (head.text or "")[:MAX_VALUE_CHARACTERS],
                            head.get("numFormat", "DIGIT"),
                            _number(head.get("start")) or 1,
                        )
                        for head in _children(each, "paraHead")
                    }
                case "paraPr":
                    self.heads[each.get("id", "")] = self._head(each)
                case "style":
                    names = (each.get(name, "") for name in ("name", "engName"))
                    self.styles[each.get("id", "")] = (
                        " ".join(name[:MAX_VALUE_CHARACTERS] for name in names),
                        each.get("paraPrIDRef", ""),
                    )
                case "secPr":
                    break

    def _head(self, properties: etree._Element) -> Head:
        heading, left = _find(properties, "heading"), _find(properties, "left")
        indent = _number(left.get("value")) // UNITS_PER_SPACE if left is not None else 0
        if heading is None:
            return Head(indent=indent)
        return Head(
            heading.get("type", "NONE"),
            heading.get("idRef", ""),
            _number(heading.get("level")),
            max(0, indent),
        )

    # Paragraphs

    def _paragraphs(self, parent: etree._Element) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PackageError(_("The page is nested too deeply."))
        for each in parent:
            if _name(each) == "p":
                self._read_paragraph(each)
        self.depth -= 1

    def _read_paragraph(self, element: etree._Element) -> None:
        self.paragraph += 1
        if self.paragraph > MAX_PARAGRAPHS:
            raise PackageError(_("The file holds more than any manuscript does."))
        line, first = self.paragraph, len(self.out)
        style, style_head = self.styles.get(element.get("styleIDRef", ""), ("", ""))
        head = self.heads.get(element.get("paraPrIDRef", "") or style_head, Head())
        pieces: list[str] = []
        outer_links, self.links = self.links, []
        for run in _children(element, "run"):
            form = self.forms.get(run.get("charPrIDRef", ""), set())
            self._inline(run, pieces, form, line)
        pieces += ["</a>"] * sum(self.links)
        self.links = outer_links
        html = "".join(pieces)
        text = normalise_line(re.sub(r"<[^>]*>", "", html))
        if text:
            # Tables and pictures that hang on the paragraph come after its words.
            self.out.insert(first, self._paragraph_html(html, text, head, style, line))

    def _paragraph_html(self, html: str, text: str, head: Head, style: str, line: int) -> str:
        place = f'data-line="{line}"'
        if re.search(r"(?:^|\s)(?:제목|큰제목|Title)(?:\s|$)", style):
            return f"<h1 {place}>{html}</h1>"
        printed = self._printed_head(head)
        if head.kind == "BULLET":
            glyph = self.bullets.get(head.list_id, "")
            bullet = split_bullet(f"{glyph} ")[0] or "•"
            indent = head.indent + 4 * head.level
            return f'<p {place} data-bullet="{escape(bullet)}" data-indent="{indent}">{html}</p>'
        if head.kind == "OUTLINE" and split_bullet(f"{printed} ")[0]:
            bullet = split_bullet(f"{printed} ")[0]
            return f'<p {place} data-bullet="{bullet}" data-indent="{4 * head.level}">{html}</p>'
        if head.kind == "OUTLINE":
            prefix = f"{escape(printed)} " if printed else ""
            return f"<h{min(head.level + 2, 6)} {place}>{prefix}{html}</h{min(head.level + 2, 6)}>"
        if head.kind == "NUMBER":
            indent = head.indent + 4 * head.level
            is_plain = re.fullmatch(r"[0-9]{1,4}\.", printed)
            bullet, prefix = (printed, "") if is_plain else ("•", f"{escape(printed)} ")
            return f'<p {place} data-bullet="{bullet}" data-indent="{indent}">{prefix}{html}</p>'
        return f"<p {place}>{html}</p>"

    def _printed_head(self, head: Head) -> str:
        """Return the number that 한글 prints before the paragraph, and count on."""
        if head.kind not in {"NUMBER", "OUTLINE"}:
            return ""
        levels = self.numberings.get(head.list_id) or next(iter(self.numberings.values()), {})
        level = head.level + 1
        counts = self.counts[f"{head.kind} {head.list_id}"]
        _format, _kind, start = levels.get(level, ("", "DIGIT", 1))
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]

        def number(match: re.Match[str]) -> str:
            which = int(match[1])
            kind, first = levels.get(which, ("", "DIGIT", 1))[1:]
            return printed_number(counts.get(which, first), kind)

        return normalise_line(re.sub(r"\^([1-9])", number, levels.get(level, ("", "", 1))[0]))

    # What stands in a paragraph

    def _inline(
        self, element: etree._Element, pieces: list[str], form: set[str], line: int
    ) -> None:
        for each in element:
            name = _name(each)
            if name == "t":
                self._text(each, pieces, form)
            elif name == "ctrl":
                self._inline(each, pieces, form, line)
            elif name == "fieldBegin":
                self._begin_field(each, pieces, line)
            elif name == "fieldEnd":
                if self.links and self.links.pop():
                    pieces.append("</a>")
            elif name in _LEFT_OUT:
                self._leave_out(each, line)
            elif name in {"footNote", "endNote"}:
                self._footnote(each, pieces)
            elif name == "tbl":
                self._table(each)
            elif name == "pic":
                self._picture(each, line)
            elif name == "autoNum":
                pieces.append(escape(each.get("num", "")))
            elif name == "equation":
                script = _find(each, "script")
                text = normalise_line((script.text or "") if script is not None else "")
                pieces.append(f"<code>{escape(text)}</code>")
                self.words.append(text)
                self.notes.append((line, _("An equation was kept as its source; rewrite it.")))
            elif name in {"ole", "chart", "video"}:
                self.notes.append((line, _("A chart or an embedded object was left out.")))
            elif name == "compose":
                self._add(each.get("composeText", ""), pieces, form)
            elif name == "dutmal":
                parts = [_find(each, "mainText"), _find(each, "subText")]
                main, sub = (part.text or "" if part is not None else "" for part in parts)
                self._add(f"{main}({sub})" if sub else main, pieces, form)
            elif name == "caption" or (name in _SHAPES or name in {"container", "drawText"}):
                self._inline(each, pieces, form, line)
            elif name == "subList":
                self._paragraphs(each)
            elif name not in _NO_TEXT:
                self._inline(each, pieces, form, line)

    def _text(self, element: etree._Element, pieces: list[str], form: set[str]) -> None:
        self._add(element.text, pieces, form)
        for each in element:
            match _name(each):
                case "deleteBegin":
                    self.deleted = []
                case "deleteEnd":
                    self._end_deletion()
                case "lineBreak":
                    pieces.append("<br>")
                case name if name in _SPACES and self.deleted is None:
                    pieces.append("\u00a0" * 4 if name == "tab" else _SPACES[name])
                case "insertBegin" | "insertEnd" | "markpenBegin" | "markpenEnd" | "titleMark":
                    pass
                case _:
                    self._add(each.text, pieces, form)
            self._add(each.tail, pieces, form)

    def _add(self, text: str | None, pieces: list[str], form: set[str]) -> None:
        if not text:
            return
        if self.deleted is not None:
            self.deleted.append(text)
            return
        self.words.append(text)
        html = escape(text)
        # Spaces at a line's start tell how deep it stands.
        html = re.sub(r"^ +|(?<= ) +", lambda run: "\u00a0" * len(run[0]), html)
        for kind, tag in (("italic", "em"), ("bold", "strong")):
            if kind in form and text.strip():
                html = f"<{tag}>{html}</{tag}>"
        pieces.append(html)

    def _end_deletion(self) -> None:
        text = normalise_line("".join(self.deleted or ()))
        self.deleted = None
        if text:
            self.notes.append((self.paragraph, left_out(text)))

    def _begin_field(self, element: etree._Element, pieces: list[str], line: int) -> None:
        kind = element.get("type", "")
        href = ""
        if kind == "HYPERLINK":
            command = next(
                (
                    each.text or ""
                    for each in element.iter()
                    if each.get("name") in {"Path", "Command"} and each.text
                ),
                "",
            )
            href = re.split(r"(?<!\\)[;|]", command)[0].replace("\\", "")
            if href and not re.match(r"[a-z]+:", href, re.I) and "." in href:
                href = f"https://{href}"
        if kind in _LEFT_OUT:
            self._leave_out(element, line)
        self.links.append(bool(href))
        if href:
            pieces.append(f'<a href="{escape(href)}">')

    def _leave_out(self, element: etree._Element, line: int) -> None:
        texts = ["".join(each.itertext()) for each in _outermost(element, "t")]
        if text := normalise_line(" ".join(texts)):
            self.notes.append((line, left_out(text)))

    def _footnote(self, element: etree._Element, pieces: list[str]) -> None:
        number = len(self.footnotes) + 1
        self.footnotes.append("")
        texts: list[str] = []
        for paragraph in element.iter():
            if _name(paragraph) == "p":
                for run in _children(paragraph, "run"):
                    for each in _children(run, "t"):
                        self._text(each, texts, set())
                texts.append(" ")
        self.footnotes[number - 1] = f"[{number}] {''.join(texts)}"
        pieces.append(f"[{number}]")

    # Tables and pictures

    def _table(self, element: etree._Element) -> None:
        for caption in _children(element, "caption"):
            for part in _children(caption, "subList"):
                self._paragraphs(part)
        outer, self.out = self.out, []
        line = self.paragraph
        rows = []
        for row in _children(element, "tr"):
            cells = []
            for cell in _children(row, "tc"):
                self.out = []
                for part in _children(cell, "subList"):
                    self._paragraphs(part)
                span = next(iter(_children(cell, "cellSpan")), None)
                spans = "".join(
                    f' {name}="{_number(span.get(key)) or 1}"'
                    for name, key in (("colspan", "colSpan"), ("rowspan", "rowSpan"))
                    if span is not None
                )
                tag = "th" if cell.get("header") == "1" else "td"
                cells.append(f"<{tag}{spans}>{''.join(self.out)}</{tag}>")
            rows.append(f"<tr>{''.join(cells)}</tr>")
        self.out = outer
        self.out.append(f'<table data-line="{line}">{"".join(rows)}</table>')

    def _picture(self, element: etree._Element, line: int) -> None:
        image = _find(element, "img")
        name = self.items.get(image.get("binaryItemIDRef", "") if image is not None else "", "")
        remark = next((each.text or "" for each in _children(element, "shapeComment")), "")
        own = [text.strip() for text in remark.replace("\r", "\n").split("\n")]
        alt = normalise_line(" ".join(text for text in own if not _OWN_REMARK.fullmatch(text)))
        if name in self.package.names and name not in self.pictures:
            self.pictures[name] = self.package.read(name)
        outer, self.out = self.out, []
        for part in (part for each in _children(element, "caption") for part in each):
            self._paragraphs(part)
        caption = normalise_line(re.sub(r"<[^>]*>", " ", " ".join(self.out)))
        self.out = outer
        self.out.append(
            f'<p><img data-line="{line}" src="{escape(name)}" alt="{escape(alt)}"'
            f' data-caption="{caption}"></p>'
        )
