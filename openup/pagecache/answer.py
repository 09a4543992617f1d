"""What Django answered, in every form that may be asked for."""

import gzip
import threading
import time
from functools import lru_cache

import brotli

BROTLI_QUALITY = 6
GZIP_LEVEL = 6
COMPRESS = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY),
    "gzip": lambda body: gzip.compress(body, GZIP_LEVEL, mtime=0),
}
DECOMPRESS = {"br": brotli.decompress, "gzip": gzip.decompress}
# How long a page that was confirmed may be given out while nobody can be asked.
STALE_SECONDS = 10 * 60
# Browsers ask every time; a proxy of ours may answer by itself for a second, or while we cannot.
CACHE_CONTROL = f"max-age=0, s-maxage=1, must-revalidate, stale-if-error={STALE_SECONDS}"
STALE_MARK = ("Warning", '110 - "Response is Stale"')
SHARED_HEADERS = [("Cache-Control", CACHE_CONTROL), ("Vary", "Accept-Encoding")]
NOT_FOR_EVERYONE = ("no-store", "no-cache", "private")
# Said by us, or by the server.
OWN_HEADERS = {"cache-control", "content-encoding", "content-length", "date", "etag", "vary"}
CODING_HEADERS = {"": (), **{coding: (("Content-Encoding", coding),) for coding in DECOMPRESS}}


class Answer:
    """One answer of Django's: status, headers, and the body compressed once in each form."""

    def __init__(self, status, headers, body, validator, read_at, tag):
        self.status = status
        self.validator, self.tag = validator, tag
        # When the validator was read: whoever asked before may have this answer.
        self.read_at = self.confirmed_at = read_at
        self.is_keepable = status.startswith("200 ") and _is_for_everyone(headers)
        self.headers = [item for item in headers if item[0].lower() != "content-length"]
        if self.is_keepable:
            self.headers = [item for item in headers if item[0].lower() not in OWN_HEADERS]
            self.headers = [*map(_shared, self.headers), *confirming_headers(tag)]
        self._plain = body
        self._bodies = {}
        self._compressing = threading.Lock()

    @property
    def size(self):
        return sum(len(body) for body, _length in self._bodies.values()) + len(self._plain or b"")

    def form(self, coding):
        """Return headers and body in the content coding "br", "gzip" or "" (plain)."""
        body, length = self._bodies.get(coding) or self._make_body(coding)
        return [*self.headers, length, *CODING_HEADERS[coding]], body

    def has_form(self, coding):
        return coding in self._bodies

    def drop_plain(self):
        """Keep the compressed forms alone; they give the plain one when it is asked for."""
        if not self._bodies:
            self._make_body("br")
        self._plain = None

    def _make_body(self, coding):
        with self._compressing:
            if coding in self._bodies:
                return self._bodies[coding]
            plain = self._plain
            if plain is None:
                known, (compressed, _length) = next(iter(self._bodies.items()))
                plain = DECOMPRESS[known](compressed)
            body = COMPRESS[coding](plain) if coding else plain
            made = body, ("Content-Length", str(len(body)))
            if coding:
                self._bodies[coding] = made
            return made

    def stale(self, headers):
        """Return `headers` as those of a page that could not be confirmed."""
        age = max(0, int(time.monotonic() - self.confirmed_at))
        kept = [item for item in headers if item[0] not in {"Cache-Control", "ETag"}]
        return [*kept, ("Cache-Control", "no-store"), STALE_MARK, ("Age", str(age))]


@lru_cache(maxsize=256)
def _shared(item):
    """Return one object for all equal headers: most pages have the same ones."""
    return item


def _is_for_everyone(headers):
    """Tell whether an answer may be given to others than the one it was made for."""
    lower = [(name.lower(), value.lower()) for name, value in headers]
    return not any(
        name == "set-cookie"
        or (name == "vary" and value.strip() != "accept-encoding")
        or (name == "cache-control" and any(word in value for word in NOT_FOR_EVERYONE))
        for name, value in lower
    )


def confirming_headers(tag):
    """Return those of our headers that a 304 has too."""
    # Weak: one tag stands for the page in all its codings.
    return [*SHARED_HEADERS, ("ETag", f"W/{tag}")]
