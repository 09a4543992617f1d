"""Text as it is kept: NFC, line feeds, and nothing invisible that misleads."""

import re
import unicodedata
from datetime import date
from html import unescape

# What editors and readers write, whatever language the interface has.
CONTENT_LANGUAGE = "ko"

# Bidirectional controls and zero-width characters; the zero-width joiner stays, emoji need it.
_MISLEADING = re.compile(r"[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c\u00ad]")
# Code points that never have a meaning; some of them are in no XML either.
NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}-{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_CONTROL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{NONCHARACTERS}]")
# Letters and signs by category, yet they draw nothing: Hangul fillers, the empty Braille pattern,
# a note without a head, the place of an object that is not there, blank hieroglyphs.
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\ufffc\U00013441\U00013442")
# With them, code points that never have a meaning, and those kept for what is never drawn.
_NEVER_DRAWN = re.compile(
    rf"[{''.join(BLANK_LETTERS)}{NONCHARACTERS}\u2065\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def normalise(text: str) -> str:
    """Return `text` in NFC with `\\n` line ends, without what is no character or misleads."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = text.replace("\u2029", "\n")
    return unicodedata.normalize("NFC", _CONTROL.sub("", _MISLEADING.sub("", text)))


def visible(text: str) -> str:
    """Return `text`, or "" when nothing in it can be seen."""
    return text if has_visible(text) else ""


def normalise_line(text: str) -> str:
    """Return `text` normalised, on one line, with single spaces."""
    return " ".join(normalise(text).split())


_BLOCK_END = re.compile(r"</(?:p|li|h[1-6]|t[dhr]|blockquote|pre|figcaption)>|<(?:br|hr) ?/?>")
_TAG = re.compile(r"<[^>]*>")


def plain_text(html: str) -> str:
    """Return the text of HTML that was sanitised here, on one line."""
    return " ".join(unescape(_TAG.sub("", _BLOCK_END.sub(" ", html))).split())


def opening(html: str, length: int = 160) -> str:
    """Return how the text of sanitised HTML begins, cut between words."""
    text = plain_text(html)
    if len(text) <= length:
        return text
    end = text.rfind(" ", length // 2, length)
    return text[: end if end > 0 else length] + "…"


EARLIEST_YEAR, LATEST_YEAR = 1900, 2999


def is_plausible(moment: date) -> bool:
    """Tell whether a date or moment lies where addresses and time zones can follow."""
    return EARLIEST_YEAR <= moment.year <= LATEST_YEAR


def has_visible(text: str) -> bool:
    """Tell whether anything in `text` can be seen.

    What has no meaning yet, or a private one, is drawn all the same: an emoji newer than Python.
    """
    categories = map(unicodedata.category, _NEVER_DRAWN.sub("", text))
    return any(category[0] in "LNPS" or category in {"Cn", "Co"} for category in categories)
