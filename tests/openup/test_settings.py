"""A setting that is missing or malformed stops the start and says which and what is expected."""

import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).parents[2]
GOOD = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "EMAIL_DIGEST_KEYS": "k1:" + "ab" * 32,
    "EMAIL_URL": "smtp+tls://user:pass%40word@mail.example.kr",
    "MAIL_ENCRYPTION_KEYS": "A" * 43 + "=",
    "SITE_URL": "https://www.example.kr",
    "OPENUP_ENV_FILE": os.devnull,
}


def environment(changes):
    """Return the good environment with `changes`; None unsets."""
    values = {"PATH": os.environ["PATH"], **GOOD, **changes}
    return {name: value for name, value in values.items() if value is not None}


def read(**changes):
    """Return the settings as a process with this environment would read them."""
    with patch.dict(os.environ, environment(changes), clear=True):
        return SimpleNamespace(**runpy.run_path(str(ROOT / "openup" / "settings.py")))


def refusal(**changes):
    """Return the error that stops the start, and all that a log would hold of it."""
    with pytest.raises(ImproperlyConfigured) as stop:
        read(**changes)
    return str(stop.value), "".join(traceback.format_exception(stop.value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("EMAIL_DIGEST_KEYS", None),
        ("EMAIL_DIGEST_KEYS", ""),
        ("EMAIL_DIGEST_KEYS", "k1:xyz"),
        ("EMAIL_DIGEST_KEYS", "ab" * 32),
        ("EMAIL_DIGEST_KEYS", f"k1:{'ab' * 32},k1:{'cd' * 32}"),
        ("MAIL_ENCRYPTION_KEYS", None),
        ("MAIL_ENCRYPTION_KEYS", ""),
        ("MAIL_ENCRYPTION_KEYS", "A" * 44),
        ("MAIL_ENCRYPTION_KEYS", "A" * 43 + "=,short"),
        ("EMAIL_URL", None),
        ("EMAIL_URL", "mail.example.kr"),
        ("EMAIL_URL", "imap://mail.example.kr"),
        ("EMAIL_URL", "smtp+tls://"),
        ("EMAIL_URL", "smtp+tls://mail.example.kr:port"),
        ("EMAIL_URL", "smtp+tls://mail.example.kr/folder"),
        ("EMAIL_URL", "smtp://user:password@mail.example.kr"),
        ("EMAIL_URL", "file://"),
        ("EMAIL_URL", "file://folder"),
        ("MAIL_FROM", "Open UP <a@example.kr>"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_RECORD_DAYS", "0"),
        ("SITE_URL", None),
        ("SITE_URL", "www.example.kr"),
        ("SITE_URL", "https://www.example.kr/blog"),
        ("SITE_URL", "https://user@www.example.kr"),
        ("SITE_URL", "ftp://www.example.kr"),
        ("SITE_URL", "https://www.example.kr:port"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://a:b@localhost/c"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql://a:b@localhost/c?sslmode"),
        ("DATABASE_URL", "postgresql://a:b@localhost/c?pool=true"),
        ("DATABASE_STATEMENT_SECONDS", "-1"),
        ("DEBUG", "maybe"),
        ("DEBUG", "1"),  # never on a site that is not on loopback
        ("BENCHMARK_WITHOUT_LIMITS", "1"),  # nor this
        ("BENCHMARK_WITHOUT_LIMITS", "sometimes"),
        ("ALLOWED_HOSTS", "*"),
        ("TRUSTED_PROXIES", "nginx"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("ALLOWED_HOSTS", ".example.kr"),
        ("SERVER_THREADS", "0"),
        ("SERVER_WORKERS", "many"),
        ("INTERFACE_LANGUAGE", "fr"),
        ("OFFICIAL_BANNER", "perhaps"),
        ("OPENUP_ENV_FILE", "/nowhere/env"),
        ("STATIC_ROOT", ""),
        ("STATIC_ROOT", "."),
        ("STATIC_ROOT", "var"),
        ("MEDIA_ROOT", ""),
        ("MEDIA_ROOT", "/"),
        ("MEDIA_STORAGE", "/var/lib/media"),
        ("MEDIA_STORAGE", "s3://key:geheim@objects.example.kr/bucket"),
        ("MEDIA_STORAGE", "s3+https://objects.example.kr/bucket"),
        ("MEDIA_STORAGE", "s3+https://key:geheim@objects.example.kr"),
        ("MEDIA_STORAGE", "s3+https://key:geheim@objects.example.kr/bucket/folder"),
        ("MEDIA_STORAGE", "s3+https://key:geheim@objects.example.kr/../bucket"),
        ("MEDIA_STORAGE", "s3+https://key:geheim/@objects.example.kr/bucket"),
        ("MEDIA_STORAGE", "s3+https://key:geheim@objects.example.kr/bucket?acl=public"),
        ("MEDIA_STORAGE", "s3+https://key:geheim@objects.example.kr/bucket?ca=/nowhere"),
        ("ALLOWED_HOSTS", "https://a.example"),
        ("ALLOWED_HOSTS", "a.example:80"),
        ("SITE_URL", "https://-"),
        ("SITE_URL", "https://..."),
        ("SITE_URL", "https://www.example.kr:"),
    ],
)
def test_start_stops_and_names_the_variable(name, value):
    message, log = refusal(**{name: value})

    assert name in message and ("expected" in message or "does not exist" in message)
    assert "geheim" not in log


PROVIDER = {"OIDC_CLIENT_ID": "open-up", "OIDC_CLIENT_SECRET": "geheim"} | {
    f"OIDC_{name}": f"https://login.example.kr/{name.lower()}"
    for name in ("ISSUER", "AUTHORIZATION_ENDPOINT", "TOKEN_ENDPOINT", "USERINFO_ENDPOINT")
}
PROVIDER["OIDC_JWKS_ENDPOINT"] = "https://login.example.kr/keys"


@pytest.mark.parametrize("name", sorted(PROVIDER.keys() - {"OIDC_CLIENT_ID"}))
@pytest.mark.parametrize("value", [None, "", "http://login.example.kr/", "login.example.kr"])
def test_provider_is_whole_and_asked_in_secret_only(name, value):
    if name == "OIDC_CLIENT_SECRET" and value:
        return
    message, _log = refusal(**PROVIDER | {name: value})

    assert name in message and "expected" in message
    assert read(**PROVIDER).OIDC_PROVIDER_NAME == "login.example.kr"


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", "short"), ("DATABASE_URL", "mysql://a:b@localhost/c")]
)
def test_a_command_with_a_bad_setting_ends_with_one_line_that_names_it(name, value):
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        check=False,
        cwd=ROOT,
        env=environment({name: value}),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{name} is ") and "expected" in line


@pytest.mark.parametrize(
    "line",
    [
        "SITE_NAME = 열린 곳",
        "export SITE_NAME=열린",
        "SITE_NAME=열린 곳 # a comment",
        "SERVER_THREADS=4",  # the second of its name
        "DATABASE_URL =postgresql://openup:geheim@127.0.0.1/openup",
        "nonsense geheim",
    ],
)
def test_line_of_the_env_file_that_would_be_passed_over_stops_the_start(tmp_path, line):
    file = tmp_path / "env"
    file.write_text(f"# A comment\nSERVER_THREADS=2\n{line}\n", encoding="utf-8")

    message, log = refusal(OPENUP_ENV_FILE=str(file))

    assert f"{file}, line 3" in message
    assert "geheim" not in log


def test_env_file_gives_its_values_and_the_environment_outranks_them(tmp_path):
    file = tmp_path / "env"
    file.write_text('SITE_NAME="열린 곳"\nSERVER_THREADS=2\nALLOWED_HOSTS=\n', encoding="utf-8")

    settings = read(OPENUP_ENV_FILE=str(file), SERVER_THREADS="6")

    assert (settings.SITE_NAME, settings.SERVER_THREADS) == ("열린 곳", 6)


def test_good_environment_starts_with_debug_off():
    settings = read()

    assert (settings.DEBUG, settings.OFFICIAL_BANNER) == (False, False)


def test_https_site_has_secure_prefixed_cookies_for_the_staff_path_alone():
    settings = read()

    assert settings.SESSION_COOKIE_NAME == "__Secure-openup-session"
    assert settings.CSRF_COOKIE_NAME == "__Secure-openup-csrf"
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/manage/"
    assert settings.SESSION_COOKIE_SECURE is settings.CSRF_COOKIE_SECURE is True
    assert settings.SESSION_COOKIE_HTTPONLY is True


def test_sqlite_is_durable_and_waits_for_its_turn():
    options = read(DATABASE_URL="sqlite:////tmp/x").DATABASES["default"]["OPTIONS"]

    for part in ("journal_mode=WAL", "synchronous=FULL"):
        assert part in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE" and options["timeout"] > 0


def test_postgresql_has_a_pool_and_bounded_waits():
    settings = read(DATABASE_URL="postgresql://user:pass@127.0.0.1:5432/openup")

    options = str(settings.DATABASES["default"]["OPTIONS"])
    for part in ("'pool'", "connect_timeout", "statement_timeout", "lock_timeout"):
        assert part in options


def test_of_several_hosts_the_primary_is_asked_for_and_the_silent_are_passed_over():
    one = read(DATABASE_URL="postgresql://u:p@10.0.0.1/openup").DATABASES["default"]
    several = read(DATABASE_URL="postgresql://u:p@10.0.0.1,10.0.0.2/openup").DATABASES["default"]
    told = "postgresql://u:p@10.0.0.1,10.0.0.2/openup?target_session_attrs=primary"

    assert "target_session_attrs" not in one["OPTIONS"]
    assert several["OPTIONS"]["target_session_attrs"] == "read-write"
    assert several["OPTIONS"]["connect_timeout"] < several["OPTIONS"]["pool"]["timeout"]
    assert read(DATABASE_URL=told).DATABASES["default"]["OPTIONS"]["target_session_attrs"] == (
        "primary"
    )


def test_what_the_address_says_of_connections_outranks_the_site():
    url = "postgresql://user:pass@127.0.0.1/openup?options=-c%20lock_timeout=9s&connect_timeout=7"

    options = read(DATABASE_URL=url).DATABASES["default"]["OPTIONS"]

    assert options["options"].endswith("-c lock_timeout=9s")
    assert "statement_timeout" in options["options"] and options["connect_timeout"] == "7"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///var/%EA%B8%80+%23.sqlite3", ("sqlite3", "var/글+#.sqlite3", "", "", "", "")),
        ("sqlite:////srv/openup.sqlite3", ("sqlite3", "/srv/openup.sqlite3", "", "", "", "")),
        (
            "postgresql://open%40up:pa%23ss%2F@db.example.kr:5433/openup?sslmode=require",
            ("postgresql", "openup", "open@up", "pa#ss/", "db.example.kr", 5433),
        ),
        ("postgresql://openup@[::1]/openup", ("postgresql", "openup", "openup", "", "::1", "")),
        (
            "postgresql:////run/postgresql/openup",
            ("postgresql", "openup", "", "", "/run/postgresql", ""),
        ),
        (
            "postgresql://openup:a%2Cb,c%40@db1.example.kr:5433,[::1],10.0.0.2/openup",
            (
                *("postgresql", "openup", "openup", "a,b,c@"),
                *("db1.example.kr,::1,10.0.0.2", "5433,5432,5432"),
            ),
        ),
    ],
)
def test_database_is_that_of_the_address(url, expected):
    database = read(DATABASE_URL=url).DATABASES["default"]

    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    found = [database["ENGINE"].rpartition(".")[2], *(database.get(name, "") for name in names)]
    assert tuple(found) == expected
    assert ("sslmode" in database["OPTIONS"]) == ("sslmode" in url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "postgresql://u:geheim@h:port/d",
            "postgresql://u:geheim#x@h/d",
            "postgresql://[geheim/d",
            "postgresql://u:geheim@h,/d",
            "postgresql://u:geheim@h:5432,i:port/d",
            "postgresql://u:geheim@h,i",
        ),
        *("sqlite://geheim/d", "sqlite:///", "sqlite://:memory:", "sqlite:///geheim?timeout=1"),
    ],
)
def test_database_that_is_none_is_refused_and_its_password_never_told(url):
    message, log = refusal(DATABASE_URL=url)

    assert "DATABASE_URL is malformed: expected" in message
    assert "geheim" not in log


def test_value_that_begins_with_a_dollar_sign_is_itself():
    secret = "$" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2

    assert secret == read(SECRET_KEY=secret).SECRET_KEY


def test_writers_never_take_more_than_half_of_the_threads():
    for threads in ("1", "2", "3", "8", "64"):
        assert 1 <= read(SERVER_THREADS=threads).POSTS_AT_ONCE <= max(1, int(threads) // 2)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.kr", ("mail.example.kr", 25, "", "", False, False)),
        ("smtp+tls://a:b@mail.example.kr", ("mail.example.kr", 587, "a", "b", True, False)),
        ("smtps://a%40b:c%2Fd@10.0.0.1:2465", ("10.0.0.1", 2465, "a@b", "c/d", False, True)),
    ],
)
def test_mail_server_is_that_of_the_address(url, expected):
    settings = read(EMAIL_URL=url)

    found = (
        *(settings.EMAIL_HOST, settings.EMAIL_PORT),
        *(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD),
        *(settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL),
    )
    assert found == expected


def test_mails_of_a_site_on_this_machine_go_to_a_folder_unless_told():
    settings = read(SITE_URL="http://127.0.0.1:8000", EMAIL_URL=None)

    assert "FolderBackend" in settings.EMAIL_BACKEND
    assert settings.EMAIL_FILE_PATH.endswith("/var/mail")


def test_password_of_the_mail_server_is_never_told():
    for url in ("smtp+tls://user:geheim@mail.example.kr:port", "smtp+tls://user:geheim"):
        _message, log = refusal(EMAIL_URL=url)
        assert "geheim" not in log
