"""Addresses of public pages, each put together once: a page names some of them dozens of times."""

from functools import lru_cache

from django.urls import reverse


# Of a page they took a seventh of the time.
@lru_cache(maxsize=1024)
def path_of(name: str, *args: object) -> str:
    """Return what `reverse` does; it depends on nothing else, for no address has a language."""
    return reverse(name, args=args)
