"""Addresses of pages elsewhere that lead to articles here: path and query, in one spelling."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_to_bytes, urlsplit

from articles.content.text import normalise

MAX_ADDRESS_CHARACTERS = 500

# What analytics, advertisements and sessions append; the page is the same without.
_TRACKING = re.compile(
    r"utm(?:_.*)?|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh"
    r"|mc_[ce]id|_ga|_gl|srsltid|napm|n_(?:media|query|rank|match|campaign_type|ad|ad_group"
    r"|ad_group_type|keyword|keyword_id)|jsessionid|phpsessid",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
# A byte that was not UTF-8 (EUC-KR, mostly) stays encoded, as Django's `request.path` has it.
_RESERVED_IN_PATH = re.compile(r"[%?#\s\udc80-\udcff]")
_RESERVED_IN_QUERY = re.compile(r"[%?#&=+\s\udc80-\udcff]")


def normalise_address(address: str) -> str:
    """Return path and query of an address, its site and fragment left out.

    Percent-encoding is undone where it means nothing (`/옛/글`). Session ids and what is known to
    track readers go, and so do parameters with an empty value; the others are sorted by name, and
    those of one name keep their order. What is no address is returned as it is.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return address
    path = parts.path or ("/" if parts.netloc else "")
    is_address = path.startswith("/") and parts.scheme in {"", "http", "https"}
    return join(path, parts.query) if is_address else address


def join(path: str, query: str) -> str:
    """Return the address that `path`, encoded or not, and an encoded query make."""
    path = _SESSION.sub("", _decoded(path))
    pairs = sorted(_pairs(query), key=lambda pair: pair[0])
    query = "&".join(name if value is None else f"{name}={value}" for name, value in pairs)
    path = _RESERVED_IN_PATH.sub(_encoded, path)
    return f"{path}?{query}" if query else path


def names(query: str) -> set[str]:
    """Return the names of the parameters that tell pages apart."""
    return {name for name, _value in _pairs(query)}


def _pairs(query: str) -> Iterator[tuple[str, str | None]]:
    """Yield (name, value); the value is None where there is no equals sign (`view.asp?254`)."""
    # Many a page wrote its links with the ampersand encoded twice.
    for piece in query.replace("&amp;", "&").split("&"):
        name, mark, value = (_decoded(each.replace("+", " ")) for each in piece.partition("="))
        if name and (value or not mark) and not _TRACKING.fullmatch(name):
            name, value = (_RESERVED_IN_QUERY.sub(_encoded, each) for each in (name, value))
            yield name, value if mark else None


def _decoded(text: str) -> str:
    encoded = unquote_to_bytes(text.encode("utf-8", "replace"))
    return normalise(encoded.decode("utf-8", "surrogateescape"))


def _encoded(match: re.Match[str]) -> str:
    return quote(match[0], safe="", encoding="utf-8", errors="surrogateescape")
