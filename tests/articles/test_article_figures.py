"""What stands for an article in lists: its ranking in small, or its category's motif."""

import gzip
from datetime import date

import pytest
from django.urls import reverse
from lxml import html

from articles.content.figures import motif, ranking_figure
from tests.factories import make_article, make_category, make_ranking, make_table


def test_ranks_run_from_period_to_period_and_the_first_of_today_stands_out():
    figure = ranking_figure([{"가": 1, "나": 2}, {}, {"나": 1, "다": 2}])

    assert figure.main == ((14, 20), (82, 10))
    assert figure.lines == ()
    # Who left, the first, who is new.
    assert set(figure.dots) == {(14, 10), (82, 10), (82, 20)}


def test_what_stands_below_the_first_ranks_is_a_gap():
    figure = ranking_figure([{"가": 1, "나": 2}, {"가": 1, "나": 9}, {"가": 1, "나": 3}])

    assert figure.main == ((14, 10), (48, 10), (82, 10))
    assert figure.lines == ()
    assert (82, 30) in figure.dots


def test_one_period_is_a_list_and_none_is_nothing():
    figure = ranking_figure([{"가": 1, "나": 2, "다": 2}])

    assert len(figure.lines) == 2 and figure.main
    assert ranking_figure([{}, {}]) is None
    assert ranking_figure([]) is None


def test_figures_of_a_long_list_cost_next_to_nothing():
    figures = "".join(motif(number).svg() for number in range(20))

    assert len(gzip.compress(figures.encode(), 6)) < 700


@pytest.mark.django_db
def test_list_shows_the_ranking_or_else_the_motif_of_the_category(client):
    category = make_category()
    ranked = make_article(category=category, title="순위가 있는 글")
    periods = [
        ("9월", date(2025, 9, 1), [("가온", "한국", "A"), ("나래", "한국", "B")]),
        ("10월", date(2025, 10, 1), [("나래", "한국", "B"), ("가온", "한국", "A")]),
    ]
    make_table(ranked, make_ranking(periods))
    others = [make_article(category=category), make_article(category=category)]

    page = html.fromstring(client.get(reverse("articles:article_list")).content.decode())

    drawn = {}
    for item in page.cssselect(".article-list > li"):
        (svg,) = item.cssselect("svg")
        assert svg.get("aria-hidden") == "true"
        drawn[item.cssselect("a")[0].get("href")] = [path.get("d") for path in svg]
    assert drawn[others[0].get_absolute_url()] == drawn[others[1].get_absolute_url()]
    assert "M14 20L82 10" in drawn[ranked.get_absolute_url()]


@pytest.mark.django_db
def test_shared_picture_is_another_when_the_figure_is(client):
    article = make_article()
    before = article.share_picture_url

    article.category = make_category()
    article.store()

    assert article.share_picture_url != before
    assert client.get(article.share_picture_url)["Content-Type"] == "image/png"
