from datetime import date

import pytest

from articles.models import RankingEntry, RankingSubject
from tests.factories import make_article, make_ranking, make_subject, make_table

pytestmark = pytest.mark.django_db

MONTHS = [(f"2025년 {month}월", date(2025, month, 1)) for month in range(1, 5)]


def make_shown_ranking(*tops, **fields):
    """Return a published series; each of `tops` names who ranked in a month, "" in none."""
    periods = [
        (label, as_of, [(name, "", "M") for name in names])
        for (label, as_of), names in zip(MONTHS, tops, strict=False)
    ]
    ranking = make_ranking(periods, **fields)
    make_table(make_article(title="모형의 흐름"), ranking)
    return ranking


def rows_of(response):
    (history,) = response.context["histories"]
    return [
        (standing.period.label, standing.rank, standing.move and standing.move.kind.value)
        for standing in history.standings
    ]


def test_every_rank_stands_with_period_move_and_article(client):
    ranking = make_shown_ranking("나", "나가", "나", "가")
    subject = RankingSubject.objects.get(name="가")

    response = client.get(subject.get_absolute_url())

    assert rows_of(response) == [
        ("2025년 4월", "1위", "returned"),
        ("2025년 3월", "", None),
        ("2025년 2월", "2위", "new"),
    ]
    page = response.content.decode()
    assert ranking.get_absolute_url() in page and page.count("모형의 흐름</a>") == 3
    assert "표에 없음" in page and "<svg" in page


def test_one_rank_alone_has_no_line_to_draw(client):
    make_shown_ranking("가")

    response = client.get(RankingSubject.objects.get(name="가").get_absolute_url())

    assert rows_of(response) == [("2025년 1월", "1위", None)]
    assert "<svg" not in response.content.decode()


def test_period_without_figures_is_no_absence(client):
    make_shown_ranking("나가", "", "가")

    response = client.get(RankingSubject.objects.get(name="가").get_absolute_url())

    assert rows_of(response) == [("2025년 3월", "1위", "up"), ("2025년 1월", "2위", None)]


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_what_only_hidden_articles_show_is_not_found(client, state):
    article = make_article()
    make_table(article, make_ranking())
    article.state = state
    article.store()

    assert client.get(RankingSubject.objects.first().get_absolute_url()).status_code == 404


def test_hidden_article_is_not_named(client):
    ranking = make_shown_ranking("가")
    make_table(make_article(title="숨은 글", state="draft"), ranking)

    response = client.get(RankingSubject.objects.get(name="가").get_absolute_url())

    assert "숨은 글" not in response.content.decode()


def test_queries_do_not_depend_on_how_much_a_subject_was_ranked(client, django_assert_num_queries):
    make_shown_ranking("가나다라", "나가", "가", "가나")
    subject = make_subject("가")
    for _number in range(3):
        make_shown_ranking("가나", "나가", "가")

    with django_assert_num_queries(7):
        client.get(subject.get_absolute_url())


def test_table_names_who_moved_and_who_left(client):
    ranking = make_shown_ranking("가나다", "다가라")

    page = client.get(ranking.get_absolute_url()).content.decode()

    assert '<span aria-hidden="true">▲2</span>' in page and "2계단 상승" in page
    assert "2025년 2월, 순위에서 빠진 곳: 나 () 2위" in page


def test_front_page_shows_the_same_moves_as_the_table(client):
    make_shown_ranking("가나다", "나라", "다가라")

    page = client.get("/").content.decode()

    rows = page.partition("<ol>")[2]
    assert [rows.count(word) for word in ("재진입", "▼1", "신규", "유지")] == [2, 1, 0, 0]


def test_subject_is_found_by_another_spelling(client):
    make_shown_ranking("가")
    subject = make_subject("가")
    subject.aliases = ["Alibaba", "阿里巴巴"]
    subject.store()

    for words in ("alibaba", "阿里巴巴"):
        page = client.get("/search/", {"q": words}).content.decode()
        assert subject.get_absolute_url() in page, words


def test_table_and_chart_of_200_rows_and_24_periods_cost_the_samples_queries(
    client, django_assert_num_queries
):
    small = make_shown_ranking("가나다", "다가라")
    with django_assert_num_queries(7) as queries:
        client.get(small.get_absolute_url())
    subjects = RankingSubject.objects.bulk_create(
        RankingSubject(name=f"이름 {number}", slug=f"name-{number}") for number in range(200)
    )
    large = make_ranking([(f"{m}번째", date(2020 + m // 12, m % 12 + 1, 1), []) for m in range(24)])
    RankingEntry.objects.bulk_create(
        RankingEntry(
            period=period,
            position=position,
            rank=position,
            subject=subjects[(position + shift) % 200],
            label=f"이름 {(position + shift) % 200}",
            cells={"model": "M"},
        )
        for shift, period in enumerate(large.periods.all())
        for position in range(1, 201)
    )
    make_table(make_article(), large)

    with django_assert_num_queries(len(queries)):
        page = client.get(large.get_absolute_url()).content.decode()

    svg = page[page.index("<svg") : page.index("</svg>")]
    assert len(svg.encode()) < 60_000
