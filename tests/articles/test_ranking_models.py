from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from articles.models import (
    EntryRow,
    Ranking,
    RankingEntry,
    RankingSubject,
)
from tests.factories import make_article, make_ranking, make_subject, make_table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def make_period(entries=()):
    ranking = make_ranking([("2025년 10월", date(2025, 10, 1), entries)])
    return ranking.periods.get()


def row(rank, name, tied=False, **fields):
    values = {"label": name, "cells": {"model": "M"}, **fields}
    return EntryRow(rank, RankingSubject(name=name), tied=tied, **values)


@pytest.mark.parametrize(
    ("rows", "text", "place"),
    [
        ([row(0, "가")], "the first rank is 1", (1, None)),
        ([row(2, "가"), row(1, "나")], "not in ascending order", (2, None)),
        ([row(1, "가"), row(3, "나"), row(2, "다")], "not in ascending order", (3, None)),
        ([row(1, "가"), row(1, "나", tied=True)], "rank 1 stands twice without a tie", (1, None)),
        ([row(1, "가"), row(2, "나", tied=True)], "a tie needs two of a rank", (2, None)),
        ([row(1, "가"), row(2, "가")], "가 stands twice", (1, "company")),
        ([row(1, "가", label=" ")], "기업(국가) is empty", (1, "company")),
        ([row(1, "가"), row(2, "나", cells={})], "대표 모델명 is empty", (2, "model")),
        ([row(1, "가", cells={"model": " "})], "대표 모델명 is empty", (1, "model")),
        ([row(1, "가", cells={"model": "M", "x": "?"})], "a cell has no column", (1, "company")),
    ],
)
def test_impossible_rows_are_refused_with_period_row_and_reason(rows, text, place):
    period = make_period()

    with pytest.raises(ValidationError) as caught:
        period.check_rows(rows)

    fault = caught.value.error_list[0]
    assert fault.messages[0].startswith(f"2025년 10월, row {place[0]}: ")
    assert text in fault.messages[0]
    assert (fault.params["row"], fault.params["column"]) == place


def test_every_fault_is_told_at_once():
    period = make_period()

    with pytest.raises(ValidationError) as caught:
        period.check_rows([row(2, "가"), row(1, "가", label="")])

    assert [fault.code for fault in caught.value.error_list] == [
        *("subject", "rank", "subject", "empty")
    ]


def test_refused_rows_change_nothing():
    period = make_period([("구글", "미국", "Gemma")])

    with pytest.raises(ValidationError):
        period.replace_entries([row(0, "가")])

    assert [entry.label for entry in period.entries.all()] == ["구글 (미국)"]


def test_subjects_that_swap_ranks_keep_their_entries():
    period = make_period([("구글", "미국", "Gemma"), ("메타", "미국", "Llama"), ("코", "", "R")])
    before = {entry.subject.name: entry.pk for entry in period.entries.all()}
    first, second, third = (
        EntryRow(rank, make_subject(name, country), name, {"model": "M"})
        for rank, name, country in [(1, "코", ""), (2, "메타", "미국"), (3, "구글", "미국")]
    )

    period.replace_entries([first, second, third])

    entries = list(RankingEntry.objects.filter(period=period))
    assert [(entry.position, entry.subject.name) for entry in entries] == [
        *((1, "코"), (2, "메타"), (3, "구글"))
    ]
    assert {entry.subject.name: entry.pk for entry in entries} == before


def test_one_comes_and_one_goes_while_the_others_stay():
    period = make_period([("가", "", "A"), ("나", "", "B")])
    kept = period.entries.get(subject__name="나").pk
    rows = [
        EntryRow(1, make_subject("나"), "나", {"model": "B"}),
        EntryRow(2, make_subject("다"), "다", {"model": "C"}),
    ]

    period.replace_entries(rows)

    assert list(period.entries.values_list("rank", "label")) == [(1, "나"), (2, "다")]
    assert period.entries.get(label="나").pk == kept


def test_ties_can_be_made_and_taken_back():
    period = make_period([("가", "", "A"), ("나", "", "B")])
    tied = [
        EntryRow(1, make_subject(name), name, {"model": "M"}, tied=True) for name in ("나", "가")
    ]
    period.replace_entries(tied)
    assert list(period.entries.values_list("rank", "tied", "label")) == [
        *((1, True, "나"), (1, True, "가"))
    ]

    period.replace_entries(
        [EntryRow(rank, row.subject, row.label, row.cells) for rank, row in enumerate(tied, 1)]
    )

    assert list(period.entries.values_list("rank", "tied")) == [(1, False), (2, False)]


def test_entries_that_were_loaded_earlier_do_not_mislead_a_second_replacement():
    pk = make_period([("가", "", "A")]).ranking_id
    period = Ranking.objects.prefetch_related("periods__entries").get(pk=pk).periods.all()[0]
    rows = [EntryRow(1, make_subject("나"), "나", {"model": "B"})]

    period.replace_entries(rows)
    period.replace_entries(rows)

    assert [entry.label for entry in RankingEntry.objects.filter(period=period)] == ["나"]


def test_texts_are_kept_in_nfc_on_one_line():
    period = make_period()
    label = "가".encode().decode()
    decomposed = "\u1100\u1161"
    rows = [EntryRow(1, make_subject("가"), f" {decomposed} ", {"model": f"{decomposed}\n나"})]

    period.replace_entries(rows)

    entry = RankingEntry.objects.get(period=period)
    assert (entry.label, entry.cells) == (label, {"model": "가 나"})


def test_replacing_costs_the_same_however_many_rows():
    subjects = [make_subject(f"이름 {number}") for number in range(30)]
    rows = [
        EntryRow(rank, subject, subject.name, {"model": "M"})
        for rank, subject in enumerate(subjects, 1)
    ]
    period = make_period()
    period.replace_entries(rows[:15])

    with CaptureQueriesContext(connection) as few:
        period.replace_entries(rows[1:16])
    with CaptureQueriesContext(connection) as many:
        period.replace_entries(rows[2:])

    assert len(few) == len(many)


def test_figures_that_go_are_told_by_the_articles_that_showed_them(read):
    article = make_article()
    ranking = make_ranking()
    make_table(article, ranking)
    assert "잘못 옮김" not in read(article.get_absolute_url()).text

    ranking.periods.first().replace_entries([], reason="잘못 옮김")

    assert "잘못 옮김" in read(article.get_absolute_url()).text


@pytest.mark.parametrize(
    "fields",
    [
        {"position": 1, "rank": 9, "subject": "다"},
        {"position": 9, "rank": 9, "subject": "가"},
        {"position": 9, "rank": 1, "subject": "다"},
        {"position": 9, "rank": 0, "subject": "다"},
    ],
    ids=["position taken", "subject twice", "rank twice without a tie", "rank zero"],
)
def test_the_database_itself_refuses(fields):
    period = make_period([("가", "", "A"), ("나", "", "B")])
    subject = make_subject(fields["subject"])

    with pytest.raises(IntegrityError), transaction.atomic():
        period.entries.create(**fields | {"subject": subject, "label": "다", "cells": {}})


@pytest.mark.parametrize(
    ("label", "as_of"), [("2025년 10월", date(2025, 11, 1)), ("다른 달", date(2025, 10, 1))]
)
def test_a_series_has_one_period_per_label_and_per_date(label, as_of):
    ranking = make_period().ranking

    with pytest.raises(IntegrityError), transaction.atomic():
        ranking.periods.create(label=label, as_of=as_of)


def test_a_ranked_subject_cannot_be_deleted():
    make_period([("가", "", "A")])

    with pytest.raises(ProtectedError):
        RankingSubject.objects.get(name="가").delete()


def test_a_series_that_an_article_shows_cannot_be_deleted():
    ranking = make_ranking()
    make_table(make_article(), ranking)

    with pytest.raises(ProtectedError):
        ranking.delete()


@pytest.mark.parametrize(
    "columns",
    [
        *([], "company", [{"key": "company"}], [{"key": "company", "heading": " "}]),
        [{"key": "Company", "heading": "기업"}],
        [{"key": "1", "heading": "기업"}],
        [{"key": "a", "heading": "기업"}, {"key": "a", "heading": "모델"}],
    ],
)
def test_columns_that_no_table_can_have_are_refused(columns):
    ranking = Ranking(slug="a", title="가", rank_heading="순위", columns=columns)

    with pytest.raises(ValidationError, match="columns"):
        ranking.full_clean()
