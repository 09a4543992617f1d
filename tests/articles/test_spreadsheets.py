"""An uploaded spreadsheet is read as it shows itself; what it hides is left out and told."""

import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from articles.rankings.pasted_tables import PasteError, read_copied, read_text, to_groups
from articles.rankings.spreadsheets import read_file

HEADINGS = ["기관", "점수", "비중"]
HEAD = [["", "2025년 9월", "", ""], ["순위", *HEADINGS]]
ROWS = [*HEAD, [1, "가람", 98.76, 0.4871], [2, "나래", 1234.5, 0.25], [3, "다솜", 7, 0.1]]


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def book_of(rows=ROWS, title="표"):
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def content_of(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(book_or_content, name="표.xlsx"):
    content = book_or_content if isinstance(book_or_content, bytes) else content_of(book_or_content)
    return read_file(name, content, HEADINGS)


def rewritten(content, part, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if re.search(part, name) else data)
    return out.getvalue()


def refusal(content, name="표.xlsx"):
    with pytest.raises(PasteError) as refused:
        to_groups(read(content, name).rows, "순위", HEADINGS)
    return [text for _row, text in refused.value.faults]


# What cells show


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("General", "98.76"),
        ("0.0", "98.8"),
        ("0.000", "98.760"),
        ("#,##0점", "99점"),
        ('"₩"#,##0', "₩99"),
        ("0.0%", "9876.0%"),
        ("# ?/?", "98 3/4"),
        ("0.0E+0", "9.9E+1"),
        ("yyyy-mm-dd", "1900-04-07"),
        ('yyyy"년" m"월"', "1900년 4월"),
        ("[h]:mm", "2370:14"),
        ('[>=90]"우수";0', "우수"),
    ],
)
def test_figure_is_what_its_cell_shows(code, text):
    book = book_of()
    book.active["C3"].number_format = code

    assert read(book).rows[2][2] == text


def test_figure_that_its_format_rounds_is_told_in_full_with_its_cell():
    book = book_of()
    book.active["C3"].number_format = "0.0"
    book.active["D3"].number_format = "0%"
    book.active["D4"].number_format = "0%"

    table = read(book)

    assert table.rows[2] == ["1", "가람", "98.8", "49%"]
    (note,) = table.notes
    assert "C3 98.8 (98.76), D3 49% (48.71%)" in note and "D4" not in note


def test_truth_values_and_texts_of_a_format_are_shown():
    book = book_of([*HEAD, [1, "가람", True, 0]])
    book.active["B3"].number_format = '@"(주)"'
    book.active["D3"].number_format = '0;-0;"없음"'

    assert read(book).rows[2] == ["1", "가람(주)", "TRUE", "없음"]


def test_runs_of_one_string_are_one_word_and_raised_marks_are_told():
    run, raised = InlineFont(b=True), InlineFont(vertAlign="superscript")
    book = book_of([*HEAD, [1, "", 1, 2], [2, "", 3, 4]])
    book.active["B3"] = CellRichText("가", TextBlock(run, "람"), TextBlock(raised, "1)"))
    book.active["B4"] = CellRichText("10", TextBlock(raised, "2"), "배")

    table = read(book)

    assert [row[1] for row in table.rows[2:]] == ["가람", "10²배"]
    assert table.notes == ("Reference marks were left out of the table's cells: 1)",)


SHARED = (
    "<si><r><t>漢</t></r><r><rPr><b/></rPr><t>江</t></r>"
    '<rPh sb="0" eb="2"><t>한강</t></rPh><phoneticPr fontId="1"/></si>',
    "<si><t>끊_x000D_\n음_xD83D__xDE00_</t></si>",
    "<si><t>밑_x005F_x000D_줄</t></si>",
)


def test_phonetic_letters_and_escapes_of_shared_strings():
    content = content_of(book_of([*HEAD, [1, "S0", "S1", "S2"]]))
    content = rewritten(
        content,
        "sheet1.xml",
        lambda data: re.sub(rb't="inlineStr"><is><t>S(\d)</t></is>', rb't="s"><v>\1</v>', data),
    )
    office = "http://schemas.openxmlformats.org"
    kind = f"{office}/officeDocument/2006/relationships/sharedStrings"
    link = f'<Relationship Id="s" Type="{kind}" Target="strings.xml"/></Relationships>'.encode()
    content = rewritten(
        content, "workbook.xml.rels", lambda data: data.replace(b"</Relationships>", link)
    )
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as package:
        items = "".join(SHARED)
        package.writestr(
            "xl/strings.xml", f'<sst xmlns="{office}/spreadsheetml/2006/main">{items}</sst>'
        )

    table = read(out.getvalue())

    assert table.rows[2] == ["1", "漢江", "끊 음😀", "밑_x000D_줄"]


def strict(data):
    """Return a part with the namespaces of Strict OOXML (ISO/IEC 29500-1)."""
    old = b"http://schemas.openxmlformats.org/"
    data = data.replace(
        old + b"spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
    return data.replace(
        old + b"officeDocument/2006/relationships",
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    )


def test_strict_workbook_is_read_and_its_dates_too():
    book = book_of()
    book.active["C3"].number_format = "yyyy-mm-dd"
    content = rewritten(content_of(book), r"\.(xml|rels)$", strict)
    content = rewritten(
        content,
        "sheet1.xml",
        lambda data: re.sub(
            rb'(<c r="C3"[^>]*?) t="n"><v>[^<]*', rb'\1 t="d"><v>2025-10-01T00:00:00', data
        ),
    )

    assert read(content).rows[2] == ["1", "가람", "2025-10-01", "0.4871"]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (r"\.(xml|rels)$", lambda data: b"<!-- a -->" + re.sub(rb"^<\?xml.*?\?>", b"", data)),
        ("sheet1.xml", lambda data: re.sub(rb' r="[A-Z]*\d+"', b"", data)),
        ("sheet1.xml", lambda data: re.sub(rb"<dimension[^>]*>", b"", data)),
    ],
)
def test_what_other_programs_write_is_read(part, change):
    content = content_of(book_of())

    assert read(rewritten(content, part, change)).rows == read(content).rows


def test_package_with_the_separators_of_windows_is_read():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content_of(book_of()))) as old,
        zipfile.ZipFile(out, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name.replace("/", "\\"), old.read(name))

    assert read(out.getvalue()).rows[2][1] == "가람"


# What is hidden


def test_hidden_and_filtered_rows_and_columns_are_left_out_and_told():
    book = book_of([["", "", "2025년 9월", "", "숨김"], ["순위", "기관", "점수", "비중", "메모"]])
    for row in ([1, "가람", 9, 1, "x"], [2, "나래", 8, 2, "x"], [3, "다솜", 7, 3, "x"]):
        book.active.append(row)
    book.active.row_dimensions[4].hidden = True
    book.active.column_dimensions["E"].hidden = True

    table = read(book)

    assert table.rows[2:] == [["1", "가람", "9", "1"], ["3", "다솜", "7", "3"]]
    assert table.notes == (
        "1 row that is hidden or filtered out was not read: 4",
        "Hidden columns were not read: E",
    )


def test_ten_shown_rows_of_three_thousand_are_read():
    book = book_of(HEAD)
    for number in range(1, 3001):
        book.active.append([number, f"기관 {number}", number, 1])
        book.active.row_dimensions[number + 2].hidden = number % 300 > 0

    table = read(book)

    assert [row[0] for row in table.rows[2:]] == [str(number) for number in range(300, 3001, 300)]
    assert "2990 rows" in table.notes[0]


def test_hidden_sheet_is_left_out_and_told():
    book = book_of([["낡은", "표"]], title="옛것")
    book.active.sheet_state = "hidden"
    new = book.create_sheet("새것")
    for row in ROWS:
        new.append(row)
    book.active = 1

    table = read(book)

    assert table.rows[2][1] == "가람"
    assert table.notes == ("Hidden sheets were left out: 옛것",)


def test_sheet_with_the_headings_is_found_among_several():
    book = book_of([["표지"], ["만든 날", "2025-10-01"]], title="표지")
    other = book.create_sheet("수치")
    for row in ROWS:
        other.append(row)
    book.create_sheet("빈 것")

    table = read(book)

    assert table.rows[1] == ["순위", *HEADINGS]
    assert table.notes == ("The sheet “수치” was read; these were not: 표지, 빈 것",)


def test_zeros_that_a_sheet_does_not_show_are_empty():
    book = book_of([*HEAD, [1, "가람", 0, 1]])
    book.active.sheet_view.showZeros = False

    assert read(book).rows[2] == ["1", "가람", "", "1"]


def test_merged_cells_speak_for_all_their_rows():
    book = book_of([*HEAD, [1, "가람", 9, 1], ["", "나래", 9, 1], ["※ 출처: 협회"]])
    for area in ("B1:D1", "A3:A4", "A5:D5"):
        book.active.merge_cells(area)

    (group,) = to_groups(read(book).rows, "순위", HEADINGS)

    assert group.label == "2025년 9월"
    assert [row[:2] for row in group.rows] == [("1", "가람"), ("1", "나래")]


# What is refused, and why


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?"])
def test_error_value_is_refused_with_its_cell(error):
    book = book_of()
    book.active["C4"] = error

    assert refusal(book) == [f"Cell C4 shows the error {error}."]


def test_formula_without_a_result_is_refused_with_its_cell():
    book = book_of()
    book.active["C4"] = "=1+1"
    book.active["D5"] = "=C4/2"

    texts = refusal(book)

    assert [text[:7] for text in texts] == ["Cell C4", "Cell D5"]
    assert "formula whose result is not in the file" in texts[0]


def test_formula_with_a_result_is_its_result():
    book = book_of()
    book.active["C4"] = "=1+1"
    content = rewritten(
        content_of(book),
        "sheet1.xml",
        lambda data: re.sub(rb"<f>1\+1</f><v\s*(/>|></v>)", b"<f>1+1</f><v>2</v>", data),
    )

    assert read(content).rows[3][2] == "2"


def test_date_that_cannot_be_is_refused_with_its_cell():
    book = book_of()
    book.active["C4"] = -3
    book.active["C4"].number_format = "yyyy-mm-dd"

    assert refusal(book) == ["Cell C4 shows ####: its format has no place for -3."]


def test_errors_of_a_hidden_row_are_nobodys_business():
    book = book_of()
    book.active["C4"] = "#N/A"
    book.active.row_dimensions[4].hidden = True

    assert [row[0] for row in read(book).rows[2:]] == ["1", "3"]


def zip_of(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in names:
            package.writestr(name, "x")
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("표.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        ("표.xls", OLE + b"Workbook", "old .xls file"),
        ("표.ods", zip_of("mimetype", "content.xml"), "no Excel file"),
        ("표.hwpx", zip_of("mimetype", "Contents/content.hpf"), "no Excel file"),
        ("표.xlsb", zip_of("xl/workbook.bin"), ".xlsb file"),
        ("표.xlsx", zip_of("a.txt"), "damaged"),
        ("표.xls", b'<?xml version="1.0"?><Workbook/>', "XML file"),
        ("표.pdf", b"%PDF-1.7", "Only .xlsx and .csv"),
        ("표.csv", b"", "holds no cells"),
        ("표.csv", b"\r\n \r\n", "holds no cells"),
        ("표.csv", b"\xff\xff\xff", "letters cannot be read"),
        ("표.csv", "기관;점수\n가람;1\n".encode(), "are not those of the series"),
        ("표.csv", "이름;값\n가람;1\n".encode(), "headings of the series were not found"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_a_reason_that_is_true(name, content, reason):
    (text,) = refusal(content, name)[:1]

    assert reason in text


# Text files

CSV = '순위,기관,점수,비중\n1,가람,98.8,49%\n2,나래,"1,234.5",25%\n'
CELLS = [["순위", *HEADINGS], ["1", "가람", "98.8", "49%"], ["2", "나래", "1,234.5", "25%"]]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        (CSV, CELLS),
        ("\n\r\n" + CSV, CELLS),
        (",,,\n,,,\n" + CSV, [[], [], *CELLS]),
        (CSV.replace("\n", "\r"), CELLS),
        (CSV.replace("\n", "\r\n"), CELLS),
        ("기관 순위, 2025년 9월\n\n" + CSV, [["기관 순위", "2025년 9월"], [], *CELLS]),
        ("기관 순위; 가; 나; 다; 라\n" + CSV, [["기관 순위; 가; 나; 다; 라"], *CELLS]),
        (CSV.replace("기관", '"기\n관"', 1), [["순위", "기 관", "점수", "비중"], *CELLS[1:]]),
        (CSV.replace("기관", '"기\r관"', 1), [["순위", "기 관", "점수", "비중"], *CELLS[1:]]),
        ("sep=;\n순위;기관;점수;비중\n1;가람;98,8;49%\n", [CELLS[0], ["1", "가람", "98,8", "49%"]]),
        ("순위;기관;점수;비중\n1;가람;98,8;49%\n", [CELLS[0], ["1", "가람", "98,8", "49%"]]),
        ("순위\t기관\t점수\t비중\n1\t가, 나\t98\t49\n", [CELLS[0], ["1", "가, 나", "98", "49"]]),
        ('순위,기관,점수,비중\n1,"가ㆍ""나""",98,49\n', [CELLS[0], ["1", 'ga"', "98", "49"]]),
        ('순위,기관,점수,비중\n1,27" 화면,98,49\n', [CELLS[0], ["1", '27" 화면', "98", "49"]]),
        ('순위,기관,점수,비중\n1,"가람,98,49\n', [CELLS[0], ["1", '"가람', "98", "49"]]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le"])
def test_text_file_is_read_whatever_wrote_it(text, cells, encoding):
    cells = [[cell.replace('ga"', '가ㆍ"나"') for cell in row] for row in cells]

    assert read(text.encode(encoding), "표.csv").rows == cells


def test_quotation_mark_without_a_partner_is_told():
    table = read_text('순위\t기관\t점수\t비중\n1\t"가람\t98\t49', HEADINGS)

    assert "quotation marks are not in pairs" in table.notes[0]


def test_web_page_that_is_called_an_excel_file_is_read():
    html = "<html><table>" + "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in CELLS
    )

    assert read(html.encode("cp949"), "목록.xls").rows == CELLS


def test_error_in_a_text_file_is_refused_with_its_row():
    (text,) = refusal(CSV.replace("98.8", "#DIV/0!").encode(), "표.csv")

    assert text == "“#DIV/0!” in column 3 is a spreadsheet's error, not a figure."


# Markdown


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("**가람**", "가람"),
        ("*가*람", "가람"),
        ("[가람](https://example.com)", "가람"),
        ("![국기](/a.png) 가람", "국기 가람"),
        ("`가람`", "가람"),
        ("~~가~~람", "가람"),
        ("가<br>람", "가 람"),
        ("가&nbsp;람", "가 람"),
        (r"가\_람", "가_람"),
        (r"가 \| 람", "가 | 람"),
        ("가람[^1]", "가람"),
        ("가람<sup>[1]</sup>", "가람"),
        ("1. 가람", "1. 가람"),
        ("# 가람", "# 가람"),
        ("2 < 3", "2 < 3"),
        ("AT&T", "AT&T"),
    ],
)
def test_markdown_cell_says_what_a_page_shows(cell, shown):
    text = f"| 순위 | 기관 | 점수 | 비중 |\n|---|:-:|---|--:|\n| 1 | {cell} | **98** | 49% |\n"

    assert read_text(text, HEADINGS).rows[1] == ["1", shown, "98", "49%"]


# The clipboard's two texts

TEXT = "순위\t기관\t점수\t비중\n1\t가람\t98.8\t49%\n"
TABLE = "<table><tr><td>순위<td>기관<td>점수<td>비중<tr><td>1<td>가람<td>{}<td>49%</table>"


@pytest.mark.parametrize(
    ("html", "text", "score"),
    [
        (TABLE.format("98.8"), TEXT, "98.8"),
        (TABLE.format("<b>98</b>.8"), "순위 기관 점수", "98.8"),
        ("<img src=shot.png>", TEXT, "98.8"),
        (TABLE.format("<img src=98.png>"), TEXT, "98.8"),
        (TABLE.format(""), TEXT, "98.8"),
        (TABLE.format("<img alt='98.8'>"), TEXT, "98.8"),
        ("", TEXT, "98.8"),
    ],
)
def test_text_is_chosen_where_it_says_more_than_the_html(html, text, score):
    assert read_copied(html, text, HEADINGS).rows[1][2] == score


def test_hidden_cells_of_html_do_not_make_its_text_better():
    html = TABLE.format("98.8").replace("</table>", "<tr hidden><td>2<td>나래<td>7<td>5</table>")

    table = read_copied(html, TEXT + "2\t나래\t7\t5\n", HEADINGS)

    assert len(table.rows) == 2
    assert table.notes == ("1 hidden row of the table was left out.",)


# Wild files


@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(0, 255))
def test_damaged_parts_are_read_or_refused(noise, place, byte):
    content = content_of(book_of())

    def damage(data):
        data = bytearray(data)
        data[place % len(data)] = byte
        return bytes(data)

    for part in ("sheet1.xml", "workbook.xml", "styles.xml", "rels$"):
        try:
            read(rewritten(content, part, damage))
        except PasteError as error:
            assert error.faults
    try:
        read(noise, "표.csv")
    except PasteError as error:
        assert error.faults


def long(data, count=-1):
    return data.replace(b"<t>", b"<t>" + b"a" * 32_000, count)


def merged_over_rows(data):
    """Let one cell of a long text stand in a hundred rows."""
    return many(1, b'<mergeCells><mergeCell ref="B1:C99"/></mergeCells>')(long(data))


FORMAT = b'<numFmts count="1"><numFmt numFmtId="200" formatCode="' + b"@" * 300 + b'"/></numFmts>'


def many(count, item):
    return lambda data: data.replace(b"</sheetData>", b"</sheetData>" + item * count)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("sheet1.xml", many(1, b"<mergeCells>" + b'<mergeCell ref="A1:BH900"/>' * 9000)),
        (
            "sheet1.xml",
            lambda data: data.replace(
                b"<sheetData>",
                b"<cols>" + b'<col min="1" max="16384" hidden="1"/>' * 9000 + b"</cols><sheetData>",
            ),
        ),
        ("styles.xml", lambda data: data.replace(b"<cellXfs", b"<x" * 3000)),
        ("sheet1.xml", lambda data: data.replace(b"<v>1</v>", b"<v>" + b"9" * 100_000 + b"</v>")),
        ("sheet1.xml", lambda data: data.replace(b"<v>1</v>", b"<v>1e999999</v>")),
        ("workbook.xml.rels", lambda data: data.replace(b"worksheets/", b"../../../etc/")),
        ("sheet1.xml", lambda data: long(long(data, 1), 1)),
        ("sheet1.xml", merged_over_rows),
        ("styles.xml", lambda data: data.replace(b"<fonts", FORMAT + b"<fonts")),
    ],
)
def test_huge_claims_are_read_or_refused_within_bounds(part, change):
    with pytest.raises(PasteError):
        to_groups(read(rewritten(content_of(book_of()), part, change)).rows, "순위", HEADINGS)


def test_sheet_that_a_workbook_names_often_is_read_once():
    content = rewritten(
        content_of(book_of()),
        "xl/workbook.xml",
        lambda data: re.sub(rb"<sheet [^>]*/>", lambda sheet: sheet[0] * 3, data),
    )

    assert read(content) == read(book_of())


def test_marks_of_a_markdown_table_are_told():
    table = read_text(
        "|순위|기관|점수|비중|\n|-|-|-|-|\n|1|**가람**[1]|7<sup>2)</sup>|1|\n|2|나래[^3]|6|1|",
        HEADINGS,
    )

    assert table.rows[1:] == [["1", "가람", "7", "1"], ["2", "나래", "6", "1"]]
    assert table.notes == ("Reference marks were left out of the table's cells: [1], 2), [^3]",)


def test_quoted_cells_after_a_space_are_cells():
    content = '순위, "기관", "점수", "비중"\n1, "가람, 서울", "1,234", 2\n'.encode()

    assert read_file("표.csv", content, HEADINGS).rows[1] == ["1", "가람, 서울", "1,234", "2"]


def test_one_nul_makes_no_other_encoding():
    content = "순위,기관,점수,비중\n1,가람\0,7,2\n".encode()

    assert read_file("표.csv", content, HEADINGS).rows[1] == ["1", "가람", "7", "2"]
