"""Reads of SQLite's validators that are spared: only while nothing has been written since."""

import gc
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openup.pagecache import unchanged_reads
from openup.pagecache.sqlite import Connection
from openup.pagecache.unchanged_reads import UnchangedReads

SCOPES = ("article:1", "content", "site")
SCHEMA = """
CREATE TABLE articles_pageversion (scope TEXT PRIMARY KEY, version INTEGER NOT NULL);
CREATE TABLE articles_due (scope TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (scope, at));
CREATE TABLE filler (text TEXT);
INSERT INTO articles_pageversion VALUES ('article:1', 1), ('content', 1), ('site', 1);
"""
CHANGE = "UPDATE articles_pageversion SET version = version + 1 WHERE scope = 'article:1'"
# So large that SQLite writes of it into the log before it is committed.
FILL = """
PRAGMA cache_size = 1;
BEGIN IMMEDIATE;
INSERT INTO filler
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    SELECT hex(randomblob(2000)) FROM n;
"""
SPILL = f"{FILL} {CHANGE};"
STEPS = {
    "a change": CHANGE,
    "a change elsewhere": "INSERT INTO filler VALUES ('x')",
    "another scope": "INSERT INTO articles_pageversion VALUES ('y', 1) ON CONFLICT DO NOTHING",
    "a rollback": f"BEGIN IMMEDIATE; {CHANGE}; ROLLBACK",
    "a rollback of what was written": f"{SPILL} ROLLBACK",
    "a large change": f"{SPILL} COMMIT",
    "a checkpoint": "PRAGMA wal_checkpoint(PASSIVE)",
    "a new log": f"PRAGMA wal_checkpoint(RESTART); {CHANGE}",
    "a log cut to nothing": "PRAGMA wal_checkpoint(TRUNCATE)",
    "a compaction": "VACUUM",
    "a moment that has passed": "INSERT INTO articles_due VALUES"
    " ('content', STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW', '-1 second')) ON CONFLICT DO NOTHING",
}
# In a process of its own: what one process does to its own locks says nothing of another's.
KILLED = """
import os, signal, sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None).executescript(sys.argv[2])
os.kill(os.getpid(), signal.SIGKILL)
"""
WRITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
connection.executescript(sys.argv[2])
connection.close()
"""


class Site:
    """A database, its unchanged reads, and how often they asked it."""

    def __init__(self, folder, journal_mode="WAL"):
        self.file = str(folder / "site.sqlite3")
        self.writer = sqlite3.connect(self.file, isolation_level=None)
        self.writer.execute(f"PRAGMA journal_mode = {journal_mode}")
        self.writer.executescript(SCHEMA)
        self.connection = Connection({"database": self.file})
        self.asked = 0
        self.reads = UnchangedReads(self.ask, {"database": self.file})
        # The first opens the index, the second is remembered.
        self.read(), self.read()
        self.asked = 0

    def ask(self, scopes):
        self.asked += 1
        return self.connection.read(scopes)

    def read(self, scopes=SCOPES):
        return self.reads.read(scopes)

    def truth(self):
        return tuple(self.connection.read(SCOPES)[:-1])

    def run(self, program, statements):
        command = [sys.executable, "-c", program, self.file, statements]
        return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_nobody_is_asked_while_nothing_was_written(site):
    answers = {site.read() for _ in range(100)}

    assert answers == {site.truth()}
    assert site.asked == 0


def test_every_change_is_in_the_very_next_read(site):
    for _ in range(100):
        before = site.read()
        site.writer.execute(CHANGE)
        assert site.read() == site.truth() != before


def test_change_of_another_process_is_in_the_very_next_read(site):
    before = site.read()

    assert site.run(WRITE, CHANGE).returncode == 0

    assert site.read() == site.truth() != before


def test_index_stays_while_nobody_else_has_the_database_open(site):
    before = site.read()
    site.connection.close()
    site.writer.close()

    # Whoever closes the database last removes the index, and the next begins another.
    assert site.run(WRITE, CHANGE).returncode == 0

    site.connection = Connection({"database": site.file})
    assert site.read() == site.truth() != before


def test_process_killed_while_it_wrote_leaves_what_was_committed(site):
    before = site.read()
    for _ in range(3):
        assert site.run(KILLED, SPILL).returncode < 0
        assert site.read() == site.truth() == before

    assert site.run(KILLED, CHANGE).returncode < 0

    assert site.read() == site.truth() != before


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_reads_are_those_of_the_database_whatever_is_done_to_it(site, steps):
    for step in steps:
        site.writer.executescript(STEPS[step])
        assert [site.read(), site.read()] == [site.truth()] * 2


def test_moment_that_comes_makes_the_answer_new_without_a_write(site):
    # In milliseconds, as SQLite's clock has them.
    at = datetime.now(UTC) + timedelta(seconds=1)
    moment = at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    site.writer.execute("INSERT INTO articles_due VALUES ('content', ?)", [moment])

    began = ended = None
    while began is None or began < at:
        began, found, ended = datetime.now(UTC), moment in site.read(), datetime.now(UTC)
        assert not found or ended >= at

    assert found


def test_clock_that_is_put_back_is_asked_anew(site, monkeypatch):
    monkeypatch.setattr(unchanged_reads.time, "time", lambda: 0.0)

    site.read()

    assert site.asked == 1


@pytest.mark.parametrize("journal_mode", ["DELETE", "MEMORY"])
def test_without_a_log_the_database_is_always_asked(tmp_path, journal_mode):
    site = Site(tmp_path, journal_mode)
    for _ in range(3):
        site.writer.execute(CHANGE)
        assert site.read() == site.truth()

    assert site.asked == 3


def test_index_of_another_format_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(unchanged_reads, "FORMAT", b"\0\0\0\0")
    site = Site(tmp_path)

    site.read(), site.read()

    assert site.asked == 2


def test_no_more_is_remembered_than_has_room(site, monkeypatch):
    monkeypatch.setattr(unchanged_reads, "MOST_REMEMBERED", 3)
    for number in range(20):
        site.read((f"article:{number}",))

    assert len(site.reads._remembered) <= 3


def test_reading_the_index_ends_no_lock_of_this_process(site, tmp_path):
    site.writer.execute("BEGIN IMMEDIATE")
    # As when a site is set up and torn down beside another.
    other = UnchangedReads(site.ask, {"database": site.file})
    other.read(SCOPES), other.read(SCOPES)
    del other
    gc.collect()

    refused = site.run(WRITE, CHANGE)

    site.writer.execute("ROLLBACK")
    assert "database is locked" in refused.stderr
    assert site.run(WRITE, CHANGE).returncode == 0
