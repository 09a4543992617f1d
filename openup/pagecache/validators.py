"""Ask the database whether cached pages are current, over ordinary connections of its own.

A validator has for each scope its version and the newest of its due moments that has passed by the
database's clock. Two equal ones mean that nothing has changed in between. The queries find each
column by one look into an index, moments scope by scope, since over several it would be walked.
"""

import logging
import os
import socket
import sqlite3
import threading
import time
from contextlib import suppress
from functools import cache

from django.conf import settings
from django.db import connections

from articles.models import Due, PageVersion
from openup.pagecache.shared_reads import SharedReads

# Longer than any answer takes of a database that is well.
QUERY_SECONDS = 3
WATCH_SECONDS = 0.5
SHORTEST_PAUSE_SECONDS = 0.05

VERSIONS, MOMENTS = PageVersion._meta.db_table, Due._meta.db_table

logger = logging.getLogger(__name__)


class DatabaseAway(Exception):
    """The database cannot be asked now."""


class Validators:
    """Reads validators for any number of threads; recovers its connections by itself."""

    def __init__(self):
        # The last one given back is taken first: as many are open as ever asked at once.
        self._idle = []
        # The server has further threads for those who wait to write; they wait here too.
        self._room = threading.BoundedSemaphore(settings.SERVER_THREADS)
        self._connecting = threading.Lock()
        self._pause_until = 0.0
        self._is_away = False
        if connections["default"].vendor == "postgresql":
            # Each costs two processes a turn; SQLite's is over before another would have it.
            self.read = SharedReads(self.read, DatabaseAway).read

    def read(self, scopes):
        """Return the validator of `scopes`, read after the call began; raise DatabaseAway."""
        if not self._room.acquire(timeout=QUERY_SECONDS):
            raise DatabaseAway("All connections are busy.")
        try:
            return self._read(scopes)
        finally:
            self._room.release()

    def _read(self, scopes):
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._read_anew(scopes)
        try:
            validator = connection.read(scopes)
        except DatabaseAway:
            # The server may have been restarted since, and the others are as dead.
            connection.close()
            self.close()
            return self._read_anew(scopes)
        self._idle.append(connection)
        return validator

    def _read_anew(self, scopes):
        """Read over a new connection; after a failure, not before as long again as it took.

        So a database that does not even refuse costs the threads at most half of their time.
        """
        with self._connecting:
            began = time.monotonic()
            if began < self._pause_until:
                raise DatabaseAway("The last try has just failed.")
            connection = None
            try:
                connection = self._connect()
                validator = connection.read(scopes)
            except DatabaseAway as error:
                if connection:
                    connection.close()
                now = time.monotonic()
                self._pause_until = now + max(now - began, SHORTEST_PAUSE_SECONDS)
                self._note_away(error)
                raise
            self._note_back()
        self._idle.append(connection)
        return validator

    def _connect(self):
        wrapper = connections["default"]
        kind = {"postgresql": PostgreSQLConnection, "sqlite": SQLiteConnection}[wrapper.vendor]
        return kind(wrapper.get_connection_params())

    def _note_away(self, error):
        """Say once for each outage why it began; the driver's words name no password."""
        if not self._is_away:
            self._is_away = True
            logger.warning("Cached pages cannot be validated: %s", " ".join(str(error).split()))

    def _note_back(self):
        if self._is_away:
            self._is_away = False
            logger.info("Cached pages are validated again.")

    def close(self):
        """Close the connections that nobody is using."""
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()


class SQLiteConnection:
    def __init__(self, parameters):
        try:
            self._connection = sqlite3.connect(
                parameters["database"],
                uri=parameters.get("uri", False),
                timeout=QUERY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.execute("PRAGMA query_only = 1")
        except sqlite3.Error as error:
            raise DatabaseAway(error) from error

    def read(self, scopes):
        twice = [value for scope in scopes for value in (scope, scope)]
        try:
            row = self._connection.execute(sqlite_query(len(scopes)), twice).fetchone()
        except sqlite3.Error as error:
            raise DatabaseAway(error) from error
        return tuple(zip(row[::2], row[1::2], strict=True))

    def close(self):
        self._connection.close()


@cache
def sqlite_query(count):
    """Return the query for `count` scopes, each of which it is given twice.

    One row, for each row lets the interpreter's lock go.
    """
    # As Django's Now() writes it: moments are compared as text.
    now = "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')"
    columns = ", ".join(
        f"(SELECT version FROM {VERSIONS} WHERE scope = ?),"  # noqa: S608 - tables of ours
        f" (SELECT MAX(at) FROM {MOMENTS} WHERE scope = ? AND at <= {now})"
        for _number in range(count)
    )
    return f"SELECT {columns}"


# Half of the planning that SQLite's query would take. In UTC, whatever a connection's time zone is.
POSTGRESQL_QUERY = f"""
    SELECT scope, version, (
        SELECT at AT TIME ZONE 'UTC' FROM {MOMENTS}
        WHERE {MOMENTS}.scope = {VERSIONS}.scope AND at <= STATEMENT_TIMESTAMP()
        ORDER BY at DESC LIMIT 1
    )
    FROM {VERSIONS} WHERE scope = ANY(%s)
"""  # noqa: S608


class PostgreSQLConnection:
    """Without transactions and prepared statements: PgBouncer may pass each query to another of
    its connections. Statements have the time that Django's have; we wait QUERY_SECONDS.
    """

    def __init__(self, parameters):
        # Not above: it takes 7 MB, which a worker on SQLite does without.
        import psycopg  # noqa: PLC0415

        self._error = psycopg.Error
        own = {"autocommit": True, "prepare_threshold": None, "cursor_factory": psycopg.Cursor}
        try:
            self._connection = psycopg.connect(**parameters | own)
        except psycopg.Error as error:
            raise DatabaseAway(error) from error
        _start_watchdog()

    def read(self, scopes):
        _awaited[self._connection] = time.monotonic()
        try:
            rows = self._connection.execute(POSTGRESQL_QUERY, [list(scopes)]).fetchall()
        except self._error as error:
            raise DatabaseAway(error) from error
        finally:
            del _awaited[self._connection]
        known = {scope: (version, moment) for scope, version, moment in rows}
        return tuple(known.get(scope, (None, None)) for scope in scopes)

    def close(self):
        self._connection.close()


# Connections over which an answer is awaited, and since when.
_awaited = {}


@cache
def _start_watchdog():
    threading.Thread(target=_watch, name="validators-watchdog", daemon=True).start()


def _watch():
    """End connections whose answer does not come: a server that has stopped, or whose machine is
    gone, keeps its own limits no more than it answers, and psycopg waits for ever.
    """
    while True:
        time.sleep(WATCH_SECONDS)
        latest = time.monotonic() - QUERY_SECONDS
        for connection, since in list(_awaited.items()):
            if since < latest:
                _shut_down(connection)


def _shut_down(connection):
    """Let whoever waits for an answer see the connection's end."""
    # A second descriptor of the same socket, since this object closes its own.
    with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
