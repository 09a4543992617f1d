"""Whom a request comes from is believed from trusted proxies only, and read from the right."""

from ipaddress import ip_network

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from openup.middleware.client_address import ClientAddressMiddleware

PROXY = "10.0.0.1"
INNER_PROXY = "10.0.0.2"
CLIENT = "203.0.113.7"
FORWARDING = {
    "X-Forwarded-For": CLIENT,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "444",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": CLIENT,
    "Forwarded": f"for={CLIENT};proto=https",
}


def request_after_middleware(peer, headers):
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    ClientAddressMiddleware(lambda request: HttpResponse())(request)
    return request


@pytest.fixture
def trusted_proxies(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize("value", [CLIENT, "", "x", "10.0.0.1", "1.2.3.4, 5.6.7.8", "\0"])
def test_without_trusted_proxies_only_the_peer_counts(settings, value):
    settings.TRUSTED_PROXIES = []

    request = request_after_middleware("198.51.100.1", {**FORWARDING, "X-Forwarded-For": value})

    assert request.client_address == "198.51.100.1"


def test_forwarding_headers_of_a_stranger_are_removed(settings, trusted_proxies):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.USE_X_FORWARDED_HOST = True

    request = request_after_middleware("198.51.100.1", FORWARDING)

    assert not set(request.headers) & {name.title() for name in FORWARDING}
    assert not [name for name in request.META if "FORWARDED" in name]
    assert not request.is_secure()
    assert request.get_host() == "testserver"


def test_forwarding_headers_of_a_trusted_proxy_stay(settings, trusted_proxies):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    request = request_after_middleware(PROXY, FORWARDING)

    assert request.is_secure()
    assert request.client_address == CLIENT


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (CLIENT, CLIENT),
        (f" {CLIENT} ", CLIENT),
        (f"1.2.3.4, {CLIENT}", CLIENT),
        (f"nonsense, , {CLIENT}", CLIENT),
        (f"1.2.3.4,{CLIENT}, {INNER_PROXY}", CLIENT),
        (f"{CLIENT}, fd00::5, {INNER_PROXY},{PROXY}", CLIENT),
        (f"10.9.9.9, {INNER_PROXY}", "10.9.9.9"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        (f"::ffff:{CLIENT}", CLIENT),
        (f"{CLIENT}, ::ffff:10.0.0.2", CLIENT),
    ],
)
def test_first_stranger_from_the_right_is_the_client(trusted_proxies, header, address):
    request = request_after_middleware(PROXY, {"X-Forwarded-For": header})

    assert request.client_address == address


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "nonsense",
        f"{CLIENT},",
        f"{CLIENT}, unknown",
        f"{CLIENT}:80",
        "[::1]:80",
        "1.2.3",
        "\x00",
    ],
)
def test_malformed_header_of_a_proxy_leaves_the_proxy(trusted_proxies, header):
    request = request_after_middleware(PROXY, {"X-Forwarded-For": header})

    assert request.client_address == PROXY


def test_proxy_without_the_header_is_the_client_itself(trusted_proxies):
    assert request_after_middleware(PROXY, {}).client_address == PROXY


def test_mapped_address_of_a_proxy_is_trusted_too(trusted_proxies):
    request = request_after_middleware("::ffff:10.0.0.1", {"X-Forwarded-For": CLIENT})

    assert request.client_address == CLIENT


@pytest.mark.parametrize("peer", ["", "unix:", "not an address"])
def test_peer_without_an_address_is_never_trusted(trusted_proxies, peer):
    request = request_after_middleware(peer, FORWARDING)

    assert request.client_address == peer
    assert "HTTP_X_FORWARDED_FOR" not in request.META
