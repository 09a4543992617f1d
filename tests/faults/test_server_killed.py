"""A comment that was answered is there after any crash of the server, exactly once."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
SETUP = """
from tests.factories import make_article
print(make_article(title="살아남는 글").pk)
"""


@pytest.fixture
def environment(tmp_path, worker_id):
    """Return the environment of a server with a database of its own, of the kind under test."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        name = f"openup_killed_{worker_id}"
        server, _slash, _name = url.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        url = f"{server}/{name}"
    else:
        url = f"sqlite:///{tmp_path}/killed.sqlite3"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return os.environ | {
        "BENCHMARK_WITHOUT_LIMITS": "1",
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SITE_URL": f"http://127.0.0.1:{port}",
    }


def manage(environment, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


class Server:
    """Granian in a process group of its own, so that all of it can be killed at once."""

    def __init__(self, environment):
        address = urlsplit(environment["SITE_URL"])
        self.host, self.port = address.hostname, address.port
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", self.host),
                *("--port", str(self.port), "--blocking-threads", "4", "openup.wsgi:application"),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.request("GET", "/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.05)  # between two tries, not instead of waiting for the answer
        raise AssertionError("The server did not start.")

    def request(self, method, path, fields=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        connection.request(method, path, urlencode(fields or {}), headers)
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)


def test_answered_comments_survive_kill_9_exactly_once(environment):
    manage(environment, "migrate")
    article_id = int(manage(environment, "shell", "--no-imports", "-c", SETUP).split()[-1])
    path = f"/articles/{article_id}/comments/"
    sent = []
    for round_number in range(3):
        server = Server(environment)
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
