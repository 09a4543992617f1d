"""A copied table is read as its source wrote it; what cannot be read is told with its row."""

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from articles.rankings.pasted_tables import (
    Group,
    PasteError,
    read_copied,
    read_html,
    read_text,
    to_groups,
    to_text,
)
from articles.rankings.spreadsheets import MAX_FILE_BYTES, read_file

HEADINGS = ["기업(국가)", "대표 모델명"]
JULY = Group("2024년 7월", (("1", "구글 (미국)", "Gemma"), ("2", "메타 (미국)", "Llama 3")))
OCTOBER = Group(
    "2025년 10월", (("1", "지푸 AI (중국)", "GLM-4.6"), ("2", "알리바바 (중국)", "Qwen3"))
)
EXCEL = (
    "순위\t2024년 7월\t\t2025년 10월\t\r\n"
    "\t기업(국가)\t대표 모델명\t기업(국가)\t대표 모델명\r\n"
    '1위\t"구글\n(미국)"\tGemma\t지푸 AI (중국)\tGLM-4.6\r\n'
    "2위\t메타 (미국)\tLlama 3\t알리바바 (중국)\tQwen3\r\n"
)
HTML = """<html><body><!--StartFragment--><TABLE><TR><TD rowspan=2><P CLASS=HStyle0>순위</P></TD>
<TD colspan=2>2024년 7월</TD><TD colspan=2>2025년&nbsp;10월</TD></TR>
<TR><TD>기업(국가)</TD><TD>대표 모델명</TD><TD>기업(국가)</TD><TD>대표 모델명</TD></TR>
<TR><TD>1위</TD><TD>구글<br>(미국)</TD><TD>Gemma</TD><TD>지푸 AI (중국)</TD><TD>GLM-4.6</TD></TR>
<TR><TD>2위</TD><TD>메타 (미국)</TD><TD>Llama 3</TD><TD>알리바바 (중국)</TD><TD>Qwen3</TD></TR>
</TABLE><!--EndFragment--></body></html>"""
MARKDOWN = """
| 순위 | 2024년 7월 | | 2025년 10월 | |
|---|:---:|---|---|---|
| | 기업(국가) | 대표 모델명 | 기업(국가) | 대표 모델명 |
| 1위 | 구글 (미국) | Gemma | 지푸 AI (중국) | GLM-4.6 |
| 2위 | 메타 (미국) | Llama 3 | 알리바바 (중국) | Qwen3 |
"""
LINES = """[모형 순위]
순위
2024년 7월
2025년 10월
기업(국가)
대표 모델명
기업(국가)
대표 모델명
1위
구글 (미국)
Gemma
지푸 AI (중국)
GLM-4.6
2위
메타 (미국)
Llama 3
알리바바 (중국)
Qwen3
"""
COMMAS = """순위,2024년 7월,,2025년 10월,
,기업(국가),대표 모델명,기업(국가),대표 모델명
1위,구글 (미국),Gemma,지푸 AI (중국),GLM-4.6
2위,메타 (미국),Llama 3,알리바바 (중국),Qwen3
"""


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def groups_of(table):
    rows = table if isinstance(table, list) else table.rows
    return to_groups(rows, "순위", HEADINGS)


@pytest.mark.parametrize("text", [EXCEL, MARKDOWN, LINES, COMMAS])
def test_two_header_rows_and_every_way_of_copying_give_the_same_groups(text):
    assert groups_of(read_text(text, HEADINGS)) == [JULY, OCTOBER]


def test_merged_cells_of_copied_html_are_written_out():
    assert groups_of(read_html(HTML, HEADINGS)) == [JULY, OCTOBER]


def test_tie_over_merged_cells_gives_its_rank_to_each_row():
    html = HTML.replace("<TD>1위</TD>", "<TD rowspan=2>공동 1위</TD>").replace("<TD>2위</TD>", "")

    first, _second = groups_of(read_html(html, HEADINGS))

    assert [row[0] for row in first.rows] == ["1", "1"]


def test_rank_may_stand_before_each_group():
    rows = [
        ["2024년 7월", "", "", "2025년 10월", "", ""],
        ["순위", *HEADINGS, "순위", *HEADINGS],
        ["1", "구글 (미국)", "Gemma", "1", "지푸 AI (중국)", "GLM-4.6"],
        ["2", "메타 (미국)", "Llama 3", "2", "알리바바 (중국)", "Qwen3"],
    ]

    assert groups_of(rows) == [JULY, OCTOBER]


def test_one_header_row_or_none_leaves_the_period_to_be_named():
    rows = [["순위", *HEADINGS], ["1위", "구글 (미국)", "Gemma"], ["2.", "메타 (미국)", "Llama 3"]]

    assert groups_of(rows) == [Group("", JULY.rows)]
    assert groups_of(rows[1:]) == [Group("", JULY.rows)]


def test_title_above_notes_below_and_a_shorter_period_are_no_faults():
    rows = read_text(EXCEL, HEADINGS).rows
    rows = [
        ["[모형 순위 비교]"],
        *rows,
        ["3위", "", "", "딥시크 (중국)", "R1"],
        ["* 출처: LMArena"],
    ]

    first, second = groups_of(rows)

    assert first == JULY and second.rows[-1] == ("3", "딥시크 (중국)", "R1")


@pytest.mark.parametrize(
    ("rows", "row", "text"),
    [
        ([], 0, "There is nothing in the box."),
        ([["순위", "기업(국가)", "모델"], ["1", "구글", "G"]], 1, "not those of the series"),
        (
            [["기업(국가)", "대표 모델명"], ["구글", "G"]],
            1,
            "The column “순위” with the ranks is missing",
        ),
        ([["순위", *HEADINGS], ["1", "구글", "G", "덤"]], 2, "“덤” stands in column 4"),
        ([["순위", *HEADINGS]], 0, "No rows were found"),
        ([["안녕하세요"]], 1, "The headings of the series were not found"),
        ([["1", "구글"]], 1, "The headings of the series were not found"),
        ([["순위", *HEADINGS * 7], ["1", *["가"] * 14]], 0, "at most 6 at a time"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_row(rows, row, text):
    with pytest.raises(PasteError) as refused:
        groups_of(rows)

    assert [(at, text in said) for at, said in refused.value.faults] == [(row, True)]


@given(
    st.text(max_size=400) | st.text(alphabet='\t\n",|-순위12기업(국가)대표 모델명', max_size=400)
)
def test_wild_text_is_read_or_refused(text):
    try:
        groups = groups_of(read_text(text, HEADINGS))
    except PasteError as error:
        assert error.faults
    else:
        assert all(len(row) == 3 for group in groups for row in group.rows)


TAGS = [
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "<td rowspan=3>",
    "<th colspan=99999>",
    "순위",
    "1위",
]


@given(st.lists(st.sampled_from([*TAGS, "기업(국가)", "<td colspan=-1>", "&nbsp;", "<!--"])))
def test_wild_html_is_read_or_refused(pieces):
    try:
        groups_of(read_html("".join(pieces), HEADINGS))
    except PasteError as error:
        assert error.faults


CELLS = st.text(alphabet="가나다AB1\"'|,. ", max_size=12).map(lambda text: " ".join(text.split()))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=6))
def test_cells_come_back_as_they_were_written(rows):
    for row in rows:
        row[-1] += "x"

    assert read_text(to_text(rows), HEADINGS).rows == rows


# Uploaded files


def xlsx(rows, merged=()):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TABLE = [
    ["순위", "2024년 7월", None, "2025년 10월", None],
    [None, *HEADINGS, *HEADINGS],
    [1, "구글 (미국)", "Gemma", "지푸 AI (중국)", "GLM-4.6"],
    [2.0, "메타 (미국)", "Llama 3", "알리바바 (중국)", "Qwen3"],
]


def test_workbook_with_merged_headings_is_read():
    content = xlsx(TABLE, ["A1:A2", "B1:C1", "D1:E1"])

    assert groups_of(read_file("표.xlsx", content, HEADINGS)) == [JULY, OCTOBER]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_excel_writes(encoding, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(TABLE)

    rows = read_file("표.CSV", out.getvalue().replace("2.0", "2").encode(encoding), HEADINGS)

    assert groups_of(rows) == [JULY, OCTOBER]


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (21 * 1024**2))
    return out.getvalue()


def rewritten(content, name, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part.endswith(name) else data)
    return out.getvalue()


def entities(data):
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
    )
    head, sign, rest = data.partition(b"?>")
    return (
        (head + sign if sign else b"")
        + laughs
        + b"]>"
        + (rest if sign else data).replace(b"<v>", b"<v>&m;", 1)
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 broken",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
        b"%PDF-1.7",
        b"\xff\xfe\x00",
        b"x" * (MAX_FILE_BYTES + 1),
        bomb(),
        xlsx(TABLE)[:-200],
        xlsx([]),
        rewritten(xlsx(TABLE), "sheet1.xml", lambda data: data[:-40]),
        rewritten(xlsx(TABLE), "sheet1.xml", entities),
        rewritten(xlsx(TABLE), "workbook.xml", lambda data: b"<x/>"),
    ],
)
def test_file_that_is_no_table_is_refused(content):
    with pytest.raises(PasteError):
        groups_of(read_file("표.xlsx", content, HEADINGS))


def test_workbook_that_claims_a_million_rows_is_read_within_bounds():
    far = rewritten(
        xlsx(TABLE),
        "sheet1.xml",
        lambda data: data.replace(
            b"</sheetData>",
            b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
            b"</sheetData>"
            b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        ),
    )

    assert groups_of(read_file("표.xlsx", far, HEADINGS)) == [JULY, OCTOBER]


@given(st.binary(max_size=300), st.integers(0, 5000), st.integers(0, 255))
def test_damaged_workbook_is_read_or_refused(noise, place, byte):
    content = bytearray(xlsx(TABLE))
    content[place % len(content)] = byte
    for data in (bytes(content), bytes(content) + noise, b"PK" + noise):
        try:
            groups_of(read_file("표.xlsx", data, HEADINGS))
        except PasteError as error:
            assert error.faults


def test_figures_are_read_as_their_source_shows_them():
    headings = ["이름", "점수"]
    markdown = read_text("|순위|이름|점수|\n|-|-|-|\n|1|가|~~3~~4|", headings)
    bars = read_text("순위|이름|점수\n1|가|4", headings)
    html = "<table><tr><td>순위<td>이름<td>점수<tr><td>1<td>가<td>0.25</table>"
    copied = read_copied(html, "순위\t이름\t점수\n1\t가\t25%", headings)

    assert markdown.rows[1] == bars.rows[1] == ["1", "가", "4"]
    assert any("3" in note for note in markdown.notes)
    assert copied.rows[1] == ["1", "가", "25%"]
