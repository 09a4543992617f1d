"""Reads validators from SQLite."""

import sqlite3

from openup.pagecache.questions import (
    QUERY_SECONDS,
    DatabaseAway,
    make_next_moment,
    make_statement,
)


class Connection:
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
        """Return the validator of `scopes`, and the next moment that changes it, or None."""
        statement = self.statements.get(len(scopes))
        if statement is None:
            statement = make_statement(len(scopes), "?", self.now)
            statement += f", {make_next_moment(len(scopes), '?', self.now)}"
            self.statements[len(scopes)] = statement
        try:
            return self.connection.execute(statement, scopes).fetchone()
        except sqlite3.Error as error:
            raise DatabaseAway from error

    def is_in_wal_mode(self):
        try:
            return self.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        except sqlite3.Error as error:
            raise DatabaseAway from error

    def close(self):
        self.connection.close()
