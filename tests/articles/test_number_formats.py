"""A spreadsheet's number shows what its format makes of it, and the whole one where that rounds."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.content.text import normalise_line
from articles.rankings.number_formats import BUILT_IN, CannotShow, show_number, show_text

OCTOBER_FIRST = 45_931  # 2025-10-01, a Wednesday


def shown(number, code, **options):
    return normalise_line(show_number(number, code, **options).text)


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        # Places, thousands, percent, scale.
        (0.4871, "0.0%", "48.7%"),
        (0.07, "0%", "7%"),
        (9876543, "#,##0", "9,876,543"),
        (0, "#,##0", "0"),
        (0, "#,###", ""),
        (3.5, "0.00", "3.50"),
        (3.5, "0.0##", "3.5"),
        (5, "0.#", "5."),
        (7, "000", "007"),
        (1.005, "0.00", "1.01"),
        (2.5, "0", "3"),
        (9876543, '#,##0,"천"', "9,877천"),
        (9876543210, '0.0,,"백만"', "9876.5백만"),
        (1012345678, "000-0000-0000", "010-1234-5678"),
        (1e300, "0", "1" + "0" * 300),
        (0.1 + 0.2, "0.0################", "0.3"),
        # What stands around the figures.
        (1500, '"₩"#,##0', "₩1,500"),
        (-1500, '"₩"#,##0', "-₩1,500"),
        (1500, "[$₩-412]#,##0", "₩1,500"),
        (1500, "[$€-407] #,##0.00", "€ 1,500.00"),
        (1500, '#,##0"원"', "1,500원"),
        (1500, "#,##0\\ 원", "1,500 원"),
        (3, "0위", "3위"),
        (1500, BUILT_IN[42], "₩ 1,500"),
        (0, BUILT_IN[42], "₩ -"),
        (1500, BUILT_IN[43], "1,500.00"),
        # Sections.
        (-5, "#,##0_);(#,##0)", "(5)"),
        (5, "[Red]▲0;[Blue]▼0;-", "▲5"),
        (-5, "[Red]▲0;[Blue]▼0;-", "▼5"),
        (0, "[Red]▲0;[Blue]▼0;-", "-"),
        (150, '[>=100]0;[<0]"손실";0.0', "150"),
        (-1, '[>=100]0;[<0]"손실";0.0', "손실"),
        (50, '[>=100]0;[<0]"손실";0.0', "50.0"),
        (-5, "[>=100]0;0.0", "-5.0"),
        (-5, "[<0]▼0;▲0", "▼5"),
        (12, ";;;", ""),
        (-1, '[=0]"없음";"있음"', "있음"),
        (3.14159, '"약 ".00"까지"000', "약 3.14까지159"),
        (25, "*-#,##0", "25"),
        # General: eleven places, Excel's fifteen digits.
        (3, "General", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (2 / 3, "General", "0.666666667"),
        (7654321.987654, "General", "7654321.988"),
        (12345678901, "General", "12345678901"),
        (123456789012, "General", "1.23457E+11"),
        (1e-10, "General", "1E-10"),
        (-0.5, "General", "-0.5"),
        (7, 'General"점"', "7점"),
        (7, "G/표준", "7"),
        (7, "@", "7"),
        # Scientific, fractions.
        (45678.9, "0.00E+00", "4.57E+04"),
        (45678.9, "##0.0E+0", "45.7E+3"),
        (0.00012, "0.0E-0", "1.2E-4"),
        (0.75, "# ?/?", "3/4"),
        (2.25, "# ??/??", "2 1/4"),
        (2, "# ?/?", "2"),
        (0.3, "?/8", "2/8"),
        (2.3, "# ?/?", "2 2/7"),
        (1.3, "# ?/?", "1 1/3"),
        (1.5, "00/00", "03/02"),
        (0.12, "# ?? / ??", "3/25"),
        # Dates and times.
        (OCTOBER_FIRST, 'yyyy"년" m"월"', "2025년 10월"),
        (OCTOBER_FIRST, "yyyy년 mm월 dd일", "2025년 10월 01일"),
        (OCTOBER_FIRST, "[$-412]mmmm", "10월"),
        (OCTOBER_FIRST, "yy/m/d (aaa)", "25/10/1 (수)"),
        (OCTOBER_FIRST, "[$-412]dddd", "수요일"),
        (OCTOBER_FIRST, "dddd", "Wednesday"),
        (OCTOBER_FIRST, BUILT_IN[14], "2025-10-01"),
        (OCTOBER_FIRST, BUILT_IN[17], "Oct-25"),
        (OCTOBER_FIRST + 0.5625, BUILT_IN[22], "2025-10-01 13:30"),
        (0.5625, "[$-412]AM/PM h:mm", "오후 1:30"),
        (0.5625, "h:mm AM/PM", "1:30 PM"),
        (0.5625, "h:mm am/pm", "1:30 PM"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.5 / 1440, "[ss].0", "30.0"),
        (0.9999999, "h:mm", "0:00"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (60, "yyyy-mm-dd", "1900-02-29"),
        (61, "yyyy-mm-dd", "1900-03-01"),
    ],
)
def test_number_is_shown_as_its_format_says(number, code, text):
    assert shown(number, code) == text


def test_days_may_be_counted_from_1904():
    assert shown(OCTOBER_FIRST - 1462, "yyyy-mm-dd", is_1904=True) == "2025-10-01"


@pytest.mark.parametrize(
    ("number", "code", "full"),
    [
        (0.4871, "0.0%", "48.71%"),
        (0.487, "0.0%", ""),
        (1234.5, "#,##0", "1234.5"),
        (9876543, "#,##0,", "9876543"),
        (2 / 3, "General", "0.666666666666667"),
        (123456789012, "General", "123456789012"),
        (0.1 + 0.2, "0.0", ""),
        (12, ";;;", "12"),
        (0, '0;-0;"-"', ""),
        (-0.001, "0.0", "-0.001"),
        (0.3, "# ?/8", "0.3"),
        (OCTOBER_FIRST, "yyyy", ""),
    ],
)
def test_whole_number_is_told_where_the_format_rounds_or_hides_it(number, code, full):
    assert show_number(number, code).full == full


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("구글", "General", "구글"),
        ("구글", "#,##0", "구글"),
        ("구글", BUILT_IN[42], " 구글 "),
        ("구글", '@" 외"', "구글 외"),
        ("구글", '0;-0;0;"<"@">"', "<구글>"),
        ("구글", ";;;", ""),
    ],
)
def test_text_is_shown_as_its_section_says(text, code, expected):
    assert show_text(text, code) == expected


@pytest.mark.parametrize(
    ("number", "code"), [(-1, "yyyy-mm-dd"), (3_000_000, "yyyy-mm-dd"), (1, "[>5]0")]
)
def test_what_a_sheet_shows_as_number_signs_is_refused(number, code):
    with pytest.raises(CannotShow):
        show_number(number, code)


CODES = st.text(alphabet='0#?.,%/;"\\_*[]<>=$-@ EeyYmMdhsaAPG원년월', max_size=40) | st.text(
    max_size=300
)


@given(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6).map(float),
    CODES,
)
def test_no_format_is_too_wild(number, code):
    with suppress(CannotShow):
        show_number(number, code)
    show_text("글", code)


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False))
def test_places_that_hold_all_digits_round_nothing(number):
    result = show_number(float(number), "#,##0.00")

    assert result.full == "" and float(result.text.replace(",", "")) == float(number)


@given(st.floats(1e-9, 1e15))
def test_what_general_rounds_is_told_in_full(number):
    result = show_number(number, "General")

    assert float(result.full or result.text) == float(format(number, ".15g"))
