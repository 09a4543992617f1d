"""A total that does not add up is refused; one that does is a row of its own wherever it goes."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from articles.bundle.data_to_files import write
from articles.bundle.data_to_rows import load
from articles.bundle.files_to_data import read_yaml
from articles.bundle.rows_to_data import ranking_data
from articles.models import EntryRow, RankingCorrection, RankingPeriod, RankingSubject
from articles.rankings.pasted_tables import PasteError, read_html, read_text, to_groups
from articles.rankings.total_validation import number_of, total_faults
from tests.factories import PUBLISHED_AT, make_ranking, make_staff, make_subject
from tests.sent_forms import data_of

COLUMNS = [{"key": "who", "heading": "기업"}, {"key": "downloads", "heading": "내려받기"}]
HEADINGS = [column["heading"] for column in COLUMNS]


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def rows_of(*cells):
    return [
        EntryRow(rank, RankingSubject(name=f"{rank}"), f"{rank}", {"downloads": cell})
        for rank, cell in enumerate(cells, start=1)
    ]


def faults(cells, total, label="합계"):
    total = {"label": label, "cells": {"downloads": total}}
    return [
        (fault.params["row"], fault.messages[0])
        for fault in total_faults(rows_of(*cells), total, "10월", COLUMNS)
    ]


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (["1,234", "766"], "2,000"),
        (["1", "2", "3"], "6"),
        (["40.5%", "59.5 %"], "100%"),
        (["0.1", "0.2"], "0.3"),
        (["₩1,000억", "₩ 500 억"], "₩1,500억"),
        (["1,000명", "-"], "1,000명"),
        (["5", "-2", "△1"], "2"),
        (["9" * 299, "1"], "1" + "0" * 299),
    ],
)
def test_total_that_adds_up_is_taken(cells, total):
    assert faults(cells, total) == []


@pytest.mark.parametrize(
    ("cells", "total", "row", "text"),
    [
        (["1,234", "766"], "2,001", None, "내려받기 says 2,001, but its rows add up to 2,000"),
        (["33.3%", "33.3%", "33.3%"], "100%", None, "add up to 99.9"),
        (["1", "Gemma"], "1", 2, "“Gemma” in 내려받기 is no number"),
        (["1", "12,34"], "1235", 2, "“12,34” in 내려받기 is no number"),
        (["1", "1.2.3"], "1", 2, "is no number"),
        (["1", "(5)"], "-4", 2, "is no number"),
        (["1만", "2억"], "3만", 2, "“2억” in 내려받기 has another unit than the total"),
        (["1", "2"], "3개", 1, "another unit"),
        (["1", "2"], "셋", None, "“셋” in 내려받기 is no number"),
        (["1", "2"], "", None, "no figures that it adds up"),
        ([], "3", None, "no figures that it adds up"),
    ],
)
def test_total_that_does_not_add_up_is_refused_with_row_and_reason(cells, total, row, text):
    (where, told), *_others = faults(cells, total)

    assert where == row and text in told
    assert told.startswith("10월, total: " if row is None else f"10월, row {row}: ")


@given(st.lists(st.decimals(-(10**12), 10**12, places=3), min_size=1), st.sampled_from(["", "%"]))
def test_the_sum_is_exact_and_nothing_else_is_taken(numbers, unit):
    cells = [f"{number:,}{unit}" for number in numbers]
    right = sum(numbers)

    assert [number_of(cell) for cell in cells] == [(number, unit) for number in numbers]
    assert faults(cells, f"{right:,}{unit}") == []
    assert len(faults(cells, f"{right + Decimal('0.001'):,}{unit}")) == 1


# A copied table


TABLE = "순위\t기업\t내려받기\n1\t가\t1,000\n2\t나\t500\n"


@pytest.mark.parametrize(
    ("last", "total"),
    [
        ("합계\t\t1,500", ("합계", "1,500")),
        ("\t합 계\t1,500", ("합 계", "1,500")),
        ("계\t계\t1,500", ("계", "1,500")),
        ("-\tTotal\t1,500", ("Total", "1,500")),
        ("총계\t2개 기업\t1,500", ("총계", "1,500")),
    ],
)
def test_a_copied_total_is_no_subject(last, total):
    (group,) = to_groups(read_text(TABLE + last, HEADINGS).rows, "순위", HEADINGS)

    assert group.total == total
    assert group.rows == (("1", "가", "1,000"), ("2", "나", "500"))


def test_a_ranked_company_may_be_called_total():
    (group,) = to_groups(read_text(TABLE + "3\tTotal\t20", HEADINGS).rows, "순위", HEADINGS)

    assert group.rows[-1] == ("3", "Total", "20") and not group.total


def test_a_merged_total_stands_under_every_period_that_has_one():
    html = (
        "<table><tr><td rowspan=2>순위<td colspan=2>7월<td colspan=2>10월"
        "<tr><td>기업<td>내려받기<td>기업<td>내려받기"
        "<tr><td>1<td>가<td>5<td>나<td>7<tr><td colspan=2>합계<td>5<td><td></table>"
    )

    july, october = to_groups(read_html(html, HEADINGS).rows, "순위", HEADINGS)

    assert (july.total, october.total) == (("합계", "5"), ())


def test_a_second_total_is_refused_with_its_row():
    with pytest.raises(PasteError) as caught:
        to_groups(read_text(f"{TABLE}합계\t\t1\n총계\t\t1", HEADINGS).rows, "순위", HEADINGS)

    assert caught.value.faults == ((5, "A second total stands here."),)


# From the grid to what readers get


def make_series(**fields):
    ranking = make_ranking(
        [(label, date(2025, month, 1), []) for label, month in (("7월", 7), ("10월", 10))],
        columns=COLUMNS,
        slug="downloads",
        **fields,
    )
    for period in ranking.periods.all():
        rows = [
            EntryRow(rank, make_subject(name), name, {"downloads": cell})
            for rank, (name, cell) in enumerate([("가", "1,000"), ("나", "500")], start=1)
        ]
        period.replace_entries(rows)
    return ranking


def give_total(ranking, cell="1,500", label="합계"):
    period = ranking.periods.last()
    period.replace_entries(stored_rows(period), {"label": label, "cells": {"downloads": cell}})
    ranking.periods.update(published_at=PUBLISHED_AT)
    return ranking.periods.last()


def stored_rows(period):
    entries = period.entries.select_related("subject").order_by("position")
    return [EntryRow(e.rank, e.subject, e.label, e.cells, e.tied) for e in entries]


@pytest.fixture
def steward(client):
    user = make_staff("articles.change_ranking", "articles.view_ranking")
    client.force_login(user)
    return user


def grid(client, ranking, **typed):
    address = reverse("admin:articles_ranking_grid", args=[ranking.pk])
    form = client.get(address).context["form"]
    data = data_of(form)
    return client.post(address, data | typed)


@pytest.mark.django_db
def test_pasted_total_that_does_not_add_up_is_told_at_its_cell_and_is_not_saved(client, steward):
    ranking = make_series()
    text = "순위\t2025년 11월\t\n\t기업\t내려받기\n1\t가\t1,000\n2\t나\t500\n합계\t\t1,600\n"

    response = client.post(
        reverse("admin:articles_ranking_paste", args=[ranking.pk]), {"text": text, "html": ""}
    )

    ((cell, told),) = response.context["form"].faults
    assert cell.name == "n1-total-c1" and cell.value() == "1,600"
    assert "2025년 11월, total: 내려받기 says 1,600, but its rows add up to 1,500" in told
    assert not RankingSubject.objects.filter(name="합계").exists()
    assert RankingPeriod.objects.count() == 2


@pytest.mark.django_db
def test_total_of_public_figures_is_corrected_with_a_reason_only(client, steward):
    ranking = make_series()
    period = give_total(ranking)
    second, name = period.entries.get(rank=2), f"p{period.pk}-total-c1"
    typed = {f"p{period.pk}-r2-c1": "600", name: "1,600"}

    refused = grid(client, ranking, **typed)
    saved = grid(client, ranking, **typed, reason="오기")

    assert "reason" in refused.context["form"].errors and saved.status_code == 302
    lines = RankingCorrection.objects.order_by("pk")
    assert [(each.entry_id, each.rank, each.entry_label, each.old, each.new) for each in lines] == [
        (second.pk, "2.", "나", "500", "600"),
        (None, "", "합계", "1,500", "1,600"),
    ]
    page = client.get("/rankings/downloads/").content.decode()
    assert "10월  합계, 내려받기: <del>1,500</del>" in page
    assert "합계" in client.get("/corrections/").content.decode()


@pytest.mark.django_db
def test_changed_figure_below_a_total_is_refused_until_the_total_follows():
    period = give_total(make_series())
    rows = stored_rows(period)
    rows[1].cells = {"downloads": "600"}

    with pytest.raises(ValidationError, match="add up to 1,600"):
        period.replace_entries(rows, reason="오기")
    assert period.entries.get(rank=2).cells == {"downloads": "500"}


@pytest.mark.django_db
def test_total_that_goes_is_a_row_that_went():
    period = give_total(make_series())

    period.replace_entries(stored_rows(period), {}, reason="출처에서 빠짐")

    line = RankingCorrection.objects.get()
    assert line.is_gone_row and line.old == "합계, 1,500"


@pytest.mark.django_db
def test_total_is_the_last_row_with_its_headers_and_the_last_line_of_every_file(client):
    ranking = make_series()
    give_total(ranking)
    stem = f"r{ranking.pk}"

    page = client.get("/rankings/downloads/").content.decode()
    lines = list(csv.reader(io.StringIO(client.get("/rankings/downloads.csv").content.decode())))
    twin = client.get("/rankings/downloads.json").json()
    book = openpyxl.load_workbook(io.BytesIO(client.get("/rankings/downloads.xlsx").content))

    foot = page[page.index("<tfoot>") : page.index("</tfoot>")]
    assert f'<th id="ranking-{ranking.pk}-total" class="rank" scope="row"' in foot
    assert f'headers="ranking-{ranking.pk}-total {stem}g1 {stem}g1c1">1,500</td>' in foot
    assert ["10월", "2025-10-01", "", "0", "", "", "", "합계", "1,500", "", "0"] in lines
    assert [period["total"] for period in twin["periods"]] == [
        *(None, {"label": "합계", "cells": {"downloads": "1,500"}})
    ]
    assert [cell.value for cell in book.worksheets[0][6]] == ["합계", None, None, None, "1,500"]


@pytest.mark.django_db
def test_total_goes_through_a_bundle_and_a_false_one_does_not():
    ranking = make_series()
    give_total(ranking)
    text = write(ranking_data(ranking))
    assert "total: {label: 합계, cells: {downloads: '1,500'}}" in text

    load(read_yaml(text))
    assert write(ranking_data(ranking)) == text
    with pytest.raises(Exception, match="add up to 1,500"):
        load(read_yaml(text.replace("{downloads: '1,500'}", "{downloads: '1,501'}")))
