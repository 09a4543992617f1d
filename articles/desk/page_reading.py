"""What the HTML of a text holds, in order, each with the line of its source where it begins."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_BLOCKS = {"p", "li", "h2", "h3", "h4", "h5", "h6", "td", "th", "figcaption", "pre"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
# What stands for code in a block's text: it is no prose.
_CODE = "…"


@dataclass
class Block:
    """A paragraph, an item's own text, a heading, a cell or a caption; `tag` says which.

    `text` is its prose, `shown` all that readers see.
    """

    tag: str
    line: int
    text: str = ""
    shown: str = ""


@dataclass
class Link:
    href: str
    line: int
    text: str = ""
    has_picture: bool = False


@dataclass
class Picture:
    """A picture; its `src` is "" where it comes from elsewhere."""

    src: str
    alt: str | None
    line: int
    has_caption: bool = False
    # Within a sentence: there it has no caption.
    is_inline: bool = False
    # The library says so: no text can.
    is_decorative: bool = False


@dataclass
class Table:
    """A table of the text; `before` and `after` are the blocks beside it, "" where none is."""

    line: int
    before: str = ""
    after: str = ""
    before_tag: str = ""


@dataclass
class Page:
    blocks: list[Block] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def headings(self) -> list[Block]:
        return [block for block in self.blocks if block.tag in _HEADINGS]


def read(html: str) -> Page:
    """Return what sanitised HTML holds; the lines are those of `markdown.with_lines`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.line = 0
        self.block: Block | None = None
        self.link: Link | None = None
        self.code = 0
        self.in_table = self.in_figure = False
        self.waiting: Table | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if (line := attributes.get("data-line")) and line.isdecimal():
            self.line = int(line)
        if identity := attributes.get("id"):
            self.page.ids.add(identity)
        if tag in _BLOCKS:
            self._begin(tag)
        match tag:
            case "a":
                self.link = Link(attributes.get("href") or "", self.line)
                self.page.links.append(self.link)
            case "img":
                self._picture(attributes)
            case "figure":
                self.in_figure = True
            case "figcaption" if self.page.pictures:
                self.page.pictures[-1].has_caption = True
            case "table":
                before = self.page.blocks[-1] if self.page.blocks else Block("", 0)
                self.waiting = Table(self.line, before.text, "", before.tag)
                self.page.tables.append(self.waiting)
                self.in_table = True
            case "br":
                self.handle_data("\n")
            case "code" | "pre":
                self.code += 1

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a":
                self.link = None
            case "figure":
                self.in_figure = False
            case "table":
                self.in_table = False
            case "code" | "pre":
                self.code -= 1
                if tag == "code" and self.block:
                    self.block.text += _CODE
        if tag in _BLOCKS:
            self.block = None

    def handle_data(self, data: str) -> None:
        if self.link:
            self.link.text += data
        if self.block:
            self.block.shown += data
        if self.code or not self.block:
            return
        self.block.text += data
        if self.waiting and not self.in_table:
            self.waiting.after += data

    def _begin(self, tag: str) -> None:
        if self.waiting and not self.in_table and self.waiting.after.strip():
            self.waiting = None
        self.block = Block(tag, self.line)
        self.page.blocks.append(self.block)

    def _picture(self, attributes: dict[str, str | None]) -> None:
        is_inline = bool(self.block and self.block.text.strip())
        picture = Picture(attributes.get("src") or "", attributes.get("alt"), self.line)
        picture.is_inline = is_inline
        picture.is_decorative = attributes.get("role") == "presentation"
        self.page.pictures.append(picture)
        if self.link:
            self.link.has_picture = True
