"""No answer lacks a write that was acknowledged before it was asked for, whatever happens."""

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.faults.commands import manage, shell
from tests.faults.server import ROOT, Server, poll_until, server_environment
from tests.postgresql import free_port, running_cluster

pytestmark = pytest.mark.database
WORKERS = 2
READERS = 4
WRITES = 6
SETUP = """
from tests.factories import long_text, make_article
print(make_article(slug="read-while-written", body=long_text()).get_absolute_url())
"""


class Reader(threading.Thread):
    """Asks for a page again and again; notes what an answer lacked, or held though it was gone.

    One that `holds` the page asks whether it is still the same, as browsers and proxies do.
    """

    def __init__(self, server, path, writer, holds):
        super().__init__()
        self.server, self.path, self.writer, self.holds = server, path, writer, holds
        self.answers = self.confirmed = self.marked = self.refused = 0
        self.held = None
        self.faults = []

    def ask(self):
        """Return the answer, with the text of the page that it gives or confirms."""
        tag = self.held.getheader("ETag") if self.held else None
        headers = {"If-None-Match": tag} if tag else {}
        response = self.server.request("GET", self.path, headers=headers)
        if response.status == 304:
            self.confirmed += 1
            response.text = self.held.text
        elif self.holds:
            self.held = response
        return response

    def run(self):
        while not self.writer.has_ended:
            there, gone = list(self.writer.there), list(self.writer.gone)
            response = self.ask()
            if response.status == 503:
                self.refused += 1
            elif response.getheader("Warning"):
                self.marked += 1
            else:
                self.answers += 1
                missing = [text for text in there if text not in response.text]
                # What was deleted meanwhile may be missing rightly.
                missing = [text for text in missing if text not in self.writer.deleting]
                present = [text for text in gone if text in response.text]
                self.faults += [(response.status, missing, present)] * bool(missing or present)


class Writer:
    """Posts and deletes comments over HTTP; knows what was acknowledged."""

    def __init__(self, server, path):
        self.server, self.post_path = server, path.rsplit("/", 2)[0] + "/comments/"
        self.there, self.gone, self.deleting = [], [], set()
        self.has_ended = False

    def post(self, number):
        text = f"[쓴 글 {number}]"
        fields = {"email": "mina@example.com", "password": f"right horse {number}", "body": text}
        response = self.server.request("POST", self.post_path, fields)
        if response.status == 302:
            self.there.append(text)
            address = response.getheader("Location")
            return text, fields, int(re.search(r"[?&]comment=(\d+)", address)[1])
        assert response.status == 503
        return None

    def delete(self, text, fields, pk):
        self.deleting.add(text)
        assert self.server.request("POST", f"/comments/{pk}/delete/", fields).status == 302
        self.there.remove(text)
        self.gone.append(text)


@contextmanager
def reading(server, path, writer):
    readers = [Reader(server, path, writer, number % 2) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        yield readers
    finally:
        writer.has_ended = True
        for reader in readers:
            reader.join(60)


def wait_for_more(readers, name):
    """Wait until each reader has got so many more answers that every worker has given some."""
    wanted = {reader: getattr(reader, name) + 60 for reader in readers}
    poll_until(lambda: all(getattr(reader, name) >= wanted[reader] for reader in readers))


def make_site(environment):
    return shell(environment, SETUP)[-1]


def test_readers_of_all_processes_see_what_was_acknowledged(environment, tmp_path):
    environment |= {"METRICS_FOLDER": str(tmp_path / "metrics"), "METRICS_PORT": str(free_port())}
    path = make_site(environment)
    server = Server(environment, WORKERS)
    try:
        writer = Writer(server, path)
        with reading(server, path, writer) as readers:
            for number in range(WRITES):
                posted = writer.post(number)
                if number % 2:
                    writer.delete(*posted)
        numbers = read_metrics(environment)
    finally:
        server.kill()

    assert not [fault for reader in readers for fault in reader.faults]
    assert all(reader.answers for reader in readers)
    assert not any(reader.marked or reader.refused for reader in readers)
    assert all(bool(reader.confirmed) == bool(reader.holds) for reader in readers)
    # Of both processes together.
    confirmed = sum(reader.confirmed for reader in readers)
    sent = sum(reader.answers for reader in readers) - confirmed
    assert numbers['openup_pages_total{answer="kept"}'] >= sent
    assert numbers['openup_pages_total{answer="unchanged"}'] == confirmed
    assert WRITES < numbers["openup_page_making_seconds_count"] <= 2 * WORKERS * WRITES + WORKERS
    assert numbers["openup_password_hashes"] == 0
    assert numbers["openup_page_cache_bytes"] > 0
    assert numbers["openup_database_up"] == 1
    assert numbers['openup_outbox_mails{state="due"}'] == 0


def read_metrics(environment):
    """Return what Prometheus would be told, {name with labels: number}."""
    command = [sys.executable, "manage.py", "serve_metrics"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        url = f"http://127.0.0.1:{environment['METRICS_PORT']}/metrics"
        text = poll_until(lambda: fetch(url))
    finally:
        process.kill()
        process.wait()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _space, number in lines}


def fetch(url):
    try:
        with urlopen(url) as response:  # noqa: S310 - our own
            return response.read().decode()
    except URLError:
        return None


needs_postgresql = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="needs PostgreSQL"
)


@pytest.fixture(scope="module")
def cluster():
    """Give a server that can be killed and stopped, and the environment of a site on it."""
    # As durable as in production: what the tests' other servers commit does not outlive a kill.
    with running_cluster(dict(os.environ), settings=()) as cluster:
        environment = server_environment(cluster.url.rpartition("/")[0] + "/postgres")
        manage(environment, "migrate", "--verbosity", "0")
        yield cluster, environment, make_site(environment)


@needs_postgresql
def test_pages_outlive_the_crash_of_the_database_and_are_current_after_it(cluster):
    cluster, environment, path = cluster
    server = Server(environment, WORKERS)
    try:
        writer = Writer(server, path)
        with reading(server, path, writer) as readers:
            writer.post(0)
            wait_for_more(readers, "answers")
            cluster.kill()
            wait_for_more(readers, "marked")
            assert server.request("GET", "/healthz").status == 503
            cluster.start()
            poll_until(lambda: writer.post(1))
            wait_for_more(readers, "answers")
    finally:
        server.kill()

    assert not [fault for reader in readers for fault in reader.faults]
    assert not any(reader.refused for reader in readers)


@needs_postgresql
def test_pages_are_given_as_last_known_while_the_database_answers_nothing(cluster):
    """A server that is stopped refuses nobody: its connections wait for ever."""
    cluster, environment, path = cluster
    server = Server(environment)
    try:
        known = server.request("GET", path)
        with cluster.stopped():
            hung = [server.request("GET", path) for _time in range(3)]
        poll_until(lambda: server.request("GET", path).getheader("Warning") is None)
    finally:
        server.kill()

    assert known.getheader("Warning") is None
    for answer in hung:
        assert answer.status == 200 and answer.getheader("Warning").startswith("110 ")
        assert answer.text == known.text
