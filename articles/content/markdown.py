"""Markdown source to sanitised HTML: the one function for saving, publishing and previewing.

CommonMark by markdown-it-py, with the tables of GitHub and the rules of the house
(docs/decisions/markdown.md). A ranking table's place, a line `[[ranking:slug]]`, becomes the
comment `<!--ranking:slug-->`, put in after the sanitiser, which drops every comment. Places stand
between the body's outermost elements: a table is never put inside a list or a quotation.
"""

import re
import unicodedata
from typing import NamedTuple

import nh3
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block, reference
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from articles.content.text import has_visible, normalise

MAX_SOURCE_BYTES = 50_000
TAB_LENGTH = 4
MAX_BRACKETS_PER_BLOCK = 400
# Of all tables together: a row of two characters is filled up to the width of its table.
MAX_CELLS = 10_000
# Lists and quotations within one another.
MAX_DEPTH = 12

RANKING_LINE = re.compile(r"[ \t]*\[\[ranking:([-\w]{1,80})\]\][ \t]*")
RANKING_MARK = re.compile(r"<!--ranking:([-\w]{1,80})-->")
UNREAD_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*unread\b", re.MULTILINE)
ALT_TEXT_TO_WRITE = "ALT?"

_MARKER = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?: +(?=\S)|$)")
_TABLE_RULE = re.compile(r" *\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")
_TABBED_MARKER = re.compile(r"(?:[-+*]|\d{1,9}[.)]) *\t")
_FENCE = re.compile(r"(`{3,})[^`]*$|(~{3,})")
# A year, a month and a day, or some of them, as Korean writes them: `2025. 10. 28.`, `25. 10. 28`,
# `10. 28.`, `10. 28(화)`. `1. 10. 28.` is the first item of a list, about a date.
_MONTH = r"(?:0?[1-9]|1[0-2])\."
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:\.(?!\d)| ?\([월화수목금토일])"
_DATE = re.compile(
    rf"(?:(?:19|20)\d\d\.(?:\s|$)|[2-9]\d\. *{_MONTH}(?:\s|$| *{_DAY})"
    rf"|{_MONTH} *{_DAY}(?! *{_DAY}))"
)
# `[^1]: …` is a footnote, and `[표 1]: 매출` a sentence: they would vanish as definitions.
_DEFINITION = re.compile(
    r"\[(?!\^)(?:[^\[\]\\]|\\.)+\]:\s*<?(?:https?:|mailto:|[/#?.]|[\w.-]+[/.#])", re.I | re.S
)
# No query, and no segment that begins with a dot: a picture's address stays below /media/.
_PICTURE_ADDRESS = re.compile(r"/media(?:/[-\w][-\w.]*)+")

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "a", "img", "figure", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"align", "scope"},
    "td": {"align"},
}


class _Item(NamedTuple):
    """A list item that is open: the columns of its marker and text as written, and its shift."""

    marker: int
    text: int
    shift: int

    def holds(self, indent: int) -> bool:
        """Tell whether a line belongs here, in CommonMark (`- `) or by our tolerance (`10. `)."""
        return indent >= self.marker + 2

    def moved(self, indent: int) -> int:
        return max(indent, self.text) + self.shift


def _with_enough_indent(lines: list[str]) -> list[str]:
    """Indent what stands two columns or more to the right of an item's marker as far as its text.

    CommonMark wants three columns below `1. ` and four below `10. `; editors write two everywhere.
    A nested item that stands too far to the right is an item too, not code. A ranking's place
    leaves every list and quotation, and a table those that it does not stand in.
    """
    result: list[str] = []
    items: list[_Item] = []  # outermost first
    fence, fence_item = "", None
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        if fence and text and fence_item and not fence_item.holds(indent):
            fence = ""
        if not text:
            result.append("")
        elif fence:
            result.append(" " * (fence_item.moved(indent) if fence_item else indent) + text)
            if text.startswith(fence) and not text.strip(fence[0]):
                fence = ""
        elif RANKING_LINE.fullmatch(line):
            result += ["", text, ""]
            items = []
        elif _begins_item(text) and (items or indent < 4):
            while items and not items[-1].holds(indent):
                items.pop()
            if items:
                column = min(items[-1].moved(indent), items[-1].text + items[-1].shift + 3)
            else:
                column = indent
            result.append(" " * column + text)
            shift = column - indent
            while marker := _MARKER.match(text) if _begins_item(text) else None:
                width = len(marker[0]) if len(marker[0].strip()) + 4 >= len(marker[0]) else 2
                items.append(_Item(indent, indent + max(width, 2), shift))
                if len(items) > MAX_DEPTH:
                    raise ValidationError(_("Lists or quotations are nested too deeply."))
                indent += len(marker[0])
                text = text[marker.end() :]
            fence, fence_item = _fence_of(text), items[-1] if items else None
        else:
            is_outside = bool(items) and not items[-1].holds(indent)
            is_outside = is_outside or bool(result and result[-1].lstrip().startswith(">"))
            if is_outside and "|" in text and _TABLE_RULE.fullmatch(following):
                result.append("")
            if result and not result[-1]:
                while items and not items[-1].holds(indent):
                    items.pop()
            item = next((item for item in reversed(items) if item.holds(indent)), None)
            result.append(" " * (item.moved(indent) if item else indent) + text)
            if indent - (item.text if item else 0) < 4:
                fence, fence_item = _fence_of(text), item
    return result


def _spread(line: str) -> str:
    """Return `line` with spaces for the tabs that indent it, or what follows its marker."""
    text = line.lstrip(" \t")
    indent = line[: len(line) - len(text)]
    if _TABBED_MARKER.match(text):
        return line.expandtabs(TAB_LENGTH)
    return indent.expandtabs(TAB_LENGTH) + text


def _begins_item(text: str) -> bool:
    return bool(_MARKER.match(text)) and not _DATE.match(text) and not _is_rule(text)


def _is_rule(text: str) -> bool:
    marks = text.replace(" ", "")
    return len(marks) >= 3 and marks[0] in "-*" and not marks.strip(marks[0])


def _fence_of(text: str) -> str:
    match = _FENCE.match(text)
    return (match[1] or match[2]) if match else ""


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _ranking_place(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    match = RANKING_LINE.fullmatch(_line(state, start))
    if not match or state.level:
        return False
    if not silent:
        state.push("ranking", "", 0).content = match[1]
        state.line = start + 1
    return True


def _date_ends_list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return silent and bool(_DATE.match(_line(state, start)))


def _list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return not _DATE.match(_line(state, start)) and list_block(state, start, end, silent)


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    return bool(_DEFINITION.match(state.src, begin)) and reference(state, start, end, silent)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Read `*` and `_` as CommonMark does, and `**'말'**은` as Korean means it.

    CommonMark closes no emphasis between a punctuation mark and a letter, where Korean puts its
    particles; beside a Hangul, Han or Kana letter the punctuation does not count.
    """
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    run = state.scanDelims(state.pos, marker == "*")
    opens, closes = run.can_open, run.can_close
    if marker == "*":
        before = state.src[state.pos - 1 : state.pos] or " "
        after = state.src[state.pos + run.length : state.pos + run.length + 1] or " "
        opens = opens or (_is_east_asian(before) and not after.isspace())
        closes = closes or (_is_east_asian(after) and not before.isspace())
    for _number in range(run.length):
        state.push("text", "", 0).content = marker
        token = len(state.tokens) - 1
        state.delimiters.append(Delimiter(ord(marker), run.length, token, -1, opens, closes))
    state.pos += run.length
    return True


def _is_east_asian(character: str) -> bool:
    return character.isalpha() and unicodedata.east_asian_width(character) in "WF"


class _HouseMarkdown(MarkdownIt):
    def normalizeLink(self, url: str) -> str:
        """Keep an address as it was written: pictures are found by theirs."""
        return url


def _house_markdown() -> MarkdownIt:
    # The nesting is bounded by MAX_DEPTH; beyond maxNesting the library drops text without a word.
    house = _HouseMarkdown("commonmark", {"html": False, "breaks": True, "maxNesting": 100})
    house.enable("table").disable(["lheading", "html_block", "html_inline"])
    house.block.ruler.before("table", "ranking", _ranking_place)
    return read_as_korean(house)


def read_as_korean(reader: MarkdownIt) -> MarkdownIt:
    """Have a reader of CommonMark leave dates, sentences and emphasis what Korean means by them."""
    block = reader.block.ruler
    block.before("list", "date", _date_ends_list, {"alt": ["list"]})
    block.at("list", _list, {"alt": ["paragraph", "reference", "blockquote"]})
    block.at("reference", _reference)
    reader.inline.ruler.at("emphasis", _emphasis)
    return reader


_MARKDOWN = _house_markdown()


def _check(source: str) -> None:
    if len(source.encode()) > MAX_SOURCE_BYTES:
        limit = {"limit": MAX_SOURCE_BYTES // 1000}
        raise ValidationError(_("The text is longer than %(limit)s kB."), params=limit)
    check_shape(source)


def check_shape(source: str) -> None:
    """Raise ValidationError where Markdown would take long to read."""
    for block in re.split("\n\n+", source):
        if block.count("[") > MAX_BRACKETS_PER_BLOCK:
            raise ValidationError(_("One paragraph holds too many brackets."))
    cells = columns = 0
    for line in source.split("\n"):
        if not line.strip():
            columns = 0
        elif "|" in line and not line.strip("-:|> \t"):
            columns = max(columns, line.strip("> \t").strip("|").count("|") + 1)
        cells += columns
    if cells > MAX_CELLS:
        raise ValidationError(_("The tables hold too many cells."))


def _parse(source: str, env: dict) -> list[Token]:
    try:
        tokens = _MARKDOWN.parse(source, env)
    except RecursionError as error:
        raise ValidationError(_("The text is nested too deeply.")) from error
    depth = 0
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open", "blockquote_open"}:
            depth += 1
        elif token.type in {"bullet_list_close", "ordered_list_close", "blockquote_close"}:
            depth -= 1
        elif token.tag == "h1":
            token.tag = "h2"  # the page's own title is the first level
        elif token.type in {"th_open", "td_open"}:
            if alignment := token.attrs.pop("style", None):
                token.attrs["align"] = str(alignment).removeprefix("text-align:")
            if token.tag == "th":
                token.attrs["scope"] = "col"
        if depth > MAX_DEPTH:
            raise ValidationError(_("Lists or quotations are nested too deeply."))
    _make_figures(tokens)
    return tokens


def _make_figures(tokens: list[Token]) -> None:
    """Let a picture that is a paragraph of its own stand above its title, as its caption."""
    for begin, text, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        children = text.children or []
        if begin.type != "paragraph_open" or [each.type for each in children] != ["image"]:
            continue
        caption = str(children[0].attrs.pop("title", ""))
        if not has_visible(caption):
            continue
        begin.tag = end.tag = "figure"
        begin.hidden = end.hidden = False
        children += [
            Token("figcaption_open", "figcaption", 1),
            Token("text", "", 0, content=caption),
            Token("figcaption_close", "figcaption", -1),
        ]


def to_html(source: str) -> str:
    """Return the sanitised HTML of Markdown `source` (at most 50 kB).

    Raises ValidationError, with a reason for the editor, on text that is too long or too deep.
    """
    env: dict = {}
    return _html(_parse("\n".join(_with_enough_indent(_lines(source))), env), env)


def with_lines(source: str) -> str:
    """Return what `to_html` does, each block with the line of `source` where it begins.

    It stands in `data-line`, counted from 1. Raises ValidationError.
    """
    env: dict = {}
    lines = _lines(source)
    indented = _with_enough_indent(lines)
    tokens = _parse("\n".join(indented), env)
    # Only empty lines are put in, so the others come in the same order.
    written = (number for number, line in enumerate(lines, 1) if line)
    numbers = [next(written) if line else 0 for line in indented]
    for token in tokens:
        if token.map and token.nesting >= 0 and token.type not in {"ranking", "table_open"}:
            token.attrSet("data-line", str(numbers[token.map[0]]))
    return _html(tokens, env)


def _lines(source: str) -> list[str]:
    lines = [_spread(line.rstrip()) for line in normalise(source).split("\n")]
    _check("\n".join(lines))
    return lines


def _html(tokens: list[Token], env: dict) -> str:
    parts: list[str] = []
    between: list[Token] = []
    for token in tokens:
        if token.type == "ranking":
            parts += [_render(between, env), f"<!--ranking:{token.content}-->"]
            between = []
        else:
            between.append(token)
    parts.append(_render(between, env))
    return "\n".join(filter(None, parts))


def _render(tokens: list[Token], env: dict) -> str:
    html = nh3.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        # No text of an editor's makes such an attribute; `with_lines` does.
        generic_attribute_prefixes={"data-line"},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        attribute_filter=_keep_attribute,
    )
    html = html.replace("<table>", f'<div class="table-scroll" {_scroll_attributes()}><table>')
    return html.replace("</table>", "</table></div>").strip()


def _scroll_attributes() -> str:
    name = _("Table")
    return f'role="group" aria-label="{name}" tabindex="0"'


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src") and not _PICTURE_ADDRESS.fullmatch(value):
        return None
    return value


def preview(source: str) -> str:
    """Return the HTML that saving `source` would give, or the reason why it cannot be saved.

    Its blocks say where they begin, as those of `with_lines` do.
    """
    try:
        html = with_lines(source)
    except ValidationError as error:
        return '<p class="errornote">' + nh3.clean_text(" ".join(error.messages)) + "</p>"
    return RANKING_MARK.sub(r"<p><code>[[ranking:\1]]</code></p>", html)
