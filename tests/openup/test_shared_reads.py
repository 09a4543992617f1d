"""Reads of validators that threads share: never one that was sent before the request arrived."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from openup.pagecache import shared_reads
from openup.pagecache.shared_reads import SharedReads
from openup.pagecache.validators import DatabaseAway

DEADLINE_SECONDS = 30


class Database:
    """Counts the reads that begin, and answers each when it is told to."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.answers = threading.Semaphore(0)
        self.sent = []
        self.is_away = False

    def read(self, scopes):
        number = len(self.sent) + 1
        self.sent.append(scopes)
        self.begun.release()
        assert self.answers.acquire(timeout=DEADLINE_SECONDS)
        if self.is_away:
            raise DatabaseAway
        return scopes, number

    def wait_until_asked(self):
        assert self.begun.acquire(timeout=DEADLINE_SECONDS)

    def answer(self, times=1):
        self.answers.release(times)


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def reads(database, monkeypatch):
    """Return shared reads that note in `waits` each read that somebody begins to wait for."""
    reads = SharedReads(database.read, DatabaseAway)
    reads.waits = []
    wait = shared_reads._Read.wait

    def noted_wait(read):
        reads.waits.append(read)
        wait(read)

    monkeypatch.setattr(shared_reads._Read, "wait", noted_wait)
    return reads


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def ask_while_one_is_asked(reads, threads, scopes, times):
    """Begin `times` further reads of `scopes`; return once all of them wait."""
    wanted = len(reads.waits) + times
    futures = [threads.submit(reads.read, scopes) for _ in range(times)]
    deadline = time.monotonic() + DEADLINE_SECONDS
    # Whoever waits has joined; the first of them waits for the read before.
    while len(reads.waits) < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return futures


def test_who_comes_while_a_read_is_under_way_shares_the_next(reads, database, threads):
    first = threads.submit(reads.read, ("a",))
    database.wait_until_asked()
    later = ask_while_one_is_asked(reads, threads, ("a",), 5)

    database.answer()
    assert first.result(DEADLINE_SECONDS) == (("a",), 1)
    assert not any(future.done() for future in later)
    database.wait_until_asked()
    database.answer()

    assert {future.result(DEADLINE_SECONDS) for future in later} == {(("a",), 2)}
    assert len(database.sent) == 2


def test_who_comes_after_the_shared_read_was_sent_does_not_join_it(reads, database, threads):
    threads.submit(reads.read, ("a",))
    database.wait_until_asked()
    second = ask_while_one_is_asked(reads, threads, ("a",), 1)
    database.answer()
    database.wait_until_asked()

    third = ask_while_one_is_asked(reads, threads, ("a",), 1)
    database.answer(2)

    assert second[0].result(DEADLINE_SECONDS) == (("a",), 2)
    assert third[0].result(DEADLINE_SECONDS) == (("a",), 3)


def test_other_scopes_wait_for_nobody(reads, database, threads):
    first = threads.submit(reads.read, ("a",))
    database.wait_until_asked()
    other = threads.submit(reads.read, ("b",))
    database.wait_until_asked()
    database.answer(2)

    assert first.result(DEADLINE_SECONDS)[0] == ("a",)
    assert other.result(DEADLINE_SECONDS)[0] == ("b",)


def test_failure_is_told_to_all_who_wait_and_the_next_asks_anew(reads, database, threads):
    first = threads.submit(reads.read, ("a",))
    database.wait_until_asked()
    later = ask_while_one_is_asked(reads, threads, ("a",), 3)
    database.is_away = True
    database.answer(2)

    for future in (first, *later):
        with pytest.raises(DatabaseAway):
            future.result(DEADLINE_SECONDS)
    database.is_away = False
    database.answer()
    assert reads.read(("a",)) == (("a",), 3)
    assert not reads._running and not reads._next
