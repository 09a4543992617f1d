"""A table's cells are read as a browser shows them; what is left out is told."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.content.html_tables import find_tables
from articles.manuscripts.html_page import read as read_page


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def table_of(html):
    (table,) = find_tables(html)
    return table


def cell_of(inner):
    """Return the first cell of a row that holds `inner` and one more cell."""
    return table_of(f"<table><tr><td>{inner}</td><td>끝</td></tr></table>").rows[0][0]


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        # Runs of one word, as Word and 한글 write them.
        ("오픈<span lang=EN-US>AI(</span>미국<span>)</span>", "오픈AI(미국)"),
        ("Claude<b> </b>Opus<i>-4</i>", "Claude Opus-4"),
        ("<span>98</span><span>,</span><span>765</span>", "98,765"),
        ("12<font color=red>.</font>50<u>%</u>", "12.50%"),
        ("미스<!-- 주 -->트랄", "미스트랄"),
        ("엔<o:p></o:p>비디아", "엔비디아"),
        # White space.
        ("네이버\n      클라우드", "네이버 클라우드"),
        ("<b>네이버 </b> <i> 클라우드</i>", "네이버 클라우드"),
        ("네이버&nbsp;&nbsp;클라우드&nbsp;", "네이버 클라우드"),
        ("네이버<br>클라우드", "네이버 클라우드"),
        ("<p>네이버</p><p>클라우드</p>", "네이버 클라우드"),
        ("<div>네이버<div>클라우드</div></div>", "네이버 클라우드"),
        ("<ul><li>글<li>그림</ul>", "글 그림"),
        ("<span style='display:block'>글</span>그림", "글 그림"),
        ("<div style='display: inline'>글</div>그림", "글그림"),
        ("하이퍼<wbr>클로바", "하이퍼클로바"),
        ("하이퍼&shy;클로바&#8203;X", "하이퍼클로바X"),
        # What is not shown.
        ("<style>td{color:red}</style>솔라<script>var a = 1</script>", "솔라"),
        ("솔라<template><b>틀</b></template><noscript>켜세요</noscript>", "솔라"),
        ("솔라<!--[if gte mso 9]><xml>값</xml><![endif]-->", "솔라"),
        ("<![if !supportLists]>솔라<![endif]>", "솔라"),
        ("솔라<span hidden>7</span>", "솔라"),
        ("솔라<span style='DISPLAY : none !important'>7</span> 프로", "솔라 프로"),
        ("솔라<span style='visibility:hidden'>7<b>8</b></span>", "솔라"),
        ("솔라<span style='mso-hide:all'>7</span>", "솔라"),
        ("솔라<span style='position:absolute;left:-9999px'>7</span>", "솔라"),
        ("솔라<span style='font-size:0'>7</span>", "솔라"),
        ("솔라<i style='font-size:0'>7<b style='font-size:9pt'>프로</b>8</i>", "솔라프로"),
        ("<i style='visibility:hidden'>7<b style='visibility:visible'>솔라</b></i>", "솔라"),
        ("<i style='opacity:0'>7<b style='visibility:visible'>8</b></i>솔라", "솔라"),
        ("솔라<input type=hidden value=7>", "솔라"),
        ("솔라<svg><title>그림</title><text>X</text></svg>", "솔라X"),
        # What is shown in another way than as text.
        ("<input value='12.5'>", "12.5"),
        ("<select><option>가<option selected>나</select>", "나"),
        ("<img src=f.png alt='미국'> 오픈AI", "미국 오픈AI"),
        ("<ruby>江<rp>(</rp><rt>강</rt><rp>)</rp></ruby>", "江(강)"),
        ("<table><tr><td>안<td>쪽</table>", "안 쪽"),
        # Figures above and below the line are figures; what points to a note is not.
        ("10<sup>2</sup>", "10²"),
        ("km<sup>2</sup>", "km²"),
        ("CO<sub>2</sub>", "CO₂"),
        ("1<sup>st</sup>", "1st"),
        ("메타<sup>[3]</sup>", "메타"),
        ("메타<sup>3)</sup> (미국)", "메타 (미국)"),
        ("메타 (미국)<sup>2</sup>", "메타 (미국)"),
        ("Meta<sup><a href='#fn2'>2</a></sup>", "Meta"),
        ("메타<sup>*</sup>", "메타"),
        ("메타[12]", "메타"),
        ("메타[주 1][a]", "메타"),
        ("메타 [각주2]", "메타"),
        ("[7]", "[7]"),
        ("<sup>[7]</sup>", "[7]"),
        ("구간 [0,1]", "구간 [0,1]"),
        ("[공개] 메타", "[공개] 메타"),
        ("메타 [공개]", "메타 [공개]"),
    ],
)
def test_cell_says_what_a_browser_shows(inner, shown):
    if inner.startswith("<table"):
        tables = find_tables(f"<table><tr><td>{inner}</td><td>끝</td></tr></table>")
        assert tables[0].rows[0][0] == shown
    else:
        assert cell_of(inner) == shown


@pytest.mark.parametrize(
    ("source", "rows", "note"),
    [
        ("<tr><td>가<td>1<tr style='display:none'><td>나<td>2", [("가", "1")], "1 hidden row"),
        ("<tr><td>가<td>1<tbody hidden><tr><td>나<td>2", [("가", "1")], "1 hidden row"),
        (
            "<tr><td>가<td>1<tr style='visibility:collapse'><td>나<td>2",
            [("가", "1")],
            "1 hidden row",
        ),
        (
            "<col><col width=0 style='display:none'><col><tr><td>가<td>숨김<td>1",
            [("가", "1")],
            "1 hidden column",
        ),
        (
            "<colgroup><col span=2><col style='visibility:collapse' span=2></colgroup>"
            "<tr><td>가<td>1<td>2<td>3",
            [("가", "1")],
            "2 hidden columns",
        ),
        ("<tr><td>가[1]<td>1[주2]", [("가", "1")], "[1], [주2]"),
        ("<tr><td>가<img src=x><img src=y alt=''><td>1", [("가", "1")], "Of 1 picture"),
    ],
)
def test_what_is_left_out_of_a_table_is_told(source, rows, note):
    table = table_of(f"<table>{source}</table>")

    assert list(table.rows) == rows
    assert [note in each for each in table.notes] == [True]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        # 0 and too many reach to the end of the group of rows, not further.
        (
            "<tbody><tr><td rowspan=0>가<td>1<tr><td>2</tbody><tbody><tr><td>나<td>3",
            [("가", "1"), ("가", "2"), ("나", "3")],
        ),
        (
            "<thead><tr><th rowspan=9>순위<th>이름</thead><tbody><tr><td>1<td>가",
            [("순위", "이름"), ("1", "가")],
        ),
        ("<tr><td colspan=0>가<td>1", [("가", "1")]),
        ("<tr><td rowspan=65000>가<td>1<tr><td>2", [("가", "1"), ("가", "2")]),
        # A foot that the source writes first is shown last.
        (
            "<tfoot><tr><td>계<td>3</tfoot><tbody><tr><td>가<td>3</tbody>",
            [("가", "3"), ("계", "3")],
        ),
        # A row that is not shown is no part of a merged cell.
        (
            "<tr><td rowspan=2>가<td>1<tr hidden><td>x<tr><td>2",
            [("가", "1"), ("가", "2")],
        ),
        ("<tr><td>가<td style='display:none'>x<td>1", [("가", "1")]),
        ("<tr><td>가<td style='visibility:hidden'>x<td>1", [("가", "", "1")]),
    ],
)
def test_merged_and_hidden_cells_stand_where_a_browser_puts_them(source, rows):
    assert list(table_of(f"<table>{source}</table>").rows) == rows


def test_row_that_excel_hides_below_what_it_copies_is_not_told():
    table = table_of(
        "<table><col width=72><tr><td>가<td>1<![if supportMisalignedColumns]>"
        "<tr height=0 style='display:none'><td width=72></td><td width=72></td></tr><![endif]>"
    )

    assert table.rows == (("가", "1"),) and not table.notes


def test_cells_that_overlap_keep_their_words_and_are_not_sure():
    table = table_of("<table><tr><td>가<td rowspan=2>나<tr><td colspan=2>다</table>")

    assert "나" in table.rows[1][1] and "다" in table.rows[1][1]
    assert not table.is_sure


def test_page_hides_by_its_own_style_sheet():
    html = """<style><!-- .blind { display:none } @media print { .won { display:none } } --></style>
    <table><tr><td><span class="blind">이름</span>가</td><td>1<i class="won">원</i></td></tr>
    </table><table class="blind"><tr><td>1<td>2</table>"""

    assert table_of(html).rows == (("가", "1원"),)


def test_style_sheets_hide_as_the_cascade_has_it():
    for css, cell, shown in (
        (".w .x { display: none }", "<i class=x>7</i>", ""),
        (".v .x { display: none }", "<i class=x>7</i>", "7"),
        ("table.t > tbody > tr > td > i { display: none }", "<i>7</i>", ""),
        ("tr > i { display: none }", "<i>7</i>", "7"),
        (".x.y { display: none }", "<i class='x y'>7</i><i class=x>8</i>", "8"),
        ("I[data-n] { display: none }", "<i data-n=1>7</i>", ""),
        (".x { display: none } #i.x { display: inline }", "<i id=i class=x>7</i>", "7"),
        (".x { display: none } i { display: inline }", "<i class=x>7</i>", ""),
        (".x { display: none !important } .x { display: inline }", "<i class=x>7</i>", ""),
        (".x { display: none }", "<i class=x style='display: inline'>7</i>", "7"),
        (".x { display: none!important }", "<i class=x style='display: inline'>7</i>", ""),
        (".x:hover { display: none }", "<i class=x>7</i>", "7"),
    ):
        html = f"<style>{css}</style><div class=w><table class=t><tr><td>가<td>{cell}</table></div>"
        assert table_of(html).rows == (("가", shown),), css


def test_struck_out_figures_are_left_out_and_told():
    for cell in (
        "<s>3</s>4",
        "<del>3</del>4",
        "<strike>3</strike> 4",
        "<span style='text-decoration: line-through #f00'>3</span>4",
    ):
        table = table_of(f"<table><tr><td>가<td>{cell}</table>")
        assert table.rows == (("가", "4"),)
        assert table.notes == ("Struck-out figures were left out of the table's cells: 3",)


def test_imported_page_tells_what_its_table_left_out():
    page = read_page(
        """<meta charset=utf-8><h1>모형 시장</h1><p>등록일 2025.11.03</p><p>글</p>
        <table><tr><th>이름<th>점수<tr><td>가나<b>다</b>[1]<td>7<tr hidden><td>라<td>8</table>
        """.encode()
    )

    assert "| 가나다 | 7 |" in page.article.body
    assert [text for _line, text in page.notes if "left out" in text] == [
        "1 hidden row of the table was left out.",
        "Reference marks were left out of the table's cells: [1]",
    ]


@pytest.mark.parametrize(
    ("inner", "shown", "marks"),
    [
        ("4,310<sup>1,2</sup>", "4,310", "1,2"),
        ("4,310<sup>1)2)</sup>", "4,310", "1)2)"),
        ("4,310<sup>1), 3)</sup>", "4,310", "1), 3)"),
        ("4,310<sup>2)~4)</sup>", "4,310", "2)~4)"),
        ("4,310<sup>*,**</sup>", "4,310", "*,**"),
        ("4,310<sup>a)</sup>", "4,310", "a)"),
        ("4,310<sup>나)</sup>", "4,310", "나)"),
        ("솔라<sup>주 1), 2)</sup>", "솔라", "주 1), 2)"),
        ("솔라<sup>b</sup>", "솔라", "b"),
        ("4,310<sup>1)</sup><sup>,</sup><sup>2)</sup>", "4,310", "1), 2)"),
        ("4,310[1],[2]", "4,310", "[1], [2]"),
        ("4,310[1], [2]", "4,310", "[1], [2]"),
        ("4,310<span style='vertical-align: super; font-size:8pt'>1)</span>", "4,310", "1)"),
        ("솔라<font style='vertical-align:super'>2</font>", "솔라", "2"),
    ],
)
def test_marks_in_a_list_or_raised_by_style_are_no_part_of_a_figure(inner, shown, marks):
    table = table_of(f"<table><tr><td>{inner}<td>끝</table>")

    assert table.rows[0][0] == shown
    assert table.notes == (f"Reference marks were left out of the table's cells: {marks}",)


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("10<span style='vertical-align:super'>6</span>", "10⁶"),
        ("CO<span style='vertical-align:sub'>2</span>", "CO₂"),
        ("f<sup>(n)</sup>", "f⁽ⁿ⁾"),
        ("1<sup>st</sup>", "1st"),
        ("<span style='vertical-align:middle'>10</span>2", "102"),
        ("솔라<dialog>7</dialog>", "솔라"),
        ("<meter value=3>3</meter>솔라<progress>8</progress>", "솔라"),
    ],
)
def test_powers_raised_by_style_stay_and_closed_parts_are_not_read(inner, shown):
    assert cell_of(inner) == shown


def test_rows_that_keep_their_place_and_show_nothing_are_hidden():
    table = table_of(
        """<table><tr><td>가<td>1<tr style="visibility:hidden"><td>나<td>2
        <tr style="visibility:hidden"><td style="visibility:visible">다<td>3
        <tbody style="opacity:0"><tr><td>라<td>4</table>"""
    )

    assert [row[0] for row in table.rows] == ["가", "다"]
    assert table.notes == ("2 hidden rows of the table were left out.",)


WORDS = st.text(alphabet="가나다라AB12,.()%", min_size=1, max_size=5)
PIECES = (
    st.sampled_from(
        [
            "<b>",
            "</b>",
            "<sup>",
            "</sup>",
            "<span style='x:y'>",
            "</span>",
            "<br>",
            "<p>",
            "<!--x-->",
        ]
    )
    | WORDS
)


@given(st.lists(PIECES, max_size=30))
def test_shown_letters_are_kept_in_their_order(pieces):
    shown = cell_of("".join(pieces))
    said = "".join(piece for piece in pieces if not piece.startswith("<"))
    plain = shown.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789()")).replace(" ", "")

    # Only what stands above the line may be a reference mark.
    assert plain == said or "<sup>" in pieces


@given(st.text(alphabet="<>/=\"' abdeilnoprstuy1가!-[]", max_size=300))
@example("<sup>" * 3000)
@example("<table><tr><td>" * 400)
@example("<style>" + "@media{" * 3000)
@example("<table>" + "<tr><td rowspan=1000 colspan=60>가<td>나" * 300)
def test_wild_html_is_read_within_bounds(source):
    for html in (source, f"<table><tr><td>{source}</td><td>끝</td></tr></table>"):
        for table in find_tables(html):
            assert table.rows
