"""A mail that was queued leaves after any crash of the worker that had it."""

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.commands import shell
from tests.faults.server import manage

pytestmark = pytest.mark.database
ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 60
QUEUE = """
from comments.models import Outbox
from tests.factories import make_article, make_comment
article = make_article()
for number in range(5):
    make_comment(article, email=f"writer-{number}@example.com")
    Outbox.queue(Outbox.Kind.DESK_LINK, f"writer-{number}@example.com")
"""
TELL_AND_END_LEASES = """
from django.utils import timezone
from comments.models import Outbox
print(Outbox.objects.filter(outcome="sent").count(), Outbox.objects.exclude(recipient="").count())
Outbox.objects.waiting().update(due_at=timezone.now())
"""


@pytest.fixture
def queue(environment):
    """Return the environment of a worker with a database of its own, in which five mails wait."""
    shell(environment, QUEUE)
    return environment


@contextmanager
def worker(environment, *arguments):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "send_mail", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stderr.close()


class MailServer:
    """An SMTP server that takes in `count` mails, then leaves the next one without an answer."""

    def __init__(self, count):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(WAIT_SECONDS)
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.count = count

    def take_in(self):
        """Return the mails that were taken in, and the connection that waits for its answer."""
        mails = []
        while True:
            connection, _address = self.listener.accept()
            connection.settimeout(WAIT_SECONDS)
            mail = self.converse(connection)
            if len(mails) == self.count:
                return mails, connection
            connection.sendall(b"250 taken\r\n")
            mails.append(mail)
            connection.close()

    def converse(self, connection):
        stream = connection.makefile("rb")
        connection.sendall(b"220 ready\r\n")
        for line in stream:
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go on\r\n")
                return b"".join(iter(stream.readline, b".\r\n"))
            connection.sendall(b"250 ok\r\n")
        raise AssertionError("The connection ended before the mail.")


def recipients(mails):
    return sorted(
        line for mail in mails for line in mail.decode().splitlines() if line.startswith("To: ")
    )


def tell_and_end_leases(environment):
    """Return how many mails were sent and how many recipients are still kept; end all leases."""
    return shell(environment, TELL_AND_END_LEASES)


def test_worker_that_is_asked_to_stop_finishes_its_mail_and_ends(queue):
    server = MailServer(count=0)
    with worker(queue | {"EMAIL_URL": server.url}) as process:
        _mails, connection = server.take_in()
        process.send_signal(signal.SIGTERM)
        connection.sendall(b"250 taken\r\n")
        connection.close()
        assert process.wait(timeout=30) == 0

    assert tell_and_end_leases(queue) == ["1", "4"]


def test_worker_killed_in_the_middle_of_a_mail_loses_none(queue, tmp_path):
    server = MailServer(count=2)
    with worker(queue | {"EMAIL_URL": server.url}) as process:
        mails, connection = server.take_in()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        connection.close()
    assert process.returncode == -signal.SIGKILL

    # Nobody else takes the mail before its lease has ended.
    rest = queue | {"EMAIL_URL": f"file://{tmp_path}/mail"}
    manage(rest, "send_mail", "--once")
    assert tell_and_end_leases(queue) == ["4", "1"]
    manage(rest, "send_mail", "--once")

    mails += [path.read_bytes() for path in (tmp_path / "mail").glob("*.eml")]
    assert recipients(mails) == [f"To: writer-{number}@example.com" for number in range(5)]
    assert tell_and_end_leases(queue) == ["5", "0"]
