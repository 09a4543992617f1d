"""Whatever charset a request names, it is UTF-8 or it is refused, before anything is decoded."""

from itertools import product

import pytest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from openup.middleware.charset import CharsetGuard, is_readable
from tests import wsgi
from tests.factories import make_article, make_comment

OTHERS = [
    *("punycode", "idna", "rot13", "hex", "zlib", "base64", "undefined", "unicode_escape"),
    *("raw_unicode_escape", "utf-7", "utf-16", "cp949", "euc-kr", "latin-1", "no-such-thing", ""),
]
CONTENT_TYPES = [
    *(f"text/plain; charset={name}" for name in OTHERS),
    *(f'multipart/form-data; boundary=b; CHARSET="{name}"' for name in OTHERS),
    "application/x-www-form-urlencoded; charset=punycode",
    "text/plain; charset=utf-8; charset=rot13",
    "text/plain; charset*=utf-8''rot13",
    "text/plain; charset*=no-such-thing''x",
    "text/plain; charset*0=ro; charset*1=t13",
    "text/plain; name*=undefined''%41",
    "text/plain; x*0*=a; x*=b",
    "text/plain; charset = rot13",
    "text/plain;\tcharset=rot13",
    "text/plain; charset=rot13 (comment)",
    'text/plain; x="a\\"; charset=rot13"',
]
PATHS = ["/", "/comments/1/edit/", "/manage/login/"]
pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


def kept_pages(environ, start_response):
    start_response("200 OK", [])
    return [b"a kept page"]


@pytest.fixture(scope="module")
def site():
    return CharsetGuard(kept_pages, WSGIHandler())


@pytest.mark.django_db(transaction=True)
def test_another_charset_is_refused_in_words_on_every_route(site):
    for content_type, path, method in product(CONTENT_TYPES, PATHS, ("GET", "POST")):
        answer = wsgi.ask(
            site, f"{path}?q=%B0%A1&page=a-b9", method, body=b"x", content_type=content_type
        )

        assert answer.status == 400, (content_type, path, method)
        assert "UTF-8" in answer.text and '<html lang="ko"' in answer.text
        assert "no-store" in answer.header("Cache-Control")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain; charset=utf-8",
        'text/plain;charset="UTF-8";',
        "multipart/form-data; boundary=----=_Part_1.23",
        'multipart/form-data; boundary="a b"; charset=utf8',
    ],
)
def test_utf8_however_it_is_written_is_read(site, content_type):
    assert wsgi.ask(site, "/articles/", content_type=content_type).status == 200


PIECES = ["a", "charset", "UTF-8", "utf8", "rot13", "b", *"/;=*'\"\\ %0,\t\x00\xff"]


@given(rest=st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_content_type_that_is_let_in_breaks_django(rest):
    content_type = f"text/plain; {rest}"
    environ = {**RequestFactory().get("/").environ, "CONTENT_TYPE": content_type}

    if is_readable(content_type):
        assert WSGIRequest(environ).encoding in {None, "utf-8", "utf8", "UTF-8", "UTF8"}


def multipart(*parts):
    """Return a form of parts, each a header and a text, with the boundary b."""
    return b"".join(b"--b\r\n%s\r\n\r\n%s\r\n" % part for part in parts) + b"--b--\r\n"


DISPOSITION = b'Content-Disposition: form-data; name="body"'
ODD_PARTS = [
    *((DISPOSITION + b"; filename*=%s''a.png" % name.encode(), b"x") for name in OTHERS),
    (DISPOSITION + b"; filename*=utf-8''a.png", b"x"),
    (DISPOSITION + b"; filename*0*=a; filename*=b", b"x"),
    (DISPOSITION + b'; filename="=?punycode?q?a?="', b"x"),
    (b"Content-Disposition: form-data; name*=utf-16''body", b"x"),
    (DISPOSITION + b"\r\nContent-Type: text/plain; charset=punycode", b"x"),
    (DISPOSITION + b'; filename="a"\r\nContent-Type: text/plain; charset="euc-kr"', b"x"),
    (DISPOSITION + b"\r\nX-Odd: a; x*0*=a; x*=b", b"x"),
    (DISPOSITION + b"\r\nContent-Transfer-Encoding: base64", b"/w=="),
    (DISPOSITION, "가".encode("euc-kr")),
    (b'Content-Disposition: form-data; name="_charset_"', b"euc-kr"),
]


def forms():
    """Return the paths of a form of staff's and of one of everybody's."""
    return ["/manage/login/", f"/comments/{make_comment().pk}/edit/"]


@pytest.mark.django_db
def test_part_in_another_charset_is_refused_in_words():
    client = Client(raise_request_exception=False)
    for path, part in product(forms(), ODD_PARTS):
        response = client.post(
            path, multipart(part), content_type="multipart/form-data; boundary=b"
        )

        assert response.status_code == 400, (path, part)
        assert "UTF-8" in response.content.decode()


@pytest.mark.django_db
def test_encoded_form_in_another_charset_is_refused():
    bodies = [b"body=%B0%A1", b"body=\xb0\xa1", b"body=x&_charset_=euc-kr"]
    for path, body in product(forms(), bodies):
        response = Client().post(path, body, content_type="application/x-www-form-urlencoded")

        assert response.status_code == 400, (path, body)


@pytest.mark.django_db
@given(
    header=st.text(st.sampled_from("abc:;=*'\"\\ %0,\r\n-name filename \t\x00\xff")),
    text=st.binary(),
)
def test_no_part_breaks_the_server(header, text):
    body = multipart((DISPOSITION + b"; " + header.encode(), text))

    response = Client(raise_request_exception=False).post(
        "/manage/login/", body, content_type="multipart/form-data; boundary=b"
    )

    assert response.status_code < 500


@pytest.mark.django_db
def test_form_of_more_parts_than_any_of_ours_is_too_large():
    body = b"--b\r\n\r\n" * 200

    response = Client().post("/manage/login/", body, content_type="multipart/form-data; boundary=b")

    assert response.status_code == 413


@pytest.mark.django_db
def test_comment_and_file_names_in_hangul_arrive():
    article = make_article()

    response = Client().post(
        f"/articles/{article.pk}/comments/",
        {"body": "가나다 ❤️", "email": "mina@example.com", "password": "correct horse 42"},
    )

    assert response.status_code == 302
    assert article.comments.get().body == "가나다 ❤️"
