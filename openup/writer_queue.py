"""Who enters Django now: a crowd of writers never stops the readers (docs/decisions/writers.md).

A request that may hash a password takes a place, and then waits for its turn, in a thread that the
server has beside those that reading needs. Who finds no place is answered at once, from memory.
"""

import io
import logging
import tempfile
import threading
from functools import cached_property

from django.conf import settings

from articles.content.uploads import MAX_UPLOAD_REQUEST_BYTES
from openup import metrics
from openup.pagecache.address import Address, own_request

logger = logging.getLogger(__name__)

READING = {"GET", "HEAD", "OPTIONS"}
# A page tells that it was read: no form, and no hash.
READ_NOTICE = "/read/"
SIGN_IN_PATH = f"{settings.STAFF_PATH}login/"
WAIT_SECONDS = 2.0
CHUNK_BYTES = 64 * 1024


class Gate:
    """A WSGI application: Django's, entered by `turns` writers at once while `waiting` more wait.

    All others enter up to `others` at once. The staff's own pages are among them: moderators must
    be able to act when a crowd is writing.
    """

    def __init__(self, application, turns, waiting, others, wait_seconds=WAIT_SECONDS):
        self.application = application
        self._others = threading.BoundedSemaphore(others)
        self._turns = threading.BoundedSemaphore(turns)
        self._places = threading.BoundedSemaphore(turns + waiting)
        self._wait_seconds = wait_seconds

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] in READING or _passes_by(environ["PATH_INFO"]):
            if environ["REQUEST_METHOD"] not in READING:
                environ = _with_form_of_staff(environ)
            # Those for whom there is no connection to the database wait here, not in its pool.
            with self._others:
                return self.application(environ, start_response)
        if not self._places.acquire(blocking=False):
            metrics.POSTS_REFUSED.inc()
            status, headers, body = self._refusal
            start_response(status, headers)
            return [body]
        try:
            return self._wait_and_enter(environ, start_response)
        finally:
            self._places.release()

    def _wait_and_enter(self, environ, start_response):
        # First of all the body: a client that sends it slowly has a place, but nobody's turn.
        environ = {**environ, "wsgi.input": _read_body(environ)}
        with metrics.POSTS_WAITING.track_inprogress():
            has_turn = self._turns.acquire(timeout=self._wait_seconds)
        if not has_turn:
            metrics.POSTS_REFUSED.inc()
            # UnavailableMiddleware answers, and gives back what was typed.
            return self.application({**environ, "openup.crowded": True}, start_response)
        try:
            return self.application(environ, start_response)
        finally:
            self._turns.release()

    @cached_property
    def _refusal(self):
        """Return the answer to a writer who finds no place, made once: status, headers, body."""
        started = []
        request = {**own_request(Address("/", "", ())), "openup.crowded": True}
        body = b"".join(self.application(request, lambda *answer: started.extend(answer)))
        return *started[:2], body


def _passes_by(path):
    is_of_staff = path.startswith(settings.STAFF_PATH) and path != SIGN_IN_PATH
    return is_of_staff or path.endswith(READ_NOTICE)


def _with_form_of_staff(environ):
    try:
        return {**environ, "wsgi.input": _read_form_of_staff(environ)}
    except OSError as error:
        # The disk has no room for it, or the client has gone.
        logger.error("A form of the staff's could not be taken in: %s", error.strerror)
        unread = {"CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO(), "openup.unavailable": True}
        return {**environ, **unread}


def _read_form_of_staff(environ):
    """Return the body read to its end, on the disk when it holds a picture, or untouched.

    Whoever sends slowly to the staff's pages, signed in or not, takes no reader's place.
    """
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_UPLOAD_REQUEST_BYTES:
        return stream
    # Closed by whoever forgets it last.
    body = tempfile.SpooledTemporaryFile(settings.PUBLIC_REQUEST_BYTES)  # noqa: SIM115
    left = int(length)
    while left and (chunk := stream.read(min(left, CHUNK_BYTES))):
        body.write(chunk)
        left -= len(chunk)
    body.seek(0)
    return body


def _read_body(environ):
    """Return the body read to its end, or untouched when it is too long or of unknown length."""
    stream, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.PUBLIC_REQUEST_BYTES:
        return stream
    return io.BytesIO(stream.read(int(length)))
