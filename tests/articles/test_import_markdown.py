import re
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.content.markdown import to_html
from articles.content.text import normalise_line
from articles.manuscripts.blocks import escape, fenced, line_block, markdown


def words_of(html):
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize(
    "text",
    [
        "1~3위를 차지했으며 50% 늘어남",
        "'R1' ('25.07.11)",
        "[10월] 소식",
        "2 * 3 = 6",
        "snake_case_name",
        "AT&T, C#, C++",
        "3.14는 수",
        "저비용/고성능 - 적응성",
    ],
)
def test_text_without_a_meaning_in_markdown_is_left_alone(text):
    assert escape(text) == text


MARKS = st.text(
    st.sampled_from("*_`[]()!\\<>&#;:+-.~|={}$ 가나abc12@/\"'"), min_size=1, max_size=30
)


@settings(max_examples=1000)
@given(st.one_of(MARKS, st.text(max_size=20)).map(normalise_line).filter(bool))
@example("1. 가")
@example("- 가")
@example("---")
@example("***")
@example("~~~")
@example("```")
@example("__init__")
@example("[a]: b")
@example("[a](b)")
@example("![a](b)")
@example("<https://a.kr>")
@example("<<1@1>")
@example("<가&amp;@a.kr>")
@example("&amp;")
@example("[[ranking:a]]")
@example("# 가")
@example("> 가")
@example("\\*가\\*")
def test_escaped_text_reads_as_it_was(text):
    for source in (escape(text), f"- {escape(text)}"):
        html = to_html(source)

        assert words_of(html).strip() == text
        assert not re.search(r"<(?:em|strong|code|a|img|h\d|hr|blockquote|ol|pre)\b", html)


@given(st.lists(st.text(st.sampled_from("`~ab#"), max_size=8), min_size=1, max_size=5))
def test_lines_in_a_fence_stay_inside_it(lines):
    html = to_html(fenced(lines, "unread") + "\n\n끝")

    assert html.endswith("<p>끝</p>")


def test_a_line_keeps_its_text_without_the_bullet():
    block = line_block(1, "  ○  가   나 ")

    assert (block.bullet, markdown(block), block.indent) == ("○", "가 나", 2)
