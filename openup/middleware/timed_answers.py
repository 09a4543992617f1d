"""How long readers and writers wait, told to Prometheus by what they ask for."""

import time

from django.conf import settings

from openup.metrics import ANSWER_SECONDS
from openup.writer_queue import READ_NOTICE, READING

# The label is one of these words: no address, and nothing of a reader.
_BY_PATH = [
    (settings.STAFF_PATH, "desk"),
    ("/search/", "search"),
    (("/media/", "/share/"), "picture"),
    ("/healthz", "other"),
]
_SECONDS = {
    kind: ANSWER_SECONDS.labels(kind)
    for kind in ("page", "search", "picture", "form", "desk", "other")
}


class TimedAnswers:
    """A WSGI application that times the one within, kept pages and waiting for a turn included."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        began = time.perf_counter()
        try:
            return self.application(environ, start_response)
        finally:
            kind = kind_of(environ["REQUEST_METHOD"], environ["PATH_INFO"])
            _SECONDS[kind].observe(time.perf_counter() - began)


def kind_of(method, path):
    """Return what a request asks for, as one of a few words."""
    for beginning, kind in _BY_PATH:
        if path.startswith(beginning):
            return kind
    if method in READING:
        return "page"
    # A page tells that it was read: no form.
    return "other" if path.endswith(READ_NOTICE) else "form"
