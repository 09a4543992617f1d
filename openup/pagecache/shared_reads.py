"""Reads of validators that several threads wait for at once, sent once for all of them."""

import threading


class _Read:
    """One read; those who wait for it are told when it has ended, whatever came of it."""

    validator = None

    def __init__(self):
        # Held until then. An Event does the same, in ten times the steps.
        self._under_way = threading.Lock()
        self._under_way.acquire()

    def end(self):
        self._under_way.release()

    def wait(self):
        with self._under_way:
            pass


class SharedReads:
    """Gives the validator that `read(scopes)` returns; raises `failure` where that raises.

    Who comes while a read is under way never takes its answer, which may be older than the request.
    All who come until it has ended share the next one, which is sent only then.
    """

    def __init__(self, read, failure):
        self._read = read
        self._failure = failure
        self._guard = threading.Lock()
        self._running, self._next = {}, {}

    def read(self, scopes):
        with self._guard:
            running, shared = self._running.get(scopes), self._next.get(scopes)
            if leads := shared is None:
                shared = _Read()
                (self._next if running else self._running)[scopes] = shared
        if leads:
            return self._lead(shared, running, scopes)
        shared.wait()
        if shared.validator is None:
            raise self._failure
        return shared.validator

    def _lead(self, shared, running, scopes):
        try:
            if running:
                running.wait()
                with self._guard:
                    # From here on nobody joins.
                    self._running[scopes] = self._next.pop(scopes)
            shared.validator = self._read(scopes)
            return shared.validator
        finally:
            with self._guard:
                if scopes not in self._next:
                    del self._running[scopes]
            shared.end()
