"""A comment that was answered is there after any crash of the server, exactly once."""

import errno
import os
import re
import signal
import socket

import pytest

from tests.faults.commands import shell
from tests.faults.server import Server, poll_until

pytestmark = pytest.mark.database
SETUP = """
from tests.factories import make_article
print(make_article(title="살아남는 글").pk)
"""


def test_answered_comments_survive_kill_9_exactly_once_and_the_port_is_free_after_it(environment):
    article_id = int(shell(environment, SETUP)[-1])
    path = f"/articles/{article_id}/comments/"
    sent = []
    for round_number, kill in enumerate([Server.kill, kill_master]):
        server = Server(environment, workers=2)
        try:
            for number in range(3):
                fields = {
                    "email": "mina@example.com",
                    "password": "right horse key",
                    "body": f"답을 받은 글 {round_number}-{number}",
                    "submission_key": f"key-{round_number}-{number}".ljust(32, "x"),
                }
                assert server.request("POST", path, fields).status == 302
                sent.append(fields)
            kill(server)
            poll_until(lambda: is_free(server.host, server.port))  # noqa: B023 - within the round
        finally:
            server.kill()

    server = Server(environment)
    try:
        # Who did not hear the answer sends the same again.
        for fields in sent:
            assert server.request("POST", path, fields).status == 302
        address = server.request("GET", f"/articles/{article_id}/").getheader("Location")
        page = server.request("GET", address).text
    finally:
        server.kill()
    found = re.findall(r"답을 받은 글 \d-\d", page)
    assert sorted(found) == sorted(fields["body"] for fields in sent)


def kill_master(server):
    """Kill it alone: what listens on the port are its workers, which have to notice."""
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(timeout=30)


def is_free(host, port):
    """Tell whether nobody listens on the port any more."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == errno.ECONNREFUSED
