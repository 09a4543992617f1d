"""Charts of ranks: well-formed, small, and the same facts as the table."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from articles.rankings.chart import MAX_LINES, Line, Point, bump_chart, rank_line

SVG = "{http://www.w3.org/1999/xhtml}"
MAX_BYTES = 60_000


def parse(chart):
    return etree.fromstring(f'<div xmlns="http://www.w3.org/1999/xhtml">{chart.svg}</div>')


def point(row, rank=None):
    return Point(row, str(rank or row), f"{rank or row}위")


def line(label, *rows, steps=0):
    points = tuple(row and point(row) for row in rows)
    return Line(label, f"/subjects/{label}/", points, label, steps)


def texts(chart, of="text"):
    return [element.text for element in parse(chart).iter(f"{SVG}{of}")]


def test_names_its_lines_ends_periods_and_ranks():
    chart = bump_chart("순위", ["7월", "10월"], [line("가", 5, 2), line("나", 1, None)], "t")

    # Who was not among the five stands below them.
    assert {"7월", "10월", "가", "나", "5", "2", "1", "순위 밖"} == set(texts(chart))
    assert texts(chart, "title")[0].endswith("순위") and texts(chart, "desc")
    names = [link.get("aria-label") for link in parse(chart).iter(f"{SVG}a")]
    assert names == ["나: 7월 1위", "가: 7월 5위, 10월 2위"]
    assert chart.note == ""


def test_table_that_nobody_leaves_has_no_row_below_and_needs_no_note():
    chart = bump_chart("순위", ["7월", "10월"], [line("가", 2, 1), line("나", 1, 2)], "t")

    assert not any("밖" in text for text in texts(chart)) and chart.note == ""


ranks_of_a_line = st.lists(st.none() | st.integers(1, 40), min_size=5, max_size=5)


@given(st.lists(ranks_of_a_line.filter(any), min_size=2, max_size=8))
def test_dotted_lines_lead_to_the_row_below_and_past_no_other_point(every):
    lines = [line(f"이름{number}", *rows) for number, rows in enumerate(every)]

    chart = parse(bump_chart("순위", list("12345"), lines, "t"))

    marks = [path.get("d") for path in chart.iter(f"{SVG}path") if path.get("class") == "dots"]
    marks += [path.get("d") for path in chart.iter(f"{SVG}path") if path.get("class") == "rings"]
    points = {place for mark in marks for place in stations(mark)}
    lowest = max((y for _x, y in points), default=0)
    columns = sorted({x for x, _y in points})
    for path in chart.iter(f"{SVG}path"):
        if path.get("class") == "gap":
            for piece in re.findall(r"M[^M]+", path.get("d")):
                start, end = stations(piece)
                # From one period to the next, with one end at the least below every point.
                assert start[0] < end[0] and max(start[1], end[1]) > lowest
                assert not [x for x in columns if start[0] < x < end[0]]
                assert all(place in points or place[1] > lowest for place in (start, end))


def stations(path):
    """Return the places at which the pieces of a path begin and end."""
    places = []
    for x, y, rest in re.findall(r"M(\d+) (\d+)([^M]*)", path):
        places.append((int(x), int(y)))
        for piece in re.findall(r"[ch][^ch]+", rest):
            numbers = [int(number) for number in piece[1:].split()]
            across, down = numbers[-2:] if piece[0] == "c" else (*numbers, 0)
            if across:
                places.append((places[-1][0] + across, places[-1][1] + down))
    return places


@pytest.mark.parametrize(("last", "name"), [(3, "3위 밖"), (2, "순위 밖")])
def test_row_below_bears_the_last_rank_where_all_periods_have_it(last, name):
    lines = [line("가", 1, 1), line("나", 2, 2), line("다", 3, None), line("라", None, last)]

    assert texts(bump_chart("순위", ["1", "2"], lines, "t")).count(name) == 2


def test_only_those_who_moved_furthest_have_a_colour_and_each_another():
    lines = [line(f"이름{n}", n, n, steps=n - 10) for n in range(1, 21)]

    chart = parse(bump_chart("순위", ["1", "2"], lines, "t"))

    classes = {link.get("id"): link.get("class") for link in chart.iter(f"{SVG}a")}
    coloured = {place: name for place, name in classes.items() if name}
    # Of twenty the three that rose by 10, 9 and 8, and the three that fell by 9, 8 and 7.
    assert coloured.keys() == {f"t-l이름{n}" for n in (20, 19, 18, 1, 2, 3)}
    assert len(set(coloured.values())) == 6


def test_colour_is_not_alone_in_telling_who_moved():
    chart = bump_chart("순위", ["1", "2"], [line("가", 3, 1, steps=2), line("나", 1, 3)], "t")

    assert "가 ▲2" in texts(chart) and "나" in texts(chart)


def test_chart_says_whom_it_colours_where_more_have_moved():
    few = [line(f"이름{n}", n, n, steps=1) for n in range(1, 4)]
    many = [*few, line("이름4", 4, 4, steps=1)]

    notes = [bump_chart("순위", ["1", "2"], lines, "t").note for lines in (few, many)]

    assert not notes[0] and "크게 오른 곳" in notes[1]


def test_line_is_named_where_it_begins_and_where_it_ends():
    chart = bump_chart("순위", list("12345"), [line("가", None, 1, 2, 1, None)], "t")

    assert texts(chart).count("가") == 2


def test_name_that_is_cut_and_names_of_many_lines_can_be_read_whole():
    long = "국가정보자원관리원 공개소프트웨어 협력 재단"
    few = bump_chart("순위", ["1", "2"], [line("가", 1, 2)], "t")
    cut = bump_chart("순위", ["1", "2"], [line(long, 1, 2), line("나", 2, 1)], "t")
    many = bump_chart("순위", ["1", "2"], [line(f"이름{n}", n, n) for n in range(1, 15)], "t")

    assert not few.names
    assert cut.names == ((f"t-l{long}", long), ("t-l나", "나"))
    ids = {link.get("id") for link in parse(many).iter(f"{SVG}a")}
    assert len(ids) == 14 and {place for place, _name in many.names} == ids


def test_names_that_would_cover_others_wait_until_their_line_is_picked_out():
    lines = [line(f"긴 이름 {n}", None, n, None, None) for n in (1, 1)]

    chart = parse(bump_chart("순위", list("1234"), lines, "t"))

    inner = [text.get("class") for text in chart.iter(f"{SVG}text") if "이름" in (text.text or "")]
    assert sorted(inner) == ["in end", "in end over"]


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
