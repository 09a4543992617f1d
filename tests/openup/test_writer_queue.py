"""Who enters Django: some writers at once, some wait, and readers and staff pass by."""

import errno
import io
import tempfile
import threading
from unittest.mock import Mock

import pytest
from django.core.handlers.wsgi import WSGIHandler

from openup.writer_queue import Gate

# Django's own handler asks its connections at the end of a request.
pytestmark = pytest.mark.django_db
POST_PATH = "/articles/1/comments/"
ROOM = {"turns": 1, "waiting": 0, "others": 2, "wait_seconds": 0}


def ask(application, method="POST", path=POST_PATH, body=b"body=%EA%B0%80", **environ):
    """Return status, headers and body of the answer to one request."""
    answer = []
    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        **environ,
    }
    chunks = application(request, lambda status, headers: answer.extend([status, dict(headers)]))
    return *answer, b"".join(chunks)


class Inside:
    """Stands for Django: lets nobody out before `leave`, and notes who came in."""

    def __init__(self):
        self.entered = threading.Semaphore(0)
        self.leave = threading.Event()
        self.bodies = []

    def __call__(self, environ, start_response):
        if "openup.crowded" in environ:
            start_response("503 Service Unavailable", [])
            return [b"crowded"]
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == POST_PATH:
            self.entered.release()
            assert self.leave.wait(30)
            self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"entered"]


@pytest.fixture
def inside():
    inside = Inside()
    yield inside
    inside.leave.set()


def enter(gate):
    thread = threading.Thread(target=ask, args=[gate], daemon=True)
    thread.start()
    return thread


def test_writer_without_a_place_is_refused_at_once_and_enters_nothing(inside):
    gate = Gate(inside, **ROOM)
    enter(gate)
    inside.entered.acquire()

    refused = [ask(gate) for _number in range(3)]

    assert {(status, body) for status, _headers, body in refused} == {
        ("503 Service Unavailable", b"crowded")
    }
    assert not inside.entered.acquire(blocking=False)


def test_writer_who_waits_enters_when_the_other_leaves(inside):
    gate = Gate(inside, **ROOM | {"waiting": 1, "wait_seconds": 30})
    writers = [enter(gate), enter(gate)]
    inside.entered.acquire()

    inside.leave.set()
    for writer in writers:
        writer.join()

    assert inside.bodies == [b"body=%EA%B0%80"] * 2


def test_writer_whose_turn_does_not_come_is_refused_and_makes_room(inside):
    gate = Gate(inside, **ROOM | {"waiting": 1})
    enter(gate)
    inside.entered.acquire()

    answers = [ask(gate)[2] for _number in range(3)]

    assert answers == [b"crowded"] * 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", POST_PATH),
        ("HEAD", "/"),
        ("POST", "/manage/comments/comment/desk/"),
        ("POST", "/articles/1/read/"),
    ],
)
def test_readers_and_staff_pass_by_a_crowd(inside, method, path):
    gate = Gate(inside, **ROOM)
    enter(gate)
    inside.entered.acquire()

    assert ask(gate, method, path)[2] == b"entered"


class SlowBody(io.BytesIO):
    """Gives a byte only when it is let, and tells when it is asked for the first."""

    def __init__(self):
        super().__init__(b"body=slow")
        self.asked, self.go_on = threading.Event(), threading.Event()

    def read(self, size=-1):
        self.asked.set()
        assert self.go_on.wait(30)
        return super().read(min(size, 1))


def test_forms_of_staff_that_come_slowly_take_no_place_of_readers(inside):
    gate = Gate(inside, **ROOM)
    bodies = [SlowBody() for _number in range(ROOM["others"])]
    answers = []

    def send(body):
        sent = {"wsgi.input": body, "CONTENT_LENGTH": "9"}
        answers.append(ask(gate, path="/manage/articles/article/add/", **sent)[2])

    threads = [threading.Thread(target=send, args=[body]) for body in bodies]
    for thread, body in zip(threads, bodies, strict=True):
        thread.start()
        assert body.asked.wait(30)
    read = ask(gate, "GET", "/")[2]
    for thread, body in zip(threads, bodies, strict=True):
        body.go_on.set()
        thread.join()

    assert read == b"entered"
    assert answers == [b"entered"] * 2


def test_form_of_staff_arrives_whole(settings):
    settings.PUBLIC_REQUEST_BYTES = 4
    seen = []

    def django(environ, start_response):
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return []

    ask(Gate(django, **ROOM), path="/manage/x/", body=b"longer than is kept in memory")

    assert seen == [b"longer than is kept in memory"]


def test_form_of_staff_that_the_disk_has_no_room_for_is_refused_in_words(settings, monkeypatch):
    settings.PUBLIC_REQUEST_BYTES = 4
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", Mock(side_effect=full))

    status, _headers, body = ask(
        Gate(WSGIHandler(), **ROOM), path="/manage/x/", body=b"longer than is kept in memory"
    )

    assert status.startswith("503 ")
    assert "다시" in body.decode()


def test_sign_in_waits_like_a_comment(inside):
    gate = Gate(inside, **ROOM)
    enter(gate)
    inside.entered.acquire()

    assert ask(gate, path="/manage/login/")[2] == b"crowded"


def test_long_body_is_left_for_django_to_refuse(inside, settings):
    settings.PUBLIC_REQUEST_BYTES = 3
    stream = io.BytesIO(b"body=long")
    inside.leave.set()

    ask(Gate(inside, **ROOM), **{"wsgi.input": stream, "CONTENT_LENGTH": "9"})

    assert inside.bodies == [b"body=long"]


# No mark for the database: a query would fail the tests.


def full_gate():
    """Return a gate before Django that has no place left."""
    gate = Gate(WSGIHandler(), **ROOM)
    gate._places.acquire()
    return gate


def test_refusal_is_korean_says_what_to_do_and_carries_every_header():
    status, headers, body = ask(full_gate())

    page = body.decode()
    assert status.startswith("503 ")
    assert '<html lang="ko"' in page and "뒤로" in page and "다시" in page
    assert int(headers["Retry-After"]) > 0
    assert "no-store" in headers["Cache-Control"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Referrer-Policy" in headers and "Permissions-Policy" in headers
    assert "Set-Cookie" not in headers


def test_refusal_is_made_once(monkeypatch):
    gate = full_gate()
    first = ask(gate)
    monkeypatch.setattr(gate, "application", None)

    assert ask(gate) == first


def test_writer_who_has_waited_gets_back_what_was_typed():
    gate = Gate(WSGIHandler(), **ROOM)
    gate._turns.acquire()

    status, _headers, body = ask(gate, body=b"body=%3C%2Ftextarea%3E%EA%B0%80")

    assert status.startswith("503 ")
    assert "&lt;/textarea&gt;가" in body.decode()
