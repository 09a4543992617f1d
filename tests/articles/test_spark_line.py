"""Lines the size of a word: on the cards of rankings, beside subjects, on the front page."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.models import RankingSubject
from articles.rankings.spark_line import MOST_PERIODS, spark_line
from tests.factories import make_article, make_ranking, make_table

ranks = st.lists(st.none() | st.integers(1, 500), max_size=40)


def heights(line):
    return [int(y) for y in re.findall(r"[ML]\d+ (\d+)", re.search(r'<path d="([^"]*)"', line)[1])]


@given(ranks)
def test_line_rises_where_the_rank_does_and_is_small(ranks):
    line = spark_line(ranks)

    shown = ranks[-MOST_PERIODS:]
    held = [rank for rank in shown if rank is not None]
    if len(held) < 2:
        assert line == ""
        return
    drawn = heights(line)
    assert len(drawn) == len(held) and len(line) <= 330
    for before, after, up, down in zip(drawn, drawn[1:], held, held[1:], strict=False):
        assert (after - before) * (down - up) >= 0
    assert (drawn[0] == drawn[-1]) or (held[0] != held[-1])
    # Each absence breaks the line, and who is there now has a dot.
    runs = re.findall(r"x+", "".join("." if rank is None else "x" for rank in shown))
    assert re.search(r'<path d="([^"]*)"', line)[1].count("M") == len(runs)
    assert ("h0" in line) == (shown[-1] is not None)
    assert 'aria-hidden="true"' in line


def test_line_of_ten_periods_takes_few_bytes():
    assert len(spark_line([3, 4, 1, 2, 2, 5, 3, 1, 1, 2])) <= 270


@pytest.fixture
def ranking():
    periods = [
        (f"2025년 {number}월", date(2025, number, 1), [(name, "", "M") for name in names])
        for number, names in enumerate(["가나다", "나가다", "나다가"], start=1)
    ]
    ranking = make_ranking(periods, slug="names")
    make_table(make_article(), ranking)
    return ranking


@pytest.mark.django_db
def test_card_of_a_ranking_tells_who_is_first_and_what_changed(client, ranking):
    page = client.get("/rankings/").content.decode()

    first = spark_line([2, 1, 1])
    assert f"1위 나 {first}" in page
    assert "최고 상승 다" in page and "2025년 3월" in page


@pytest.mark.django_db
def test_figures_that_readers_do_not_see_are_in_no_line_and_no_card(client, ranking):
    hidden = ranking.periods.last()
    ranking.tables.get().periods.remove(hidden)
    ranking.store()

    pages = [client.get(path).content.decode() for path in ("/", "/rankings/")]

    assert all("2025년 3월" not in page and "최고 상승 나" in page for page in pages)
    assert spark_line([2, 1]) in pages[0] and spark_line([2, 1]) in pages[1]
    assert spark_line([2, 1, 1]) not in pages[0] + pages[1]


@pytest.mark.django_db
def test_subject_and_front_page_draw_how_it_came_to_its_rank(client, ranking):
    subject = RankingSubject.objects.get(name="다")

    pages = [client.get(path).content.decode() for path in (subject.get_absolute_url(), "/")]

    assert all(spark_line([3, 3, 2]) in page for page in pages)
    assert "<strong>2위</strong>" in pages[0]


@pytest.mark.django_db
def test_list_of_rankings_costs_the_same_however_many(client, ranking, django_assert_num_queries):
    with django_assert_num_queries(5) as queries:
        client.get("/rankings/")
    for _number in range(3):
        make_table(make_article(), make_ranking())

    with django_assert_num_queries(len(queries)):
        client.get("/rankings/")
