"""Markdown source to sanitised HTML: the one function for saving, publishing and previewing.

A ranking table's place, a line `[[ranking:slug]]`, becomes the comment `<!--ranking:slug-->`.
The sanitiser drops every comment an editor could write, so these marks are ours alone. They stand
between the body's outermost elements: a table is never put inside a list or a quotation.
"""

import re
from html import unescape

import markdown
import nh3
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import AutomailInlineProcessor
from markdown.preprocessors import Preprocessor

from articles.content.text import has_visible, normalise

MAX_SOURCE_BYTES = 50_000
TAB_LENGTH = 4
# Python-Markdown takes quadratic time on long runs of these within one block.
MAX_BRACKETS_PER_BLOCK = 400
MAX_BRACKETS_TIMES_LENGTH = 4_000_000
MAX_EMPHASIS_PER_BLOCK = 1_000
MAX_BREAKS_PER_BLOCK = 200
MAX_LIST_DEPTH = 12

RANKING_LINE = re.compile(r"[ \t]*\[\[ranking:([-\w]{1,80})\]\][ \t]*")
RANKING_MARK = re.compile(r"<!--ranking:([-\w]{1,80})-->")
UNREAD_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*unread\b", re.MULTILINE)
ALT_TEXT_TO_WRITE = "ALT?"

_LIST_ITEM = re.compile(r" *([-+*]|\d{1,9}\.) +(\S.*)")
_DEEP_LINE = re.compile(r"^ *+(?:(?:>|[-+*] |\d{1,9}\. ) *+){9}.*\w", re.MULTILINE)
_BREAK = re.compile(r"^ {0,3}(?:#|(?:[-*_] *){3,}$)", re.MULTILINE)
# Text cannot hold this control character, and nothing in the hexadecimal slug is Markdown.
_PLACE = "\x10ranking {}\x10"
_PLACED = re.compile(r"<p>\x10ranking ([0-9a-f]+)\x10</p>")
# No query, and no segment that begins with a dot: a picture's address stays below /media/.
_PICTURE_ADDRESS = re.compile(r"/media(?:/[-\w][-\w.]*)+")
_IMAGE = re.compile(r'<img(?:[^<>"]|"[^"]*")*>')
# An address between < and >, as CommonMark 0.31 has it (6.5). Python-Markdown's own pattern takes
# an entity for part of the address and shows its letters.
_AUTOMAIL = (
    r"<((?:mailto:)?[A-Za-z0-9_.!#$%&'*+/=?^`{|}~-]+@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)>"
)

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("strong", "em", "del", "a", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
}


class _ListIndents(Preprocessor):
    """Re-indent nested lists by four spaces a level, however the editor indented them.

    A list that follows a line of text, and a ranking's place, are set apart by a blank line.
    """

    def run(self, lines):
        result = []
        indents: list[int] = []  # of the list items that are open, outermost first
        for line in lines:
            text = line.strip()
            indent = len(line) - len(line.lstrip(" "))
            after_blank = not (result and result[-1])
            if match := RANKING_LINE.fullmatch(line):
                result += ["", _PLACE.format(match[1].encode().hex()), ""]
                indents = []
            elif not text:
                result.append("")
            elif (item := _LIST_ITEM.fullmatch(line)) and (indents or indent < 4):
                if not indents and not after_blank:
                    result.append("")
                while indents and indent < indents[-1]:
                    indents.pop()
                if not indents or indent > indents[-1]:
                    indents.append(indent)
                if len(indents) > MAX_LIST_DEPTH:
                    raise ValidationError(_("Lists are nested too deeply."))
                result.append("    " * (len(indents) - 1) + item[1] + " " + item[2])
            elif indents and indent > indents[0]:
                depth = sum(indent > known for known in indents)
                result.append("    " * depth + text)
            else:
                if after_blank:
                    indents = []
                result.append(line)
        return result


class _Headings(HashHeaderProcessor):
    """Begin headings at the second level: the page's own title is the first."""

    def run(self, parent, blocks):
        before = len(parent)
        super().run(parent, blocks)
        for child in list(parent)[before:]:
            if child.tag == "h1":
                child.tag = "h2"


class _House(Extension):
    """What our Markdown leaves out of Python-Markdown's, and adds to it."""

    def extendMarkdown(self, md):
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.inlinePatterns.register(AutomailInlineProcessor(_AUTOMAIL, md), "automail", 110)
        md.parser.blockprocessors.deregister("setextheader")
        md.parser.blockprocessors.register(_Headings(md.parser), "hashheader", 70)
        # After fenced code (25) has taken its lines out of the text.
        md.preprocessors.register(_ListIndents(md), "list_indents", 22)


def _check(source: str) -> None:
    if len(source.encode()) > MAX_SOURCE_BYTES:
        limit = {"limit": MAX_SOURCE_BYTES // 1000}
        raise ValidationError(_("The text is longer than %(limit)s kB."), params=limit)
    for block in re.split("\n\n+", source):
        brackets = block.count("[") + block.count("!")
        if brackets > MAX_BRACKETS_PER_BLOCK or brackets * len(block) > MAX_BRACKETS_TIMES_LENGTH:
            raise ValidationError(_("One paragraph holds too many brackets."))
        if sum(map(block.count, "*_`")) > MAX_EMPHASIS_PER_BLOCK:
            raise ValidationError(_("One paragraph holds too many *, _ or ` marks."))
        if len(_BREAK.findall(block)) > MAX_BREAKS_PER_BLOCK:
            raise ValidationError(
                _("Too many headings or rules follow one another without a blank line.")
            )
    if _DEEP_LINE.search(source):
        raise ValidationError(_("Lists or quotations are nested too deeply."))


def to_html(source: str) -> str:
    """Return the sanitised HTML of Markdown `source` (at most 50 kB).

    Raises ValidationError, with a reason for the editor, on text that is too long or too deep.
    """
    # Python-Markdown would do both after the check: a tab is up to four characters.
    lines = normalise(source).expandtabs(TAB_LENGTH).split("\n")
    source = "\n".join(line.rstrip() for line in lines)
    _check(source)
    converter = markdown.Markdown(
        extensions=["fenced_code", "sane_lists", "nl2br", "tables", _House()],
        extension_configs={"tables": {"use_align_attribute": True}},
        tab_length=TAB_LENGTH,
        output_format="html",
    )
    try:
        html = converter.convert(source)
    except RecursionError as error:
        raise ValidationError(_("The text is nested too deeply.")) from error
    html = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        attribute_filter=_keep_attribute,
    )
    html = html.replace("<table>", f'<div class="table-scroll" {_scroll_attributes()}><table>')
    html = html.replace("</table>", "</table></div>")
    html = re.sub(r"<th(?=[ >])", '<th scope="col"', html)
    return _PLACED.sub(lambda match: f"<!--ranking:{bytes.fromhex(match[1]).decode()}-->", html)


def _scroll_attributes() -> str:
    name = _("Table")
    return f'role="group" aria-label="{name}" tabindex="0"'


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src") and not _PICTURE_ADDRESS.fullmatch(value):
        return None
    return value


def preview(source: str) -> str:
    """Return the HTML that saving `source` would give, or the reason why it cannot be saved."""
    try:
        html = to_html(source)
    except ValidationError as error:
        return '<p class="errornote">' + nh3.clean_text(" ".join(error.messages)) + "</p>"
    return RANKING_MARK.sub(r"<p><code>[[ranking:\1]]</code></p>", html)


def faults_for_publishing(source: str, html: str, level: int = 1) -> list[str]:
    """Return what keeps a text under a heading of `level` from being published, as sentences."""
    faults = []
    if UNREAD_FENCE.search(source):
        faults.append(_("The text still holds lines that the import could not read."))
    for image in _IMAGE.findall(html):
        alt = re.search(r' alt="([^"]*)"', image)
        address = re.search(r' src="([^"]*)"', image)
        name = address[1].rsplit("/", 1)[-1] if address else ""
        if not address:
            faults.append(_("A picture comes from another place. Upload it here, then publish."))
        elif not alt or not has_visible(unescape(alt[1])) or alt[1] == ALT_TEXT_TO_WRITE:
            faults.append(
                _("The picture %(name)s needs a text that says what it shows.") % {"name": name}
            )
    for digit, heading in re.findall(r"<h([2-6])>(.*?)</h\1>", html, re.DOTALL):
        text = unescape(re.sub(r"<[^>]+>", "", heading))
        if not has_visible(text):
            faults.append(_("A heading has no text."))
        elif int(digit) > level + 1:
            faults.append(_("The heading “%(heading)s” skips a level.") % {"heading": text})
        level = int(digit)
    return faults
