"""Reads validators from PostgreSQL; imported by sites that have it, for psycopg takes 7 MB."""

import select
import time

import psycopg
from psycopg import pq

from openup.pagecache.questions import QUERY_SECONDS, DatabaseAway, make_statement

# Of Django's parameters those about cursors; the rest are libpq's.
ABOUT_CURSORS = {"context", "cursor_factory", "prepare_threshold", "server_side_binding"}


class Connection:
    """Below psycopg's cursors: they cost as much again, and wait for a hung server for ever."""

    now = "STATEMENT_TIMESTAMP()"

    def __init__(self, parameters):
        given = {name: value for name, value in parameters.items() if name not in ABOUT_CURSORS}
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
