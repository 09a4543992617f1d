"""What search engines read of an article (schema.org: NewsArticle, BreadcrumbList)."""

import json
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from lxml import html

from articles.models import Tag
from tests.factories import make_article, make_comment, make_issue, make_ranking, make_table

pytestmark = pytest.mark.django_db


def graph_of(client, article):
    page = html.fromstring(client.get(article.get_absolute_url()).content)
    (text,) = page.xpath('//script[@type="application/ld+json"]/text()')
    data = json.loads(text)
    assert data["@context"] == "https://schema.org"
    return {node["@type"]: node for node in data["@graph"]}


def test_article_is_described_with_what_the_vocabulary_asks_for(client, settings):
    tag = Tag.objects.create(name="열린 자료", slug="open-data")
    article = make_article(title="열린 모형", kicker="[10월]", summary="간추림", kogl="type1")
    article.tags.add(tag)
    make_comment(article)

    news = graph_of(client, article)["NewsArticle"]

    assert news["headline"] == "[10월] 열린 모형"
    assert news["url"] == settings.SITE_URL + article.get_absolute_url()
    assert news["image"] == [settings.SITE_URL + article.share_picture_url]
    assert news["keywords"] == ["열린 자료"]
    assert news["license"].startswith("https://www.kogl.or.kr/")
    assert news["commentCount"] == 1
    published, modified = map(datetime.fromisoformat, (news["datePublished"], news["dateModified"]))
    assert published == article.published_at <= modified
    assert published.utcoffset().total_seconds() == 9 * 3600
    for name in ("author", "publisher"):
        assert news[name]["@type"] == "Organization" and news[name]["name"]


def test_breadcrumb_leads_from_the_front_page_to_the_article(client, settings):
    article = make_article()

    steps = graph_of(client, article)["BreadcrumbList"]["itemListElement"]

    assert [step["position"] for step in steps] == [1, 2, 3, 4]
    assert steps[0]["item"] == settings.SITE_URL + "/"
    assert steps[-1]["item"] == settings.SITE_URL + article.get_absolute_url()


def test_no_title_ends_the_element_it_stands_in(client):
    article = make_article(title="</script><script>alert(1)</script> & <!-- 글")

    assert graph_of(client, article)["NewsArticle"]["headline"] == article.title


@pytest.mark.parametrize("name", ["title", "description", "url", "image", "type", "site_name"])
def test_page_has_what_other_sites_show_of_it(client, name):
    page = html.fromstring(client.get(make_article().get_absolute_url()).content)

    (content,) = page.xpath(f'//meta[@property="og:{name}"]/@content')

    assert content


def shared(client, address):
    """Return {property: content} of what other sites show of a page."""
    page = html.fromstring(client.get(address).content)
    tags = page.xpath('//meta[starts-with(@property, "og:")]')
    return {tag.get("property").removeprefix("og:"): tag.get("content") for tag in tags}


def test_every_kind_of_page_says_of_itself_what_others_show(client):
    article, ranking, issue = make_article(), make_ranking(), make_issue([("정책", "새 전략", "")])
    make_table(article, ranking)
    subject = ranking.periods.first().entries.first().subject
    call_command("seed_thread", article.pk, comments=0, replies=101, stdout=StringIO())
    root = article.comments.get(parent=None)

    pages = [shared(client, place.get_absolute_url()) for place in (ranking, issue, subject)]
    pages.append(shared(client, root.get_permalink()))

    assert all(page["title"] and page["url"] and page["site_name"] for page in pages)
    told = [page["description"].strip() for page in pages]
    assert len(set(told)) == 4
    assert told[1] == "(정책) 새 전략" and article.full_title in told[3]
