"""What strangers do wrong is a line of WARNING; ERROR, with its traceback, is what we do wrong."""

import io
import json

import pytest
from django.test import Client

from tests.factories import make_comment

FORM = "application/x-www-form-urlencoded"


class GoneAway(io.BytesIO):
    """The body of a client that closed the connection."""

    def read(self, *_arguments):
        raise OSError("connection reset")


MISTAKES = {
    "a form that is too large": {"path": "EDIT", "data": b"body=" + b"x" * 300_000},
    "a form of too many fields": {"path": "/manage/login/", "data": b"a&" * 6_000},
    "a query of too many fields": {"method": "GET", "path": f"/search/?{'a&' * 6_000}"},
    "another site's name": {"method": "GET", "path": "/", "HTTP_HOST": "evil.example"},
    "a long name": {"method": "GET", "path": "/", "HTTP_HOST": "e" * 20_000},
    "a null character": {"method": "GET", "path": "/articles/%00/"},
    "a null character in the query": {"method": "GET", "path": "/search/?q=%00"},
    "a path that is not UTF-8": {"method": "GET", "path": "/%ff%fe/"},
    "a way out of the folder": {"method": "GET", "path": "/media/../../etc/passwd"},
    "a form that is not UTF-8": {"path": "EDIT", "data": b"body=%B0%A1"},
    "a form in broken parts": {
        "path": "/manage/login/",
        "data": b"x",
        "content_type": "multipart/form-data",
    },
    "a form that ends too soon": {
        "path": "EDIT",
        "data": b"body=x" * 20,
        "wsgi.input": io.BytesIO(b"body=x"),
    },
    "a form that never came": {"path": "/manage/login/", "data": b"x", "wsgi.input": GoneAway()},
    "parts that never came": {
        "path": "/manage/login/",
        "data": b"x",
        "content_type": "multipart/form-data; boundary=b",
        "wsgi.input": GoneAway(),
    },
    "another site's form": {"path": "EDIT", "data": b"", "HTTP_ORIGIN": "https://evil.example"},
    "one writer too many": {"path": "EDIT", "data": b"body=x", "openup.crowded": True},
}


@pytest.mark.django_db
def test_strangers_mistake_is_one_short_warning(log_lines):
    edit = f"/comments/{make_comment().pk}/edit/"
    for number, (name, mistake) in enumerate(MISTAKES.items(), start=1):
        request = {"method": "POST", "content_type": FORM, **mistake}
        path = request.pop("path").replace("EDIT", edit)

        response = Client(raise_request_exception=False).generic(
            request.pop("method"), path, **request
        )

        assert response.status_code in {400, 403, 404, 413, 503}, name
        lines = log_lines()
        assert len(lines) == number, name
        assert lines[-1]["level"] == "WARNING" and "traceback" not in lines[-1], name
        assert len(json.dumps(lines[-1])) < 800, name


def test_fault_of_ours_is_an_error_with_its_traceback(settings, log_lines):
    settings.ROOT_URLCONF = "tests.openup.error_urls"

    Client(raise_request_exception=False).get("/fail/500/")

    (line,) = log_lines()
    assert line["level"] == "ERROR" and "RuntimeError" in line["traceback"]
