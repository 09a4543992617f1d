"""A manuscript's pictures: known by an address of their own until they are stored."""

import re
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO

from django.core.exceptions import ValidationError

from articles.content.uploads import store_picture
from articles.manuscripts.blocks import fenced
from articles.manuscripts.outline import ImportedPage

# A draft's Markdown names a picture that is not stored yet by this and its number.
PICTURE_SCHEME = "picture:"
STORED_ADDRESS = re.compile(r"/media/[-\w./]{1,200}")
_PICTURE = re.compile(rf"!\[([^\n]*?)\]\(({PICTURE_SCHEME}[0-9]+)\)")
_STORED = re.compile(r"!\[[^\n]*?\]\((/media/[^()\s]+)\)")
_SIGNATURES = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)


def is_picture(data: bytes) -> bool:
    """Tell whether data looks like a picture that can be stored, by its first bytes."""
    return bool(_SIGNATURES.match(data))


def store(page: ImportedPage, known_body: str = "") -> ImportedPage:
    """Store the pictures of a page's texts; return it with their addresses.

    Where `known_body`, the stored text of the same page, is the same but for its pictures, they are
    taken for those. What cannot be stored stands in the text as unread, with a note. Raises OSError
    where the disk takes nothing.
    """
    known = dict(zip(page.pictures, _STORED.findall(known_body), strict=False))
    if known and _with_addresses(page.article.body, known) == known_body:
        article = replace(page.article, body=known_body)
        return replace(page, article=article, pictures={})
    notes = []
    stored: dict[str, str] = {}
    for address, data in page.pictures.items():
        try:
            stored[address] = "/media/" + store_picture(BytesIO(data), len(data))
        except ValidationError as error:
            notes.append((0, " ".join(error.messages)))
    issue = page.issue and replace(
        page.issue,
        items=tuple(
            replace(item, body=_with_addresses(item.body, stored)) for item in page.issue.items
        ),
    )
    body = _with_addresses(page.article.body, stored)
    article = replace(page.article, body=body)
    return replace(page, article=article, issue=issue, notes=(*notes, *page.notes), pictures={})


def _with_addresses(text: str, stored: Mapping[str, str]) -> str:
    def picture(match: re.Match[str]) -> str:
        alt, address = match.groups()
        if address in stored:
            return f"![{alt}]({stored[address]})"
        return fenced([f"[img] {alt}"], "unread")

    return _PICTURE.sub(picture, text)
