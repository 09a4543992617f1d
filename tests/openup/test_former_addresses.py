"""What gets another slug is found at its former address too, as long as that is nobody else's."""

import pytest

from articles.models import FormerAddress, SitePage, Tag
from tests.factories import make_article, make_category, make_ranking, make_table

pytestmark = pytest.mark.django_db


def make_tag():
    tag = Tag(name="태그", slug="old-tag")
    tag.store()
    return tag


def make_page():
    page = SitePage(title="안내", slug="old-page", body="글")
    page.store()
    return page


def make_series():
    ranking = make_ranking()
    make_table(make_article(), ranking)
    return ranking


def rename(row, slug):
    row.slug = slug
    row.full_clean()
    row.store()


@pytest.mark.parametrize("make", [make_category, make_tag, make_page, make_series])
def test_former_address_leads_to_the_page_of_now(client, make):
    row = make()
    first = row.get_absolute_url()
    rename(row, "second")
    rename(row, "새-이름")

    for address in (first, first.replace(first.split("/")[2], "second")):
        response = client.get(f"{address}?page=2")

        assert (response.status_code, response["Location"]) == (
            302,
            f"{row.get_absolute_url()}?page=2",
        )


def test_files_of_a_series_and_feeds_move_too(client):
    ranking, category = make_series(), make_category(slug="old")
    old = ranking.slug
    rename(ranking, "new"), rename(category, "new")

    csv = client.get(f"/rankings/{old}.csv")
    assert csv["Location"] == "/rankings/new.csv"
    assert csv["Access-Control-Allow-Origin"] == "*"
    assert client.get("/categories/old/feed/")["Location"] == "/categories/new/feed/"


def test_address_that_another_has_now_is_that_ones(client):
    tag = make_tag()
    rename(tag, "new-tag")
    other = Tag(name="다른 태그", slug="old-tag")
    other.store()

    assert client.get("/tags/old-tag/").status_code == 200
    rename(tag, "newest"), rename(tag, "new-tag")

    assert client.get("/tags/new-tag/").status_code == 200
    assert set(FormerAddress.objects.values_list("slug", flat=True)) == {"newest"}


def test_former_address_of_what_is_hidden_or_gone_is_none(client):
    ranking, tag = make_ranking(), make_tag()
    old = ranking.slug
    rename(ranking, "hidden"), rename(tag, "gone")
    tag.delete()

    assert client.get(f"/rankings/{old}/").status_code == 404
    assert client.get("/tags/old-tag/").status_code == 404
