"""Cached pages, around Django: validate, then serve (docs/decisions/cached-pages.md).

A page is made by a request of our own making, so that nothing of a reader's can be in it, and given
out only after the database has confirmed that it is current.
"""

import threading
import time
from collections import OrderedDict
from contextlib import contextmanager, suppress
from functools import lru_cache

from articles.models import CONTENT, SITE
from openup import metrics
from openup.pagecache.address import (
    choose_coding,
    find_address,
    is_allowed_host,
    is_secure_enough,
    own_request,
)
from openup.pagecache.answer import STALE_MARK, STALE_SECONDS, Answer, confirming_headers
from openup.pagecache.build import build_id
from openup.pagecache.etag import Stamps
from openup.pagecache.fragments import Fragments
from openup.pagecache.moments import Moments
from openup.pagecache.validators import DatabaseAway, Validators

LONGEST_ADDRESS = 1_024
LONGEST_HEADER = 256
KNOWN_REQUESTS = 4_096
# How long others wait for the one who makes a page.
WAIT_SECONDS = 5
# How often a page is made anew because editors change something meanwhile.
MOST_TRIES = 3
# What a kept page takes beside its bytes: headers, validator, addresses.
PAGE_OVERHEAD_BYTES = 4_096


class Turn:
    """The making of one page: by one thread at a time, and what it has made is for all."""

    def __init__(self):
        self.lock = threading.Lock()
        self.wanted = 0
        self.answer = None


class PageCache:
    """A WSGI application: Django's, and before it the pages that it has made.

    In memory, for each process its own; the least recently used go when they take more than
    `max_bytes`. The fragments that pages are put together from are cached too: `max_fragments`.
    """

    def __init__(self, application, max_bytes, max_fragments=100):
        self.application = application
        self.max_bytes = max_bytes
        self.bytes = 0
        self.validators = Validators()
        self.fragments = Fragments(self.validators, max_fragments)
        self._moments = Moments()
        self._stamps = Stamps(build_id())
        self._pages = OrderedDict()
        self._confirmed = OrderedDict()
        self._sizes = {}
        self._turns = {}
        self._guard = threading.Lock()
        # Each a pure function of a short text that readers send again and again.
        self._find = lru_cache(KNOWN_REQUESTS)(find_address)
        self._is_ours = lru_cache(KNOWN_REQUESTS)(is_allowed_host)
        self._coding = lru_cache(KNOWN_REQUESTS)(choose_coding)

    def __call__(self, environ, start_response):
        # For views of ours; no header of a request is called that.
        environ["openup.fragments"] = self.fragments
        address = self._address(environ) if self.max_bytes else None
        if address is None:
            return self.application(environ, start_response)
        arrived = time.monotonic()
        known = environ.get("HTTP_IF_NONE_MATCH")
        try:
            validator = self._validator(address)
            answer = self._pages.get(address)
            is_current = answer is not None and answer.validator == validator
            if known and (tag := self._stamps.make(address, validator)) in known:
                self._note_confirmed(address, tag, arrived)
                metrics.PAGES_UNCHANGED.inc()
                return _answer_unchanged(confirming_headers(tag), start_response)
            if not is_current:
                answer = self._renew(address, arrived)
        except DatabaseAway:
            return self._answer_unconfirmed(address, environ, start_response)
        answer.confirmed_at = arrived
        if answer.is_keepable:
            return self._answer_current(address, answer, environ, start_response)
        is_missing = answer.status.startswith("404")
        if answer.status.startswith("3") or (is_missing and environ.get("QUERY_STRING")):
            # A redirect may carry the request's own parameters on, or lead from an old address.
            return self.application(environ, start_response)
        if answer.status.startswith("503") and address in self._pages:
            return self._answer_unconfirmed(address, environ, start_response)
        coding = self._coding(environ.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST_HEADER])
        return self._send(*answer.form(coding), answer.status, environ, start_response)

    def _address(self, environ):
        """Return the address of the cached page that is asked for, or None when Django answers."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        host = environ.get("HTTP_HOST", "")
        if len(path) + len(query) > LONGEST_ADDRESS or len(host) > LONGEST_HEADER:
            return None
        # Whom Django would refuse or lead to https, it does.
        if not self._is_ours(host) or not is_secure_enough(environ):
            return None
        return self._find(path, query)

    def _validator(self, address):
        """Read the page's validator, once all that its moments bring about has come about."""
        validator = self.validators.read(address.scopes)
        while self._moments.bring_about(address.scopes, validator):
            validator = self.validators.read(address.scopes)
        return validator

    def _answer_current(self, address, answer, environ, start_response):
        coding = self._coding(environ.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST_HEADER])
        is_new = not answer.has_form(coding)
        headers, body = answer.form(coding)
        metrics.PAGES_KEPT.inc()
        if is_new:
            answer.drop_plain()
            self._keep(address, answer)
        with suppress(KeyError):  # gone meanwhile
            self._pages.move_to_end(address)
        return self._send(headers, body, answer.status, environ, start_response)

    def _answer_unconfirmed(self, address, environ, start_response):
        """Answer with the page as last known, marked as such; without one, with an error."""
        answer = self._pages.get(address)
        if answer is None or time.monotonic() - answer.confirmed_at > STALE_SECONDS:
            tag, confirmed_at = self._confirmed.get(address, ("", 0.0))
            is_held = tag and tag in environ.get("HTTP_IF_NONE_MATCH", "")
            if is_held and time.monotonic() - confirmed_at <= STALE_SECONDS:
                metrics.PAGES_UNCONFIRMED.inc()
                return _answer_unchanged([*confirming_headers(tag), STALE_MARK], start_response)
            metrics.PAGES_UNAVAILABLE.inc()
            # UnavailableMiddleware answers: no thread waits for a database known to be away.
            return self.application({**environ, "openup.unavailable": True}, start_response)
        metrics.PAGES_UNCONFIRMED.inc()
        coding = self._coding(environ.get("HTTP_ACCEPT_ENCODING", "")[:LONGEST_HEADER])
        headers, body = answer.form(coding)
        return self._send(answer.stale(headers), body, answer.status, environ, start_response)

    def _note_confirmed(self, address, tag, arrived):
        """Remember what others hold, for while the database is away."""
        answer = self._pages.get(address)
        if answer is not None and answer.tag == tag:
            answer.confirmed_at = arrived
        with self._guard:
            self._confirmed[address] = tag, arrived
            self._confirmed.move_to_end(address)
            if len(self._confirmed) > KNOWN_REQUESTS:
                self._confirmed.popitem(last=False)

    def _send(self, headers, body, status, environ, start_response):
        start_response(status, headers)
        if not body or environ["REQUEST_METHOD"] != "GET":
            return []
        return [body]

    # Making a page

    def _renew(self, address, arrived):
        """Return an answer that was current at some moment after `arrived`."""
        with self._turn(address) as turn:
            if turn.answer is not None and turn.answer.read_at >= arrived:
                return turn.answer
            # Before the page is made: what changes meanwhile makes it stale.
            read_at = time.monotonic()
            validator = self._validator(address)
            answer = self._pages.get(address)
            if answer is None or answer.validator != validator:
                with metrics.PAGE_MAKING_SECONDS.time():
                    answer = turn.answer = self._make_whole(address, validator, read_at)
                if answer.is_keepable:
                    self._keep(address, answer)
                elif not answer.status.startswith("5"):
                    # Withdrawn or moved: no longer what is known of it while the database is away.
                    self._drop(address)
            return answer

    @contextmanager
    def _turn(self, address):
        """Hold the page's turn to be made; after WAIT_SECONDS go ahead without it."""
        with self._guard:
            turn = self._turns.setdefault(address, Turn())
            turn.wanted += 1
        is_held = turn.lock.acquire(timeout=WAIT_SECONDS)
        try:
            yield turn
        finally:
            if is_held:
                turn.lock.release()
            with self._guard:
                turn.wanted -= 1
                if not turn.wanted:
                    del self._turns[address]

    def _make_whole(self, address, validator, read_at):
        """Make the page; anew where editors have changed something between two of its queries."""
        for _try in range(MOST_TRIES):
            answer = self._make(address, validator, read_at)
            before, validator = validator, self._validator(address)
            if _editorial(address, validator) == _editorial(address, before):
                break
        return answer

    def _make(self, address, validator, read_at):
        started = []

        def start_response(status, headers, exc_info=None):
            started[:] = [status, headers]

        request = {**own_request(address), "openup.fragments": self.fragments}
        chunks = self.application(request, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        tag = self._stamps.make(address, validator)
        return Answer(*started, body, validator, read_at, tag)

    def _keep(self, address, answer):
        """Keep a page, or count it anew when it has got one more form; make room for it."""
        size = answer.size + PAGE_OVERHEAD_BYTES
        with self._guard:
            kept = self._pages.get(address)
            if kept is not None and kept.read_at > answer.read_at:
                return
            if size > self.max_bytes:
                return
            self.bytes += size - self._sizes.get(address, 0)
            self._pages[address] = answer
            self._sizes[address] = size
            while self.bytes > self.max_bytes:
                oldest, _answer = self._pages.popitem(last=False)
                self.bytes -= self._sizes.pop(oldest)
            metrics.PAGE_CACHE_BYTES.set(self.bytes)

    def _drop(self, address):
        with self._guard:
            self._confirmed.pop(address, None)
            if self._pages.pop(address, None) is not None:
                self.bytes -= self._sizes.pop(address)
                metrics.PAGE_CACHE_BYTES.set(self.bytes)


def _editorial(address, validator):
    """Return what the validator says of editors' changes: comments alone make no page a mixture."""
    pairs = zip(address.scopes, validator, strict=True)
    return [state for scope, state in pairs if scope in {CONTENT, SITE}]


def _answer_unchanged(headers, start_response):
    """Say that the page is the one that is held, whether or not we have it too."""
    start_response("304 Not Modified", headers)
    return []
