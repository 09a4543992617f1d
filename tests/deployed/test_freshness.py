"""nginx keeps a page for a second, and whoever has just written sees it at once."""

import time
from urllib.parse import urlencode

import pytest

pytestmark = pytest.mark.deployed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Two are promised; a loaded machine may take longer to ask.
PATIENCE_SECONDS = 10


@pytest.fixture(scope="module")
def article(site):
    """Return the path of a sample article."""
    return site.request("GET", "/articles/2/").headers["Location"]


def post(site, body, source):
    fields = {"email": "mina@example.com", "password": "right horse key", "body": body}
    path = "/articles/2/comments/"
    return site.request("POST", path, urlencode(fields), FORM, source=source)


def statuses(site, path):
    """Return what nginx noted about its answers for `path`."""
    return [line.split()[0] for line in site.cache_log() if line.endswith(f" {path}")]


def test_a_page_that_was_just_asked_for_is_not_asked_for_again(site, article):
    headers = {"Accept-Encoding": "gzip"}
    answers = [site.request("GET", article, headers=headers) for _number in range(5)]

    assert len({answer.content for answer in answers}) == 1
    assert "HIT" in statuses(site, article)


def test_each_form_of_a_page_is_kept_apart(site, article):
    accepted = ["br", "gzip, deflate, br", "gzip", "gzip;q=1.0, *;q=0", "", "br;q=0"]

    answers = [
        site.request("GET", article, headers={"Accept-Encoding": text}) for text in accepted * 2
    ]

    sent = [answer.headers.get("Content-Encoding") for answer in answers]
    assert sent == ["br", "br", "gzip", "gzip", None, None] * 2


def test_a_comment_is_seen_at_once_by_its_writer_and_soon_by_all(site, article):
    before = site.request("GET", article).content.decode()
    answer = post(site, "바로 보이는 글", "127.0.8.1")
    own = site.request("GET", answer.headers["Location"].partition("#")[0]).content.decode()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while "바로 보이는 글" not in (page := site.request("GET", article).content.decode()):
        assert time.monotonic() < deadline
        time.sleep(0.05)  # between two tries, not instead of waiting for the page

    assert "바로 보이는 글" not in before
    assert "바로 보이는 글" in own
    assert "바로 보이는 글" in page


def test_an_answer_to_a_writer_is_never_kept(site, article):
    path = f"{article}?comment=7"
    for _number in range(3):
        site.request("GET", path)

    assert set(statuses(site, path)) == {"BYPASS"}


def test_forms_and_pages_of_staff_are_never_kept(site):
    for _number in range(2):
        site.request("GET", "/manage/login/")
        post(site, "", "127.0.8.2")

    assert set(statuses(site, "/manage/login/")) == {"-"}
    assert "HIT" not in statuses(site, "/articles/2/comments/")


def test_pages_are_confirmed_without_being_made_after_the_application_was_restarted(site):
    paths = [site.request("GET", f"/articles/{pk}/").headers["Location"] for pk in (2, 3, 4)]
    paths += ["/articles/", "/feed/"]
    held = [site.request("GET", path).content for path in paths]

    site.stop_application()
    site.start_application()

    for path, content in zip(paths, held, strict=True):
        asked = len(statuses(site, path))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (told := {*statuses(site, path)[asked:]} - {"HIT"}):
            assert time.monotonic() < deadline
            time.sleep(0.05)  # until nginx's second is over
            assert site.request("GET", path).content == content
        assert told == {"REVALIDATED"}


def test_a_page_that_is_withdrawn_is_not_shown_as_last_known(site):
    path = site.request("GET", "/articles/5/").headers["Location"]
    assert site.request("GET", path).status == 200
    set_state = "from articles.models import Article; a = Article.objects.get(pk=5); a.state = {!r}"
    shell = ("shell", "--no-imports", "-c")

    site.manage(*shell, set_state.format("withdrawn") + "; a.store()")
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := site.request("GET", path)).status == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)  # between two tries, not instead of waiting for the page
        again = site.request("GET", path)
    finally:
        site.manage(*shell, set_state.format("published") + "; a.store()")

    # nginx says that it held the page; its reader sees the same page as for one that never was.
    assert {answer.status, again.status} <= {404, 410}
    assert "찾으시는 페이지가 없습니다" in answer.content.decode()
