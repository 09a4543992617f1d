"""Plain text to a draft: an old page, a manuscript, or Markdown, which is read like its HTML."""

import re
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from articles.bundle.data import BundleError
from articles.content.markdown import check_shape, read_as_korean
from articles.content.text import normalise
from articles.manuscripts import html_page
from articles.manuscripts.blocks import Block, HtmlSource, check_count, line_block
from articles.manuscripts.outline import ImportedPage, read_blocks

# Several times what an article may hold, beside pictures.
MAX_MARKDOWN_CHARACTERS = 300_000
MAX_MARKS_PER_BLOCK = 10_000

_DATA = re.compile(r"data:image/[\w.+-]{1,20};base64,[A-Za-z0-9+/=]+")
_MARKDOWN = read_as_korean(
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
)


def read(data: bytes) -> ImportedPage:
    """Return the draft that a page's text gives; raises BundleError when it has no title."""
    blocks = blocks_of(decode(data))
    if not blocks:
        raise BundleError(1, _("The file is empty."))
    return read_blocks(blocks)


def read_markdown(data: bytes) -> ImportedPage:
    """Return the draft that a Markdown text gives; raises BundleError when it has no title."""
    text = normalise(decode(data))
    _check(_DATA.sub("", text))
    try:
        tokens = _MARKDOWN.parse(text)
    except RecursionError as error:
        raise BundleError(1, _("The page is nested too deeply.")) from error
    for token in tokens:
        if token.map and token.nesting > 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return html_page.read_source(HtmlSource(html))


def _check(text: str) -> None:
    """Raise BundleError where a Markdown text would take long to read."""
    if len(text) > MAX_MARKDOWN_CHARACTERS:
        raise BundleError(1, _("This is too much to be one text."))
    try:
        check_shape(text)
    except ValidationError as error:
        raise BundleError(1, " ".join(error.messages)) from error
    for block in re.split("\n\n+", text):
        if block.count("*") + block.count("_") > MAX_MARKS_PER_BLOCK:
            raise BundleError(1, _("This is too much to be one text."))


def blocks_of(text: str) -> list[Block]:
    """Return the lines of a text."""
    blocks: list[Block] = []
    is_after_gap = False
    for number, raw in enumerate(normalise(text).split("\n"), 1):
        if raw.strip():
            blocks.append(line_block(number, raw, is_after_gap=is_after_gap))
            check_count(blocks)
        is_after_gap = not raw.strip()
    return blocks


def with_levels(blocks: list[Block]) -> list[Block]:
    """Return lines that only tabs or spaces tell the depth of as items of a list.

    Lines between two gaps belong together; where one has a bullet or a table's tabs, the others
    are what they look like.
    """
    result: list[Block] = []
    start = 0
    for end in range(1, len(blocks) + 1):
        if end < len(blocks) and not blocks[end].is_after_gap:
            continue
        group, start = blocks[start:end], end
        is_outline = (
            group[0].indent == 0
            and any(block.indent >= 2 for block in group)
            and not any(block.bullet or "\t" in block.raw.strip() for block in group)
        )
        result += [replace(block, bullet="•") for block in group] if is_outline else group
    return result


def decode(data: bytes) -> str:
    """Decode UTF-8 or what Korean Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise BundleError(line, _("The text is neither UTF-8 nor EUC-KR."))
