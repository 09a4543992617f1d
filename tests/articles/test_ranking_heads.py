"""What heads public figures changes with a reason too, and stands in the ledger."""

import pytest

from articles.bundle.data_to_files import write
from articles.bundle.data_to_rows import load
from articles.bundle.files_to_data import read_yaml
from articles.bundle.rows_to_data import ranking_data
from articles.models import RankingCorrection
from tests.articles.test_ranking_admin import change_address, send_series
from tests.factories import PUBLISHED_AT, make_ranking, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def steward(client):
    user = make_staff(
        *(f"articles.{act}_{model}" for act in ("change", "view") for model in MODELS)
    )
    client.force_login(user)
    return user


MODELS = ("ranking", "rankingperiod")
COLUMNS = "company = 기업(국가)\nmodel = 대표 모델명"


def make_series(*, is_public=True):
    ranking = make_ranking(slug="models")
    if is_public:
        ranking.periods.update(published_at=PUBLISHED_AT)
    return ranking


def save(client, ranking, *, label="2024년 7월", as_of="2024-07-01", **data):
    july, october = ranking.periods.all()
    rows = [
        {"id": july.pk, "ranking": ranking.pk, "label": label, "as_of": as_of},
        {"id": october.pk, "ranking": ranking.pk, "label": "2025년 10월", "as_of": "2025-10-01"},
    ]
    values = {"title": ranking.title, "slug": ranking.slug, "columns": COLUMNS, **data}
    return send_series(client, ranking, rows, **values)


def ledger():
    lines = RankingCorrection.objects.order_by("pk")
    return [(e.period_label, e.entry_label, e.field, e.old, e.new, e.reason) for e in lines]


CHANGES = [
    (
        {"label": "2024년 8월"},
        ("2024년 8월", "ranking period", "label", "2024년 7월", "2024년 8월"),
    ),
    (
        {"as_of": "2024-07-31"},
        ("2024년 7월", "ranking period", "as of", "2024-07-01", "2024-07-31"),
    ),
    (
        {"columns": "기업\nmodel = 대표 모델명"},
        ("", "heading", "기업(국가)", "기업(국가)", "기업"),
    ),
    (
        {"columns": "company = 기업(국가)\nmodel = 모델"},
        ("", "heading", "대표 모델명", "대표 모델명", "모델"),
    ),
    ({"rank_heading": "등수"}, ("", "heading", "순위", "순위", "등수")),
]


@pytest.mark.parametrize(("change", "line"), CHANGES)
def test_public_head_is_renamed_with_a_reason_only(client, steward, change, line):
    ranking = make_series()

    refused = save(client, ranking, **change)
    saved = save(client, ranking, **change, reason="오기")

    assert refused.status_code == 200 and "give a reason" in str(refused.context["errors"])
    assert saved.status_code == 302
    assert ledger() == [(*line, "오기")]
    assert f"<del>{line[3]}</del>" in client.get("/corrections/").content.decode()


@pytest.mark.parametrize(("change", "_line"), CHANGES)
def test_what_nobody_has_seen_is_renamed_freely(client, steward, change, _line):
    ranking = make_series(is_public=False)

    assert "id_reason" not in client.get(change_address(ranking)).content.decode()
    assert save(client, ranking, **change).status_code == 302
    assert ledger() == []


def test_saving_a_public_series_as_it_is_asks_for_nothing(client, steward):
    ranking = make_series()

    assert save(client, ranking).status_code == 302
    assert ledger() == []


def test_who_may_only_look_sees_the_series(client):
    client.force_login(make_staff("articles.view_ranking", "articles.view_rankingperiod"))

    assert client.get(change_address(make_series())).status_code == 200


def test_file_that_renames_gives_its_own_reason():
    ranking = make_series()
    text = write(ranking_data(ranking)).replace("2024년 7월", "2024년 8월")

    load(read_yaml(text))

    assert ledger() == [
        (
            "2024년 8월",
            "ranking period",
            "label",
            "2024년 7월",
            "2024년 8월",
            "Read anew from a file",
        )
    ]
