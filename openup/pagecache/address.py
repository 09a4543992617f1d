"""Which cached page a request asks for, and the request that makes it."""

import io
import sys
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve

from openup.middleware.client_address import is_trusted_peer
from openup.middleware.old_addresses import may_be_old

MOST_PARAMETERS = 50


class Address(NamedTuple):
    """A page: its path as WSGI writes it, the parameters it depends on, what it is made of."""

    path: str
    query: str
    scopes: tuple[str, ...]


def find_address(path, query):
    """Return the address of the cached page that a request means, or None where nobody caches it.

    Nor where it may be the address of an old page: of those the database knows.
    """
    try:
        match = resolve(path.encode("latin-1").decode())
        pairs = parse_qsl(
            query.encode("latin-1").decode(errors="replace"),
            keep_blank_values=True,
            max_num_fields=MOST_PARAMETERS,
        )
    except (Resolver404, ValueError):
        return None
    scopes = getattr(match.func, "cache_scopes", None)
    if scopes is None or (not match.kwargs and may_be_old(query, match.func.cache_query)):
        return None
    # The last of several, as in Django.
    known = {name: value for name, value in pairs if name in match.func.cache_query}
    scopes = tuple(scope.format(**match.kwargs) for scope in scopes)
    return Address(path, urlencode(sorted(known.items())), scopes)


def own_request(address):
    """Return the WSGI environ that asks for a page as nobody in particular, under our own name."""
    site = urlsplit(settings.SITE_URL)
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": address.path,
        "QUERY_STRING": address.query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": site.hostname,
        "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
        "HTTP_HOST": site.netloc,
        "REMOTE_ADDR": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def is_allowed_host(host):
    """Tell whether the request's Host is one of ours, as Django does."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_secure_enough(environ):
    """Tell whether the request came by https where it must, believing trusted proxies alone."""
    if not settings.SECURE_SSL_REDIRECT:
        return True
    if settings.SECURE_PROXY_SSL_HEADER:
        header, expected = settings.SECURE_PROXY_SSL_HEADER
        value = environ.get(header)
        if value is not None and is_trusted_peer(environ.get("REMOTE_ADDR", "")):
            return value.partition(",")[0].strip() == expected
    return environ["wsgi.url_scheme"] == "https"


def choose_coding(accepted):
    """Return "br", "gzip" or "" (plain), the first of them that Accept-Encoding allows."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    for coding in ("br", "gzip"):
        if coding in weights and weights[coding].rstrip("0.") != "q=":
            return coding
    return ""
