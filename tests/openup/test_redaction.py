"""What nobody reads in the log: names, texts, addresses, passwords, tokens, search words."""

import logging
import sqlite3
import sys
import threading

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.test import Client
from django.urls import reverse

from openup.backends.redaction import error_text, format_error
from tests.factories import make_article, make_comment, make_takedown

PASSWORD, ADDRESS = "canary-password-말", "canary.bird@example.com"
TEXT, NAME = "카나리아가 쓴 글입니다.", "카나리아새"
TOKEN = "CanaryToken-" + "k" * 31
CANARIES = [PASSWORD, ADDRESS, TEXT, NAME, TOKEN, "카나리아", "canary"]
PAIR = {"email": ADDRESS, "password": PASSWORD, "name": NAME, "body": TEXT}


def in_all_its_forms(canary):
    escaped = canary.encode("unicode_escape").decode()
    return {canary.lower(), escaped.lower(), repr(escaped)[1:-1].lower()}


def assert_tells_nothing(*texts):
    for text in texts:
        for canary in CANARIES:
            for form in in_all_its_forms(canary):
                assert form not in str(text).lower()


def refuse_writing(table):
    """Let the database refuse every new or changed row of the table, as a full constraint does."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT nothing_passes CHECK (false) NOT VALID"
            )
            return
        for act in ("INSERT", "UPDATE"):
            cursor.execute(
                f"CREATE TRIGGER nothing_passes_{act} BEFORE {act} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'nothing_passes'); END"
            )


@pytest.fixture
def rude():
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["post", "edit", "delete", "report", "takedown", "mine"])
def test_refused_row_is_not_in_the_log(act, rude, log_lines, capfd):
    article = make_article()
    comment = make_comment(article, email=ADDRESS, password=PASSWORD, body=TEXT, name=NAME)
    table, path, data = {
        "post": ("comments_comment", reverse("comments:comment_create", args=[article.pk]), PAIR),
        "edit": (
            "comments_comment",
            reverse("comments:comment_edit", args=[comment.pk]),
            {**PAIR, "body": f"{TEXT} 또", "version": 1},
        ),
        "delete": (
            "comments_comment",
            reverse("comments:comment_delete", args=[comment.pk]),
            {**PAIR, "confirm": "1"},
        ),
        "report": (
            "comments_report",
            reverse("comments:comment_report", args=[comment.pk]),
            {"reason": "spam", "text": TEXT},
        ),
        "takedown": (
            "comments_takedown",
            reverse("comments:takedown_create", args=[comment.pk]),
            {"ground": "privacy", "reason": TEXT, "email": ADDRESS},
        ),
        "mine": ("comments_outbox", reverse("comments:mine"), {"email": ADDRESS}),
    }[act]
    refuse_writing(table)

    response = rude.post(path, data)

    assert response.status_code == 500
    (line,) = log_lines()
    assert line["level"] == "ERROR" and "nothing_passes" in line["traceback"]
    assert_tells_nothing(line, *capfd.readouterr())


BELOW = [
    "/comments/{comment}/edit/",
    "/comments/{comment}/delete/",
    "/comments/{comment}/report/",
    "/comments/{comment}/takedown/",
    "/comments/{comment}/history/",
    "/comments/{comment}/",
    "/comments/mine/",
    "/comments/mine/sent/",
    "/comments/notices/",
    "/comments/",
    "/articles/{article}/comments/",
    "/articles/{article}/",
    "/articles/99999/",
    "/manage/login/",
    "/manage/comments/comment/",
    "/manage/",
    "/media/",
    "/search/",
    "/",
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "secret", [PASSWORD, ADDRESS, TOKEN, f"{TOKEN}/comments", "a/canary/" * 90]
)
def test_what_was_typed_into_an_address_is_not_in_the_log(secret, rude, log_lines, capfd):
    comment = make_comment()
    referer = {"referer": f"http://testserver/comments/mine/{TOKEN}/?q=canary"}

    for below in BELOW:
        path = below.format(comment=comment.pk, article=comment.article_id)
        for url in (f"{path}{secret}", f"{path}{secret}/", f"{path}?q={secret}"):
            rude.get(url, headers=referer)
            rude.post(url, PAIR, headers=referer)
            rude.post(url, PAIR, headers={"sec-fetch-site": "cross-site", **referer})

    assert_tells_nothing(*log_lines(), *capfd.readouterr())


@pytest.mark.django_db
def test_missing_page_says_whose_address_it_lies_below(rude, log_lines):
    comment = make_comment()

    rude.get(f"/comments/{comment.pk}/edit/canary")
    rude.get("/comments/99999/")
    rude.get("/wp-login.php")

    assert [line["message"] for line in log_lines()] == [
        f"Not Found: /comments/{comment.pk}/edit/…",
        "Not Found: /comments/99999/",
        "Not Found: /…",
    ]


@pytest.mark.django_db
def test_csrf_refusal_does_not_repeat_the_page_one_came_from(log_lines):
    careful = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = {"referer": f"https://elsewhere.example/comments/mine/{TOKEN}/?q=canary"}

    response = careful.post("/manage/login/", PAIR, headers=headers, secure=True)

    assert response.status_code == 403
    assert_tells_nothing(*log_lines())


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["comments", "django.db.backends", "psycopg.pool", "_granian", ""])
def test_error_in_any_logger_tells_no_value(name, log_lines):
    article = make_article()
    make_takedown(make_comment(article, body=TEXT))
    logger = logging.getLogger(name)

    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO articles_category (id, name, slug, position)"
                " SELECT id, %s, slug, position FROM articles_category",
                [TEXT],
            )
    except DatabaseError as error:
        logger.error("It failed: %s", error)
        logger.error(error)
        logger.error("It failed: %(error)s", {"error": error})
        logger.exception("It failed")
        logger.error(f"It failed:\nERROR:  refused\nDETAIL:  Failing row contains ({TEXT}).")

    lines = log_lines()
    assert len(lines) == 5
    assert_tells_nothing(*lines)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"invalid literal for int() with base 10: {TEXT!r}"),
        KeyError(PASSWORD),
        UnicodeEncodeError("utf-8", f"{TEXT}\ud800", 12, 13, "surrogates not allowed"),
        IntegrityError(f"refused\nDETAIL:  Failing row contains ({TEXT}).\n"),
        psycopg.DataError(f'invalid input syntax for type bigint: "{PASSWORD}"'),
        sqlite3.OperationalError(f'fts5: syntax error near "{TEXT}"'),
        OSError(2, "No such file", f"/srv/{PASSWORD}"),
        RuntimeError(f"mail to {ADDRESS} failed"),
        RuntimeError(f"GET http://localhost/comments/mine/{TOKEN}/ failed"),
        RuntimeError(f"GET /manage/password/MQ/{TOKEN}/ failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_is_told_without_what_it_quotes(error):
    text = error_text(error)

    assert type(error).__name__ in text
    assert_tells_nothing(text)


def test_error_of_the_program_keeps_its_names():
    error = AttributeError("'NoneType' object has no attribute 'path'")

    assert "'NoneType' object has no attribute 'path'" in error_text(error)


def test_whole_chain_of_errors_is_told_without_values():
    try:
        try:
            try:
                raise KeyError(PASSWORD)
            except KeyError:
                raise psycopg.IntegrityError(f"no\nDETAIL:  ({TEXT})") from None
        except psycopg.Error as error:
            raise IntegrityError(*error.args) from error
    except IntegrityError as error:
        text = format_error(error)

    assert text.index("psycopg") < text.index("was the cause of") < text.index("django.db")
    assert "test_redaction.py" in text and "KeyError" not in text
    assert_tells_nothing(text.replace("raise KeyError(PASSWORD)", ""))


def test_what_nobody_caught_is_told_without_values(capsys):
    error = IntegrityError(f"no\nDETAIL:  Failing row contains ({TEXT}).")

    sys.excepthook(IntegrityError, error, None)

    told = capsys.readouterr().err
    assert "IntegrityError: no" in told
    assert_tells_nothing(told)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_caught_in_a_thread_is_told_without_values(capsys, monkeypatch):
    from openup.backends.redaction import guard_standard_error  # noqa: PLC0415

    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    guard_standard_error()

    def fail():
        raise IntegrityError(f"no\nDETAIL:  Failing row contains ({TEXT}).")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    told = capsys.readouterr().err
    assert "IntegrityError: no" in told
    assert_tells_nothing(told)
