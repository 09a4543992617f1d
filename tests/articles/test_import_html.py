from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.bundle.data import BundleError
from articles.content.markdown import to_html
from articles.manuscripts import html_page

PAGE = Path(__file__).parent / "fixtures" / "old-page.html"
HEAD = "<h1>제목</h1><p>2025.07.01</p>"


def read(source):
    return html_page.read((HEAD + source).encode())


@pytest.fixture(scope="module")
def page():
    return html_page.read(PAGE.read_text("utf-8").encode("cp949"))


def test_the_head_of_the_page_is_read(page):
    article = page.article

    assert (article.kicker, article.title) == ("[10월]", "개방형 AI 모델, 새로운 선두의 등장")
    assert article.published_at.date() == date(2025, 10, 28)
    assert article.byline == "Open UP"
    assert article.legacy_paths == ("/pages/11/254",)


def test_lists_links_and_strong_words_become_markdown(page):
    assert page.article.body.startswith(
        "## 선호도 조사에서 뒤바뀐 자리\n\n"
        "- 지푸 AI를 비롯한 **다섯 기업**이 앞자리를 채움\n"
        "    - [순위표](https://lm.example.org/board_%28text%29)에서 볼 수 있음\n"
        "- 빈 항목 아래에 있던 줄\n\n"
    )


def test_a_ranking_table_becomes_a_series_placed_in_the_article(page):
    (series,) = page.rankings
    (table,) = page.article.tables

    assert [column.heading for column in series.columns] == ["기업(국가)", "대표 모델명"]
    assert [(period.label, period.as_of) for period in series.periods] == [
        ("2024년 7월", date(2024, 7, 1)),
        ("2025년 10월", date(2025, 10, 1)),
    ]
    assert [(entry.rank, entry.label) for entry in series.periods[1].entries] == [
        (1, "지푸 AI (중국)"),
        (2, "알리바바 (중국)"),
    ]
    assert {(subject.name, subject.country) for subject in page.subjects} == {
        ("구글", "미국"),
        ("지푸 AI", "중국"),
        ("알리바바", "중국"),
    }
    assert (table.caption, table.source_note) == (
        "개방형 모델 선호도 비교",
        "기업 순위 출처 : LMArena",
    )
    assert table.source_url == "https://lm.example.org/"
    assert f"\n\n[[ranking:{table.slug}]]\n\n" in page.article.body


def test_literal_bullets_tell_the_level(page):
    assert (
        "- 큰 묶음\n    - 가운데 줄\n        - 작은 줄\n            - 덧붙임" in page.article.body
    )


def test_a_simple_table_becomes_markdown(page):
    assert "| 구분 | 값\\|단위 |\n| --- | --- |\n| 이용자 | 3,300만 명 |" in page.article.body
    assert "<td>3,300만 명</td>" in to_html(page.article.body)


def test_what_cannot_be_read_stays_visible_and_is_noted(page):
    assert "| 합친 칸 | 합친 칸 |\n| --- | --- |\n| 가 | 나 |" in page.article.body
    assert "```unread\n[img] 추이 그림 files/chart.png\n```" in page.article.body
    assert {35, 36} <= {line for line, _sentence in page.notes}


def test_numbered_lists_keep_their_numbers(page):
    assert page.article.body.endswith("## 시사점\n\n1. 첫째 줄\n2. 둘째 줄")


def test_the_issue_and_the_references_are_read(page):
    assert [(item.category, item.body) for item in page.issue.items] == [
        ("로보틱스", "- 교육용 기판을 만드는 기업임")
    ]
    assert [(each.title, each.url) for each in page.article.references] == [
        ("조사 결과", "https://report.example.org/1")
    ]


def test_menus_scripts_and_comments_are_dropped(page):
    everything = repr(page.article) + repr(page.issue)

    for dropped in ("버림", "소식", "댓글", "이메일", "주소", "누리집"):
        assert dropped not in everything


HEADER = (
    "<tr><th rowspan=2>순위</th><th colspan=2>2024년 7월</th></tr>"
    "<tr><th>기업(국가)</th><th>모델</th></tr>"
)


DOUBTFUL_ROWS = [
    "<tr><td>1위</td><td>가 (나)</td><td></td></tr>",
    "<tr><td>첫째</td><td>가 (나)</td><td>다</td></tr>",
    "<tr><td>2위</td><td>가</td><td>나</td></tr><tr><td>1위</td><td>다</td><td>라</td></tr>",
    "<tr><td>1위</td><td>가</td><td>나</td></tr><tr><td>1위</td><td>다</td><td>라</td></tr>",
    "<tr><td>1위</td><td>가</td><td>나</td></tr><tr><td>2위</td><td>가</td><td>라</td></tr>",
]
UNREADABLE_ROWS = [
    "<tr><td>1위</td><td>가</td></tr>",
    "<tr><td rowspan=9>1위</td><td>가</td><td>나</td></tr>",
    "<tr><td>1위</td><td>가<table><tr><td>1</td><td>2</td></tr></table></td><td>나</td></tr>",
]


def test_a_doubtful_ranking_is_a_plain_table_or_kept_unread():
    for rows in DOUBTFUL_ROWS + UNREADABLE_ROWS:
        page = read(f"<table>{HEADER}{rows}</table>")

        assert page.rankings == (), rows
        plain = page.article.body.startswith("| 순위 | 2024년 7월 기업(국가) | 2024년 7월 모델 |")
        unread = page.article.body.startswith("```unread\n순위 | 2024년 7월")
        assert plain if rows in DOUBTFUL_ROWS else unread, rows
        assert page.notes, rows


def test_address_of_a_link_in_a_ranking_s_caption_is_told():
    rows = "<tr><td>1위</td><td>가</td><td>나</td></tr>"
    caption = '<p>[ <a href="https://example.org/board">선호도 비교</a> ]</p>'

    page = read(f"{caption}<table>{HEADER}{rows}</table>")

    assert page.article.tables[0].caption == "선호도 비교"
    assert any("https://example.org/board" in text for _line, text in page.notes)


def test_a_tie_is_read_when_the_page_says_so():
    rows = "".join(f"<tr><td>공동 1위</td><td>{name}</td><td>나</td></tr>" for name in "가다")

    page = read(f"<table>{HEADER}{rows}</table>")

    assert [(entry.rank, entry.tied) for entry in page.rankings[0].periods[0].entries] == [
        (1, True),
        (1, True),
    ]


def test_a_table_that_only_lays_out_is_read_as_its_content():
    page = read("<table><tr><td><p>안의 글.</p><ul><li>가</li></ul></td></tr></table>")

    assert page.article.body == "안의 글.\n\n- 가"


def test_a_list_that_only_fakes_depth_moves_up():
    page = read("<ol><li><ol><li><ul><li>가</li><li>나</li></ul></li></ol></li></ol>")

    assert page.article.body == "- 가\n- 나"
    assert page.notes


def test_a_line_break_ends_a_line():
    page = read("<p>• 하나<br>• 둘<br>&nbsp;&nbsp;- 셋</p>")

    assert page.article.body == "- 하나\n- 둘\n    - 셋"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "/pages/1", "data:text/html,x", "http://a b"]
)
def test_an_address_that_leads_nowhere_leaves_its_words(href):
    page = read(f'<p><a href="{href}">글</a> 뒤.</p>')

    assert page.article.body == "글 뒤."


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("euc-kr", "cp949"),
        ("utf-8", "utf-8"),
        ("", "utf-8"),
        ("", "cp949"),
        ("unknown", "utf-8"),
        ("base64", "utf-8"),
        ("undefined", "utf-8"),
        ("idna", "cp949"),
    ],
)
def test_the_charset_is_found(charset, encoding):
    source = f'<meta charset="{charset}">' if charset else ""

    page = html_page.read((source + HEAD + "<p>믜똠.</p>").encode(encoding))

    assert page.article.body == "믜똠."


@pytest.mark.parametrize("charset", [b"utf-8", b"idna", b"undefined"])
def test_characters_that_cannot_be_read_are_noted(charset):
    page = html_page.read(
        b'<meta charset="' + charset + b'"><h1>a</h1>\n<p>2025.07.01</p>\n<p>b\xff\xff</p>'
    )

    assert [line for line, _sentence in page.notes] == [3]


@pytest.mark.parametrize(
    "source", [b"", b" ", b"<!-- a -->", b"<html></html>", b"<p></p>", b"\x00"]
)
def test_an_empty_page_is_refused(source):
    with pytest.raises(BundleError):
        html_page.read(source)


def test_a_page_nested_too_deeply_is_refused():
    with pytest.raises(BundleError):
        read("<div>" * 5000 + "글" + "</div>" * 5000)


@pytest.mark.parametrize(
    ("source", "heading"),
    [
        ("<p><img src=a.png>그림의 말</p><ul><li>가</li></ul>", False),
        ("<p><img src=a.png><br><b>그림의 말</b></p><ul><li>가</li></ul>", False),
        ("<p><img src=a.png></p><p>소제목</p><ul><li>가</li></ul>", True),
        ("<h3><img src=a.png>소제목</h3><p>글</p>", True),
    ],
)
def test_text_after_a_picture_is_not_guessed_to_be_a_heading(source, heading):
    assert ("\n## " in read(source).article.body) is heading


def test_the_words_of_a_picture_can_be_the_licence_mark():
    page = read('<p>글.</p><img src="kogl.png" alt="공공누리 제3유형">')

    assert page.article.kogl == "type3"


TAGS = ["p", "ul", "ol", "li", "table", "tr", "td", "th", "b", "a", "br", "pre", "h2", "div", "img"]
MARKUP = st.lists(
    st.one_of(
        st.sampled_from(TAGS).map(lambda tag: f"<{tag}>"),
        st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
        st.sampled_from(
            [
                *("<td colspan=3 rowspan=2>", "<a href='https://a.kr/_(b'>", "&nbsp;", "&lt;b&gt;"),
                *(
                    "순위",
                    "• ",
                    "2025년 7월",
                    "1위",
                    "[가]",
                    "* 출처 : 나",
                    "시사점",
                    "<li start=x>",
                ),
                *("주목할 만한 월간 이슈(7월)", "(가) 나", "※ 참고", "```", "<!--", "<![CDATA["),
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300)
@given(MARKUP)
def test_any_markup_gives_a_draft_or_a_refusal(source):
    try:
        page = html_page.read((HEAD + source).encode("utf-8", "replace"))
    except BundleError as error:
        assert error.line >= 1
    else:
        assert page.article.title
        to_html(page.article.body)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_draft_or_a_refusal(data):
    try:
        html_page.read(data)
    except BundleError as error:
        assert error.line >= 1
