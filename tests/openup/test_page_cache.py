"""What the page cache gives out: the current page, to everyone the same, made once."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection as database
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from articles.models import Article, Due
from comments.models import Thread
from openup import pagecache
from openup.middleware.client_address import is_trusted_peer
from openup.pagecache import PageCache, answer
from openup.pagecache.build import build_id
from openup.pagecache.validators import DatabaseAway, Validators
from tests.factories import let_pass, make_article, make_comment
from tests.wsgi import ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

DEADLINE_SECONDS = 30


class Application:
    """Django, which counts what it is asked, and can be made to wait before it answers."""

    def __init__(self):
        self.django = WSGIHandler()
        self.paths = []
        self.gate = threading.Event()
        self.gate.set()
        self.has_made = threading.Event()

    def __call__(self, environ, start_response):
        self.paths.append(environ["PATH_INFO"])
        response = self.django(environ, start_response)
        self.has_made.set()
        assert self.gate.wait(DEADLINE_SECONDS)
        return response


@pytest.fixture
def application():
    return Application()


@pytest.fixture
def site(application):
    cache = PageCache(application, max_bytes=2**22)
    yield cache
    cache.validators.close()


@contextmanager
def running(function, *arguments, times=1):
    """Run `function` in threads of its own; the list that is given fills with its results."""
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(function(*arguments))) for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    yield results
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert len(results) == times


def test_kept_page_enters_no_django(site, application):
    path = make_article().get_absolute_url()
    first = ask(site, path)
    made = list(application.paths)

    for coding in ("gzip", "br", ""):
        assert ask(site, path, accept_encoding=coding).status == 200
    ask(site, path, "HEAD")
    ask(site, path, if_none_match=first.header("ETag"))

    assert application.paths == made and len(made) == 1


def test_change_is_in_the_very_next_answer(site):
    article = make_article()
    path = article.get_absolute_url()
    ask(site, path)
    comment = make_comment(article, body="방금 쓴 글")
    assert "방금 쓴 글" in ask(site, path).text
    assert "방금 쓴 글" in ask(site, "/").text

    comment.delete_by_author()

    assert "방금 쓴 글" not in ask(site, path).text
    assert "방금 쓴 글" not in ask(site, "/").text


def test_change_elsewhere_leaves_the_page_alone(site, application):
    article, other = make_article(), make_article()
    ask(site, article.get_absolute_url())
    application.paths.clear()

    make_comment(other)

    ask(site, article.get_absolute_url())
    assert not application.paths


def test_two_processes_agree(site):
    article = make_article()
    other_site = PageCache(WSGIHandler(), max_bytes=2**22)
    first = ask(site, article.get_absolute_url())
    second = ask(other_site, article.get_absolute_url())
    make_comment(article, body="어디서나 보이는 글")

    answers = [ask(cache, article.get_absolute_url()) for cache in (site, other_site)]

    other_site.validators.close()
    assert first.body == second.body and first.header("ETag") == second.header("ETag")
    assert all("어디서나 보이는 글" in answer.text for answer in answers)
    assert answers[0].header("ETag") == answers[1].header("ETag") != first.header("ETag")


def test_unknown_parameters_mean_the_same_page_and_are_not_reflected(site, application):
    path = make_article().get_absolute_url()
    plain = ask(site, path)

    for query in ("comment=7", "utm_source=x%22%3E", "page2=3", "x=%FF", "&&=", "comment=1&x=2"):
        assert ask(site, f"{path}?{query}") == plain
    assert len(application.paths) == 1


def test_known_parameter_is_another_page(site):
    article = make_article()
    make_comment(article)
    Thread.objects.update(root_total=51)

    pages = [ask(site, f"{article.get_absolute_url()}?page={number}") for number in (1, 2)]

    assert pages[0].body != pages[1].body
    assert ask(site, f"{article.get_absolute_url()}?x=1&page=1&page=2").body == pages[1].body


def test_address_that_anybody_can_make_up_takes_the_place_of_no_page(site):
    article = make_article()
    root = make_comment(article)
    for number in range(101):
        make_comment(article, parent=root, body=f"답글 {number}")
    paths = [
        *("/articles/", "/corrections/", article.get_absolute_url(), root.get_permalink()),
        *(f"{root.get_permalink()}history/", f"/articles/{article.pk}/{article.slug}.json"),
    ]
    for path in paths:
        assert ask(site, path).status == 200, path
    kept = site.bytes

    odd = ["page=01", "page=٣", "page=-1", "order=q0", "before=00", "before=999999"]
    odd += [f"page={'7' * digits}" for digits in (2, 8, 9, 15, 16, 99)]
    for path in paths:
        padded = path.replace(f"/{article.pk}/", f"/0{article.pk}/", 1)
        padded = padded.replace(f"/{root.pk}/", f"/0{root.pk}/", 1)
        # Some are missing pages, some show the page once more.
        for address in (padded, *(f"{path}?{query}" for query in odd)):
            ask(site, address)
    for month in ("1066/10", "2525/01"):
        assert ask(site, f"/articles/{month}/").status == 200
    # A page that time has made anew may differ by a few bytes; one more takes a thousand.
    assert site.bytes < kept + 500
    # A list goes on from what is in it.
    other = make_article()
    assert ask(site, f"{other.category.get_absolute_url()}?before={other.pk}").status == 200
    assert ask(site, f"{other.category.get_absolute_url()}?before={article.pk}").status == 404


def test_what_a_writer_has_done_is_said_in_an_answer_that_nobody_keeps(site):
    comment = make_comment()
    address = comment.article.get_absolute_url()
    page = ask(site, address)
    kept = site.bytes

    own = ask(site, f"{address}?comment={comment.pk}&done=posted-{comment.pk}")

    assert "댓글을 등록했습니다." in own.text and "no-store" in own.header("Cache-Control")
    assert site.bytes == kept and ask(site, f"{address}?comment={comment.pk}").body == page.body
    packed = ask(site, f"{address}?done=posted-{comment.pk}", accept_encoding="br")
    assert packed.header("Content-Encoding") == "br" and len(packed.body) < len(own.body) / 2


def test_nothing_of_the_reader_is_in_the_page(site, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    path = make_article().get_absolute_url()

    first = ask(
        site,
        path,
        host="other.example",
        cookie="openup-session=forged",
        accept_language="en",
        x_forwarded_host="evil.example",
    )

    assert ask(site, path) == first
    assert "other.example" not in first.text and "evil.example" not in first.text
    assert first.header("Set-Cookie") is None and first.header("Vary") == "Accept-Encoding"


def test_foreign_host_is_refused_where_a_page_is_kept(site):
    path = make_article().get_absolute_url()
    ask(site, path)

    for host in ("evil.example", "", "testserver:x", "a" * 5000):
        assert ask(site, path, host=host).status == 400, host


@pytest.fixture
def https_site(settings, monkeypatch):
    settings.SITE_URL = "https://testserver"
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.1")]
    is_trusted_peer.cache_clear()
    cache = PageCache(WSGIHandler(), max_bytes=2**22)
    yield cache
    cache.validators.close()
    is_trusted_peer.cache_clear()


def test_plain_http_is_led_to_https_where_a_page_is_kept(https_site):
    path = make_article().get_absolute_url()

    assert ask(https_site, path, scheme="https").status == 200
    for headers in ({}, {"x_forwarded_proto": "https"}):
        assert ask(https_site, path, **headers).status == 301


def test_proxy_that_is_trusted_may_say_https(https_site):
    path = make_article().get_absolute_url()

    assert ask(https_site, path, peer="10.0.0.1", x_forwarded_proto="https").status == 200
    for proto in ("http", "", "http,https"):
        assert ask(https_site, path, peer="10.0.0.1", x_forwarded_proto=proto).status == 301


def test_errors_and_redirects_are_never_kept(site, application):
    article = make_article(state="draft")
    for path in (article.get_absolute_url(), "/nowhere/", "/articles/x.css"):
        missing = ask(site, path)
        assert missing.status == 404 and "no-store" in missing.header("Cache-Control")
        assert missing.header("ETag") is None
    article.state = Article.State.PUBLISHED
    article.store()

    assert ask(site, article.get_absolute_url()).status == 200
    moved = ask(site, f"/articles/{article.pk}/old-words/?comment=5")
    assert moved.status == 301
    assert moved.header("Location") == f"{article.get_absolute_url()}?comment=5"


def test_forms_are_never_kept(site, application):
    comment = make_comment()
    application.paths.clear()

    for _time in range(2):
        form = ask(site, f"/comments/{comment.pk}/reply/")
        assert "no-store" in form.header("Cache-Control") and form.header("ETag") is None

    assert len(application.paths) == 2


def test_headers_are_those_that_django_sends(site):
    path = make_article().get_absolute_url()
    ask(site, path)

    kept, fresh = ask(site, path), ask(WSGIHandler(), path)

    own = {"Cache-Control", "ETag", "Vary"}
    assert [item for item in sorted(kept.headers) if item[0] not in own] == sorted(fresh.headers)
    assert kept.header("Cache-Control") == (
        "max-age=0, s-maxage=1, must-revalidate, stale-if-error=600"
    )


def test_known_tag_is_answered_with_304_until_the_page_changes(site):
    article = make_article()
    path = article.get_absolute_url()
    page = ask(site, path)
    tag = page.header("ETag")

    for known in (tag, f'"x", {tag}', tag.removeprefix("W/")):
        unchanged = ask(site, path, if_none_match=known)
        assert (unchanged.status, unchanged.body) == (304, b"")
        # As RFC 9110 wants; whoever holds the page keeps its other headers.
        for name in ("ETag", "Cache-Control", "Vary"):
            assert unchanged.header(name) == page.header(name)
    for other in ('"x"', "", "*"):
        assert ask(site, path, if_none_match=other).status == 200
    make_comment(article)
    assert ask(site, path, if_none_match=tag).status == 200


def test_page_that_somebody_holds_is_confirmed_without_being_made(site, application):
    paths = [make_article().get_absolute_url() for _number in range(3)]
    paths += ["/", f"{paths[0]}?order=newest", "/feed/"]
    tags = {path: ask(site, path).header("ETag") for path in paths}
    restarted = PageCache(application, max_bytes=2**22)
    application.paths.clear()

    answers = [ask(restarted, path, if_none_match=tag) for path, tag in tags.items()]
    heads = [ask(restarted, path, "HEAD", if_none_match=tag) for path, tag in tags.items()]

    restarted.validators.close()
    assert {answer.status for answer in answers + heads} == {304}
    assert not application.paths and not restarted.bytes


def test_tag_confirms_no_other_address(site):
    paths = [make_article().get_absolute_url() for _number in range(2)]
    paths += [f"{paths[0]}?order=newest", "/", "/articles/", "/nowhere/", "/articles/999999/x/"]
    tags = [ask(site, path).header("ETag") for path in paths]

    for path, own in zip(paths, tags, strict=True):
        for tag in {*tags} - {own, None}:
            assert ask(site, path, if_none_match=tag).status != 304, path


def test_tag_of_another_site_or_build_confirms_nothing(settings, application):
    path = make_article().get_absolute_url()
    site = PageCache(application, max_bytes=2**22)
    tag = ask(site, path).header("ETag")

    for name, value in (("SECRET_KEY", "another" * 9), ("SITE_NAME", "다른 이름")):
        with override_settings(**{name: value}):
            other = PageCache(application, max_bytes=2**22)
            assert ask(other, path, if_none_match=tag).status == 200
            other.validators.close()
    site.validators.close()


WAYS_TO_GO = {
    "withdrawn": lambda article: changed(article, state=Article.State.WITHDRAWN),
    "a draft again": lambda article: changed(article, state=Article.State.DRAFT),
    "not yet public": lambda article: changed(
        article, published_at=timezone.now() + timedelta(hours=1)
    ),
    "moved": lambda article: changed(article, slug="새-주소"),
}


def changed(article, **fields):
    for name, value in fields.items():
        setattr(article, name, value)
    article.store()


def test_page_that_is_gone_is_never_confirmed(site):
    for way, let_go in WAYS_TO_GO.items():
        article = make_article()
        path = article.get_absolute_url()
        twin = f"{path.removesuffix('/')}.json"
        tags = {address: ask(site, address).header("ETag") for address in (path, twin)}

        let_go(article)

        for address, tag in tags.items():
            for _time in range(2):  # also once it has been asked for
                answer = ask(site, address, if_none_match=tag)
                assert answer.status in (301, 404) and answer.header("ETag") is None, way


def test_page_whose_moment_to_go_has_passed_is_never_confirmed(site):
    ends_at = timezone.now() + timedelta(hours=1)
    article = make_article(withdrawn_at=ends_at)
    path = article.get_absolute_url()
    tag = ask(site, path).header("ETag")
    assert ask(site, path, if_none_match=tag).status == 304

    past = timezone.now() - timedelta(seconds=1)
    Article.objects.filter(pk=article.pk).update(withdrawn_at=past)
    Due.objects.filter(at=ends_at).update(at=past)

    assert ask(site, path, if_none_match=tag).status == 404


def test_page_that_somebody_holds_is_as_last_known_while_the_database_is_away(away, monkeypatch):
    """So a proxy may go on with what it holds, though this process has never made the page."""
    article, other = make_article(), make_article()
    path = article.get_absolute_url()
    site, restarted = (PageCache(WSGIHandler(), max_bytes=2**22) for _time in range(2))
    tag, unknown = (ask(site, each.get_absolute_url()).header("ETag") for each in (article, other))
    assert ask(restarted, path, if_none_match=tag).status == 304

    with away(restarted):
        held = ask(restarted, path, if_none_match=tag)
        refused = [
            ask(restarted, path),
            ask(restarted, path, if_none_match=unknown),
            ask(restarted, other.get_absolute_url(), if_none_match=unknown),
        ]
        monkeypatch.setattr(pagecache, "STALE_SECONDS", -1)
        refused.append(ask(restarted, path, if_none_match=tag))

    for cache in (site, restarted):
        cache.validators.close()
    assert held.status == 304 and held.header("Warning").startswith("110 ")
    assert [answer.status for answer in refused] == [503] * 4


def test_page_that_has_gone_is_not_known_by_who_held_it_while_the_database_is_away(site, away):
    article = make_article()
    path = article.get_absolute_url()
    tag = ask(site, path).header("ETag")
    assert ask(site, path, if_none_match=tag).status == 304
    changed(article, state=Article.State.WITHDRAWN)
    assert ask(site, path, if_none_match=tag).status == 404

    with away(site):
        assert ask(site, path, if_none_match=tag).status == 503


def test_head_is_answered_like_get_without_the_body(site):
    path = make_article().get_absolute_url()

    for coding in ("", "gzip"):
        head = ask(site, path, "HEAD", accept_encoding=coding)
        assert head.body == b""
        assert head.headers == ask(site, path, accept_encoding=coding).headers


def test_reader_gets_the_coding_that_it_takes(site):
    path = make_article().get_absolute_url()
    plain = ask(site, path).body
    codings = {
        "gzip, deflate, br, zstd": "br",
        "GZIP": "gzip",
        "gzip;q=1.0, br;q=0": "gzip",
        "br; q=0.0, gzip; q=0": None,
        "identity": None,
        "": None,
        "x" * 5000: None,
    }

    for accepted, coding in codings.items():
        response = ask(site, path, accept_encoding=accepted)

        assert response.header("Content-Encoding") == coding, accepted
        assert response.header("Content-Length") == str(len(response.body))
        decode = {"br": brotli.decompress, "gzip": gzip.decompress}.get(coding, bytes)
        assert decode(response.body) == plain


def test_each_version_is_compressed_once_in_each_form(site, monkeypatch):
    article = make_article()
    compressed = []
    for coding, function in list(answer.COMPRESS.items()):
        monkeypatch.setitem(
            answer.COMPRESS,
            coding,
            lambda body, coding=coding, function=function: (
                compressed.append(coding) or function(body)
            ),
        )

    for _version in range(2):
        for coding in ("br", "gzip", "", "br", "gzip", ""):
            ask(site, article.get_absolute_url(), accept_encoding=coding)
        make_comment(article)

    assert sorted(compressed) == ["br", "br", "gzip", "gzip"]


def test_least_recently_used_pages_go_when_memory_is_full(application):
    site = PageCache(application, max_bytes=40_000)
    paths = [make_article().get_absolute_url() for _number in range(12)]
    for path in paths[1:]:
        ask(site, path, accept_encoding="gzip")
        ask(site, paths[0], accept_encoding="br")  # used all the time
    application.paths.clear()

    assert 20_000 < site.bytes <= 40_000
    ask(site, paths[0])
    assert not application.paths
    ask(site, paths[1])
    assert len(application.paths) == 1
    site.validators.close()


def test_page_is_made_once_while_others_wait_for_it(site, application):
    path = make_article().get_absolute_url()
    application.gate.clear()

    with running(ask, site, path, times=8) as answers:
        poll_until(lambda: sum(turn.wanted for turn in tuple(site._turns.values())) == 8)
        application.gate.set()

    assert len(application.paths) == 1
    assert {answer.status for answer in answers} == {200} and len({*map(str, answers)}) == 1


def test_who_asks_after_a_change_never_gets_what_was_being_made_before_it(site, application):
    article = make_article()
    path = article.get_absolute_url()
    application.gate.clear()

    with running(ask, site, path):
        assert application.has_made.wait(DEADLINE_SECONDS)  # without the comment
        make_comment(article, body="그사이에 쓴 글")
        with running(ask, site, path) as answers:
            poll_until(lambda: sum(turn.wanted for turn in site._turns.values()) == 2)
            application.gate.set()

    assert "그사이에 쓴 글" in answers[0].text


def test_page_changed_while_it_was_made_is_made_again(site, application):
    article = make_article()
    application.gate.clear()
    with running(ask, site, article.get_absolute_url()):
        assert application.has_made.wait(DEADLINE_SECONDS)
        make_comment(article, body="그사이에 쓴 글")
        application.gate.set()

    assert "그사이에 쓴 글" in ask(site, article.get_absolute_url()).text


def test_article_appears_and_goes_at_its_moments_by_itself(site):
    now = timezone.now()
    article = make_article(
        title="때가 되면 보이는 글",
        published_at=now + timedelta(hours=1),
        withdrawn_at=now + timedelta(hours=2),
    )
    path = article.get_absolute_url()

    for is_public in (False, True, False):
        for _time in range(2):  # made, and from the cache
            assert (ask(site, path).status == 200) == is_public
            assert ("때가 되면 보이는 글" in ask(site, "/").text) == is_public
        let_pass(hours=1, seconds=1)


def test_setting_that_decides_what_pages_show_makes_them_new(settings):
    ids = {build_id()}

    settings.SHOW_MOST_READ = True
    ids.add(build_id())
    settings.COMMENTS_CLOSE_AFTER_DAYS = 9
    ids.add(build_id())

    assert len(ids) == 3


def test_pages_are_given_as_last_known_while_the_database_is_away(site, away, monkeypatch):
    article = make_article()
    path = article.get_absolute_url()
    known = ask(site, path, accept_encoding="gzip")

    with away(site):
        stale = ask(site, path, accept_encoding="gzip", if_none_match=known.header("ETag"))
        other = ask(site, "/")
        monkeypatch.setattr(pagecache, "STALE_SECONDS", -1)
        too_old = ask(site, path)

    assert (stale.status, stale.body) == (200, known.body)
    assert stale.header("Warning").startswith("110 ") and int(stale.header("Age")) >= 0
    assert stale.header("Cache-Control") == "no-store" and stale.header("ETag") is None
    for missing in (other, too_old):
        assert missing.status == 503 and missing.header("Retry-After")
        assert missing.header("Content-Security-Policy")


def test_page_that_was_withdrawn_is_not_known_while_the_database_is_away(site, away):
    article = make_article()
    path = article.get_absolute_url()
    ask(site, path)
    article.state = Article.State.WITHDRAWN
    article.store()
    assert ask(site, path).status != 200

    with away(site):
        assert ask(site, path).status in (404, 503)


def test_pages_are_current_again_once_the_database_is_back(site, away):
    article = make_article()
    path = article.get_absolute_url()
    ask(site, path)
    with away(site):
        assert ask(site, path).header("Warning")
    make_comment(article, body="그사이에 쓴 글")

    poll_until(lambda: ask(site, path).header("Warning") is None)

    assert "그사이에 쓴 글" in ask(site, path).text


def test_connection_that_has_died_is_replaced_at_once(site):
    path = make_article().get_absolute_url()
    ask(site, path)
    for connection in site.validators._idle:
        connection.close()

    assert ask(site, path).header("Warning") is None


def test_no_more_connections_are_opened_than_there_are_threads_to_answer(
    application, settings, monkeypatch
):
    settings.SERVER_THREADS = 2
    site = PageCache(application, max_bytes=2**22)
    opened = []
    connect = site.validators._connect
    monkeypatch.setattr(site.validators, "_connect", lambda: opened.append(connect()) or opened[-1])
    paths = [make_article().get_absolute_url() for _number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda path: ask(site, path).status, paths * 5))

    site.validators.close()
    assert set(statuses) == {200}
    assert len(opened) <= 2


def test_log_says_once_why_pages_cannot_be_validated_and_once_that_they_are(site, away, caplog):
    caplog.set_level("INFO", logger="openup.pagecache")
    path = make_article().get_absolute_url()
    ask(site, path)

    with away(site):
        for _time in range(3):
            site.validators._pause_until = 0.0
            ask(site, path)
    poll_until(lambda: ask(site, path).header("Warning") is None)
    ask(site, path)

    assert [record.getMessage() for record in caplog.records if "validated" in record.msg] == [
        "Cached pages cannot be validated: The server is being repaired.",
        "Cached pages are validated again.",
    ]


@pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite has no password")
def test_log_of_a_refused_password_names_the_reason_and_not_the_password(caplog, monkeypatch):
    parameters = database.get_connection_params() | {"password": "geheimes-wort"}
    monkeypatch.setattr(connections["default"], "get_connection_params", lambda: parameters)

    with pytest.raises(DatabaseAway):
        Validators().read(("content",))

    assert "password authentication failed" in caplog.text
    assert "geheimes-wort" not in caplog.text


@pytest.fixture
def away(monkeypatch):
    @contextmanager
    def away(site):
        def refuse():
            raise DatabaseAway("The server\nis being repaired.")

        with monkeypatch.context() as patch:
            site.validators.close()
            patch.setattr(site.validators, "_connect", refuse)
            yield

    return away


def poll_until(condition):
    until = timezone.now() + timedelta(seconds=DEADLINE_SECONDS)
    while not condition():
        assert timezone.now() < until, "The condition never came true."
