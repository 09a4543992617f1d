import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse

from comments.identity.rate_limits import (
    DAY,
    STAFF_SIGN_IN_PER_NETWORK,
    STAFF_SIGN_IN_PER_PAIR,
    spend,
)
from comments.models import RateLimit
from openup.backends.staff_hasher import StaffHasher
from openup.models import StaffSession
from tests.factories import PASSWORD, make_staff
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db

LOGIN = reverse("admin:login")
INDEX = reverse("admin:index")
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def owner():
    return make_staff(username="Mina", password=PASSWORD)


class CountingHasher(MD5PasswordHasher):
    """The tests' fast hasher, which also counts."""

    hashed = 0

    def encode(self, password, salt):
        CountingHasher.hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def count_hashes(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    return lambda: CountingHasher.hashed


class CheapStaffHasher(StaffHasher):
    """The product's hasher at its least cost."""

    time_cost, memory_cost, parallelism = 1, 8, 1


def sign_in(client, username="Mina", password=PASSWORD, address=HOME, undrawn=False, **query):
    data = {"username": username, "password": password, **query}
    return client.post(LOGIN, data, REMOTE_ADDR=address, **(UNDRAWN if undrawn else {}))


def fail(client, times, **fields):
    for _number in range(times):
        sign_in(client, **{"password": "wrong key", **fields}, undrawn=True)


def is_signed_in(client):
    return client.get(INDEX, **UNDRAWN).status_code == 200


def test_right_pair_signs_in(client, owner):
    response = sign_in(client)

    assert response.status_code == 302
    assert is_signed_in(client)


NO_HASHES = [
    *("", "!", "비밀", "argon2$", "argon2$argon2id$v=19", "argon2$$$$$$"),
    *("argon2$a$v=1$m=x$b$c", "argon2$argon2id$v=19$m=8,t=1,p=1$A$A"),
    *("argon2$argon2id$v=19$m=8,t=1,p=1$가$나", "pbkdf2_sha256$x$salt$hash", "pbkdf2_sha256$1"),
    "md5$a",
]


def test_password_that_is_no_hash_is_wrong_and_can_be_set_anew(client, owner, settings):
    superuser = Client()
    superuser.force_login(User.objects.create_superuser("root"))
    settings.PASSWORD_HASHERS = [f"{__name__}.CheapStaffHasher"]
    change = reverse("admin:auth_user_change", args=[owner.pk])
    set_anew = reverse("admin:auth_user_password_change", args=[owner.pk])
    new = {
        "password1": "a new right horse key",
        "password2": "a new right horse key",
        "usable_password": "true",
    }

    for stored in NO_HASHES:
        User.objects.filter(pk=owner.pk).update(password=stored)
        RateLimit.objects.all().delete()

        assert sign_in(client, undrawn=True).status_code == 200 and not is_signed_in(client)
        shown = superuser.get(change, **UNDRAWN)
        assert shown.status_code == 200 and "password/" in str(
            shown.context["adminform"].form["password"]
        )
        superuser.post(set_anew, new)
        assert sign_in(client, password="a new right horse key").status_code == 302
        client.logout()
    User.objects.filter(pk=owner.pk).update(password=stored)
    assert superuser.get(change).status_code == 200


def test_after_five_failures_even_the_right_password_has_to_wait(client, owner, count_hashes):
    fail(client, STAFF_SIGN_IN_PER_PAIR.count)
    before = count_hashes()

    response = sign_in(client)

    assert "Too many failed sign-ins. Try again in 15 minutes." in response.content.decode()
    assert not is_signed_in(client)
    assert count_hashes() == before


def test_fifth_try_may_still_succeed(client, owner):
    fail(client, STAFF_SIGN_IN_PER_PAIR.count - 1)

    sign_in(client)

    assert is_signed_in(client)


def test_strangers_failures_elsewhere_do_not_keep_the_owner_out(client, owner):
    fail(client, STAFF_SIGN_IN_PER_PAIR.count + 5, address=ELSEWHERE)

    sign_in(client, address=HOME)

    assert is_signed_in(client)


def test_colleagues_failures_do_not_keep_the_owner_out(client, owner):
    fail(client, STAFF_SIGN_IN_PER_PAIR.count + 5, username="other")

    sign_in(client)

    assert is_signed_in(client)


def test_other_spellings_of_a_name_are_the_same_name(client, owner):
    for spelling in ["MINA", "mina", " Mina ", "Ｍina"]:
        RateLimit.objects.all().delete()
        fail(client, STAFF_SIGN_IN_PER_PAIR.count, username=spelling)

        response = sign_in(client)

        assert "Too many failed sign-ins." in response.content.decode()


def test_network_that_tries_many_names_has_to_wait(client, owner, count_hashes):
    for number in range(STAFF_SIGN_IN_PER_NETWORK.count):
        fail(client, 1, username=f"name-{number}")
    before = count_hashes()

    response = sign_in(client)

    assert "Too many failed sign-ins." in response.content.decode()
    assert count_hashes() == before


def test_refused_tries_for_one_name_do_not_use_up_the_networks(client, owner):
    fail(client, STAFF_SIGN_IN_PER_NETWORK.count + 5, username="other")

    sign_in(client)

    assert is_signed_in(client)


def test_addresses_of_one_ipv6_network_are_one_party(client, owner):
    for number in range(STAFF_SIGN_IN_PER_PAIR.count):
        fail(client, 1, address=f"2001:db8::{number + 1:x}")

    response = sign_in(client, address="2001:db8::ffff")

    assert "Too many failed sign-ins." in response.content.decode()


def test_successes_are_not_counted(client, owner):
    for _number in range(STAFF_SIGN_IN_PER_NETWORK.count + 1):
        sign_in(client)

    assert is_signed_in(client)
    assert set(RateLimit.objects.values_list("spent", flat=True)) == {0}


def test_incomplete_form_is_not_a_failure(client, owner):
    fail(client, STAFF_SIGN_IN_PER_PAIR.count, password="")

    sign_in(client)

    assert is_signed_in(client)


@pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}])
def test_right_password_of_who_is_not_staff_is_a_failure_like_any_other(client, fields):
    make_staff(username="Mina", **fields)

    response = sign_in(client)

    fail(client, STAFF_SIGN_IN_PER_PAIR.count - 1)

    assert "Please enter the correct username" in response.content.decode()
    assert "Too many failed sign-ins." in sign_in(client).content.decode()


def test_name_and_password_leave_no_trace_in_the_counters(client, owner):
    fail(client, 1)

    kept = " ".join(RateLimit.objects.values_list("key", flat=True))

    assert RateLimit.objects.count() == 2
    assert not any(word in kept.lower() for word in ("mina", HOME, "wrong"))


def test_minutes_to_wait_are_never_none(client, owner):
    fail(client, STAFF_SIGN_IN_PER_PAIR.count)
    RateLimit.objects.update(window_end=RateLimit.objects.first().window_end - 15 * 60 + 20)

    response = sign_in(client)

    assert "Try again in 1 minute." in response.content.decode()


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_sign_in_leads_nowhere_else(client, owner, address):
    response = sign_in(client, next=address)

    assert "evil" not in response["Location"]
    assert response["Location"].startswith("/")


def test_sign_in_leads_back_to_the_page_that_was_asked_for(client, owner):
    response = sign_in(client, next="/manage/articles/article/")

    assert response["Location"] == "/manage/articles/article/"


def test_session_gets_a_new_key_at_sign_in(client, owner):
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    client.cookies[project_settings.SESSION_COOKIE_NAME] = before

    sign_in(client)

    assert client.cookies[project_settings.SESSION_COOKIE_NAME].value != before


def test_staff_cookies_go_to_the_management_pages_only(client, owner):
    client.get(LOGIN)

    cookies = sign_in(client).cookies

    assert set(cookies) == {"openup-session", "openup-csrf"}
    for cookie in cookies.values():
        assert cookie["path"] == "/manage/"
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert not cookie["domain"]
    assert cookies["openup-session"]["max-age"] == 8 * 60 * 60


def test_cookies_are_secure_by_name_and_flag_where_the_site_has_https():
    names = [
        f"{kind}_COOKIE_{part}"
        for kind in ("SESSION", "CSRF")
        for part in ("NAME", "SECURE", "PATH", "HTTPONLY", "SAMESITE")
    ]
    code = f"from openup import settings; print([getattr(settings, n) for n in {names}])"

    printed = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=project_settings.BASE_DIR,
        env={
            **os.environ,
            "SITE_URL": "https://www.example.kr",
            "OPENUP_ENV_FILE": os.devnull,
            "SECRET_KEY": project_settings.SECRET_KEY,
            "EMAIL_DIGEST_KEYS": "new:" + "1f" * 32,
        },
    ).stdout

    flags = [True, "/manage/", True, "Lax"]
    assert printed.strip() == str(
        ["__Secure-openup-session", *flags, "__Secure-openup-csrf", *flags]
    )


def test_tries_at_the_same_moment_are_all_counted_before_any_is_looked_at(
    client, owner, count_hashes
):
    for _number in range(STAFF_SIGN_IN_PER_PAIR.count):
        spend(STAFF_SIGN_IN_PER_PAIR, f"{HOME}/32", "mina")
    before = count_hashes()

    sign_in(client)

    assert count_hashes() == before
    assert not is_signed_in(client)


def test_lock_out_of_a_clock_that_was_wrong_is_over(client, owner):
    fail(client, 5)
    RateLimit.objects.update(window_end=F("window_end") + 2 * DAY)

    sign_in(client)

    assert is_signed_in(client)


def test_session_of_a_clock_that_was_wrong_ends_with_the_next_purge(client, owner):
    sign_in(client)
    StaffSession.objects.update(expire_date=F("expire_date") + timedelta(days=2))

    call_command("purge", stdout=StringIO())

    assert not is_signed_in(client)
