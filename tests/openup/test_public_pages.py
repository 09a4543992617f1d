"""What holds for every public address."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html

from articles.models import SitePage, Tag
from tests.factories import (
    PUBLISHED_AT,
    make_article,
    make_category,
    make_comment,
    make_issue,
    make_ranking,
    make_staff,
    make_table,
)

pytestmark = pytest.mark.django_db

HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "X-Frame-Options": "DENY",
}


@pytest.fixture
def addresses():
    """One address of every kind of public page."""
    issue = make_issue()
    article = make_article(monthly_issue=issue)
    tag = Tag.objects.create(name="열린 자료", slug="open-data")
    article.tags.add(tag)
    ranking = make_ranking()
    make_table(article, ranking)
    page = SitePage(slug="privacy", title="개인정보처리방침", body="본문")
    page.store()
    comment = make_comment(article)
    return [
        "/",
        "/articles/",
        "/articles/2025/10/",
        "/articles/1999/01/",
        article.get_absolute_url(),
        article.category.get_absolute_url(),
        tag.get_absolute_url(),
        "/issues/",
        issue.get_absolute_url(),
        "/rankings/",
        ranking.get_absolute_url(),
        page.get_absolute_url(),
        f"/comments/{comment.pk}/edit/",
        f"/comments/{comment.pk}/delete/",
        f"/comments/{comment.pk}/reply/",
        "/healthz",
        "/manage/login/",
    ]


def test_every_page_answers(client, addresses):
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_headers_stand_once_on_every_answer_errors_too(client, addresses):
    for address in [*addresses, "/nowhere", "/articles/999999/x/", "/media/none.png", "/%ff"]:
        response = client.get(address)
        for name, part in HEADERS.items():
            values = [value for key, value in response.items() if key == name]
            assert len(values) == 1 and part in values[0], (address, name, values)
        assert "unsafe" not in response["Content-Security-Policy"]


REFUSALS = [
    (400, {"path": "/articles/?q=%00"}),
    (400, {"path": "/articles/%00/"}),
    (400, {"path": "/", "HTTP_HOST": "evil.example"}),
    (400, {"path": "/manage/login/", "HTTP_HOST": "evil.example"}),
    (400, {"path": "/comments/1/edit/", "method": "POST", "data": b"body=%FF"}),
    (403, {"path": "/comments/1/edit/", "method": "POST", "HTTP_ORIGIN": "https://evil.example"}),
    (403, {"path": "/manage/login/", "method": "POST", "data": b"username=a"}),
    (413, {"path": "/comments/1/edit/", "method": "POST", "data": b"x" * 300_000}),
    (301, {"path": "/articles"}),
    (301, {"path": "/issues"}),
    (503, {"path": "/comments/1/edit/", "method": "POST", "openup.crowded": True}),
    (503, {"path": "/", "openup.unavailable": True}),
]


@pytest.mark.parametrize(("status", "request_"), REFUSALS)
def test_headers_stand_once_on_what_is_refused_before_any_view(db, status, request_):
    request_ = {"method": "GET", "content_type": "application/x-www-form-urlencoded", **request_}

    response = Client(raise_request_exception=False, enforce_csrf_checks=True).generic(
        request_.pop("method"), request_.pop("path"), **request_
    )

    assert response.status_code == status
    for name, part in HEADERS.items():
        assert [part in value for key, value in response.items() if key == name] == [True], name


def test_headers_stand_on_the_way_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get("/")

    assert response.status_code == 301
    for name, part in HEADERS.items():
        assert part in response[name]


def test_public_page_sets_no_cookie_and_does_not_depend_on_one(client, addresses):
    staff = make_staff(is_superuser=True)
    client.force_login(staff)
    forged = Client(headers={"cookie": client.cookies.output(header="", sep=";")})
    for address in addresses:
        if address.startswith("/manage/"):
            continue
        plain, with_cookie = Client().get(address), forged.get(address)
        assert not plain.cookies and not with_cookie.cookies
        assert "Cookie" not in plain.get("Vary", "")
        if "/comments/" not in address:  # a form's submission key is new every time
            assert plain.content == with_cookie.content


# The most queries that each list may cost.
LISTS = {
    "/articles/": 8,
    "/articles/2025/10/": 8,
    "/categories/{category}/": 8,
    "/tags/open-data/": 8,
    "/issues/": 6,
    "/rankings/": 5,
    "/issues/2025-10/": 9,
    "/": 15,
}


def test_lists_cost_the_same_queries_whatever_they_hold(client):
    tag = Tag.objects.create(name="열린 자료", slug="open-data")
    issue = make_issue()
    category = make_category()

    def fill(number):
        article = make_article(category=category, monthly_issue=issue)
        article.tags.add(tag)
        make_comment(article)
        make_table(article, make_ranking())
        make_issue(month=date(2000 + number, 1, 1))

    def count_queries(path):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path.format(category=category.slug)).status_code == 200
        return len(queries)

    fill(0)
    with_little = {path: count_queries(path) for path in LISTS}
    for number in range(1, 25):
        fill(number)

    assert {path: count_queries(path) for path in LISTS} == with_little
    assert all(with_little[path] <= most for path, most in LISTS.items()), with_little


def links_of(client, path):
    """Return {relation: path} of what a list page tells of itself and of those beside it."""
    head = html.fromstring(client.get(path).content.decode()).cssselect("head link")
    relations = {link.get("rel"): link.get("href") for link in head}
    known = {name: relations.get(name) for name in ("canonical", "prev", "next")}
    return {name: link.removeprefix("http://testserver") for name, link in known.items() if link}


def test_list_pages_name_themselves_and_those_beside_them(client):
    category = make_category()
    for day in range(-41, 0):
        published_at = PUBLISHED_AT + timedelta(days=day)
        make_article(published_at=published_at, category=category)

    for path in ("/articles/", category.get_absolute_url()):
        first = links_of(client, path)
        second = links_of(client, first["next"])
        third = links_of(client, second["next"])

        assert first == {"canonical": path, "next": first["next"]}
        assert second == {"canonical": first["next"], "prev": path, "next": third["canonical"]}
        assert third == {"canonical": second["next"], "prev": first["next"]}


def test_list_leads_to_every_month_from_the_newest_article_back_to_the_oldest(client):
    make_article(published_at=PUBLISHED_AT.replace(year=2024, month=11))
    make_article(published_at=PUBLISHED_AT.replace(year=2025, month=10))

    page = html.fromstring(client.get("/articles/").content)
    links = page.cssselect("nav.archive a")

    months = [(2025, month) for month in range(10, 0, -1)] + [(2024, 12), (2024, 11)]
    assert [link.get("href") for link in links] == [
        f"/articles/{year}/{month:02}/" for year, month in months
    ]
    assert [link.text_content() for link in links] == [
        f"{month}월 {year}년" for year, month in months
    ]
    assert all(client.get(link.get("href")).status_code == 200 for link in links)


def test_list_continues_with_the_older_articles_and_misses_none(client):
    articles = [make_article() for _number in range(45)]
    seen = []
    path = "/articles/"
    while path:
        response = client.get(path)
        seen += [article.pk for article in response.context["articles"]]
        older = response.context["older"]
        path = f"/articles/?before={older}" if older else None

    assert seen == [article.pk for article in reversed(articles)]


@pytest.mark.parametrize(
    "query", ["before=x", "before=", "before=-1", "before=" + "9" * 400, "x=1"]
)
def test_unknown_or_malformed_query_shows_the_same_page_and_is_not_reflected(client, query):
    make_article()

    response = client.get(f"/articles/?{query}")

    assert response.content == client.get("/articles/").content


def test_query_beyond_the_text_is_a_missing_page(client):
    assert client.get("/articles/?before=12345").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/articles/2025/13/",
        "/articles/0000/01/",
        "/articles/9999/12/",
        "/issues/2025-00/",
        "/issues/0000-10/",
        "/articles/99999999999999999999999/x/",
        "/comments/99999999999999999999999/edit/",
        "/%00",
        "/tags/a%00/",
        "/articles/?before=%00",
        "/manage/login/?next=%00",
        "/%ff%fe",
        "/articles/%ED%A0%80/",
        "/rankings/없음/",
        "/rankings/%00.csv",
        "/rankings/없음/embed/",
        "/subjects/%00.json",
        "/subjects/" + "가" * 300 + "/",
        "/articles/99999999999999999999999/x.json",
        "/articles/1/%00.json",
        "/articles.json?before=%00",
        "/issues/2025-13.json",
        "/schemas/..%2farticle.json",
        "/schemas/%2e%2e%2f%2e%2e%2fviews.json",
        "/pages/../../etc/passwd",
    ],
)
def test_odd_address_is_answered_without_an_error(client, path):
    assert client.get(path).status_code in {200, 400, 404}


def test_page_is_found_when_a_proxy_asks_with_head(client):
    article = make_article()

    assert client.head(article.get_absolute_url()).status_code == 200


def test_foreign_host_is_refused(client):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_staff_session_gives_no_power_on_public_addresses(client):
    comment = make_comment()
    client.force_login(User.objects.create_superuser("root", password="x" * 12))

    response = client.post(f"/comments/{comment.pk}/delete/", {"email": "a@b.kr", "password": "no"})

    assert response.status_code == 403
