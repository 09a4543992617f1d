"""Files of figures: the same figures in each, checkable, and harmless in a spreadsheet."""

import csv
import importlib.util
import io
import json
import subprocess
from datetime import date
from types import SimpleNamespace

import openpyxl
import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from articles.content.text import normalise_line
from articles.models import EntryRow
from articles.open_data.csv_export import Figures, figures_of, guard, to_csv
from articles.open_data.serializers import periods_data
from articles.open_data.xlsx_export import DATA_SHEET, to_xlsx
from articles.rankings.layout import lay_out
from tests.factories import make_article, make_ranking, make_subject, make_table

DAY = date(2025, 10, 28)
SIGNS = tuple("=+-@\t\r＝＋－＠")


def load_checker():
    path = settings.BASE_DIR / "docs/check_figures.py"
    spec = importlib.util.spec_from_file_location("check_figures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker = load_checker()


class Loaded(list):
    """Related rows as they stand when they have been loaded."""

    def all(self):
        return self


# No XML takes what is no character.
odd = st.sampled_from(["가\uffff", "\ufffe\ufdd0나", "\U0010ffff"])
lines = (st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | odd).map(normalise_line)
dangerous = st.sampled_from(["=1+1", "+82", "-1", "@SUM(A1)", "#", "'", "''=", '"a",\'b"', "＝1"])
texts = lines | dangerous | st.builds("{}{}".format, dangerous, lines)


def make_total(label, cell):
    return {"label": label, "cells": {"model": cell}}


@st.composite
def rankings(draw):
    """A loaded series of up to three periods, each ranking up to five of five subjects."""
    subjects = [
        SimpleNamespace(
            pk=number,
            slug=f"s{number}",
            name=draw(texts),
            country=draw(texts),
            get_absolute_url=lambda: "/subjects/s/",
        )
        for number in range(5)
    ]
    periods = Loaded()
    for number in range(draw(st.integers(0, 3))):
        ranked = draw(st.lists(st.sampled_from(subjects), unique_by=lambda each: each.pk))
        entries = Loaded(
            SimpleNamespace(
                pk=10 * number + position,
                position=position,
                rank=position,
                tied=draw(st.booleans()),
                subject=subject,
                subject_id=subject.pk,
                label=draw(texts),
                cells={"model": draw(texts)},
            )
            for position, subject in enumerate(ranked, start=1)
        )
        label = draw(texts)
        day = date(2025, number + 1, 1)
        total = draw(st.just({}) | st.builds(make_total, texts, texts))
        periods.append(
            SimpleNamespace(
                label=label, as_of=day, total=total, entries=entries, corrections=Loaded()
            )
        )
    columns = [{"key": "who", "heading": draw(texts)}, {"key": "model", "heading": draw(texts)}]
    return SimpleNamespace(
        columns=columns,
        cell_columns=columns[1:],
        periods=periods,
        title=draw(texts),
        rank_heading=draw(texts),
    )


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rankings(), texts)
def test_csv_xlsx_and_json_give_back_the_figures_and_their_digest(tmp_path, ranking, note):
    figures = figures_of(ranking)
    notes = [("title", note), ("digest", figures.digest)]
    files = {name: tmp_path / f"a.{name}" for name in ("csv", "xlsx", "json")}
    files["csv"].write_text(to_csv(figures, notes), encoding="utf-8", newline="")
    layout = lay_out(ranking, ranking.periods, "t")
    files["xlsx"].write_bytes(to_xlsx(ranking.title, DAY, layout, figures, notes))
    twin = {"columns": ranking.columns, "periods": periods_data(ranking.periods)}
    files["json"].write_text(json.dumps({**twin, "digest": figures.digest}), encoding="utf-8")

    for name, path in files.items():
        rows, digest = getattr(checker, f"from_{name}")(path)
        keys, *values = ([_unguard(value) for value in row] for row in rows)
        assert keys == list(figures.keys)
        assert values == [[str(value) for value in row] for row in figures.rows]
        assert checker.digest_of(rows) == digest == figures.digest


def _unguard(value):
    text = str(value)
    return text[1:] if text.startswith("'") else text


@given(texts)
def test_no_text_begins_as_a_formula_or_a_note(text):
    assert not str(guard(text)).startswith((*SIGNS, "#"))
    assert _unguard(guard(text)) == text


def test_xlsx_has_merged_headers_and_no_formula():
    columns = [{"key": "who", "heading": "=기업"}, {"key": "model", "heading": "모델"}]
    subject = SimpleNamespace(pk=1, slug="a", name="=1", country="", get_absolute_url=lambda: "/")
    entry = SimpleNamespace(
        pk=1, position=1, rank=1, tied=False, subject=subject, subject_id=1,
        label='=HYPERLINK("http://example.org")', cells={"model": "@a"},
    )  # fmt: skip
    periods = [
        SimpleNamespace(
            label=label, as_of=DAY, total=total, entries=Loaded([entry]), corrections=Loaded()
        )
        for label, total in (("7월", {}), ("10월", make_total("합계", "=2")))
    ]
    ranking = SimpleNamespace(
        columns=columns, cell_columns=columns[1:], title="+순위", rank_heading="순위",
        periods=Loaded(periods),
    )  # fmt: skip
    figures = figures_of(ranking)

    content = to_xlsx("+순위", DAY, lay_out(ranking, periods, "t"), figures, [("=a", "=b")])

    book = openpyxl.load_workbook(io.BytesIO(content))
    table = book.worksheets[0]
    assert sorted(map(str, table.merged_cells.ranges)) == ["A2:A3", "B2:C2", "D2:E2"]
    assert [table[cell].value for cell in ("A2", "B2", "D2", "B3")] == [
        *("순위", "7월", "10월", "'=기업")
    ]
    values = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in values if cell.data_type == "f"]
    assert book[DATA_SHEET]["A1"].value == "period"


def test_xlsx_is_the_same_bytes_whenever_it_is_made():
    figures = Figures(("period",), (("7월",),))
    layout = lay_out(
        SimpleNamespace(columns=[], cell_columns=[], rank_heading="", title=""), [], ""
    )

    first, second = (to_xlsx("가", DAY, layout, figures, []) for _time in range(2))

    assert first == second and b"2025-10-28" not in first  # compressed
    properties = openpyxl.load_workbook(io.BytesIO(first)).properties
    assert properties.modified.date() == properties.created.date() == DAY


# The addresses of the files


@pytest.fixture
def ranking():
    ranking = make_ranking(slug="models", title='모델 "선호도"')
    table = make_table(make_article(kogl="type1"), ranking, source_note="출처: 비교")
    table.source_url = "https://example.org/"
    table.save()
    return ranking


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["models.csv", "models.csv?bom=1", "models.xlsx"])
def test_file_carries_source_licence_date_citation_and_digest(client, ranking, address, tmp_path):
    response = client.get(f"/rankings/{address}")

    path = tmp_path / address.partition("?")[0]
    path.write_bytes(response.content)
    if path.suffix == ".csv":
        text = response.content.decode("utf-8-sig")
        assert (response.content[:3] == b"\xef\xbb\xbf") == ("bom" in address)
        notes = {row[1]: row[2] for row in csv.reader(io.StringIO(text)) if row[0] == "#"}
        told = " ".join(notes.values())
    else:
        sheet = openpyxl.load_workbook(path).worksheets[0]
        told = " ".join(str(row[1]) for row in sheet.iter_rows(min_row=6, values_only=True))
    assert "출처: 비교 https://example.org/" in told
    assert "공공누리 제1유형" in told and "2025-10-28" in told
    assert "Open UP (2025.10.28)" in told and "http://testserver/rankings/models/" in told
    rows, digest = getattr(checker, f"from_{path.suffix[1:]}")(path)
    assert checker.digest_of(rows) == digest
    assert digest in client.get("/rankings/models/").content.decode()
    assert response["Content-Disposition"] == f'attachment; filename="{path.name}"'


@pytest.mark.django_db
def test_the_command_on_the_page_checks_the_csv(client, ranking, tmp_path):
    content = client.get("/rankings/models.csv").content
    (tmp_path / "models.csv").write_bytes(content)
    page = client.get("/rankings/models/")
    command = "grep -v '^#' models.csv | sha256sum"
    assert (
        command.replace("'", "&#x27;") in page.content.decode() or command in page.content.decode()
    )

    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert f"sha256:{done.stdout.split()[0]}" == page.context["provenance"].digest


@pytest.mark.django_db
def test_a_changed_file_is_found_out(client, ranking, tmp_path, monkeypatch, capsys):
    path = tmp_path / "models.csv"
    path.write_bytes(client.get("/rankings/models.csv").content.replace(b"Gemma", b"Gemmb"))
    monkeypatch.setattr("sys.argv", ["check_figures.py", str(path)])

    assert checker.main() == 1 and "CHANGED" in capsys.readouterr().out


@pytest.mark.django_db
def test_digest_follows_the_figures(client, ranking):
    def digest():
        return client.get("/rankings/models.json").json()["digest"]

    before = digest()
    period = ranking.periods.first()
    row = EntryRow(1, make_subject("구글", "미국"), "구글 (미국)", {"model": "Gemma 2"})
    period.replace_entries([row], reason="오기")

    assert digest() != before


@pytest.mark.django_db
def test_files_of_what_readers_may_not_see_are_not_found(client):
    make_table(make_article(state="draft"), make_ranking(slug="hidden"))

    for ending in (".csv", ".xlsx", ".json", "/embed/", "/"):
        assert client.get(f"/rankings/hidden{ending}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json", "/embed/", "/"])
def test_files_cost_the_same_queries_whatever_they_hold(client, ending, django_assert_num_queries):
    names = "가나다라마바사아"
    large = make_ranking(
        [
            (f"{number}번째", date(2025, number, 1), [(name, "", "M") for name in names])
            for number in range(1, 9)
        ],
        slug="large",
    )
    make_table(make_article(), make_ranking(slug="small"))
    for _number in range(3):
        make_table(make_article(), large)
    limit = 7 if ending == "/" else 5

    for slug in ("small", "large"):
        with django_assert_num_queries(limit):
            assert client.get(f"/rankings/{slug}{ending}").status_code == 200
