"""Trying a text's links to other sites: few, one by one, and never within a network of our own.

A name is looked up once, every address that it has must be public, and the connection goes to the
very address that was looked at, under the name's certificate. Each redirect begins anew. Nothing of
an answer is read but its head.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext as _

MOST_LINKS = 40
TOTAL_SECONDS = 20
LINK_SECONDS = 5
MOST_REDIRECTS = 4
PORTS = {"http": 80, "https": 443}
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_GONE = {404, 410}
# IPv6 networks that lead to an IPv4 address, which stands in their last 32 bits (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

LookUp = Callable[[str, int], str]


class NotPublicError(Exception):
    """The address lies in a network of our own, or is none that readers reach."""


@dataclass(frozen=True)
class Trial:
    """What came of a link; `is_fault` where somebody should look, None where nobody could tell."""

    address: str
    is_fault: bool | None
    text: str


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet, whatever it is wrapped in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def public_address(host: str, port: int) -> str:
    """Return an address of `host`; raises NotPublicError unless all that it has are public."""
    if port not in PORTS.values():
        raise NotPublicError
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(socket_address[0]) for *_others, socket_address in found]
    if not addresses or not all(map(is_public, addresses)):
        raise NotPublicError
    return addresses[0]


def try_links(addresses: Iterable[str], look_up: LookUp | None = None) -> Iterator[Trial]:
    """Yield what comes of each link, in order; beyond the time for all of them, none is tried."""
    ends_at = time.monotonic() + TOTAL_SECONDS
    for number, address in enumerate(addresses):
        left = ends_at - time.monotonic()
        if number >= MOST_LINKS or left <= 0:
            yield Trial(address, None, _("Not tried: these were too many for one time."))
        else:
            yield _try(address, min(left, LINK_SECONDS), look_up or public_address)


def _try(address: str, seconds: float, look_up: LookUp) -> Trial:
    try:
        return _follow(address, time.monotonic() + seconds, look_up)
    except NotPublicError:
        return Trial(address, True, _("Not tried: it leads into a network that is not public."))
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            return Trial(address, None, _("Its name could not be looked up just now."))
        return Trial(address, True, _("There is no site of that name."))
    except ssl.SSLError:
        return Trial(address, True, _("Its certificate is not valid."))
    except TimeoutError:
        return Trial(address, None, _("It did not answer in time."))
    except (OSError, HTTPException, ValueError):
        return Trial(address, True, _("It could not be opened."))


def _follow(address: str, ends_at: float, look_up: LookUp) -> Trial:
    target, is_moved = address, True
    for _redirect in range(MOST_REDIRECTS + 1):
        status, location = _head(target, ends_at, look_up)
        if status not in _REDIRECTS or not location:
            break
        is_moved = is_moved and status in _PERMANENT
        target = urljoin(target, location)
    else:
        return Trial(address, True, _("It is led on too often."))
    if status in _GONE:
        return Trial(address, True, _("That page is gone (%(status)s).") % {"status": status})
    if status >= 400:
        text = _("The site answers %(status)s; open it yourself.") % {"status": status}
        return Trial(address, None, text)
    if is_moved and target != address:
        text = _("It has moved for good: %(address)s") % {"address": target}
        return Trial(address, True, text)
    return Trial(address, False, _("It opens."))


def _head(address: str, ends_at: float, look_up: LookUp) -> tuple[int, str]:
    """Return the status of an address, and where it redirects to."""
    status, location = _ask("HEAD", address, ends_at, look_up)
    # Many sites refuse to be asked so.
    return _ask("GET", address, ends_at, look_up) if status >= 400 else (status, location)


def _ask(method: str, address: str, ends_at: float, look_up: LookUp) -> tuple[int, str]:
    parts = urlsplit(address)
    if parts.scheme not in PORTS or not parts.hostname:
        raise NotPublicError
    host = _ascii(parts.hostname)
    port = parts.port or PORTS[parts.scheme]
    seconds = ends_at - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    connection = _PinnedConnection(host, port, look_up(host, port), parts.scheme, seconds)
    # Whoever answers letter by letter holds nobody up: a socket's own limit is for each letter.
    watch = threading.Timer(seconds, connection.break_off)
    watch.daemon = True
    watch.start()
    try:
        connection.request(method, _target(parts), headers=_headers(host, port, parts.scheme))
        answer: HTTPResponse = connection.getresponse()
        # Raw UTF-8, as some sites write it, comes as Latin-1 (RFC 9110, section 5.5).
        location = answer.getheader("Location") or ""
        return answer.status, location.encode("latin-1").decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise TimeoutError if connection.is_broken_off else error from error
    finally:
        watch.cancel()
        connection.close()


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise socket.gaierror(str(error)) from error


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{path}?{query}" if query else path


def _headers(host: str, port: int, scheme: str) -> dict[str, str]:
    name = f"[{host}]" if ":" in host else host
    return {
        "Host": name if port == PORTS[scheme] else f"{name}:{port}",
        "User-Agent": f"OpenUP-link-check/1.0 (+{settings.SITE_URL}/)",
        "Accept": "*/*",
        "Connection": "close",
    }


class _PinnedConnection(HTTPConnection):
    """A connection to one IP address, that asks there for a name."""

    def __init__(self, host: str, port: int, address: str, scheme: str, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self.address = address
        self.context = ssl.create_default_context() if scheme == "https" else None
        self.is_broken_off = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.context:
            self.sock = self.context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def break_off(self) -> None:
        self.is_broken_off = True
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            # Not connected yet, which has a limit of its own, or no longer.
            return
