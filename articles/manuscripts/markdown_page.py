"""A manuscript in Markdown to a draft: read like its HTML, so that tables and places are told."""

from markdown_it import MarkdownIt

from articles.content.text import normalise
from articles.manuscripts import html_page
from articles.manuscripts.blocks import HtmlSource
from articles.manuscripts.outline import ImportedPage
from articles.manuscripts.text_page import decode

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)


def read(data: bytes) -> ImportedPage:
    """Return the draft that a Markdown text gives; raises BundleError when it has no title."""
    tokens = _MARKDOWN.parse(normalise(decode(data)))
    for token in tokens:
        if token.map and token.nesting > 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return html_page.read_source(HtmlSource(html))
