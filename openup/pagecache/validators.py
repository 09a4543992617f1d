"""Ask the database whether kept pages are current, over connections of its own.

A validator is a tuple: for each scope its version, and the newest of its due moments that has
passed by the database's clock. Two equal ones mean that nothing has changed in between.
"""

import select
import sqlite3
import threading
import time
from contextlib import suppress

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import pq

from articles.models import Due, PageVersion
from openup.pagecache.shared_reads import DatabaseAway, SharedReads

# Longer than any answer takes of a database that is well.
QUERY_SECONDS = 3
SHORTEST_PAUSE_SECONDS = 0.05
SHORTEST_WAIT_SECONDS = 0.0005


def make_statement(count, mark, now):
    """Return the query for `count` scopes: one row, every column found by one look into an index.

    The newest moment is asked for scope by scope, since over several an index would be walked.
    """
    columns = ", ".join(
        f"(SELECT version FROM {PageVersion._meta.db_table} WHERE scope = {mark}{number}),"  # noqa: S608
        f" (SELECT MAX(at) FROM {Due._meta.db_table} WHERE scope = {mark}{number} AND at <= {now})"
        for number in range(1, count + 1)
    )
    return f"SELECT {columns}"


class SQLiteConnection:
    # As Django's Now() writes it: moments are compared as text.
    now = "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')"

    def __init__(self, parameters):
        try:
            self.connection = sqlite3.connect(
                parameters["database"],
                uri=parameters.get("uri", False),
                timeout=QUERY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self.connection.execute("PRAGMA query_only = 1")
        except sqlite3.Error as error:
            raise DatabaseAway from error
        self.statements = {}

    def read(self, scopes):
        statement = self.statements.get(len(scopes))
        if statement is None:
            statement = make_statement(len(scopes), "?", self.now)
            self.statements[len(scopes)] = statement
        try:
            return self.connection.execute(statement, scopes).fetchone()
        except sqlite3.Error as error:
            raise DatabaseAway from error

    def close(self):
        self.connection.close()


class PostgreSQLConnection:
    """Below psycopg's cursors: they cost as much again, and wait for a hung server for ever."""

    now = "STATEMENT_TIMESTAMP()"

    def __init__(self, parameters):
        # The rest are Django's own, about cursors.
        cursors = {"context", "cursor_factory", "prepare_threshold", "server_side_binding"}
        given = {name: value for name, value in parameters.items() if name not in cursors}
        given["options"] = f"{given.get('options', '')} -c plan_cache_mode=force_generic_plan"
        try:
            self.connection = psycopg.connect(**given, autocommit=True)
        except psycopg.Error as error:
            raise DatabaseAway from error
        self.pgconn = self.connection.pgconn
        self.pgconn.nonblocking = 1
        self.poll = select.poll()
        self.poll.register(self.pgconn.socket, select.POLLIN)
        self.prepared = set()

    def read(self, scopes):
        try:
            name = b"%d" % len(scopes)
            if name not in self.prepared:
                statement = make_statement(len(scopes), "$", self.now).encode()
                self.pgconn.send_prepare(name, statement)
                self._result(pq.ExecStatus.COMMAND_OK)
                self.prepared.add(name)
            self.pgconn.send_query_prepared(name, [scope.encode() for scope in scopes])
            result = self._result(pq.ExecStatus.TUPLES_OK)
        except psycopg.Error as error:
            raise DatabaseAway from error
        return tuple(result.get_value(0, column) for column in range(2 * len(scopes)))

    def _result(self, expected):
        """Wait for the one result of what was sent, within QUERY_SECONDS."""
        pgconn = self.pgconn
        until = time.monotonic() + QUERY_SECONDS
        # What we send is small and the connection was idle: it leaves at once.
        pgconn.flush()
        while pgconn.is_busy():
            left = until - time.monotonic()
            if left <= 0:
                raise psycopg.OperationalError("The database does not answer.")
            self.poll.poll(left * 1000)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None or result.status != expected:
            raise psycopg.OperationalError("The database did not answer as expected.")
        # The end of the answer has come with it, or follows at once.
        pgconn.get_result()
        return result

    def close(self):
        self.connection.close()


KINDS = {"sqlite": SQLiteConnection, "postgresql": PostgreSQLConnection}


class Validators:
    """Reads validators for any number of threads; recovers its connections by itself."""

    def __init__(self):
        # The last one given back is taken first: as many are open as ever asked at once, no more
        # than SERVER_THREADS, since the server has further threads for those who wait.
        self._idle = []
        self._open = set()
        self._connecting = threading.Lock()
        self._pause_until = 0.0
        if connections["default"].vendor == "postgresql":
            # Each read costs two processes a turn; SQLite's is over before another would have it.
            self.read = SharedReads(self.read).read

    def read(self, scopes):
        """Return the validator of `scopes`, read after the call began; raise DatabaseAway."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return self._read_anew(scopes)
        try:
            validator = connection.read(scopes)
        except DatabaseAway:
            # The server may have been restarted since, and the others are as dead.
            self._end(connection)
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
                raise DatabaseAway
            connection = self._wait_for_idle()
            try:
                connection = connection or self._connect()
                validator = connection.read(scopes)
            except DatabaseAway:
                if connection:
                    self._end(connection)
                now = time.monotonic()
                self._pause_until = now + max(now - began, SHORTEST_PAUSE_SECONDS)
                raise
        self._idle.append(connection)
        return validator

    def _wait_for_idle(self):
        """Return a connection that is given back when there may be no more, or None."""
        while len(self._open) >= settings.SERVER_THREADS:
            with suppress(IndexError):
                return self._idle.pop()
            time.sleep(SHORTEST_WAIT_SECONDS)
        return None

    def _connect(self):
        wrapper = connections.create_connection("default")
        connection = KINDS[wrapper.vendor](wrapper.get_connection_params())
        self._open.add(connection)
        return connection

    def _end(self, connection):
        self._open.discard(connection)
        connection.close()

    def close(self):
        """Close the connections that nobody is using."""
        while self._idle:
            with suppress(IndexError):
                self._end(self._idle.pop())
