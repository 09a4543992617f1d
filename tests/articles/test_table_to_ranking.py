"""A table of an article's text goes to a series' grid, and the article learns what is there."""

import pytest
from django.test import Client
from django.urls import reverse

from articles.models import Ranking, Revision
from tests.factories import make_ranking, make_staff
from tests.sent_forms import data_of

pytestmark = pytest.mark.django_db

ADDRESS = "/manage/articles/ranking/from-text/"
TEXT = "순위\t2025년 10월\t2025년 10월\n순위\t기관\t자료\n1위\t물길\t수위\n2위\t바람\t풍속\n"
STEWARD = [
    f"articles.{action}_{model}"
    for action in ("add", "change", "view")
    for model in ("ranking", "rankingsubject")
]


def make_client(*permissions):
    client = Client()
    client.force_login(make_staff(*permissions))
    return client


def test_new_series_is_made_filled_and_told_to_the_article():
    client = make_client(*STEWARD)

    asked = client.post(ADDRESS, {"text": TEXT, "title": "자료 순위"}).content.decode()
    assert 'value="자료 순위"' in asked and not Ranking.objects.exists()
    sent = {"text": TEXT, "title": "자료 순위", "series": "new"}
    grid = client.post(ADDRESS, sent)
    ranking = Ranking.objects.get()
    assert (ranking.title, ranking.slug, ranking.rank_heading) == (
        "자료 순위",
        "자료-순위",
        "순위",
    )
    assert [column["heading"] for column in ranking.columns] == ["기관", "자료"]
    assert not ranking.periods.exists()
    saved = client.post(grid.context["action"], data_of(grid.context["form"])).content.decode()

    period = ranking.periods.get()
    assert f'data-ranking="{ranking.pk}"' in saved
    assert f'data-period="{period.pk}">2025년 10월' in saved
    assert [entry.label for entry in period.entries.all()] == ["물길", "바람"]
    assert Revision.objects.of(ranking).count() == 2


def test_series_of_the_same_columns_is_offered_and_takes_the_period():
    columns = [{"key": "who", "heading": "기관"}, {"key": "what", "heading": "자료"}]
    series = make_ranking([], title="자료 순위", columns=columns)
    client = make_client("articles.change_ranking", "articles.view_ranking")

    asked = client.post(ADDRESS, {"text": TEXT, "title": "다른 이름"}).content.decode()
    assert "자료 순위" in asked and 'value="new"' not in asked
    grid = client.post(ADDRESS, {"text": TEXT, "title": "", "series": series.pk})

    assert grid.context["action"].startswith(
        reverse("admin:articles_ranking_grid", args=[series.pk])
    )
    assert "물길" in grid.content.decode()
    assert Ranking.objects.count() == 1


def test_faults_of_the_table_wait_in_the_grid():
    client = make_client(*STEWARD)
    text = TEXT.replace("2025년 10월", "지난달").replace("풍속", "")

    grid = client.post(ADDRESS, {"text": text, "title": "자료 순위", "series": "new"})
    form = grid.context["form"]
    again = client.post(grid.context["action"], data_of(form))

    assert any("2" in text for _cell, text in form.faults)
    assert again.status_code == 200 and again.context["form"].errors
    assert not Ranking.objects.get().periods.exists()


def test_what_is_wrong_is_said_and_nothing_is_stored():
    client = make_client(*STEWARD)
    other = make_ranking([], title="남의 순위")

    for sent in (
        {},
        {"text": "가\t나\n다"},
        {"text": '"'},
        {"text": "\0\t\0"},
        {"text": TEXT.replace("2위", "서울").replace("1위", "부산")},
        {"text": "순위\t" * 200_000},
        {"text": TEXT, "series": "new", "title": " "},
        {"text": TEXT, "series": "new", "title": "가" * 201},
        {"text": TEXT, "series": other.pk, "title": ""},
        {"text": TEXT, "series": "x", "title": "가"},
    ):
        answer = client.post(ADDRESS, sent)
        assert answer.status_code == 200
        assert 'id="series-form"' in answer.content.decode()
    assert client.get(ADDRESS).status_code == 200

    assert [each.title for each in Ranking.objects.all()] == ["남의 순위"]
    assert make_client("articles.change_article").post(ADDRESS, {}).status_code == 403
