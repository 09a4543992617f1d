"""Which addresses belong to a copy of the site, and in which file each of them lies."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

from articles.old_addresses import normalise_address
from openup.pagecache.address import find_address

# Files that a page asks for, and that no page's version speaks of.
_FILE_VIEWS = {"media_file", "share_picture", "share_photo", "kind_picture", "ranking_picture"}
# What a web server tells by its ending; an address of the old site may have any other.
_FILES = {
    *(".json", ".csv", ".xlsx", ".xml", ".txt", ".png", ".jpg", ".jpeg", ".webp", ".svg"),
    *(".css", ".js", ".woff2", ".html", ".htm"),
}
# A name on a disk has 255 bytes; a Korean syllable takes three.
MAX_NAME_BYTES = 240


@dataclass(frozen=True)
class Address:
    """What the site is asked for: a path, decoded, and the parameters that its page depends on."""

    path: str
    query: str = ""

    @property
    def url(self) -> str:
        return quote(self.path) + (f"?{self.query}" if self.query else "")

    @property
    def is_data(self) -> bool:
        """Tell a file that is no page: its name says which kind it is."""
        return PurePosixPath(self.path).suffix.lower() in _FILES - {".html", ".htm"}

    @property
    def file(self) -> PurePosixPath:
        """Return the file below the copy's folder."""
        where = self._where
        if where.endswith("/"):
            # Any other name for an index would be sent as HTML.
            where += "index.xml" if _is_feed(self.path) else "index.html"
        return PurePosixPath(*map(_short, where.strip("/").split("/")))

    @cached_property
    def href(self) -> str:
        """Return how pages of the copy link to it."""
        parts = [*map(_short, self._where.strip("/").split("/"))]
        path = "/".join(["", *filter(None, parts)])
        if self._where.endswith("/"):
            path += "/index.xml" if _is_feed(self.path) else "/"
        return quote(path)

    @property
    def _where(self) -> str:
        """Return the path that stands for path and query: /articles/?before=9 is …/before/9/."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        suffix = PurePosixPath(self.path).suffix.lower()
        if not self.path.endswith("/") and suffix in _FILES:
            stem = self.path[: -len(suffix)]
            return stem + "".join(f".{_plain(n)}-{_plain(v)}" for n, v in pairs) + suffix
        folders = "".join(f"{_plain(n)}/{_plain(v)}/" for n, v in pairs)
        return f"{self.path.rstrip('/')}/{folders}"


def _plain(text: str) -> str:
    return re.sub(r"[^-\w]", "_", text) or "_"


def _short(name: str) -> str:
    """Return a name that every disk takes: a long one ends with a digest of the whole."""
    encoded = name.encode()
    if len(encoded) <= MAX_NAME_BYTES:
        return name
    suffix = PurePosixPath(name).suffix if len(PurePosixPath(name).suffix) < 10 else ""
    kept = encoded[: MAX_NAME_BYTES - 30].decode(errors="ignore")
    return f"{kept}-{hashlib.sha256(encoded).hexdigest()[:12]}{suffix}"


def _is_feed(path: str) -> bool:
    return path.endswith("/feed/")


class NotCopied(Exception):
    """The address is a form's, or the desk's: what answers there is for one reader."""


def read(href: str, base: str) -> tuple[Address | None, str]:
    """Return what a link on the page at `base` leads to, None for another site, and its fragment.

    Raises NotCopied.
    """
    try:
        parts = urlsplit(urljoin(urljoin(settings.SITE_URL, base), href.strip()))
    except ValueError:
        return None, ""
    if f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
        return None, ""
    address = _address(unquote(parts.path) or "/", parts.query)
    if address is None:
        raise NotCopied
    return address, parts.fragment


# Every page names the same ones: to resolve each anew took a third of the time.
@lru_cache(maxsize=65_536)
def _address(path: str, query: str) -> Address | None:
    if path.startswith(settings.STATIC_URL):
        return Address(path)
    if found := find_address(path.encode().decode("latin-1"), query):
        pairs = [pair for pair in parse_qsl(found.query) if pair[0] != "done"]
        return Address(path, urlencode(pairs))
    try:
        match = resolve(path)
    except Resolver404:
        # Perhaps an address of the old site.
        return _old(path, query)
    if match.view_name in _FILE_VIEWS:
        return Address(path)
    if getattr(match.func, "cache_scopes", None) and query:
        return _old(path, query)
    return None


def _old(path: str, query: str) -> Address:
    normal = normalise_address(f"{quote(path)}?{query}" if query else quote(path))
    path, _mark, query = normal.partition("?")
    return Address(unquote(path), quote(query, safe="=&%+"))
