"""A year's months with their counts, beside what is of one of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from lxml import html

from articles import month_line
from articles.models import Article
from tests.factories import make_article, make_issue

pytestmark = pytest.mark.django_db
OCTOBER = datetime(2025, 10, 28, tzinfo=UTC)


def cells(client, address):
    page = html.fromstring(client.get(address).content.decode())
    return page.cssselect(".months li > *")


def archive(year, month):
    return reverse("articles:month_archive", args=[year, month])


def test_months_say_how_much_readers_find_in_them(client):
    make_article(published_at=OCTOBER)
    # In Korea that is October already.
    make_article(published_at=datetime(2025, 9, 30, 16, tzinfo=UTC))
    make_article(published_at=datetime(2025, 3, 1, tzinfo=UTC))
    make_article(published_at=datetime(2024, 3, 1, tzinfo=UTC))
    make_article(published_at=OCTOBER, withdrawn_at=OCTOBER + timedelta(days=1))
    make_article(state=Article.State.DRAFT, published_at=OCTOBER)

    found = cells(client, archive(2025, 10))

    texts = [cell.text_content().split() for cell in found]
    assert len(texts) == 12 and texts[2] == ["3월", "1건"] and texts[9] == ["10월", "2건"]
    assert [cell.get("href") for cell in found if cell.tag == "a"] == [
        archive(2025, 3),
        archive(2025, 10),
    ]
    assert [cell.get("aria-current") for cell in found] == [None] * 9 + ["page", None, None]


def test_month_is_marked_beside_an_article_and_an_issue(client):
    issue = make_issue(month=date(2025, 10, 1))
    article = make_article(published_at=OCTOBER)

    for address in (article.get_absolute_url(), issue.get_absolute_url()):
        current = [cell for cell in cells(client, address) if cell.get("aria-current")]
        assert [cell.get("href") for cell in current] == [archive(2025, 10)]
    assert len(cells(client, reverse("articles:monthly_issue_list"))) == 12


def test_busy_year_leads_on_without_numbers_at_the_same_cost(
    client, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(month_line, "MOST_COUNTED", 2)
    for month in (2, 4, 4):
        make_article(published_at=datetime(2025, month, 9, tzinfo=UTC))

    with django_assert_num_queries(1):
        line = month_line.month_line(2025)

    assert [bool(cell.address) for cell in line.cells] == [True] * 4 + [False] * 8
    assert not any(cell.count for cell in line.cells)


@pytest.mark.parametrize("year", [1000, 9999])
def test_no_year_that_can_be_written_has_a_page_of_errors(client, year):
    assert client.get(archive(year, 1)).status_code in {200, 404}
