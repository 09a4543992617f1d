from datetime import date

import pytest

from articles.models import EntryRow, Ranking
from tests.factories import PUBLISHED_AT, make_ranking, make_subject

JULY = ("2024년 7월", date(2024, 7, 1), [("구글", "미국", "Gemma"), ("메타", "미국", "Llama 3")])
OCTOBER = ("2025년 10월", date(2025, 10, 1), [("지푸 AI", "중국", "GLM-4.6")])

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def layout_of(ranking):
    ranking.periods.update(published_at=PUBLISHED_AT)
    return Ranking.objects.for_page().get(pk=ranking.pk).layout()


def replace(period, *rows):
    """Give the period `rows`, each a rank and a name; a rank that stands twice is a tie."""
    ranks = [rank for rank, _name in rows]
    period.replace_entries(
        [
            EntryRow(rank, make_subject(name), name, {"model": "M"}, tied=ranks.count(rank) > 1)
            for rank, name in rows
        ]
    )


def test_header_has_a_group_for_each_period_above_its_columns():
    layout = layout_of(make_ranking([JULY, OCTOBER]))

    assert [(group.text, group.span) for group in layout.groups] == [
        ("2024년 7월", 2),
        ("2025년 10월", 2),
    ]
    assert [column.text for column in layout.columns] == ["기업(국가)", "대표 모델명"] * 2
    assert layout.rank_heading.text == "순위"


def test_every_id_is_given_once():
    layout = layout_of(make_ranking([JULY, OCTOBER]))

    ids = [
        heading.id
        for heading in [
            layout.rank_heading,
            *layout.groups,
            *layout.columns,
            *(row.heading for row in layout.rows),
        ]
    ]
    anchors = [cell.anchor for row in layout.rows for cell in row.cells if cell.anchor]
    assert len({*ids, *anchors}) == len(ids) + len(anchors) == 1 + 2 + 4 + 2 + 3


def test_every_cell_names_its_row_its_period_and_its_column():
    layout = layout_of(make_ranking([JULY, OCTOBER]))

    for row in layout.rows:
        assert len(row.cells) == len(layout.columns)
        for number, (cell, column) in enumerate(zip(row.cells, layout.columns, strict=True)):
            group = layout.groups[number // 2]
            assert cell.headers.split() == [row.heading.id, group.id, column.id]


def test_texts_stand_at_their_rank():
    layout = layout_of(make_ranking([JULY, OCTOBER]))

    assert [[row.heading.text, *(cell.text for cell in row.cells)] for row in layout.rows] == [
        ["1.", "구글 (미국)", "Gemma", "지푸 AI (중국)", "GLM-4.6"],
        ["2.", "메타 (미국)", "Llama 3", "", ""],
    ]


def test_the_place_of_a_missing_entry_is_empty_and_has_no_anchor():
    layout = layout_of(make_ranking([JULY, OCTOBER]))

    label, model = layout.rows[1].cells[2:]
    assert (label.text, label.anchor, label.note) == ("", "", "")
    assert (model.text, model.anchor, model.note) == ("", "", "")


def test_a_tie_is_told_in_its_cells():
    ranking = make_ranking([JULY, OCTOBER])
    july, october = ranking.periods.all()
    replace(july, (1, "가"), (2, "나"), (3, "다"))
    replace(october, (1, "가"), (1, "나"), (3, "다"))

    rows = layout_of(ranking).rows

    assert [row.heading.text for row in rows] == ["1.", "2.", "3."]
    assert [row.cells[0].note for row in rows] == ["", "2.", ""]
    assert [row.cells[2].note for row in rows] == ["tied for 1.", "tied for 1.", ""]


def test_a_rank_that_all_periods_share_heads_the_row():
    ranking = make_ranking([JULY])
    replace(ranking.periods.get(), (1, "가"), (1, "나"), (3, "다"))

    rows = layout_of(ranking).rows

    assert [row.heading.text for row in rows] == ["1.", "1.", "3."]


def test_a_series_without_figures_has_no_rows():
    layout = layout_of(make_ranking([]))

    assert (layout.groups, layout.columns, layout.rows) == ((), (), ())


def test_description_tells_the_shape_of_the_table():
    layout = layout_of(make_ranking([JULY, OCTOBER]))

    assert "2 rows" in layout.description
    assert "2024년 7월, 2025년 10월" in layout.description
    assert "기업(국가), 대표 모델명" in layout.description


def test_layout_costs_the_same_however_much_it_shows(django_assert_num_queries):
    ranking = make_ranking([JULY, OCTOBER])

    with django_assert_num_queries(5):
        layout_of(ranking)
