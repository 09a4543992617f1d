"""Ask the database whether kept pages are current, over connections of its own.

A validator is a tuple: for each scope its version, and the newest of its due moments that has
passed by the database's clock. Two equal ones mean that nothing has changed in between.
"""

import threading
import time
from contextlib import suppress
from importlib import import_module

from django.conf import settings
from django.db import connections

from openup.pagecache.questions import DatabaseAway
from openup.pagecache.shared_reads import SharedReads
from openup.pagecache.unchanged_reads import UnchangedReads

SHORTEST_PAUSE_SECONDS = 0.05
SHORTEST_WAIT_SECONDS = 0.0005


class Validators:
    """Reads validators for any number of threads; recovers its connections by itself."""

    def __init__(self):
        # The last one given back is taken first: as many are open as ever asked at once, no more
        # than SERVER_THREADS, since the server has further threads for those who wait.
        self._idle = []
        self._open = set()
        self._connecting = threading.Lock()
        self._pause_until = 0.0
        database = connections["default"]
        if database.vendor == "postgresql":
            # Each read costs two processes a turn; SQLite's is over before another would have it.
            self.read = SharedReads(self.read).read
        else:
            self.read = UnchangedReads(self.read, database.get_connection_params()).read

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
        database = import_module(f"openup.pagecache.{wrapper.vendor}")
        connection = database.Connection(wrapper.get_connection_params())
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
