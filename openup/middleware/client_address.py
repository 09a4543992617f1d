"""The address a request comes from, as far as it can be believed."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.conf import settings


class ClientAddressMiddleware:
    """Set `request.client_address`; remove forwarding headers that no trusted proxy has sent.

    Stands first, so that nothing after it reads what a stranger claims.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        peer = _parse(request.META.get("REMOTE_ADDR", ""))
        if _is_trusted(peer):
            client = _forwarded_client(request.META.get("HTTP_X_FORWARDED_FOR", ""), peer)
        else:
            _remove_forwarding_headers(request.META)
            client = peer
        request.client_address = str(client) if client else request.META.get("REMOTE_ADDR", "")
        return self.get_response(request)


def _parse(text):
    """Return the IP address that `text` is, an IPv4-mapped one as IPv4, or None."""
    try:
        ip = ip_address(text.strip())
    except ValueError:
        return None
    return (isinstance(ip, IPv6Address) and ip.ipv4_mapped) or ip


def _is_trusted(ip):
    return ip is not None and any(ip in network for network in settings.TRUSTED_PROXIES)


@lru_cache(1_024)
def is_trusted_peer(text):
    """Tell whether the address that a request comes from is one of our own proxies'."""
    return _is_trusted(_parse(text))


def _forwarded_client(header, peer):
    """Return the first address from the right that is no trusted proxy.

    Each proxy adds at the right whom it heard from: what stands further left is hearsay. When a
    proxy has added something else than an address, the peer is all that is known.
    """
    client = peer
    for text in reversed(header.split(",")):
        client = _parse(text)
        if client is None:
            return peer
        if not _is_trusted(client):
            break
    return client


def _remove_forwarding_headers(meta):
    for name in [name for name in meta if name.startswith("HTTP_X_FORWARDED_")]:
        del meta[name]
    meta.pop("HTTP_FORWARDED", None)
    meta.pop("HTTP_X_REAL_IP", None)
