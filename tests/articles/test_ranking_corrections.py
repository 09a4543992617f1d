"""After publication a changed figure needs a reason, and what was corrected stays readable."""

from datetime import date, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from articles.models import EntryRow, RankingCorrection, RankingPeriod
from tests.factories import (
    PUBLISHED_AT,
    make_article,
    make_comment,
    make_ranking,
    make_staff,
    make_table,
)

pytestmark = pytest.mark.django_db

SEOUL = ZoneInfo("Asia/Seoul")
NAMES = [("지푸 AI", "중국", "GLM"), ("딥시크", "중국", "R1"), ("메타", "미국", "Llama")]


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def make_period(*, published_at=PUBLISHED_AT):
    ranking = make_ranking([("2025년 10월", date(2025, 10, 1), NAMES)])
    ranking.periods.update(published_at=published_at)
    return ranking.periods.get()


def rows_of(period):
    return [
        EntryRow(entry.rank, entry.subject, entry.label, entry.cells, entry.tied)
        for entry in period.entries.select_related("subject")
    ]


def correct(period, rows, reason="오기"):
    period.replace_entries(rows, reason=reason, by=make_staff())


def ledger():
    corrections = RankingCorrection.objects.order_by("pk")
    return [(each.rank, each.entry_label, each.field, each.old, each.new) for each in corrections]


def test_changed_figure_is_refused_without_a_reason_and_stays_as_it_was():
    period = make_period()
    rows = rows_of(period)
    rows[1].cells = {"model": "V3"}

    for reason in ("", "  ", "\u200b"):
        with pytest.raises(ValidationError):
            correct(period, rows, reason)

    assert period.entries.get(rank=2).cells == {"model": "R1"}
    assert ledger() == []


def test_corrected_cell_is_in_the_ledger_with_its_place_and_reason():
    period = make_period()
    rows = rows_of(period)
    rows[1].cells = {"model": "V3"}

    correct(period, rows)

    assert ledger() == [("2.", "딥시크 (중국)", "대표 모델명", "R1", "V3")]
    correction = RankingCorrection.objects.get()
    assert (correction.period_label, correction.reason) == ("2025년 10월", "오기")
    assert correction.entry == period.entries.get(rank=2)


def test_ranks_labels_and_whole_rows_are_in_the_ledger_too():
    period = make_period()
    first, second, _third = rows_of(period)
    first.rank, second.rank, second.label = 2, 1, "딥시크(중국)"

    correct(period, [second, first])

    assert ledger() == [
        ("1.", "딥시크(중국)", "순위", "2.", "1."),
        ("1.", "딥시크(중국)", "기업(국가)", "딥시크 (중국)", "딥시크(중국)"),
        ("2.", "지푸 AI (중국)", "순위", "1.", "2."),
        ("3.", "메타 (미국)", "", "3., 메타 (미국), Llama", ""),
    ]


def test_tie_that_comes_about_is_a_correction():
    period = make_period()
    rows = rows_of(period)
    rows[1].rank, rows[0].tied, rows[1].tied = 1, True, True

    correct(period, rows)

    assert [line[3:] for line in ledger()] == [("1.", "tied for 1."), ("2.", "tied for 1.")]


def test_nothing_is_noted_while_nobody_has_seen_the_figures():
    tomorrow = timezone.now() + timedelta(days=1)
    for moment in (None, tomorrow):
        period = make_period(published_at=moment)

        period.replace_entries(rows_of(period)[:1])

    assert ledger() == []


@pytest.mark.parametrize("state", ["published", "withdrawn"])
def test_figures_that_an_article_has_shown_need_a_reason(state):
    period = make_period(published_at=None)
    make_table(make_article(state=state), period.ranking)

    with pytest.raises(ValidationError):
        period.replace_entries([])


def test_first_figures_of_a_period_are_no_correction():
    period = make_period()
    new = RankingPeriod.objects.create(
        ranking=period.ranking, label="11월", as_of=date(2025, 11, 1), published_at=PUBLISHED_AT
    )

    new.replace_entries(rows_of(period))

    assert ledger() == []


def test_same_figures_saved_again_are_no_correction():
    period = make_period()

    period.replace_entries(rows_of(period))

    assert ledger() == []


def test_a_comments_moment_tells_whether_its_row_has_been_corrected_since(
    django_assert_num_queries,
):
    period = make_period()
    entries = list(period.entries.values_list("pk", flat=True))
    before = timezone.now()
    rows = rows_of(period)
    rows[1].cells = {"model": "V3"}
    correct(period, rows)
    after = timezone.now()

    with django_assert_num_queries(1):
        moments = RankingCorrection.objects.newest_moments(entries)

    assert list(moments) == [entries[1]] and before <= moments[entries[1]] <= after
    since = RankingCorrection.objects.of_entry_since
    assert since(entries[1], before).count() == 1
    assert not since(entries[1], after).exists() and not since(entries[0], before).exists()


# The ledger is only ever added to, whoever asks and however


def a_correction():
    period = make_period()
    correct(period, rows_of(period)[:2])
    return RankingCorrection.objects.get()


def test_model_and_queryset_refuse_to_change_the_ledger():
    correction = a_correction()

    for change in (
        correction.save,
        correction.delete,
        RankingCorrection.objects.all().delete,
        lambda: RankingCorrection.objects.update(new="3"),
    ):
        with pytest.raises(TypeError):
            change()


# ruff: noqa: S608
TABLE = RankingCorrection._meta.db_table
CHANGES = [
    f"UPDATE {TABLE} SET new = '3'",
    f"UPDATE {TABLE} SET id = id + 100",
    f"DELETE FROM {TABLE}",
]
if connection.vendor == "sqlite":
    CHANGES += [
        f"REPLACE INTO {TABLE} SELECT * FROM {TABLE}",
        f"UPDATE OR REPLACE {TABLE} SET reason = '없음'",
        f"INSERT INTO {TABLE} SELECT * FROM {TABLE} WHERE true"
        " ON CONFLICT (id) DO UPDATE SET new = '3'",
    ]
else:
    CHANGES += [
        f"TRUNCATE {TABLE}",
        "TRUNCATE articles_ranking CASCADE",
        f"INSERT INTO {TABLE} SELECT * FROM {TABLE} ON CONFLICT (id) DO UPDATE SET new = '3'",
    ]


@pytest.mark.parametrize("statement", CHANGES)
def test_database_itself_refuses_to_change_the_ledger(statement):
    correction = a_correction()
    # PostgreSQL would refuse to truncate for this transaction's own open checks.
    connection.check_constraints()

    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        connection.cursor().execute(statement)

    assert RankingCorrection.objects.get().new == correction.new


def test_database_refuses_a_correction_without_a_reason():
    correction = a_correction()
    correction.pk, correction._state.adding, correction.reason = None, True, ""

    with pytest.raises(DatabaseError), transaction.atomic():
        correction.save()


def test_correction_outlives_its_row_its_period_and_its_user():
    correction = a_correction()
    user = correction.corrected_by

    RankingPeriod.objects.all().delete()

    assert RankingCorrection.objects.get().entry_label == "메타 (미국)"
    with pytest.raises(DatabaseError), transaction.atomic():
        type(user).objects.filter(pk=user.pk).delete()


# What readers see of it


def correct_one(period, reason="오기"):
    rows = rows_of(period)
    rows[1].cells = {"model": "V3"}
    correct(period, rows, reason)


def test_article_series_list_and_feed_show_the_correction(client):
    period = make_period()
    article = make_article()
    make_table(article, period.ranking)
    correct_one(period, reason="원자료의 오기 <b>")
    correction = RankingCorrection.objects.get()

    addresses = [
        article.get_absolute_url(),
        period.ranking.get_absolute_url(),
        "/corrections/",
        "/corrections/feed/",
    ]
    for address in addresses:
        answer = client.get(address)
        content = (
            unescape(answer.content.decode()) if "feed" in address else answer.content.decode()
        )
        assert answer.status_code == 200 and not answer.cookies
        assert "<del>R1</del>" in content and "<ins>V3</ins>" in content
        assert "원자료의 오기 &lt;b&gt;" in content
        assert f"{correction.created_at.astimezone(SEOUL):%Y.%m.%d}" in content
    series = client.get(addresses[1]).content.decode()
    assert f'href="#ranking-{period.ranking_id}-c{correction.pk}"' in series
    assert f'id="ranking-{period.ranking_id}-c{correction.pk}"' in series


def test_correction_of_figures_that_are_no_longer_public_is_not_shown(client):
    period = make_period()
    correct_one(period)
    RankingPeriod.objects.update(published_at=None)

    assert "V3" not in client.get("/corrections/").content.decode()
    assert "V3" not in client.get("/corrections/feed/").content.decode()


def test_list_of_corrections_goes_on_by_key_and_costs_the_same(client, django_assert_num_queries):
    period = make_period()
    correct_one(period)
    for number in range(25):
        rows = rows_of(period)
        rows[0].cells = {"model": f"판 {number}"}
        correct(period, rows)

    with django_assert_num_queries(3):
        first = client.get("/corrections/").content.decode()
    older = RankingCorrection.objects.order_by("-pk")[19].pk
    rest = client.get(f"/corrections/?before={older}").content.decode()

    assert first.count("<del>") == 20 and f"?before={older}" in first
    assert rest.count("<del>") == 6
    for odd in ("x", "-1", "9" * 30, "²"):
        assert client.get(f"/corrections/?before={odd}").status_code == 200
    # As in the lists of articles: no line has that key.
    assert client.get("/corrections/?before=0").status_code == 404


def test_comment_on_a_corrected_row_says_so_and_others_do_not(client):
    period = make_period()
    article = make_article()
    make_table(article, period.ranking)
    first, second, _third = period.entries.all()
    make_comment(article, body="첫째 줄", ranking_entry=first)
    make_comment(article, body="둘째 줄", ranking_entry=second)

    before = client.get(article.get_absolute_url()).content.decode()
    correct_one(period)
    make_comment(article, body="나중 글", ranking_entry=second)
    after = client.get(article.get_absolute_url()).content.decode()

    assert "has been corrected since" not in before
    assert after.count("has been corrected since") == 1


def test_correction_stands_at_once_on_every_page_that_shows_it(read):
    period = make_period()
    article = make_article()
    make_table(article, period.ranking)
    pages = [article.get_absolute_url(), period.ranking.get_absolute_url(), "/corrections/"]
    assert not [path for path in pages if "잘못 옮김" in read(path).text]

    correct_one(period, reason="잘못 옮김")

    assert [path for path in pages if "잘못 옮김" in read(path).text] == pages


def test_ledger_in_the_admin_can_be_read_and_nothing_else(client):
    correction = a_correction()
    names = [
        f"articles.{action}_rankingcorrection" for action in ("add", "change", "delete", "view")
    ]
    client.force_login(make_staff(*names))
    address = "/manage/articles/rankingcorrection/"

    listed = client.get(address).content.decode()
    answers = [
        client.get(f"{address}{correction.pk}/change/"),
        client.post(f"{address}{correction.pk}/change/", {"reason": "다른 사유"}),
        client.post(f"{address}{correction.pk}/delete/", {"post": "yes"}),
        client.post(f"{address}add/", {"reason": "지어낸 사유"}),
    ]

    assert "오기" in listed and "delete_selected" not in listed
    assert [answer.status_code for answer in answers] == [200, 403, 403, 403]
    assert RankingCorrection.objects.get().reason == correction.reason
