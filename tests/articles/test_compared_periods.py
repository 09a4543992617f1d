"""A long series begins with two of its periods; all of them stand below, after their chart."""

from datetime import date

import pytest
from django.core.handlers.wsgi import WSGIHandler
from lxml import html

from articles.rankings.compared_periods import compared_periods
from openup.pagecache import PageCache
from tests.factories import make_article, make_ranking, make_table
from tests.wsgi import ask

pytestmark = pytest.mark.django_db


def make_series(months, names=3):
    periods = [
        (
            f"2025년 {month}월",
            date(2025, month, 1),
            [(f"기업 {(number + month) % names}", "", "M") for number in range(names)],
        )
        for month in range(1, months + 1)
    ]
    ranking = make_ranking(periods)
    make_table(make_article(), ranking)
    return ranking.get_absolute_url()


def get_page(client, address):
    return html.fromstring(client.get(address).content.decode())


def heads(page, within):
    return [head.text for head in page.cssselect(f"{within} th[scope=colgroup]")]


def chosen(page):
    return [each.get("value") for each in page.cssselect("form.compare option[selected]")]


def test_newest_period_is_compared_with_the_one_before_it(client):
    page = get_page(client, make_series(5))

    assert heads(page, "#compared") == ["2025년 4월", "2025년 5월"]
    assert page.cssselect("#compared .move")
    assert chosen(page) == ["2025-04-01", "2025-05-01"]


def test_reader_chooses_two_periods_by_an_address_that_can_be_shared(client):
    address = make_series(5)

    for query in ("from=2025-01-01&to=2025-03-01", "from=2025-03-01&to=2025-01-01"):
        page = get_page(client, f"{address}?{query}")
        assert heads(page, "#compared") == ["2025년 1월", "2025년 3월"], query
        assert chosen(page) == ["2025-01-01", "2025-03-01"]
        assert page.cssselect("link[rel=canonical]")[0].get("href").endswith(address)


def test_whole_series_stands_below_its_chart_and_every_id_once(client):
    page = get_page(client, make_series(4))

    whole = page.cssselect("details.series[open]")[0]
    assert heads(page, "details.series") == [f"2025년 {month}월" for month in range(1, 5)]
    order = [element for element in page.iter() if element in (*page.cssselect(".chart"), whole)]
    assert order == [page.cssselect(".chart")[0], whole]
    ids = [element.get("id") for element in page.cssselect("[id]")]
    assert len(ids) == len(set(ids))
    assert len(page.cssselect(".ranking > a.skip")) == 2


def test_series_that_takes_a_slow_phone_long_to_draw_is_folded(client):
    page = get_page(client, make_series(12, names=20))

    assert page.cssselect("details.series:not([open])")
    assert page.cssselect("details.series > summary")[0].text.strip() == "전체 시점 12개"


def test_two_periods_need_no_choice(client):
    page = get_page(client, make_series(2))

    assert not page.cssselect("form.compare, details.series")
    assert heads(page, ".ranking") == ["2025년 1월", "2025년 2월"]


@pytest.mark.parametrize(
    ("asked", "compared"),
    [
        (("", ""), (3, 4)),
        (("2025-02-01", ""), (2, 4)),
        (("", "2025-02-01"), (1, 2)),
        (("2025-04-01", "2025-04-01"), (3, 4)),
        (("", "2025-01-01"), (1, 2)),
        (("2025-01-01", "2025-01-01"), (1, 2)),
        (("1999-01-01", "x"), (3, 4)),
    ],
)
def test_periods_that_are_compared(asked, compared):
    class Period:
        def __init__(self, month):
            self.month, self.as_of = month, date(2025, month, 1)

    pair = compared_periods([Period(month) for month in range(1, 5)], *asked)

    assert tuple(period.month for period in pair) == compared


@pytest.mark.django_db(transaction=True)
def test_made_up_dates_take_the_place_of_no_page():
    address = make_series(3)
    site = PageCache(WSGIHandler(), max_bytes=2**22)
    page = ask(site, address)
    ask(site, f"{address}?from=2025-01-01&to=2025-03-01")
    kept = site.bytes

    for query in ("from=1999-01-01", "to=2025-13-45", "from=%3Cb%3E", "from=2025-01-01&to=x"):
        answer = ask(site, f"{address}?{query}")
        assert answer.status == 200 and "no-store" in answer.header("Cache-Control"), query
    site.validators.close()

    assert site.bytes == kept and "2025년 3월" in page.text
