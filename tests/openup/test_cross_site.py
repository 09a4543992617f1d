"""What another site makes a browser send is refused, by what the browser says of it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from openup.middleware.cross_site import CrossSiteMiddleware

OWN = "http://testserver"
SITE = "https://www.example.kr"
UNSAFE_METHODS = ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = SITE
    settings.ALLOWED_HOSTS = ["testserver", "www.example.kr"]


def is_let_through(method, headers, **extra):
    request = RequestFactory().generic(method, "/", headers=headers, **extra)
    try:
        CrossSiteMiddleware(lambda request: HttpResponse())(request)
    except PermissionDenied:
        return False
    return True


@pytest.mark.parametrize("method", UNSAFE_METHODS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": OWN},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": OWN},
        {"Origin": SITE},
        {"Origin": OWN, "Host": "TestServer"},
    ],
)
def test_request_of_our_own_pages_passes(method, headers):
    assert is_let_through(method, headers)


@pytest.mark.parametrize("method", UNSAFE_METHODS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "Same-Origin"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Sec-Fetch-Site": "same-origin,same-origin"},
        {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver:8080"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://www.example.kr"},
        {"Origin": f"{OWN}/"},
        {"Origin": f"{OWN} https://evil.example"},
        {"Origin": f"{OWN}, {OWN}"},
        {"Origin": "testserver"},
    ],
)
def test_request_of_another_site_is_refused(method, headers):
    assert not is_let_through(method, headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_reading_is_open_to_every_site(method):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    assert is_let_through(method, headers)


def test_scheme_of_the_request_counts():
    assert is_let_through("POST", {"Origin": "https://testserver"}, secure=True)
    assert not is_let_through("POST", {"Origin": OWN}, secure=True)


def test_refusal_is_an_answer_403(client):
    response = client.post("/", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
