"""The primary's machine is lost while readers read and writers write, and nothing else is."""

import json
import os
import re
import shlex
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deploy.processes import end, start
from tests.deployed.conftest import GUIDE_COMMAND
from tests.deployed.database_machines import obstacle, running_cluster
from tests.deployed.installation import GUIDE, HOST, Installation
from tests.deployed.test_operation import FORM

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.skipif(bool(obstacle()), reason=obstacle()),
]

WRITERS, READERS = 8, 2
ARTICLE = "/articles/3/"
KEPT_PAGES = ["/", "/articles/"]
# Writes are promised within half a minute; a loaded machine may take longer for all it does.
PATIENCE_SECONDS = 120
AT_HAND = 10


@pytest.fixture(scope="module")
def cluster():
    with tempfile.TemporaryDirectory(prefix="openup-failover-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_cluster(folder) as cluster:
            yield cluster


@pytest.fixture(scope="module")
def clustered_site(cluster):
    """Give the guide's installation on the cluster, with its mail worker; neither is restarted."""
    with tempfile.TemporaryDirectory(prefix="openup-deployed-") as name:
        Path(name).chmod(0o755)
        site = Installation(Path(name), dict(os.environ))
        # Limits are lifted on a loopback site alone.
        loopback = {"SITE_URL": "https://127.0.0.1", "ALLOWED_HOSTS": HOST}
        site.write_settings(cluster.database_url, **loopback, BENCHMARK_WITHOUT_LIMITS="1")
        site.make_certificate()
        site.write_nginx()
        for command in GUIDE_COMMAND.findall(GUIDE.partition("## Update")[0]):
            site.manage(*command.split())
        site.manage("import_articles", "articles/sample")
        with site.running():
            worker = start(shlex.split(site.unit("openup-mail.service")["ExecStart"]), site.env)
            try:
                yield site
                assert worker.poll() is None
            finally:
                end(worker)


@dataclass
class Journal:
    """What writers sent and what they heard, and what readers did."""

    acknowledged: list = field(default_factory=list)
    moments: list = field(default_factory=list)
    statuses: set = field(default_factory=set)
    kept: list = field(default_factory=list)

    def longest_gap(self):
        """Return for how many seconds no comment was acknowledged at the longest."""
        return max(later - earlier for earlier, later in pairwise(sorted(self.moments)))


@contextmanager
def load(site, word):
    """Have eight write comments and two read; each comment is sent until it is acknowledged."""
    journal, is_over = Journal(), threading.Event()

    def send(writer, number):
        body = f"{word} {writer}-{number}."
        fields = {
            "email": f"writer{writer}@example.com",
            "password": "right horse key",
            "body": body,
            "submission_key": f"{word}-{writer}-{number}".ljust(32, "x"),
        }
        source = f"127.9.{writer}.{number % 250 + 1}"
        while True:
            path = f"{ARTICLE}comments/"
            answer = site.request("POST", path, urlencode(fields), FORM, source=source)
            journal.statuses.add(answer.status)
            if answer.status == 302:
                journal.acknowledged.append(body)
                return journal.moments.append(time.monotonic())
            if answer.status != 503 or is_over.wait(0.5):  # as a person would, sooner
                return None

    def write(writer):
        for number in count(1):
            if is_over.is_set():
                return
            send(writer, number)

    def read():
        while not is_over.is_set():
            for path in KEPT_PAGES:
                answer = site.request("GET", path)
                journal.kept.append(answer.status)
                journal.statuses.add(site.request("GET", f"{path}?comment=1").status)

    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        tasks = [pool.submit(write, number) for number in range(WRITERS)]
        tasks += [pool.submit(read) for _number in range(READERS)]
        try:
            wait_for_more(journal)
            yield journal
        finally:
            is_over.set()
        for task in tasks:
            task.result()


def wait_for_more(journal):
    """Wait for further acknowledged comments; return after how many seconds the first was."""
    began, known = time.monotonic(), len(journal.moments)
    while len(journal.moments) < known + AT_HAND + WRITERS:
        assert time.monotonic() < began + PATIENCE_SECONDS, journal.statuses
        time.sleep(0.05)  # between two looks
    # What was on its way when we began may have been acknowledged at once.
    return sorted(journal.moments)[known + WRITERS] - began


def shown(site, word):
    """Return the comments of `word` that the article's pages show."""
    path = site.request("GET", ARTICLE).headers["Location"]
    first = site.request("GET", f"{path}?page=1").content.decode()
    last = max(map(int, re.findall(r"[?;]page=(\d+)", first)), default=1)
    pages = [site.request("GET", f"{path}?page={page}") for page in range(1, last + 1)]
    assert {page.status for page in pages} == {200}
    text = "".join(page.content.decode() for page in pages)
    return re.findall(rf"{word} \d+-\d+\.", text)


def assert_nothing_was_lost(site, journal, word, record_property):
    found = shown(site, word)
    lost = set(journal.acknowledged) - set(found)
    record_property("pages", len(journal.kept))
    record_property("pages refused", sum(status != 200 for status in journal.kept))
    record_property("acknowledged", len(journal.acknowledged))
    record_property("lost", len(lost))
    record_property("twice", len(found) - len(set(found)))
    assert {*journal.kept} == {200}
    assert not lost
    assert len(found) == len(set(found))
    assert journal.statuses <= {200, 302, 503}


# First, and for itself: each test has five minutes, with what it builds.
def test_the_chapter_leads_to_a_primary_and_a_synchronous_standby(cluster):
    expected = {
        "data_checksums": "on",
        "log_min_error_statement": "panic",
        "ssl": "on",
        "synchronous_standby_names": "db2",
    }

    ask = "sudo -u postgres psql --no-align --tuples-only --command"
    told = {
        name: cluster.machines["db1"].run(f"{ask} 'SHOW {name}' openup").strip()
        for name in expected
    }

    assert told == expected
    assert cluster.roles() == {"db1": "Leader", "db2": "Sync Standby"}


@pytest.mark.exercise("Failover of PostgreSQL")
def test_the_standby_takes_over_and_nothing_acknowledged_is_lost(
    cluster, clustered_site, record_property
):
    with load(clustered_site, "넘어간 글") as journal:
        cluster.machines["db1"].kill()
        seconds = wait_for_more(journal)
        roles = cluster.roles()

    record_property("seconds until written again", round(seconds))
    assert roles == {"db2": "Leader"}
    assert_nothing_was_lost(clustered_site, journal, "넘어간 글", record_property)


@pytest.mark.exercise("Switchover of PostgreSQL")
def test_the_lost_machine_comes_back_and_is_made_the_primary_again(
    cluster, clustered_site, record_property
):
    with load(clustered_site, "돌아온 글") as journal:
        began = time.monotonic()
        cluster.machines["db1"].come_back()
        cluster.wait_for(lambda: cluster.roles().get("db1") == "Sync Standby")
        record_property("seconds until it is the standby", round(time.monotonic() - began))
        cluster.machines["db2"].patronictl("switchover --master db2 --candidate db1 --force")
        cluster.wait_for(lambda: cluster.roles() == {"db1": "Leader", "db2": "Sync Standby"})
        wait_for_more(journal)

    record_property("seconds without writes", round(journal.longest_gap()))
    assert_nothing_was_lost(clustered_site, journal, "돌아온 글", record_property)


@pytest.mark.exercise("A primary that had hung")
def test_a_primary_that_hung_does_not_take_its_role_back(cluster, clustered_site, record_property):
    with cluster.machines["db1"].stopped():
        cluster.wait_for(lambda: cluster.roles("db2").get("db2") == "Leader")
        # Its kernel answers, and nothing ends the wait of who had asked it.
        clustered_site.stop_application()
        clustered_site.start_application()
        with load(clustered_site, "그 사이의 글") as journal:
            pass
    cluster.wait_for(lambda: cluster.roles() == {"db1": "Sync Standby", "db2": "Leader"})

    assert_nothing_was_lost(clustered_site, journal, "그 사이의 글", record_property)


def test_a_backup_is_made_of_whichever_is_the_primary(cluster, clustered_site):
    clustered_site.run(clustered_site.unit("openup-backup.service")["ExecStart"])

    (backup,) = (clustered_site.folder / "backups").iterdir()
    told = json.loads((backup / "backup.json").read_text())
    assert told["rows"]["comments_comment"] > 0
