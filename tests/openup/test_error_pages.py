"""Every error is a page in Korean that costs no query and gives back what was typed."""

import pytest
from django.test import Client

from tests.factories import make_article

WORDS = {
    "400": "요청",
    "403": "권한",
    "413": "큽니다",
    "429": "17초",
    "500": "문제가 생겼습니다",
    "503": "몇 초 뒤에",
    "503-closed": "몇 초 뒤에",
    "503-standby": "몇 초 뒤에",
}


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = "tests.openup.error_urls"
    return Client(raise_request_exception=False)


# No mark for the database: a query would fail the test.
@pytest.mark.parametrize(("name", "word"), WORDS.items())
def test_error_page_is_korean_uncached_and_needs_no_database(client, name, word):
    response = client.get(f"/fail/{name}/")

    page = response.content.decode()
    assert response.status_code == int(name[:3])
    assert '<html lang="ko"' in page and "<h1" in page and 'href="/"' in page
    assert word in page.partition("<h1")[2]
    assert "secret" not in page and "Traceback" not in page
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["429", "503", "503-closed"])
def test_error_that_passes_says_when_to_come_back(client, name):
    assert int(client.get(f"/fail/{name}/")["Retry-After"]) > 0


@pytest.mark.parametrize("name", ["400", "403", "429", "500", "503"])
def test_text_on_its_way_is_given_back_escaped(client, name):
    response = client.post(f"/fail/{name}/", {"body": "아까운 글 </textarea><script>"})

    page = response.content.decode()
    assert "아까운 글 &lt;/textarea&gt;" in page and "<script>" not in page


@pytest.mark.django_db
def test_missing_page_is_korean(client):
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert "찾" in response.content.decode()


UNREADABLE = [
    ("application/x-www-form-urlencoded; charset=euc-kr", b"body=x"),
    ("multipart/form-data", b"body"),
    ("multipart/form-data; boundary=" + "x" * 300, b"body"),
    ("multipart/form-data; boundary*=utf-8''%FF", b"body"),
    (
        "multipart/form-data; boundary=b",
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="f%d"\r\n\r\nx\r\n' % number
            for number in range(9)
        )
        + b"--b--\r\n",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("content_type", "data"), UNREADABLE)
@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "cross-site"}, {"host": "evil.example"}]
)
@pytest.mark.parametrize("path", ["/", "/nowhere/", "/comments/1/edit/", "/manage/login/"])
def test_request_that_cannot_be_read_is_never_an_error_of_ours(
    client, path, headers, content_type, data
):
    response = client.post(path, data=data, content_type=content_type, headers=headers)

    assert response.status_code < 500
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(("content_type", "data"), UNREADABLE)
def test_comment_that_cannot_be_read_is_a_bad_request(client, db, content_type, data):
    path = f"/articles/{make_article().pk}/comments/"

    response = client.post(path, data=data, content_type=content_type)

    assert response.status_code in {400, 413, 422}
    assert '<html lang="ko"' in response.content.decode()


def test_refused_method_is_not_kept(client):
    assert "no-store" in client.options("/media/a.png")["Cache-Control"]
