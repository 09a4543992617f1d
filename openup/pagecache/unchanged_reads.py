"""Reads of validators from SQLite, spared while nobody has written to the database since.

A query lets the interpreter's lock go at every step, and waits for it among all threads: that costs
more than the query. But SQLite's processes share a piece of memory, the WAL index, whose header
every commit changes before it is acknowledged (https://sqlite.org/walformat.html, 2.1): while it is
the same, so is the database.
"""

import mmap
import os
import sys
import threading
import time
from datetime import UTC, datetime
from functools import cache

from openup.pagecache.sqlite import Connection

# Version, number of the change, frames, salts and checksums; a second copy of it follows.
HEADER_BYTES = 48
# The only one there has been. We rely on nothing else of the header than that it changes.
FORMAT = (3_007_000).to_bytes(4, sys.byteorder)
MOST_REMEMBERED = 1_000


class UnchangedReads:
    """Gives the validator of scopes as `read(scopes)` does, which must return it with the next
    moment when one of them changes by itself, or None; raises DatabaseAway where it does.
    """

    def __init__(self, read, parameters):
        self._read = read
        self._parameters = parameters
        self._opening = threading.Lock()
        self._was_opened = False
        self._connection = self._memory = None
        self._remembered = {}

    def read(self, scopes):
        # Both before the database is asked: what changes meanwhile makes the answer old.
        header = self._memory and self._memory[:HEADER_BYTES]
        now = time.time()
        if remembered := self._remembered.get(scopes):
            unchanged_header, since, until, validator = remembered
            # A clock that was put back makes a moment that has passed one to come.
            if header == unchanged_header and since <= now < until:
                return validator
        *columns, next_moment = self._read(scopes)
        validator = tuple(columns)
        if header:
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[scopes] = header, now, _seconds(next_moment), validator
        elif not self._was_opened:
            self._open()
        return validator

    def _open(self):
        with self._opening:
            if self._was_opened:
                return
            # Held for good: while somebody has the database open, the index stays the one it is.
            self._connection = Connection(self._parameters)
            self._memory = self._connection.is_in_wal_mode() and _map(self._parameters["database"])
            self._was_opened = True


def _seconds(moment):
    """Return a moment, as Django writes it to SQLite, in seconds since 1970; infinity for None."""
    if moment is None:
        return float("inf")
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def _map(database):
    """Return the WAL index of an open database as memory, or None where it is not as expected."""
    try:
        status = os.stat(f"{database}-shm")
        memory = _map_once(f"{database}-shm", status.st_dev, status.st_ino)
    except (OSError, ValueError):  # none, or shorter than a header
        return None
    return memory if memory[: len(FORMAT)] == FORMAT else None


@cache
def _map_once(file, device, inode):
    """Never closed: closing any descriptor of a file ends all locks that this process has on it,
    SQLite's too (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    descriptor = os.open(file, os.O_RDONLY)
    return mmap.mmap(descriptor, HEADER_BYTES, mmap.MAP_SHARED, mmap.PROT_READ)
