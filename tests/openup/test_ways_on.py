"""What leads on from every page: the field to search with, the current section, the footer."""

from datetime import date

import pytest
from django.urls import reverse
from lxml import html

from articles.models import RankingSubject
from tests.factories import (
    make_article,
    make_category,
    make_comment,
    make_ranking,
    make_table,
)

pytestmark = pytest.mark.django_db


def get_page(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status
    return html.fromstring(response.content.decode())


def test_every_page_has_one_field_to_search_with(client):
    addresses = {"/": 200, make_article().get_absolute_url(): 200, "/search/": 200, "/none/": 404}
    for address, status in addresses.items():
        (form,) = get_page(client, address, status).cssselect("form[role=search]")
        assert form.get("action") == "/search/" and form.cssselect("input[name=q]"), address


def test_menu_marks_the_page_and_the_section_that_it_belongs_to(client):
    article = make_article()
    make_table(article, ranking := make_ranking())
    marked = {
        "/articles/": ("page", "/articles/"),
        article.get_absolute_url(): ("true", "/articles/"),
        ranking.get_absolute_url(): ("true", "/rankings/"),
        "/corrections/": ("true", "/rankings/"),
        RankingSubject.objects.first().get_absolute_url(): ("true", "/rankings/"),
        reverse("comments:comment_delete", args=[make_comment(article).pk]): ("true", "/articles/"),
    }
    for address, (kind, section) in marked.items():
        (link,) = get_page(client, address).cssselect(".sections a[aria-current]")
        assert (link.get("aria-current"), link.get("href")) == (kind, section)


def test_footer_leads_to_own_comments_corrections_and_feeds(client):
    for address, status in {"/": 200, "/none/": 404}.items():
        footer = get_page(client, address, status).cssselect("footer.site-footer a")
        addresses = {link.get("href") for link in footer}
        assert {"/comments/mine/", "/corrections/", "/feed/", "/comments/feed/"} <= addresses


@pytest.mark.parametrize(("count", "said"), [(3, "검색 결과 3건"), (21, "검색 결과 20건 이상")])
def test_search_says_how_much_it_has_found(client, count, said):
    for _number in range(count):
        make_article(title="카나리아 소식")

    page = get_page(client, "/search/?q=카나리아")

    assert page.cssselect("#results > [role=status]")[0].text == said
    further = page.cssselect("nav.pager a")
    if further:
        page = get_page(client, "/search/" + further[0].get("href"))
        assert page.cssselect("#results")[0].text_content() == "이어지는 검색 결과"


def test_answer_of_a_search_is_compressed(client):
    response = client.get("/search/?q=소식", headers={"accept-encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip" and "Accept-Encoding" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


def test_links_with_one_name_lead_to_one_page(client):
    category = make_category()
    article = make_article(category=category)
    make_article(category=category)

    found = {}
    for address in ("/", "/search/?q=없는말", "/none/", article.get_absolute_url()):
        for link in html.fromstring(client.get(address).content.decode()).cssselect("main a"):
            found.setdefault(link.text_content(), set()).add(link.get("href"))

    assert found["전체 글 보기"] == {"/articles/"}
    assert found["이 분류의 글 모두 보기"] == {category.get_absolute_url()}


@pytest.mark.parametrize(
    ("count", "said"),
    # Of a single period the card speaks as it is.
    [(1, []), (2, ["1월", "2월"]), (12, ["1월 – 12월", "전체 시점 12개"])],
)
def test_card_of_a_long_series_does_not_list_every_period(client, count, said):
    numbers = range(1, count + 1)
    months = [(f"{n}월", date(2025, n, 1), [("구글", "미국", "M")]) for n in numbers]
    make_table(make_article(), make_ranking(months))

    shown = get_page(client, "/rankings/").cssselect(".periods li")

    assert [item.text for item in shown] == said
