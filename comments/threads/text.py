"""A comment's text and name as they are kept, and the text's HTML."""

import re
import unicodedata
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.content.text import BLANK_LETTERS, NONCHARACTERS, has_visible, normalise
from comments.identity.reserved_names import is_reserved

MAX_BODY_CHARACTERS = 5_000
MAX_NAME_CHARACTERS = 30
MAX_MARKS = 4
MAX_BLANK_LINES = 2

# Symbols that joiners and variation selectors may follow.
_EMOJI = (
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf"
    r"\u2934\u2935\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]"
)
_STYLE = r"[\ufe0e\ufe0f]?"
# Invisible characters stay where they make up an emoji: a sequence (👩‍💻, ❤️), a keycap (1️⃣), a
# flag of a region (a black flag and tags). Everywhere else they go, and so do lone surrogates and
# what is no character, which no database takes.
_INVISIBLE = re.compile(
    r"(?P<emoji>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
    rf"|{_EMOJI}{_STYLE}(?:\u200d{_EMOJI}{_STYLE})*|[0-9#*]\ufe0f\u20e3)"
    r"|[\u034f\u17b4\u17b5\u180b-\u180f\u200d\u206a-\u206f\ufe00-\ufe0f\ufff9-\ufffb\ud800-\udfff"
    rf"\U0001d173-\U0001d17a\U000e0000-\U000e0fff{NONCHARACTERS}]"
)
_BLANKS = dict.fromkeys(map(ord, BLANK_LETTERS), " ")


def clean_body(raw: str, limit: int = MAX_BODY_CHARACTERS) -> str:
    """Return a comment's text as it is kept, at most `limit` characters; raise ValidationError.

    Control, bidirectional and zero-width characters are dropped, spaces at the ends of lines too;
    a character keeps at most four combining marks, and at most two blank lines follow one another.
    """
    text = _clean(raw.replace("\v", "\n").replace("\f", "\n").replace("\x85", "\n"))
    lines: list[str] = []
    blank_lines = 0
    for line in text.replace("\t", " ").split("\n"):
        kept = line.rstrip()
        blank_lines = 0 if kept else blank_lines + 1
        if blank_lines <= MAX_BLANK_LINES:
            lines.append(kept)
    text = "\n".join(lines).strip()
    if not has_visible(text):
        raise ValidationError(_("Write something."), "required")
    if len(text) > limit:
        raise ValidationError(
            _("Write at most %(limit)s characters. There are %(count)s now."),
            "max_length",
            {"limit": f"{limit:,}", "count": f"{len(text):,}"},
        )
    return text


def clean_name(raw: str) -> str:
    """Return a commenter's name on one line, "" when there is none; raise ValidationError."""
    name = " ".join(_clean(raw.translate(_BLANKS)).split())
    if not has_visible(name):
        return ""
    if len(name) > MAX_NAME_CHARACTERS:
        raise ValidationError(
            _("Use at most %(limit)d characters for the name."),
            "max_length",
            {"limit": MAX_NAME_CHARACTERS},
        )
    if is_reserved(name):
        raise ValidationError(_("This name is kept for the staff. Choose another one."), "reserved")
    return name


def _clean(raw: str) -> str:
    """Return `raw` normalised, without invisible characters outside emoji or piled-up marks."""
    text = _INVISIBLE.sub(r"\g<emoji>", normalise(raw))
    # Characters that the dropped ones kept apart may compose now.
    text = unicodedata.normalize("NFC", text)
    return "".join(_bounded_marks(text)) if any(map(_is_mark, set(text))) else text


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _bounded_marks(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return kept


# HTML

# Kept with each comment's HTML: raise it when `body_to_html` changes, and make the HTML again.
HTML_VERSION = 1
# A link ends before the first character that RFC 3986 has no place for, Hangul included: a
# particle follows a link without a space (https://example.com에서).
_URL = re.compile(
    r"(?<![A-Za-z0-9+.-])https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.IGNORECASE
)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
MAX_HOST_CHARACTERS = 253
_TRAILING = frozenset(".,;:!?'*")
_PAIRS = {")": "(", "]": "["}
_REL = "nofollow ugc noopener noreferrer"


def body_to_html(text: str) -> SafeString:
    """Return a cleaned text as HTML: paragraphs, line breaks, links to http and https addresses.

    Escaping comes last, on each piece for good: nothing is changed or cut after it.
    """
    paragraphs = [paragraph.strip("\n") for paragraph in text.split("\n\n")]
    return mark_safe(  # noqa: S308 - all that is not written here has been escaped
        "\n".join(
            f"<p>{'<br>'.join(map(_line_to_html, paragraph.split(chr(10))))}</p>"
            for paragraph in paragraphs
            if paragraph
        )
    )


def _line_to_html(line: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _URL.finditer(line):
        url = _without_trailing_signs(match.group())
        if not _is_linkable(url):
            continue
        pieces.append(escape(line[end : match.start()]))
        pieces.append(f'<a href="{escape(url)}" rel="{_REL}">{escape(url)}</a>')
        end = match.start() + len(url)
    pieces.append(escape(line[end:]))
    return "".join(pieces)


def _without_trailing_signs(url: str) -> str:
    """Return `url` without the sentence's own signs and closing brackets at its end."""
    surplus = {close: url.count(close) - url.count(start) for close, start in _PAIRS.items()}
    end = len(url)
    while end:
        last = url[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]


def _is_linkable(url: str) -> bool:
    """Tell whether `url` leads to a named host, and shows which: a user name would hide it."""
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises ValueError for what is none
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        "@" not in parts.netloc and len(host) <= MAX_HOST_CHARACTERS and bool(_HOST.fullmatch(host))
    )
