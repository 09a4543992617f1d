"""The sentence above a ranking: who came, rose the furthest, and left."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.rankings.changes import Changes, parts_of
from articles.rankings.movement import Kind, compare
from tests.articles.test_movement import JULY, OCTOBER, ranks
from tests.factories import make_article, make_ranking, make_table


def sentence(*periods):
    names = {who: who for period in periods for who in period}
    return str(Changes("", parts_of(compare(periods)[-1], names)))


@pytest.mark.parametrize(
    ("periods", "text"),
    [
        ([JULY, OCTOBER], "신규 4 · 최고 상승 알리바바 ▲3 · 이탈 구글 외 3"),
        ([{"가": 1, "나": 2}, {"가": 1, "나": 2}], "순위 변동 없음"),
        ([{"가": 1}, {"나": 1}, {"가": 1}], "재진입 1 · 이탈 나"),
        # Several rose as far: the highest is named.
        (
            [{"가": 1, "나": 2, "다": 3, "라": 4}, {"다": 1, "라": 2, "가": 3, "나": 4}],
            "최고 상승 다 외 1 ▲2",
        ),
        # A newcomer at the top pushes all down.
        ([{"가": 1, "나": 2}, {"다": 1, "가": 2, "나": 3}], "신규 1 · 최대 하락 가 외 1 ▼1"),
        # A tie that ends.
        ([{"가": 1, "나": 1}, {"가": 1, "나": 2}], "최대 하락 나 ▼1"),
    ],
)
def test_sentence_tells_what_moved(periods, text):
    assert sentence(*periods) == text


@given(st.lists(ranks.filter(len), min_size=2, max_size=4))
def test_sentence_counts_all_who_came_and_left_and_no_rise_is_greater(periods):
    comparison = compare(periods)[-1]
    kinds = [move.kind for move in comparison.moves.values()]
    steps = [move.steps for move in comparison.moves.values() if move.kind is Kind.UP]

    text = sentence(*periods)

    new, back = kinds.count(Kind.NEW), kinds.count(Kind.RETURNED)
    assert (f"신규 {new}" in text) == (new > 0)
    assert (f"재진입 {back}" in text) == (back > 0)
    assert (f"▲{max(steps, default=0)}" in text) == bool(steps)
    assert ("▼" in text) == (Kind.DOWN in kinds and not steps)
    others = len(comparison.gone) - 1
    assert ("이탈" in text) == (others >= 0)
    assert others < 1 or text.endswith(f" 외 {others}")
    assert (text == "순위 변동 없음") == (set(kinds) == {Kind.SAME} and not comparison.gone)


SPOKEN = '<span>최고 상승 나 <small class="move up"><span aria-hidden="true">▲1</span>'


def make_shown_ranking(*months):
    periods = [
        (f"2025년 {number}월", date(2025, number, 1), [(name, "", "M") for name in names])
        for number, names in enumerate(months, start=1)
    ]
    ranking = make_ranking(periods, slug="names")
    make_table(make_article(), ranking)
    return ranking


@pytest.mark.django_db
def test_article_series_embed_and_front_page_say_it_in_shape_and_words(client):
    ranking = make_shown_ranking("가나다", "나가라")
    article = ranking.tables.get().article.get_absolute_url()

    for path in ("/", article, "/rankings/names/", "/rankings/names/embed/"):
        page = client.get(path).content.decode()
        assert page.count("이탈 다") == 1, path
        assert SPOKEN in page and "1계단 상승" in page, path


@pytest.mark.django_db
def test_first_period_says_nothing(client):
    ranking = make_shown_ranking("가나다")

    pages = [client.get(path).content.decode() for path in ("/", "/rankings/names/")]

    assert not any(word in page for page in pages for word in ("순위 변동 없음", " 대비", "신규"))
    assert client.get(ranking.files["json"]).json()["periods"][0]["changes"] is None


@pytest.mark.django_db
def test_two_periods_that_a_reader_compares_have_a_sentence_of_their_own(client):
    make_shown_ranking("가나다", "나가다", "다나가")

    page = client.get("/rankings/names/?from=2025-01-01&to=2025-03-01").content.decode()

    assert page.count("2025년 1월 대비") == 1 and "최고 상승 다" in page
    assert "2025년 2월 대비" not in page


@pytest.mark.django_db
def test_data_twin_holds_the_sentence_of_each_period(client):
    ranking = make_shown_ranking("가나다", "나가라", "나가라")

    periods = client.get(ranking.files["json"]).json()["periods"]

    changes = [period["changes"] for period in periods]
    assert changes == [None, "신규 1 · 최고 상승 나 ▲1 · 이탈 다", "순위 변동 없음"]
