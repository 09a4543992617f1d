"""Charts of ranks: well-formed, small, and the same facts as the table."""

import re

import pytest
from lxml import etree

from articles.rankings.chart import MAX_LINES, Line, Point, bump_chart, rank_line

SVG = "{http://www.w3.org/1999/xhtml}"
MAX_BYTES = 60_000


def parse(chart):
    return etree.fromstring(f'<div xmlns="http://www.w3.org/1999/xhtml">{chart.svg}</div>')


def point(row, rank=None):
    return Point(row, str(rank or row), f"{rank or row}위")


def line(label, *rows):
    return Line(label, f"/subjects/{label}/", tuple(row and point(row) for row in rows))


def texts(chart, of="text"):
    return [element.text for element in parse(chart).iter(f"{SVG}{of}")]


def test_names_its_lines_ends_periods_and_ranks():
    chart = bump_chart("순위", ["7월", "10월"], [line("가", 5, 2), line("나", 1, None)], "t")

    assert {"7월", "10월", "가", "나", "5", "2", "1"} == set(texts(chart))
    assert texts(chart, "title")[0].endswith("순위") and texts(chart, "desc")
    names = [link.get("aria-label") for link in parse(chart).iter(f"{SVG}a")]
    assert names == ["나: 7월 1위", "가: 7월 5위, 10월 2위"]
    assert chart.note == ""


def test_absence_in_between_breaks_the_line_and_is_dashed():
    chart = bump_chart("순위", ["1", "2", "3"], [line("가", 1, None, 2)], "t")

    link = next(parse(chart).iter(f"{SVG}a"))
    whole, gap, *_dots = link.iter(f"{SVG}path")
    assert whole.get("d").count("M") == 2 and "c" not in whole.get("d")
    assert gap.get("class") == "gap" and "c" in gap.get("d")
    assert "점선" in chart.note


def test_tied_ranks_stand_in_rows_of_their_own_and_bear_the_same_number():
    lines = [
        Line("가", "/a/", (point(1), point(1, 1))),
        Line("나", "/b/", (point(2), point(2, 1))),
    ]

    chart = bump_chart("순위", ["7월", "10월"], lines, "t")

    assert texts(chart).count("1") == 3 and texts(chart).count("2") == 1


@pytest.mark.parametrize("label", ["이름 {}", "가" * 140 + " {}", "<&\"'> {}"])
def test_two_hundred_rows_of_24_periods_stay_small_and_say_what_is_left_out(label):
    lines = [
        Line(
            label.format(n), "/subjects/" + "가" * 75 + f"{n}/",
            tuple(point((n * 7 + p * 13) % 200 + 1) for p in range(24)),
        )
        for n in range(200)
    ]  # fmt: skip

    chart = bump_chart("순위", [f"2025년 {n}월" for n in range(24)], lines, "ranking-123456")

    assert len(chart.svg.encode()) < MAX_BYTES
    assert len(list(parse(chart).iter(f"{SVG}a"))) == MAX_LINES
    assert "200" in chart.note and str(MAX_LINES) in chart.note


def test_needs_no_inline_style_or_script():
    chart = bump_chart("순위", ["7월", "10월"], [line("가", 1, 2)], "t")

    assert not re.search(r"style|script|\son\w+=|fill=|stroke=", chart.svg)


def test_one_subjects_line_keeps_gaps_and_distances():
    ranks = [point(40), None, point(10), point(41)]

    chart = rank_line("순위", ["1", "2", "3", "4"], ranks, "t")

    assert [text for text in texts(chart) if text and len(text) == 2] == ["40", "10", "41"]
    heights = [float(y) for y in re.findall(r'y="(\d+)">\d\d<', chart.svg)]
    assert heights[1] < heights[0] < heights[2]
    assert not list(parse(chart).iter(f"{SVG}a"))
