"""What a reader gets through nginx, as docs/deployment.md sets it up."""

import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deploy.processes import end, start
from tests.deployed.installation import HOST, Installation, wait_for_port
from tests.deployed.test_operation import wait_until

pytestmark = pytest.mark.deployed

SECURITY_HEADERS = (
    *("strict-transport-security", "content-security-policy", "cross-origin-opener-policy"),
    *("cross-origin-resource-policy", "permissions-policy", "referrer-policy"),
    *("x-content-type-options", "x-frame-options"),
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FILES = {"Content-Type": "multipart/form-data; boundary=part"}
KB = 1024


def security_headers(response):
    """Return each security header's values; the parts of a policy are put in order."""
    found = {}
    for name in SECURITY_HEADERS:
        values = response.headers.get_all(name, [])
        found[name] = [sorted(re.split(r"\s*;\s*", value)) for value in values]
    return found


def stylesheet(site):
    page = site.request("GET", "/").content.decode()
    return re.search(r'/static/css/site\.[0-9a-f]{12}\.css(?=")', page)[0]


@pytest.fixture(scope="module")
def article(site):
    """Return the address of a sample article."""
    return site.request("GET", "/articles/1/").headers["Location"]


def test_plain_http_leads_to_https(site):
    response = site.request("GET", "/articles/?before=1", scheme="http")

    assert response.status == 301
    assert response.headers["Location"] == f"https://{HOST}/articles/?before=1"


def test_whoever_renews_the_certificate_is_answered_without_stopping_nginx(site):
    folder = site.folder / "nginx" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("answer")

    answer = site.request("GET", "/.well-known/acme-challenge/token", scheme="http")

    assert (answer.status, answer.content) == (200, b"answer")


def test_a_host_that_is_not_ours_gets_no_answer(site):
    with pytest.raises(ConnectionError):
        site.request("GET", "/", headers={"Host": "evil.example"}, scheme="http")


@pytest.mark.parametrize("path", ["/", "/articles/", "/rankings/", "/issues/", "/nowhere/"])
def test_every_page_carries_each_header_once_and_no_cookie(site, path):
    response = site.request("GET", path)

    assert all(len(values) == 1 for values in security_headers(response).values())
    assert "Set-Cookie" not in response.headers
    assert response.headers["Server"] == "nginx"


def test_what_nginx_answers_by_itself_carries_the_headers_of_the_application(site):
    expected = security_headers(site.request("GET", "/"))
    too_much = b"x" * (256 * KB + 1)

    file = site.request("GET", stylesheet(site))
    error = site.request("POST", "/articles/1/comments/", too_much)

    assert (file.status, error.status) == (200, 413)
    assert security_headers(file) == security_headers(error) == expected


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [("br, gzip", "br"), ("gzip, deflate", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("", None)],
)
def test_static_files_come_compressed_beforehand_and_never_change(site, accepted, sent):
    response = site.request("GET", stylesheet(site), headers={"Accept-Encoding": accepted})

    assert response.headers.get("Content-Encoding") == sent
    assert response.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in response.headers["Cache-Control"]
    assert int(response.headers["Content-Length"]) == len(response.content)


def test_a_static_file_under_a_name_that_stays_is_not_kept_long(site):
    response = site.request("GET", "/static/css/site.css")

    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_a_static_file_that_is_missing_gets_the_page_of_the_application(site):
    response = site.request("GET", "/static/css/none.css")

    assert response.status == 404
    assert "찾으시는 페이지가 없습니다" in response.content.decode()


def test_a_picture_is_fetched_once_whatever_query_is_added(site):
    file = site.folder / "lib" / "media" / "once.png"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"picture")

    for query in ("", "?comment=1", "?comment=2&anew"):
        assert site.request("GET", f"/media/once.png{query}").content == b"picture"
    site.request("GET", "/media//once.png")

    wait_until(lambda: sum("once.png" in line for line in site.cache_log()) == 4)
    asked = [line.split()[0] for line in site.cache_log() if "/media/once.png" in line]
    assert asked == ["MISS", "HIT", "HIT"]


@contextmanager
def closed(site, name):
    file = site.folder / "cache" / name
    file.touch()
    try:
        yield
    finally:
        file.unlink()
        # Each of nginx's processes looks again within a second.
        wait_until(lambda: all(is_open(site) for _request in range(20)))


def is_open(site):
    return site.request("POST", "/healthz", "", FORM).status != 503


def test_operator_closes_the_site_and_opens_it_again(site):
    address = stylesheet(site)
    with closed(site, "maintenance"):
        pages = [site.request("GET", path) for path in ("/", "/manage/login/", "/healthz")]
        style = site.request("GET", address)
    opened = site.request("GET", "/")

    for page in pages:
        assert (page.status, page.headers["Retry-After"]) == (503, "300")
        assert "점검하고 있습니다" in page.content.decode()
    assert (style.status, opened.status) == (200, 200)


def test_operator_lets_pages_be_read_and_nothing_be_sent(site):
    with closed(site, "read_only"):
        read = site.request("GET", "/?comment=1")
        sent = [
            site.request("POST", path, "body=", FORM)
            for path in ("/articles/1/comments/", "/manage/login/")
        ]

    assert read.status == 200
    for answer in sent:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "300")
        assert "나중에 다시 보내 주세요" in answer.content.decode()


def test_pages_of_errors_have_no_address_of_their_own(site):
    assert site.request("GET", "/errors/503.html").status == 404


@pytest.mark.parametrize(
    ("path", "limit", "kind"),
    [
        ("/articles/1/comments/", 256 * KB, FORM),
        ("/manage/markdownx/upload/", 9 * KB * KB, FILES),
    ],
)
def test_so_much_is_taken_and_not_a_byte_more(site, path, limit, kind):
    taken = site.request("POST", path, b"x" * limit, kind)
    refused = site.request("POST", path, b"x" * (limit + 1), kind)

    assert taken.status in {400, 403, 422}
    assert refused.status == 413
    assert "크기를 넘었습니다" in refused.content.decode()


def test_a_request_that_nginx_cannot_read_gets_a_korean_page(site):
    response = site.request("GET", "/", headers={"X-Long": "x" * 40_000})

    assert response.status == 400
    assert 'lang="ko"' in response.content.decode()


def sign_in(site, password, source, forwarded):
    """Try to sign in from `source`, claiming to come from `forwarded`."""
    headers = {"X-Forwarded-For": forwarded, "Forwarded": f"for={forwarded}"}
    page = site.request("GET", "/manage/login/", headers=headers, source=source)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    fields = {
        "username": "nobody",
        "password": password,
        "csrfmiddlewaretoken": re.search(
            r'csrfmiddlewaretoken" value="(\w+)', page.content.decode()
        )[1],
    }
    headers |= {**FORM, "Cookie": cookie, "Referer": f"https://{HOST}/manage/login/"}
    return site.request("POST", "/manage/login/", urlencode(fields), headers, source=source)


def is_refused(response):
    """Tell whether the network has spent its tries."""
    return "로그인에 여러 번 실패했습니다" in response.content.decode()


def test_who_asks_is_whom_nginx_has_heard_from_whatever_they_claim(site):
    tries = [sign_in(site, "wrong", "127.0.9.1", f"203.0.113.{number}") for number in range(6)]
    neighbour = sign_in(site, "wrong", "127.0.9.2", "203.0.113.1")

    assert [is_refused(response) for response in tries] == [False] * 5 + [True]
    assert not is_refused(neighbour)


def test_cookies_of_staff_are_for_https_alone(site):
    cookie = site.request("GET", "/manage/login/").headers["Set-Cookie"]

    assert cookie.startswith("__Secure-openup-csrf=")
    assert {"Secure", "HttpOnly", "Path=/manage/", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.fixture
def behind_another_proxy(site):
    """Give a second nginx, which believes one address about who asks, as the guide says."""
    with tempfile.TemporaryDirectory(prefix="openup-proxy-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        proxy = Installation(folder, dict(os.environ))
        proxy.app_port, proxy.certificate = site.app_port, site.certificate
        proxy.write_nginx(extra="set_real_ip_from 127.0.0.2;\nreal_ip_header X-Forwarded-For;\n")
        process = start(proxy.nginx_command(), site.env)
        try:
            wait_for_port(proxy.https_port, process)
            yield proxy
        finally:
            end(process)


@pytest.mark.slow
@pytest.mark.parametrize(("source", "is_believed"), [("127.0.0.2", True), ("127.0.0.3", False)])
def test_only_the_proxy_in_front_says_who_asks(behind_another_proxy, source, is_believed):
    # Who asks from this machine is told the version, a reader is not.
    headers = {"X-Forwarded-For": "203.0.113.9"}

    told = behind_another_proxy.request("GET", "/healthz", headers=headers, source=source)

    assert (b"version" not in told.content) == is_believed
