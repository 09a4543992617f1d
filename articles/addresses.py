"""Addresses of public pages, each put together once: a page names some of them dozens of times."""

from functools import lru_cache

from django.urls import reverse
from django.utils.text import slugify


# Of a page they took a seventh of the time.
@lru_cache(maxsize=1024)
def path_of(name: str, *args: object) -> str:
    """Return what `reverse` does; it depends on nothing else, for no address has a language."""
    return reverse(name, args=args)


# /articles/2025/10/ is a month's archive; below …/comments/ the thread is written to.
_TAKEN_BELOW_ARTICLES = {"comments", "read"}
_LONGEST_ARTICLE_SLUG = 100


def is_article_slug(slug: str) -> bool:
    """Tell whether an article may have `slug`: it has no other meaning in addresses."""
    return not (slug.isdecimal() or slug in _TAKEN_BELOW_ARTICLES)


def article_slug(title: str) -> str:
    """Return the slug of an article's title, whatever it is: `2025` becomes `article-2025`."""
    slug = slugify(title, allow_unicode=True)
    if not slug.strip("-_"):
        return "article"
    slug = slug[:_LONGEST_ARTICLE_SLUG].strip("-")
    return slug if is_article_slug(slug) else f"article-{slug}"[:_LONGEST_ARTICLE_SLUG]
