"""Hundreds who send or take a byte at a time, while others read and write as ever."""

import os
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from itertools import count
from urllib.parse import urlencode

import pytest

from tests.deployed.installation import HOST
from tests.deployed.test_operation import wait_until

pytestmark = pytest.mark.deployed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
THROUGH_NGINX = 500
# Of the 64 threads that one worker has with SERVER_THREADS=8, this many may be held.
STRAIGHT = 40
PICTURE_BYTES = 6 * 1024 * 1024
SECONDS_BETWEEN_BYTES = 0.5
KINDS = ("headers", "form", "staff's form", "picture", "picture asked for anew")
# These take seconds; the others are in `make test`.
SLOW_KINDS = ("headers", "picture")
numbers = count(1)


def first_bytes(kind):
    """Return what a client sends at once, before it becomes slow."""
    lines = {
        "headers": ["GET / HTTP/1.1", "X-Slow: "],
        "form": ["POST /articles/1/comments/ HTTP/1.1", "Content-Length: 100000", "", "body="],
        "staff's form": [
            *("POST /manage/articles/article/add/ HTTP/1.1", f"Cookie: {STAFF_COOKIE}"),
            *("Content-Length: 100000", "", "body="),
        ],
        "picture": ["GET /media/large.png HTTP/1.1", "", ""],
        "picture asked for anew": [
            f"GET /media/large.png?comment={next(numbers)} HTTP/1.1",
            "",
            "",
        ],
    }[kind]
    return "\r\n".join([lines[0], *HEADERS, *lines[1:]]).encode()


# As nginx would say to the application; it drops what it is told itself.
HEADERS = [f"Host: {HOST}", "X-Forwarded-Proto: https", "X-Forwarded-For: 127.6.0.3"]
HEADERS += [": ".join(item) for item in FORM.items()]
# As the page of a form sets it; without one no form of the staff's is read.
STAFF_COOKIE = f"__Secure-openup-csrf={'a' * 32}"


class SlowClient:
    def __init__(self, port, context, kind):
        self.kind, self.is_open = kind, True
        sock = socket.socket()
        # Nothing is to be taken off the server's hands by this side's memory.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(60)
        sock.connect(("127.0.0.1", port))
        self.socket = context.wrap_socket(sock, server_hostname=HOST) if context else sock
        self.socket.sendall(first_bytes(kind))
        self.socket.setblocking(False)

    def go_on(self):
        """Send or take one byte; note when the server has hung up."""
        try:
            takes = "picture" in self.kind
            if not takes:
                self.socket.send(b"x")
            if self.socket.recv(1) == b"" or not takes:
                # Whatever it says: this is no answer to what was not sent to its end.
                self.is_open = False
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.is_open = False

    def close(self):
        with suppress(OSError):
            self.socket.close()


@contextmanager
def crowd(clients, port, kind, context=None):
    """Give so many clients of that kind, going on byte by byte until the end."""
    members = []
    is_over = threading.Event()

    def go_on():
        while not is_over.wait(SECONDS_BETWEEN_BYTES):
            for member in list(members):
                if member.is_open:
                    member.go_on()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        for _number in range(clients):
            members.append(SlowClient(port, context, kind))
        yield members
    finally:
        is_over.set()
        thread.join()
        for member in members:
            member.close()


@pytest.fixture
def picture(site):
    file = site.folder / "lib" / "media" / "large.png"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(os.urandom(PICTURE_BYTES))


def comment_fields():
    number = next(numbers)
    return {
        "email": f"patient{number}@example.com",
        "password": "right horse key",
        "body": f"느린 손님들 사이에서 쓴 글 {number}.",
    }


def errors(site):
    return (site.folder / "nginx" / "error.log").read_text()


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.slow] if kind in SLOW_KINDS else []) for kind in KINDS],
)
def test_through_nginx_slow_clients_hold_up_nobody(site, picture, kind):
    context = ssl.create_default_context(cafile=str(site.certificate))
    earlier = len(errors(site))

    with crowd(THROUGH_NGINX, site.https_port, kind, context) as members:
        pages = [site.request("GET", path) for path in ("/", "/?comment=1", "/articles/?comment=2")]
        written = site.request(
            "POST", "/articles/3/comments/", urlencode(comment_fields()), FORM, source="127.6.0.1"
        )
        held = sum(member.is_open for member in members)
        if kind == "headers":
            # Ten seconds in all are enough for any headers.
            wait_until(lambda: not any(member.is_open for member in members), tries=1200)

    assert [page.status for page in pages] == [200] * 3
    assert written.status == 302
    assert kind == "headers" or held == THROUGH_NGINX
    assert "not enough" not in errors(site)[earlier:]
    assert "Too many open files" not in errors(site)[earlier:]


@pytest.mark.parametrize("kind", KINDS)
def test_without_nginx_a_few_dozen_slow_clients_hold_up_nobody(site, picture, kind):
    with crowd(STRAIGHT, site.app_port, kind) as members:
        # They are uncached: each needs a thread, a turn and the database.
        pages = [site.request("GET", f"/?comment={number}") for number in range(1, 4)]
        written = site.request(
            "POST", "/articles/3/comments/", urlencode(comment_fields()), FORM, source="127.6.0.2"
        )
        held = sum(member.is_open for member in members)

    assert [page.status for page in pages] == [200] * 3
    assert written.status == 302
    assert held == STRAIGHT
