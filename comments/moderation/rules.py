"""What a moderation rule says about one comment; the rules themselves are rows.

Patterns are RE2's: their time grows with the text's length alone, whatever the pattern is
(docs/decisions/moderation-rules.md).
"""

import re
from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.moderation.text_folding import holds_word, readable, tight

MAX_TERMS = 500
MAX_PATTERN_CHARACTERS = 500
# A shorter text is said by many: 감사합니다.
MIN_REPEATED_LETTERS = 12
# For compiling one pattern; a larger one is refused.
PATTERN_MEMORY_BYTES = 1024 * 1024

_LINK = re.compile(r"https?://|www\.[a-z0-9]")


class PatternError(ValueError):
    """RE2 has no such pattern; the text says where it fails."""


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """Return the compiled pattern; raise PatternError."""
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY_BYTES
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(text) from error


def found_words(text: str, terms: str) -> list[str]:
    """Return the words or phrases, one a line of `terms`, that `text` holds in any disguise."""
    compared = tight(text)
    return [word for word, folded in fold_words(terms).items() if holds_word(compared, folded)]


@lru_cache(maxsize=256)
def fold_words(terms: str) -> dict[str, str]:
    """Return {word or phrase as it was typed: tight}."""
    words = (line.strip() for line in terms.splitlines())
    return {word: tight(word) for word in words if word}


def found_pattern(text: str, pattern: str) -> str:
    """Return what the pattern finds in `text`, made readable, or ""; raise PatternError."""
    match = compile_pattern(pattern).search(readable(text))
    # A pattern that finds an empty place still finds.
    return match.group() or "…" if match else ""


def link_count(text: str) -> int:
    return len(_LINK.findall(readable(text)))


def words_reason(found: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in found[:5])


def links_reason(count: int) -> str:
    return ngettext("%(n)s link", "%(n)s links", count) % {"n": count}


def new_address_reason(count: int) -> str:
    if not count:
        return _("No comment with this e-mail has appeared before.")
    return ngettext(
        "%(n)s comment with this e-mail has appeared before.",
        "%(n)s comments with this e-mail have appeared before.",
        count,
    ) % {"n": count}


def repeat_reason(count: int) -> str:
    return ngettext(
        "The same text has come %(n)s time before.",
        "The same text has come %(n)s times before.",
        count,
    ) % {"n": count}


def speed_reason(count: int, minutes: int) -> str:
    return ngettext(
        "%(n)s comment with this e-mail within %(minutes)s minutes",
        "%(n)s comments with this e-mail within %(minutes)s minutes",
        count,
    ) % {"n": count, "minutes": minutes}
