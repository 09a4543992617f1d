"""A setting that is missing or malformed stops the start and says which and what is expected."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "EMAIL_DIGEST_KEYS": "k1:" + "ab" * 32,
    "EMAIL_URL": "smtp+tls://user:pass%40word@mail.example.kr",
    "MAIL_ENCRYPTION_KEYS": "A" * 43 + "=",
    "SITE_URL": "https://www.example.kr",
    "OPENUP_ENV_FILE": os.devnull,
}
PRINT = "import json, django; from openup import settings as s; print({expression})"


def run(expression="1", **changes):
    """Import the settings in a process of their own and print `expression`; None unsets."""
    return run_python("-c", PRINT.format(expression=expression), **changes)


def run_python(*arguments, **changes):
    environment = {"PATH": os.environ["PATH"], **GOOD, **changes}
    return subprocess.run(  # noqa: PLW1510 (the failures are the point)
        [sys.executable, *arguments],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=60,
    )


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
        ("ALLOWED_HOSTS", "https://a.example"),
        ("ALLOWED_HOSTS", "a.example:80"),
        ("SITE_URL", "https://-"),
        ("SITE_URL", "https://..."),
        ("SITE_URL", "https://www.example.kr:"),
    ],
)
def test_start_stops_and_names_the_variable(name, value):
    result = run(**{name: value})

    last_line = result.stderr.strip().splitlines()[-1]
    assert result.returncode != 0
    assert name in last_line and ("expected" in last_line or "does not exist" in last_line)


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", "short"), ("DATABASE_URL", "mysql://a:b@localhost/c")]
)
def test_a_command_with_a_bad_setting_ends_with_one_line_that_names_it(name, value):
    result = run_python("manage.py", "check", **{name: value})

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

    result = run(OPENUP_ENV_FILE=str(file))

    assert result.returncode != 0
    assert f"{file}, line 3" in result.stderr.strip().splitlines()[-1]
    assert "geheim" not in result.stderr + result.stdout


def test_env_file_gives_its_values_and_the_environment_outranks_them(tmp_path):
    file = tmp_path / "env"
    file.write_text('SITE_NAME="열린 곳"\nSERVER_THREADS=2\nALLOWED_HOSTS=\n', encoding="utf-8")

    result = run("s.SITE_NAME, s.SERVER_THREADS", OPENUP_ENV_FILE=str(file), SERVER_THREADS="6")

    assert result.stdout.strip() == "열린 곳 6", result.stderr


def test_good_environment_starts_with_debug_off():
    result = run("s.DEBUG, s.OFFICIAL_BANNER")

    assert result.stdout.strip() == "False False", result.stderr


def test_https_site_has_secure_prefixed_cookies_for_the_staff_path_alone():
    result = run(
        "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_PATH,"
        " s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY"
    )

    assert result.stdout.split() == [
        *("__Secure-openup-session", "__Secure-openup-csrf", "/manage/", "/manage/"),
        *("True", "True", "True"),
    ]


def test_sqlite_is_durable_and_waits_for_its_turn():
    result = run("json.dumps(s.DATABASES['default']['OPTIONS'])", DATABASE_URL="sqlite:////tmp/x")

    for part in ("journal_mode=WAL", "synchronous=FULL", "IMMEDIATE", '"timeout"'):
        assert part in result.stdout


def test_postgresql_has_a_pool_and_bounded_waits():
    result = run(
        "json.dumps(s.DATABASES['default']['OPTIONS'])",
        DATABASE_URL="postgresql://user:pass@127.0.0.1:5432/openup",
    )

    for part in ('"pool"', "connect_timeout", "statement_timeout", "lock_timeout"):
        assert part in result.stdout


def test_writers_never_take_more_than_half_of_the_threads():
    for threads in ("1", "2", "3", "8", "64"):
        result = run("s.POSTS_AT_ONCE", SERVER_THREADS=threads)
        assert 1 <= int(result.stdout) <= max(1, int(threads) // 2)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.kr", "mail.example.kr 25 - - False False"),
        ("smtp+tls://a:b@mail.example.kr", "mail.example.kr 587 a b True False"),
        ("smtps://a%40b:c%2Fd@10.0.0.1:2465", "10.0.0.1 2465 a@b c/d False True"),
    ],
)
def test_mail_server_is_that_of_the_address(url, expected):
    result = run(
        "s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER or '-', s.EMAIL_HOST_PASSWORD or '-',"
        " s.EMAIL_USE_TLS, s.EMAIL_USE_SSL",
        EMAIL_URL=url,
    )

    assert result.stdout.strip() == expected, result.stderr


def test_mails_of_a_site_on_this_machine_go_to_a_folder_unless_told():
    result = run(
        "s.EMAIL_BACKEND, s.EMAIL_FILE_PATH", SITE_URL="http://127.0.0.1:8000", EMAIL_URL=None
    )

    assert "FolderBackend" in result.stdout and "/var/mail" in result.stdout, result.stderr


def test_password_of_the_mail_server_is_never_told():
    result = run(EMAIL_URL="smtp+tls://user:geheim@mail.example.kr:port")

    assert result.returncode != 0 and "geheim" not in result.stderr.splitlines()[-1]
