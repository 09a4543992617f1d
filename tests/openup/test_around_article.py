"""What leads on from an article."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import PUBLISHED_AT, make_article, make_category

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def page_of(client, article):
    return client.get(article.get_absolute_url()).content.decode()


def test_article_leads_to_the_one_before_and_the_one_after(client):
    first, second, third = (
        make_article(title=title, published_at=PUBLISHED_AT + number * DAY)
        for number, title in enumerate(["첫째", "둘째", "셋째"])
    )
    make_article(title="예약", published_at=timezone.now() + DAY)

    html = page_of(client, second)

    assert f'rel="prev" href="{first.get_absolute_url()}"' in html
    assert f'rel="next" href="{third.get_absolute_url()}"' in html
    assert 'rel="next"' not in page_of(client, third)


def test_article_leads_to_the_newest_of_its_category_without_itself(client):
    category = make_category(name="정책")
    article = make_article(title="이 글", category=category)
    for number in range(4):
        make_article(
            title=f"같은 갈래 {number}", category=category, published_at=PUBLISHED_AT + number * DAY
        )
    make_article(title="다른 갈래", published_at=PUBLISHED_AT + 9 * DAY)

    around = page_of(client, article).partition('class="around"')[2]

    assert [number for number in range(4) if f"같은 갈래 {number}" in around] == [1, 2, 3]
    assert "다른 갈래" not in around
    assert "이 글" not in around.partition("</section>")[0]


def test_article_says_how_to_cite_it(client, settings):
    article = make_article(title="열린 모형", kicker="[10월]", byline="Open UP")

    cite = page_of(client, article).partition('class="cite"')[2].partition("</details>")[0]

    assert "Open UP, “[10월] 열린 모형”, Open UP" in cite
    assert settings.SITE_URL + article.get_absolute_url() in cite
