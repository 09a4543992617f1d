"""The strip of countries below a ranking."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.rankings.countries import strips_of
from tests.factories import make_article, make_ranking, make_table

countries = st.lists(st.sampled_from(["", *"가나다라마바사"]), min_size=1, max_size=20)


def told(periods):
    return [
        [f"{share.country} {share.count}" for share in strip.shares] for strip in strips_of(periods)
    ]


def test_sample_is_told_as_counted_by_hand():
    july = ["미국", "미국", "미국", "캐나다", "중국"]

    strips = told([("7월", july), ("10월", ["중국"] * 5)])

    assert strips == [["미국 3", "중국 1", "캐나다 1"], ["중국 5"]]


@pytest.mark.parametrize(
    ("july", "october"),
    [
        (["", ""], ["", ""]),
        # More than half of a period's ranks have none.
        (["가", "", ""], ["가", "나", "다"]),
        # All have the same.
        (["가", "가"], ["가", "가"]),
    ],
)
def test_no_strip_where_countries_tell_nothing(july, october):
    assert told([("7월", july), ("10월", october)]) == []


@given(countries, countries)
def test_every_rank_is_counted_once_and_a_country_has_one_colour(july, october):
    strips = strips_of([("7월", july), ("10월", october)])

    for strip, ranks in zip(strips, (july, october), strict=bool(strips)):
        end = 0
        for share in strip.shares:
            assert share.start == end and share.count > 0
            end += share.count
        assert end == strip.total == len(ranks)
        # The greatest first, and those without a colour of their own last.
        named = [share.count for share in strip.shares if share.colour != "grey"]
        assert named == sorted(named, reverse=True) and len(strip.shares) - len(named) <= 1
        for share in strip.shares:
            assert share.colour == "grey" or ranks.count(share.country) == share.count
    colours = {(share.country, share.colour) for strip in strips for share in strip.shares}
    assert len(colours) == len(dict(colours)) == len({colour for _country, colour in colours})


@pytest.mark.django_db
def test_article_series_and_compared_periods_show_the_strip(client):
    months = [[("가", "미국", "M"), ("나", home, "M")] for home in ("중국", "한국", "미국")]
    periods = [(f"2025년 {n}월", date(2025, n, 1), names) for n, names in enumerate(months, 1)]
    ranking = make_ranking(periods, slug="homes")
    article = make_article()
    make_table(article, ranking)

    newest = "2025년 3월: <span"
    pages = {
        article.get_absolute_url(): newest,
        "/rankings/homes/": newest,
        "/rankings/homes/?from=2025-01-01&to=2025-02-01": "2025년 2월: <span",
        "/rankings/homes/embed/": newest,
    }
    for path, strip in pages.items():
        html = client.get(path).content.decode()
        assert html.count('class="countries"') == 1 and html.count(strip) == 1, path


@pytest.mark.django_db
def test_ranking_without_countries_has_no_strip(client):
    periods = [(f"2025년 {n}월", date(2025, n, 1), [("가", "", "M")]) for n in (1, 2)]
    ranking = make_ranking(periods, slug="plain")
    make_table(make_article(), ranking)

    assert "countries" not in client.get("/rankings/plain/").content.decode()
