"""What stood on an old page is in its draft, or in the report with the number of its line."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.bundle.data import BundleError
from articles.manuscripts import html_page, text_page

HEAD = "[7월] 제목\n2025.07.01\n\n"
BANNER = "이 누리집은 대한민국 공식 전자정부 누리집입니다.\n"
HTML_HEAD = "<h1>제목</h1><p>2025.07.01</p>"


def body_of(source):
    return text_page.read(source.encode()).article.body


def left_out(page):
    """Return the (line, quotation) of what the report says was left out."""
    return [(line, match[1]) for line, text in page.notes if (match := re.search("“(.*)”", text))]


@pytest.mark.parametrize(
    ("markup", "lost"),
    [
        ('<p>글.</p>\n<p><a href="/files/a.hwp">붙임</a></p>', "/files/a.hwp"),
        (
            '<p>글.</p>\n<p><a href="https://a.kr/big"><img src="/s.png"></a></p>',
            "https://a.kr/big",
        ),
        ('<p>글.</p>\n<pre>코드 <a href="https://a.kr/c">여기</a></pre>', "https://a.kr/c"),
        (
            '<table><tr><th>가<th>나<tr><td>다<td>\n<a href="https://a.kr/t">라</a></table>',
            "https://a.kr/t",
        ),
        (
            '<table><tr><th>가<th>나<tr><td>다<td>\n<iframe src="https://a.kr/v"></iframe></table>',
            "[iframe] https://a.kr/v",
        ),
        ('<p>글.</p>\n<footer><img src="/k.png" alt="마크"></footer>', "[img] 마크 /k.png"),
    ],
)
def test_address_that_the_draft_does_not_have_is_named_with_its_line(markup, lost):
    assert (2, lost) in left_out(html_page.read((HTML_HEAD + markup).encode()))


def test_address_of_the_title_is_named():
    page = html_page.read(b'<h1><a href="https://a.kr/1">7</a></h1><p>2025.07.01</p><p>8</p>')

    assert left_out(page) == [(1, "https://a.kr/1")]


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://a.kr/1">가</a>',
        '<a href="#절">가</a>',
        '<a href="javascript:void(0)">가</a>',
        "<a name=b>가</a>",
        "<table><tr><th>가<th>나<tr><td>다<td><a href='https://a.kr/1'>https://a.kr/1</a></table>",
    ],
)
def test_link_that_loses_nothing_is_not_named(link):
    page = html_page.read(f"{HTML_HEAD}<p>앞</p>{link}".encode())

    assert left_out(page) == []


@pytest.mark.parametrize("word", ["공유", "인쇄", "목록", "홈", "스크랩", "Home", "댓글", "참고"])
@pytest.mark.parametrize(
    "place",
    [
        "나눔의 단계\n□ 공개\n□ {}\n□ 끝\n",
        "앞 문단.\n\n{}\n• 첫째\n\n시사점\n• 둘째\n",
        "{}\n• 첫째\n\n시사점\n• 둘째\n",
        "앞 문단.\n\n{}\n\n뒤 문단은 본문이다.\n\n시사점\n• 둘째\n",
    ],
)
def test_word_of_the_frame_stays_where_it_is_the_text_s_own(word, place):
    body = body_of(HEAD + place.format(word))

    assert re.search(rf"^(?:## |- )?{word}$", body, re.MULTILINE)
    assert body_of(HEAD + place.format("다른 말")) == body.replace(word, "다른 말")


def test_frame_goes_where_it_stands_and_is_named():
    page = text_page.read(
        f"{BANNER}홈\n소식\n{HEAD}인쇄\n공유\n본문.\n\n공유\n\n끝 문단.\n\n목록\n인쇄\n".encode()
    )

    assert page.article.body == "본문.\n\n공유\n\n끝 문단."
    assert left_out(page) == [
        (1, "이 누리집은 대한민국 공식 전자정부 누리집입니다."),
        (2, "홈"),
        (3, "소식"),
        (7, "인쇄"),
        (8, "공유"),
        (15, "목록"),
        (16, "인쇄"),
    ]


@pytest.mark.parametrize(
    ("end", "is_cut"),
    [
        ("댓글 0\n첫 댓글을 남겨 보세요!\n댓글 작성\n", True),
        ("댓글 12\n누군가의 말\n", True),
        ("댓글(3)\n가람\n- 좋은 글\n답글\n", True),
        ("댓글\n이름\n비밀번호\n등록\n", True),
        ("댓글\n", True),
        ("댓글 쓰기\n", True),
        ("댓글\n댓글은 공론의 시작이다.\n", False),
        ("댓글\n• 첫째\n• 둘째\n", False),
        ("댓글 3개\n• 첫째\n• 둘째\n", False),
        ("댓글 쓰기\n• 예절을 지킨다\n", False),
        ("댓글 12\n끝이 아니다.\n시사점\n• 둘째\n", False),
        ("• 댓글\n끝 문단.\n", False),
        ("댓글 작성\n주목할 만한 월간 이슈(7월)\n• (가) 나\n", False),
        ("댓글 2\n순위\t값\n1위\t가\n2위\t나\n", False),
    ],
)
def test_page_ends_at_the_comments_of_the_old_site_alone(end, is_cut):
    page = text_page.read(f"{HEAD}본문.\n\n{end}".encode())

    assert (page.article.body == "본문.") is is_cut
    if is_cut:
        lines = [line for line in end.splitlines() if line]
        assert [text for _line, text in left_out(page)] == lines


@pytest.mark.parametrize(
    ("section", "count"),
    [
        ("※ 참고 Reference\n• 조사 보고서, https://report.example.org/1\n• 책\n", 2),
        ("참고자료\n김가람, 「열린 자료」, 2024\n『책』, 나무출판\n", 2),
        ("참고 문헌\n1) 보고서 (2023)\nhttps://example.org/a\n공공누리 제1유형\n", 2),
        ("참고\n• 이 수치는 잠정치임\n", 0),
        ("※ 참고\n앞의 표를 함께 보아야 한다.\n", 0),
        ("참고\n순위\t값\n1위\t가\n2위\t나\n", 0),
        ("참고\n• 책\n\n시사점\n• 둘째\n", 0),
        ("참고\n• https://example.org/a\n\n이어지는 문단입니다.\n", 0),
        ("※ 참고\n• 표는 잠정치임\n\n참고자료\n• 보고서, https://example.org/a\n", 1),
        ("□ 참고\n ○ 속\n", 0),
        ("참고자료\n• 보고서\n\n주목할 만한 월간 이슈(7월)\n• (가) 나\n", 1),
    ],
)
def test_references_are_a_last_section_of_what_looks_like_them(section, count):
    source = f"{HEAD}본문.\n\n{section}"
    page = text_page.read(source.encode())

    assert len(page.article.references) == count
    assert missing_words(source, page) == Counter()


@pytest.mark.parametrize(
    "piece",
    [
        "<table><tr><th>연도</th><th>값</th></tr><tr><td>2024</td><td>17</td></tr></table>",
        "<pre>가나  다라\n  마바</pre>",
        '<img src="chart.png" alt="추이">',
        '<iframe src="https://video.example.org/1" title="영상"></iframe>',
    ],
)
@pytest.mark.parametrize(
    "page",
    [
        "{}" + HTML_HEAD + "<p>본문.</p>",
        "<h1>제목</h1>{}<p>2025.07.01</p><p>본문.</p>",
        HTML_HEAD + "<p>제목</p>{}<p>본문.</p>",
        HTML_HEAD + "<p>본문.</p><p>참고</p>{}<p>뒤.</p>",
        HTML_HEAD + "<p>참고자료</p><ul><li>책</li></ul>{}",
        HTML_HEAD + "<p>본문.</p><p>댓글</p>{}<p>뒤.</p>",
        HTML_HEAD + "<p>주목할 만한 월간 이슈(7월)</p><ul><li>(가) 나</li></ul>{}",
        HTML_HEAD + "<ul><li>가{}</li></ul>",
    ],
)
def test_table_picture_and_verbatim_text_never_vanish(piece, page):
    source = page.format(piece)
    read = html_page.read(source.encode())

    kept = read.article.body + "".join(map(item_text, read.issue.items if read.issue else ()))
    shown = re.findall(r"\w+", re.sub(r"<[^>]*>", " ", piece))
    described = re.findall(r'(?:alt|title)="(\w+)"', piece)
    assert all(word in kept for word in shown + described), kept


def words_of(text):
    return Counter(re.findall(r"[^\W_]+", text))


def item_text(item):
    return f"{item.category} {item.headline} {item.body}"


def missing_words(source, page):
    """Return the words of a plain source that neither the draft nor the report has."""
    article, issue = page.article, page.issue
    day = article.published_at
    kept = [
        *(article.kicker, article.title, article.byline, article.body),
        *(f"{day:%Y.%m.%d}" if day else "",),
        *(f"{each.title} {each.url}" for each in article.references),
        *(f"{table.caption} {table.source_note}" for table in article.tables),
        *((issue.title, *map(item_text, issue.items)) if issue else ()),
        *(text for _line, text in page.notes),
    ]
    for ranking in page.rankings:
        kept += [ranking.rank_heading, *(column.heading for column in ranking.columns)]
        for period in ranking.periods:
            kept.append(period.label)
            for entry in period.entries:
                kept += [str(entry.rank), entry.label, *entry.cells.values()]
    return words_of(source) - words_of(" ".join(kept))


SAYINGS = [
    *("공유", "목록", "인쇄", "홈", "댓글", "댓글 3", "댓글 작성", "비밀번호", "참고", "참고자료"),
    *("※ 참고 Reference", "시사점", "□ 시사점", "[ 시사점 ]", "주목할 만한 월간 이슈(7월)"),
    *("[표 제목]", "* 출처 : 기관", "순위\t값", "1위\t가", "2위\t나", "- 편집부 -", "제목"),
    *(
        "2025.07.02 조회 31",
        "공공누리 제1유형",
        "https://example.org/a",
        "책, 2024",
        BANNER.strip(),
    ),
    *("본문 바로가기", "(가) 나", "1. 하나", "댓글 쓰기", "답글", "참고 :", "[1] 자료 (2021)"),
]
LINES = st.builds(
    lambda bullet, saying, number: f"{bullet}{saying.format(number)}",
    st.sampled_from(["", "", "", "• ", "  • ", "□ ", "○ ", "- ", "※ "]),
    st.sampled_from([*SAYINGS, "낱말{}", "낱말{} 문장이다.", "소제목{}", ""]),
    st.integers(1, 999),
)


@settings(max_examples=500)
@given(st.lists(LINES, max_size=14), st.lists(LINES, max_size=3), st.booleans())
def test_every_word_of_a_text_is_in_the_draft_or_in_the_report(lines, before, has_head):
    source = "\n".join([*before, HEAD if has_head else "", *lines])
    try:
        page = text_page.read(source.encode())
    except BundleError:
        return

    assert missing_words(source, page) == Counter(), page


TAGS = [
    *("p", "div", "ul", "ol", "li", "h2", "b", "pre"),
    *("nav", "footer", "button", "article", "dl", "dd", "span"),
]
TABLE = "<table><tr><td>{}</td><td>{}</td></tr><tr><td>{}</td><td>{}</td></tr></table>"


def marked_up(inner):
    pieces = st.lists(inner, min_size=1, max_size=4)
    return (
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(TAGS), pieces.map(" ".join))
        | pieces.map("<br>".join)
        | st.tuples(inner, inner, inner, inner).map(lambda cells: TABLE.format(*cells))
    )


# A reference mark in several cells is dropped and said once.
CELLS = [each for each in SAYINGS if "\t" not in each and "[1]" not in each]
WORDS = st.sampled_from([*CELLS, "낱말", "문장이다."])
MARKUP = st.lists(st.recursive(WORDS, marked_up, max_leaves=16), max_size=8).map(" ".join)


@settings(max_examples=150)
@given(MARKUP, st.booleans())
def test_every_word_of_a_page_is_in_the_draft_or_in_the_report(markup, has_head):
    source = (HTML_HEAD if has_head else "") + markup
    try:
        page = html_page.read(source.encode())
    except BundleError:
        return

    assert missing_words(re.sub(r"</?[a-z0-9]+>", " ", source), page) == Counter(), page
