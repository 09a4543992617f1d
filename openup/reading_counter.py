"""Readings of articles, counted in memory and written behind: nobody waits for it.

What a process has counted and not yet written is lost when it is killed.
"""

import threading
from collections import Counter

from django.db import Error, connection
from django.utils import timezone

from articles.models import ArticleReading

WRITE_SECONDS = 10
# Articles at once; made-up numbers beyond it are not worth the memory.
MOST_KEYS = 10_000
# From one network, until the counts are written: many readers share one, no reader is that quick.
MOST_FROM_NETWORK = 30


class Readings:
    """Counts from any thread; a timer writes, as long as there is something to write."""

    def __init__(self, write_seconds=WRITE_SECONDS):
        self._write_seconds = write_seconds
        self._lock = threading.Lock()
        self._counts = Counter()
        # Forgotten whenever the counts are written.
        self._networks = Counter()
        self._is_writing = False

    def add(self, article_id, network):
        with self._lock:
            self._networks[network] += 1
            is_within = self._networks[network] <= MOST_FROM_NETWORK
            if is_within and len(self._counts) < MOST_KEYS:
                self._counts[article_id, timezone.localdate()] += 1
            if self._is_writing:
                return
            self._is_writing = True
        timer = threading.Timer(self._write_seconds, self._write_and_close)
        timer.daemon = True
        timer.start()

    def write(self):
        """Write what has been counted; what the database does not take waits for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._networks.clear()
            self._is_writing = False
        try:
            ArticleReading.add(counts)
        except Error:
            with self._lock:
                self._counts.update(counts)

    def _write_and_close(self):
        try:
            self.write()
        finally:
            connection.close()


readings = Readings()
