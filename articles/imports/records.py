"""What a reader of another system yields, and what is told of it."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from django.urls import Resolver404, resolve
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles.addresses import article_slug, is_article_slug
from articles.bundle.data import ArticleData, CategoryData, TagData
from articles.content.text import normalise_line
from articles.imports.source import Notes
from articles.old_addresses import MAX_ADDRESS_CHARACTERS, normalise_address

# What the models hold at most.
MAX_TITLE = 200
MAX_BYLINE = 100
MAX_SUMMARY = 500
MAX_SLUG = 100
MAX_TERM = 50
# Of the HTML or Markdown of one article.
MAX_SOURCE = 1_000_000


@dataclass(frozen=True)
class PictureSource:
    """A picture's file, its path below /media/ without what is not allowed there, its words."""

    path: Path
    name: str
    alternative_text: str = ""
    caption: str = ""


@dataclass(frozen=True)
class ArticleRecord:
    """An article of another system; of `data` the body and the lead picture are still to come.

    `place` is how the report names it. `link` returns the address to write for one in the text, ""
    for none; `picture` finds the file of an address, or None.
    """

    place: str
    # Where its text's addresses begin.
    base: str
    data: ArticleData
    html: str
    keeps_lines: bool
    link: Callable[[str], str]
    picture: Callable[[str], PictureSource | None]
    lead_picture: PictureSource | None = None
    # What the site's menu has beside its articles: it becomes a page of the site.
    is_page: bool = False


@dataclass
class Report:
    """What came and what did not: sentences with their places, and counts of what was met."""

    notes: Notes = field(default_factory=Notes)
    rows: list[tuple[str, str]] = field(default_factory=list)
    comments: int = 0

    def add(self, sentence: str, place: str) -> None:
        self.notes.add(sentence, place)
        self.rows.append((place, sentence))

    def group(self, sentence: str, place: str, detail: str) -> None:
        """Add a sentence that is counted without its detail, which the row alone tells."""
        self.notes.add(sentence, place)
        self.rows.append((place, f"{sentence} {detail}"))


class Terms:
    """The categories and tags that articles have, each name under one slug."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.categories: dict[str, CategoryData] = {}
        self.tags: dict[str, TagData] = {}

    def category(self, name: str, slug: str = "") -> str:
        """Return the slug of the category of that name."""
        name = limited(name, MAX_TERM, _("category"), self.report, name)
        if name not in self.categories:
            taken = {each.slug for each in self.categories.values()}
            position = len(self.categories) + 1
            self.categories[name] = CategoryData(_free_slug(slug or name, taken), name, position)
        return self.categories[name].slug

    def tag(self, name: str, slug: str = "") -> str:
        """Return the slug of the tag of that name."""
        name = limited(name, MAX_TERM, _("tag"), self.report, name)
        if name not in self.tags:
            taken = {each.slug for each in self.tags.values()}
            self.tags[name] = TagData(_free_slug(slug or name, taken), name)
        return self.tags[name].slug


def _free_slug(text: str, taken: Collection[str]) -> str:
    slug = slugify(unquote(text), allow_unicode=True)[:MAX_TERM].strip("-_")
    slug = slug or f"term-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    if slug in taken:
        slug = f"{slug[: MAX_TERM - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    number = 2
    while slug in taken:
        slug, number = f"{slug[: MAX_TERM - 4]}-{number}", number + 1
    return slug


class OldAddresses:
    """The old addresses that are given out: each leads to one article."""

    def __init__(self, report: Report):
        self.report = report
        self.taken: dict[str, str] = {}

    def claim(self, addresses: Iterable[str], place: str) -> tuple[str, ...]:
        """Return what of `addresses` may lead to the article at `place`, in one spelling."""
        result = []
        for address in dict.fromkeys(map(normalise_address, filter(None, addresses))):
            path, _mark, query = address.partition("?")
            if path == "/" and not query:
                continue
            if not _ADDRESS.fullmatch(address) or len(address) > MAX_ADDRESS_CHARACTERS:
                self.report.group(_("An old address is none, or too long."), place, address[:200])
            elif self.taken.setdefault(address, place) != place:
                text = _("An old address leads to another article of the export already.")
                self.report.group(text, place, address)
            else:
                result.append(address)
                if not query and _is_ours(path):
                    text = _(
                        "An old address is one of this site's own too: it leads on only while no"
                        " page is there."
                    )
                    self.report.group(text, place, address)
        return tuple(result)


_ADDRESS = re.compile(r"/(?:[^?#\s]+|[^?#\s]*\?[^#\s]+)")


def _is_ours(path: str) -> bool:
    try:
        resolve(unquote(path))
    except Resolver404:
        return False
    return True


def limited(text: str, limit: int, what: str, report: Report, place: str) -> str:
    """Return one line of text, cut where it is longer than `limit`, which is told."""
    text = normalise_line(text)
    if len(text) <= limit:
        return text
    sentence = _("Longer than the %(limit)s characters that a %(what)s has: cut.")
    report.group(sentence % {"limit": limit, "what": what}, place, text)
    return text[: limit - 1].rstrip() + "…"


def uid_of(system: str, key: str) -> str:
    """Return the portable id of an article, the same whenever it is converted."""
    return f"{system}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def slug_of(text: str, title: str) -> str:
    """Return an article's slug: that of the other system where ours may be the same."""
    slug = slugify(unquote(text), allow_unicode=True)[:MAX_SLUG].strip("-_")
    return slug if slug and is_article_slug(slug) else article_slug(title)
