"""Staff sign in at a provider of OpenID Connect, a real one that runs on this machine."""

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread

from openup.models import StaffSession
from tests.factories import make_staff

pytestmark = [
    pytest.mark.django_db,
    # The provider's own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

PEOPLE = {
    "hana": {"email": "Hana@example.com", "email_verified": True},
    "stranger": {"email": "nobody@example.com", "email_verified": True},
    "claims-hana": {"email": "hana@example.com", "email_verified": False},
    "no-address": {},
    "reader": {"email": "reader@example.com", "email_verified": True},
    "two": {"email": "two@example.com", "email_verified": True},
}


@pytest.fixture(scope="module")
def provider():
    people = [Claims(sub=name, claims=claims) for name, claims in PEOPLE.items()]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def site(settings, provider):
    found = requests.get(f"{provider}/.well-known/openid-configuration", timeout=10).json()
    settings.ROOT_URLCONF = "tests.openup.openid_urls"
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        "openup.staff.sign_in.openid.StaffBackend",
    ]
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = "open-up", "secret"
    settings.OIDC_ISSUER, settings.OIDC_PROVIDER_NAME = provider, "기관 통합 로그인"
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = found["authorization_endpoint"]
    settings.OIDC_OP_TOKEN_ENDPOINT = found["token_endpoint"]
    settings.OIDC_OP_USER_ENDPOINT = found["userinfo_endpoint"]
    settings.OIDC_OP_JWKS_ENDPOINT = found["jwks_uri"]
    settings.OIDC_RP_SIGN_ALGO, settings.OIDC_USE_PKCE = "RS256", True
    # This provider has one key, without a name.
    settings.OIDC_VERIFY_KID = False
    settings.OIDC_CREATE_USER, settings.OIDC_TIMEOUT = False, 10
    make_staff(username="hana", email="hana@example.com")
    User.objects.create_user("reader", email="reader@example.com")
    for name in ("two", "TWO"):
        make_staff(username=name, email="two@example.com")
    return settings


def sign_in(client, name, start="/manage/oidc/?next=/manage/articles/article/"):
    """Go to the provider, say there who one is, and come back; return the last answer."""
    there = client.get(start).url
    answer = requests.post(there, data={"sub": name}, allow_redirects=False, timeout=10)
    return client.get(answer.headers["Location"].removeprefix("http://testserver"))


def is_open(client):
    return client.get(reverse("admin:index")).status_code == 200


def test_who_has_an_account_is_led_to_where_they_were_going(site):
    client = Client()
    page = client.get(reverse("admin:login")).content.decode()

    answer = sign_in(client, "hana")

    assert "기관 통합 로그인" in page and "/manage/oidc/?next=/manage/" in page
    assert answer.url == "/manage/articles/article/"
    assert is_open(client)


@pytest.mark.parametrize("name", ["stranger", "claims-hana", "no-address", "reader", "two"])
def test_nobody_else_comes_in_and_no_account_is_made(site, name):
    client, before = Client(), User.objects.count()

    answer = sign_in(client, name)

    assert answer.url == reverse("admin:login")
    assert "운영진 계정으로 이어지지 않았습니다" in client.get(answer.url).content.decode()
    assert not is_open(client) and User.objects.count() == before


def test_second_step_is_asked_afterwards(site):
    TOTPDevice.objects.create(user=User.objects.get(username="hana"), name="app")
    client = Client()

    sign_in(client, "hana")

    assert not is_open(client)


def test_account_that_was_switched_off_stays_out(site):
    User.objects.filter(username="hana").update(is_active=False)
    client = Client()

    sign_in(client, "hana")

    assert not is_open(client)


def test_token_by_another_provider_opens_nothing(site):
    site.OIDC_ISSUER = "https://evil.example"
    client = Client()

    assert sign_in(client, "hana").url == reverse("admin:login")
    assert not is_open(client)


def test_token_for_another_site_opens_nothing(site, monkeypatch):
    verify = OIDCAuthenticationBackend.verify_token
    monkeypatch.setattr(
        OIDCAuthenticationBackend,
        "verify_token",
        lambda *sent, **options: {**verify(*sent, **options), "aud": ["another-site"]},
    )
    client = Client()

    assert sign_in(client, "hana").url == reverse("admin:login")
    assert not is_open(client)


def test_claims_of_somebody_else_open_nothing(site, monkeypatch):
    claims = {"sub": "hana", "email": "hana@example.com", "email_verified": True}
    monkeypatch.setattr(OIDCAuthenticationBackend, "get_userinfo", lambda *asked: claims)
    client = Client()

    assert sign_in(client, "stranger").url == reverse("admin:login")
    assert not is_open(client)


def test_answer_that_was_not_asked_for_is_none(site):
    victim, attacker = Client(), Client()
    there = attacker.get("/manage/oidc/").url
    answer = requests.post(there, data={"sub": "hana"}, allow_redirects=False, timeout=10)
    back = answer.headers["Location"].removeprefix("http://testserver")
    victim.get("/manage/oidc/")

    assert victim.get(back).url == reverse("admin:login")
    assert not is_open(victim)
    for query in ("", "?error=access_denied", "?code=x&state=y", "?code=&state="):
        assert victim.get(f"/manage/oidc/callback/{query}").url == reverse("admin:login")


def test_provider_that_is_away_is_told(site, provider):
    client = Client()
    there = client.get("/manage/oidc/").url
    answer = requests.post(there, data={"sub": "hana"}, allow_redirects=False, timeout=10)
    site.OIDC_OP_TOKEN_ENDPOINT = "http://localhost:1/token"

    back = client.get(answer.headers["Location"].removeprefix("http://testserver"))

    assert back.url == reverse("admin:login")
    assert not is_open(client)


def test_link_on_another_site_signs_nobody_out(site):
    client = Client()
    sign_in(client, "hana")

    answer = client.get(reverse("oidc_authentication_callback"), {"error": "access_denied"})

    assert answer.url == reverse("admin:login")
    assert is_open(client)


def test_stranger_makes_so_many_sessions_and_no_more(site):
    steps = [reverse("oidc_start"), reverse("oidc_authentication_callback")] * 60
    answers = {Client().get(each).status_code for each in steps}

    assert answers == {302}
    assert {Client().get(each).status_code for each in steps[:2]} == {429}
    assert StaffSession.objects.count() == 120
