"""The feeds hold what readers may read now, and nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import etree, html

from articles.feeds import FEED_SIZE
from articles.models import Article, RankingEntry
from comments.models import Comment
from tests.factories import (
    EMAIL,
    make_article,
    make_comment,
    make_ranking,
    make_staff,
    make_table,
)

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def article():
    return make_article(kicker="[10월]", title="열린 모형")


@pytest.fixture(params=["all", "one"])
def address(request, article):
    """The feed of all comments, then the article's own: the same holds for both."""
    if request.param == "all":
        return reverse("comments:comment_feed")
    return reverse("comments:article_comment_feed", args=[article.pk])


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return etree.fromstring(response.content)


def texts(feed, path):
    return feed.xpath(path, namespaces=ATOM)


def test_entry_names_writer_article_text_and_moments(client, settings, article, address):
    comment = make_comment(article, name="미나", body="1 < 2 & 3\nhttps://example.org")

    feed = read(client, address)

    (entry,) = feed.findall("a:entry", ATOM)
    link = settings.SITE_URL + comment.get_permalink()
    assert entry.findtext("a:title", namespaces=ATOM) == "미나, “[10월] 열린 모형”"
    assert entry.findtext("a:author/a:name", namespaces=ATOM) == "미나"
    assert texts(entry, "a:link/@href") == [link]
    assert entry.findtext("a:id", namespaces=ATOM) == link
    summary = entry.find("a:summary", ATOM)
    assert summary.get("type") == "html"
    paragraph = html.fromstring(summary.text)
    assert paragraph.text == "1 < 2 & 3"
    assert paragraph.cssselect("a")[0].get("href") == "https://example.org"
    assert entry.findtext("a:updated", namespaces=ATOM)[:19] == (
        comment.created_at.strftime("%Y-%m-%dT%H:%M:%S")
    )


@pytest.mark.parametrize("part", ["id", "title", "updated", "author"])
def test_feed_and_entry_have_what_atom_requires(client, article, address, part):
    make_comment(article)

    feed = read(client, address)

    assert feed.find(f"a:{part}", ATOM) is not None
    assert feed.find(f"a:entry/a:{part}", ATOM) is not None
    assert texts(feed, "a:link[@rel='self']/@href")[0].endswith(address)


def test_feed_without_comments_is_valid_too_and_the_same_whenever_it_is_made(
    client, article, address
):
    feed, again = read(client, address), read(client, address)

    updated = feed.findtext("a:updated", namespaces=ATOM)
    assert updated and updated == again.findtext("a:updated", namespaces=ATOM)
    assert not feed.findall("a:entry", ATOM)


def test_every_address_begins_with_the_sites_own(client, settings, article, address):
    make_comment(article)
    settings.ALLOWED_HOSTS = ["other.example"]

    response = client.get(address, headers={"host": "other.example"})

    feed = etree.fromstring(response.content)
    for found in texts(feed, "//@href | //a:id/text()"):
        assert found.startswith(settings.SITE_URL)


def take_out(comment, how):
    staff = make_staff()
    if how == "blocked":
        blocked_until = timezone.now() + timedelta(days=1)
        Comment.objects.filter(pk=comment.pk).update(blocked_until=blocked_until)
    elif how == "hidden":
        comment.hide(by=staff, reason="광고")
    elif how == "deleted":
        comment.delete_by_author()
    elif how == "held":
        Comment.objects.filter(pk=comment.pk).update(state=Comment.State.HELD)
    else:
        comment.hide(by=staff, reason="광고")
        comment.delete_by_author()


@pytest.mark.parametrize("how", ["blocked", "hidden", "held", "deleted", "hidden and deleted"])
def test_what_readers_may_not_read_is_never_in_it(client, article, address, how):
    comment = make_comment(article, body="사라질 글")
    # A tombstone stays in the thread, not here.
    make_comment(article, parent=comment, body="남는 글")

    take_out(comment, how)

    content = client.get(address).content.decode()
    assert "사라질 글" not in content
    assert content.count("<entry>") == 1


def test_comments_of_an_article_that_is_not_public_are_in_no_feed(client, article, address):
    make_comment(article, body="거둔 글의 댓글")
    article.state = Article.State.WITHDRAWN
    article.store()

    response = client.get(address)

    assert "거둔 글의 댓글" not in response.content.decode()
    assert response.status_code == (404 if str(article.pk) in address else 200)


@pytest.mark.parametrize(
    "text", ["]]><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "\"'"]
)
def test_markup_in_texts_and_names_stays_text(client, article, address, text):
    make_comment(article, name=text[:30], body=text)

    feed = read(client, address)

    (entry,) = feed.findall("a:entry", ATOM)
    assert {etree.QName(node).localname for node in entry.iter()} <= {
        *("entry", "title", "link", "id", "summary", "author", "name", "published", "updated")
    }
    assert entry.findtext("a:author/a:name", namespaces=ATOM) == text[:30]
    fragment = html.fragment_fromstring(entry.findtext("a:summary", None, ATOM), create_parent=True)
    assert [node.tag for node in fragment.iter()] == ["div", "p"]
    assert fragment.text_content() == text


def test_feed_tells_nothing_of_the_address(client, article, address):
    comment = make_comment(article)

    content = client.get(address).content.decode()

    assert EMAIL not in content
    assert comment.email_digest.partition(":")[2] not in content


def test_feed_ends_and_costs_the_same_for_any_number(client, article, address):
    make_table(article, make_ranking())
    entry = RankingEntry.objects.first()
    make_comment(article, ranking_entry=entry)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _number in range(FEED_SIZE):
        make_comment(article, ranking_entry=entry)
    make_comment(article, body="가장 새 글")

    with CaptureQueriesContext(connection) as many:
        feed = read(client, address)

    assert len(few) == len(many)
    assert len(feed.findall("a:entry", ATOM)) == FEED_SIZE
    assert "가장 새 글" in texts(feed, "a:entry/a:summary/text()")[0]
    assert "구글 (미국), 2024년 7월" in texts(feed, "a:entry/a:title/text()")[1]


def test_pages_name_the_feeds(client, article):
    own = reverse("comments:article_comment_feed", args=[article.pk])

    assert 'href="/comments/feed/"' in client.get("/").content.decode()
    assert f'href="{own}"' in client.get(article.get_absolute_url()).content.decode()


def test_article_that_does_not_exist_has_no_feed(client):
    assert client.get("/articles/999999/comments/feed/").status_code == 404
