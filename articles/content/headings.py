"""An article's headings: the addresses within its page, and its table of contents."""

import re
from dataclasses import dataclass

from django.utils.text import slugify

from articles.content.text import plain_text

MAX_ID_CHARACTERS = 40
# Syllables and letters a minute, as adults read Korean prose.
READING_SPEED = 500

_HEADING = re.compile(
    r'<h(?P<level>[23])(?: id="(?P<id>[^"]*)")?(?P<line> data-line="\d+")?>'
    r"(?P<html>.*?)</h(?P=level)>",
    re.S,
)


@dataclass(frozen=True)
class Heading:
    level: int
    id: str
    text: str


def with_anchors(html: str) -> str:
    """Return sanitised HTML in which each heading has an id, made of its words.

    It stays the same while the heading does, wherever it moves; equal headings are counted.
    """
    taken: set[str] = set()

    def add(match: re.Match[str]) -> str:
        words = slugify(plain_text(match["html"]), allow_unicode=True)[:MAX_ID_CHARACTERS]
        identity = base = f"s-{words.strip('-') or 'heading'}"
        number = 2
        while identity in taken:
            identity = f"{base}-{number}"
            number += 1
        taken.add(identity)
        level = match["level"]
        # In a preview a heading says at which line of the source it stands.
        line = match["line"] or ""
        return f'<h{level} id="{identity}"{line}>{match["html"]}</h{level}>'

    return _HEADING.sub(add, html)


def contents(html: str) -> list[Heading]:
    """Return the headings of HTML that `with_anchors` gave, in order."""
    return [
        Heading(int(match["level"]), match["id"], plain_text(match["html"]))
        for match in _HEADING.finditer(html)
        if match["id"]
    ]


def reading_minutes(html: str) -> int:
    """Return about how many minutes the text of `html` takes to read, at least one."""
    characters = len(plain_text(html).replace(" ", ""))
    return max(1, round(characters / READING_SPEED))
