"""What other programs read: feeds, sitemap, robots.txt."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from articles.feeds import FEED_SIZE
from articles.models import Article, Tag
from articles.sitemaps import PART_SIZE
from tests.factories import (
    make_article,
    make_category,
    make_issue,
    make_ranking,
    make_subject,
    make_table,
)

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return etree.fromstring(response.content)


def make_unpublished():
    make_article(title="초안", state=Article.State.DRAFT, published_at=None)
    make_article(title="예약", published_at=timezone.now() + timedelta(days=1))
    make_article(title="철회", state=Article.State.WITHDRAWN)


def test_feed_holds_the_newest_published_articles(client, settings):
    for number in range(FEED_SIZE + 1):
        make_article(title=f"글 {number}", kicker="[10월]", summary="요약 1 < 2")
    make_unpublished()

    feed = read(client, reverse("articles:article_feed"))

    entries = feed.findall("a:entry", ATOM)
    assert len(entries) == FEED_SIZE
    assert entries[0].findtext("a:title", namespaces=ATOM) == f"[10월] 글 {FEED_SIZE}"
    assert entries[0].findtext("a:summary", namespaces=ATOM) == "<p>요약 1 &lt; 2</p>"
    assert entries[0].find("a:link", ATOM).get("href").startswith(settings.SITE_URL + "/articles/")
    assert "초안" not in etree.tostring(feed, encoding="unicode")


@pytest.mark.parametrize("name", ["id", "title", "updated", "author", "link"])
def test_feed_and_entries_have_what_atom_requires(client, name):
    make_article()

    feed = read(client, reverse("articles:article_feed"))

    assert feed.find(f"a:{name}", ATOM) is not None
    assert feed.find(f"a:entry/a:{name}", ATOM) is not None


def test_entry_keeps_its_id_when_its_address_changes(client):
    article = make_article()
    before = read(client, reverse("articles:article_feed")).findtext("a:entry/a:id", None, ATOM)
    article.slug = "another"
    article.store()

    after = read(client, reverse("articles:article_feed")).findtext("a:entry/a:id", None, ATOM)

    assert before == after


def test_no_two_feeds_are_the_same_to_a_program(client, settings):
    addresses = [
        reverse("articles:article_feed"),
        reverse("comments:comment_feed"),
        reverse("comments:article_comment_feed", args=[make_article().pk]),
    ]

    ids = [read(client, address).findtext("a:id", namespaces=ATOM) for address in addresses]

    assert ids == [settings.SITE_URL + address for address in addresses]


def test_category_and_tag_have_feeds_of_their_own(client):
    category, tag = make_category(slug="policy"), Tag(name="정책", slug="tag")
    tag.store()
    article = make_article(title="안", category=category)
    article.tags.add(tag)
    make_article(title="밖")

    for name, slug in (("category_feed", "policy"), ("tag_feed", "tag")):
        feed = read(client, reverse(f"articles:{name}", args=[slug]))
        assert feed.xpath("a:entry/a:title/text()", namespaces=ATOM) == ["안"]


def test_subject_has_a_feed_of_its_ranks(client):
    ranking = make_ranking(title="모형 선호도")
    make_table(make_article(), ranking)
    entry = ranking.periods.last().entries.get()

    feed = read(client, reverse("articles:subject_feed", args=[entry.subject.slug]))

    assert feed.xpath("a:entry/a:title/text()", namespaces=ATOM) == [
        "모형 선호도, 2025년 10월: 1위"
    ]


def test_subject_without_public_ranks_has_no_feed(client):
    subject = make_subject("알리바바")

    assert client.get(reverse("articles:subject_feed", args=[subject.slug])).status_code == 404


def test_pages_name_their_feed(client):
    make_article(category=make_category(slug="policy"))

    assert 'href="/feed/"' in client.get("/").content.decode()
    assert 'href="/categories/policy/feed/"' in client.get("/categories/policy/").content.decode()


def test_sitemap_leads_to_every_public_page_and_to_no_other(client, settings):
    article, issue = make_article(title="공개", slug="열린-모형-1"), make_issue()
    make_unpublished()

    index = read(client, "/sitemap.xml")
    locations = []
    for address in index.xpath("s:sitemap/s:loc/text()", namespaces=MAP):
        part = read(client, address.removeprefix(settings.SITE_URL))
        locations += part.xpath("s:url/s:loc/text()", namespaces=MAP)

    assert settings.SITE_URL + article.get_absolute_url() in locations
    assert settings.SITE_URL + issue.get_absolute_url() in locations
    assert sum("/articles/" in location for location in locations) == 2
    for location in locations:
        assert client.get(location.removeprefix(settings.SITE_URL)).status_code == 200


def test_sitemap_says_when_an_article_changed(client):
    article = make_article()

    part = read(client, reverse("articles:sitemap", args=[(article.pk - 1) // PART_SIZE + 1]))

    assert part.findtext("s:url/s:lastmod", namespaces=MAP)[:10] == str(
        timezone.localdate(article.updated_at)
    )


def test_sitemap_index_says_when_a_public_article_changed(client):
    article = make_article()
    make_unpublished()

    index = read(client, "/sitemap.xml")

    changed = index.findtext("s:sitemap/s:lastmod", namespaces=MAP)
    assert changed == timezone.localtime(article.updated_at).isoformat()


@pytest.mark.parametrize("part", ["0", "-1", "x", "99999999999", "²"])
def test_other_parts_are_not_found(client, part):
    assert client.get(f"/sitemaps/{part}.xml").status_code == 404


def test_robots_may_read_everything_but_the_staffs_pages(client, settings):
    lines = client.get("/robots.txt").content.decode().split("\n")

    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in lines
    assert "Disallow: /manage/" in lines
