from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.bundle.data import SEOUL, BundleError
from articles.content.markdown import UNREAD_FENCE, to_html
from articles.manuscripts import text_page
from articles.manuscripts.readers import read_page

PAGE = Path(__file__).parent / "fixtures" / "old-page.txt"
HEAD = "[7월] 제목\n2025.07.01\n- 편집부 -\n\n"


def read(source):
    return text_page.read(source.encode())


def body_of(source):
    return read(HEAD + source).article.body


@pytest.fixture(scope="module")
def page():
    return read_page(PAGE)


def test_kicker_title_date_and_byline_are_told_apart(page):
    article = page.article

    assert (article.kicker, article.title) == ("[10월]", "개방형 AI 모델, 새로운 선두의 등장")
    assert article.byline == "Open UP"
    assert article.published_at == datetime(2025, 10, 28, 9, tzinfo=SEOUL)
    assert article.state == "draft"
    assert article.summary == ""


def test_bullets_become_nested_lists_under_their_headings(page):
    assert page.article.body.startswith(
        "## 선호도 조사에서 뒤바뀐 자리\n\n"
        "- 2025년 10월 조사에서는 지푸 AI를 비롯한 다섯 기업이 앞자리를 채움\n"
        "- 모델을 열어 두는 전략이 참여의 문턱을 낮춤\n\n"
        "## 개발자 지표에서도 이어진 변화\n\n"
        "- 2025년 초에 나온 'R1'이 흐름을 바꿈\n"
        "    - 큰 기업들은 비공개 모델에 무게를 둠\n"
    )


def test_a_flattened_table_stays_visible_at_its_place_and_is_noted(page):
    assert (
        "    - 이름을 가리고 두 답변을 견주는 방식임\n\n"
        "```unread\n"
        "[개방형 모델 선호도 비교 ]\n"
        "순위2024년 7월2025년 10월\n"
        "기업(국가)대표 모델명기업(국가)대표 모델명\n"
        "1위구글 (미국)Gemma지푸 AI (중국)GLM-4.6\n"
        "2위엔비디아 (미국)Nemotron알리바바 (중국)Qwen3\n"
        "* 기업 순위 출처 : LMArena\n"
        "```\n\n"
        "- 허깅 페이스의"
    ) in page.article.body
    assert UNREAD_FENCE.search(page.article.body)
    assert page.article.tables == ()
    assert 32 in [line for line, _sentence in page.notes]


def test_a_list_that_fakes_depth_moves_up_and_is_noted(page):
    assert "\n- 허깅 페이스의 리더보드에서도 상위에 오름\n- 2024년" in page.article.body
    assert "\n- 적은 자원으로 고쳐 쓰는 길이 넓어짐\n    - 앱 이용자는" in page.article.body
    assert 41 in [line for line, _sentence in page.notes]


def test_the_closing_section_is_a_heading(page):
    assert "\n\n## 시사점\n\n- 자원이 적어도" in page.article.body


def test_the_monthly_issue_becomes_items_of_its_month(page):
    issue = page.issue

    assert (issue.month, issue.state) == ("2025-10", "draft")
    assert [(item.category, item.headline) for item in issue.items] == [
        ("오픈소스 AI", "만드는 과정까지 공개한 ‘KORMo-10B’"),
        ("로보틱스", "퀄컴의 아두이노 인수"),
    ]
    assert issue.items[0].body == (
        "- 약 108억 개의 매개변수를 가진 모델임\n- 한국어 자료의 68.74%는 합성한 것임"
    )
    assert page.article.monthly_issue == "2025-10"
    assert "월간 이슈" not in page.article.body


def test_site_chrome_and_comments_are_dropped_and_named_in_the_report(page):
    everything = repr(page.article) + repr(page.issue)

    assert {1, 7, 73, 75, 77, 79} <= {line for line, _sentence in page.notes}
    for dropped in ("누리집", "댓글", "비밀번호", "Reference"):
        assert dropped not in everything


def test_every_other_line_of_the_page_is_in_the_draft(page):
    kept = repr(page.article) + repr(page.issue) + page.article.body
    lines = PAGE.read_text("utf-8").split("※ 참고")[0].splitlines()
    left_out = {"2025.10.28", "이 누리집은 대한민국 공식 전자정부 누리집입니다.", "- Open UP -"}

    for line in lines:
        words = line.replace("•", " ").split()
        if line.strip() not in left_out:
            assert all(word.strip("()[]") in kept for word in words), line


def test_the_uid_depends_on_date_and_title_alone():
    first = read("[7월] 제목\n2025.07.01\n본문\n").article.uid
    second = read("바로가기\n[7월] 제목\n\n2025.07.01\n다른 본문\n").article.uid
    third = read("[7월] 다른 제목\n2025.07.01\n본문\n").article.uid

    assert first == second != third
    assert first.startswith("2025-07-01-")


@pytest.mark.parametrize(
    ("source", "body"),
    [
        (
            "□ 가\n ○ 나\n  - 다\n   ․ 라\n    ※ 마\n",
            "- 가\n    - 나\n        - 다\n            - 라\n                - 마",
        ),
        ("□ 가\n○ 나\n- 다\n- 라\n□ 마\n", "- 가\n    - 나\n        - 다\n        - 라\n- 마"),
        ("• 가\n    • 나\n  • 다\n• 라\n", "- 가\n    - 나\n    - 다\n- 라"),
        ("• 가\n•\n• 나\n", "- 가\n- 나"),
        ("•\n  •\n    • 가\n", "- 가"),
        ("• 가\n  이어진 줄\n• 나\n", "- 가 이어진 줄\n- 나"),
        ("문장입니다.\n\n• 가\n", "문장입니다.\n\n- 가"),
        ("소제목\n\n• 가\n", "## 소제목\n\n- 가"),
        ("한 단락\n\n두 단락\n", "한 단락\n\n두 단락"),
        ("[ 시사점 ]\n• 가\n", "## 시사점\n\n- 가"),
        ("-숫자 -5도\n", "-숫자 -5도"),
        ("□ 가\n ㅇ 나\n  - 다\n", "- 가\n    - 나\n        - 다"),
        ("□ 가\no 나\n· 다\n", "- 가\n    - 나\n        - 다"),
        ("‧ 가\n‧ 나\n", "- 가\n- 나"),
        ("ㅇㅇ는 말이고 on은 켬이다.\n", "ㅇㅇ는 말이고 on은 켬이다."),
        ("1. 개요\n□ 가\n", "1\\. 개요\n\n- 가"),
        ("2) 개요\n• 가\n", "2\\) 개요\n\n- 가"),
    ],
)
def test_lines_become_markdown(source, body):
    assert body_of(source) == body


def test_tabs_betray_a_table_without_a_caption():
    body = body_of("앞 문단.\n\n순위\t기업\n1위\t구글\n2위\t메타\n\n뒤 문단.\n")

    assert body == (
        "앞 문단.\n\n| 순위 | 기업 |\n| --- | --- |\n| 1위 | 구글 |\n| 2위 | 메타 |\n\n뒤 문단."
    )


def test_a_caption_without_a_table_is_noted():
    page = read(HEAD + "[설명]\n• 가\n")

    assert page.article.body == "[설명]\n\n- 가"
    assert [line for line, _sentence in page.notes] == [5]


def test_a_fence_within_a_table_does_not_end_its_block():
    body = body_of("[표]\n순위 ```\n1위 x\n2위 y\n* 출처 : 나\n\n끝.\n")

    assert body.startswith("````unread\n[표]\n순위 ```\n")
    assert to_html(body).endswith("<p>끝.</p>")


def test_references_keep_their_addresses():
    page = read(
        HEAD + "본문.\n※ 참고 Reference\n • 조사 보고서, https://report.example.org/1\n • 책\n"
    )

    references = page.article.references
    assert [(each.title, each.url) for each in references] == [
        ("조사 보고서", "https://report.example.org/1"),
        ("책", ""),
    ]


def test_an_empty_list_of_references_is_noted(page):
    assert page.article.references == ()
    assert 69 in [line for line, _sentence in page.notes]


@pytest.mark.parametrize(
    ("line", "licence"),
    [
        ("공공누리 제2유형", "type2"),
        ("본 저작물은 “공공누리” 제1유형 : 출처표시 조건에 따라 이용할 수 있습니다.", "type1"),
        ("공공누리 공공저작물 자유이용허락 제4유형", "type4"),
        ("이 사업은 공공누리 제1유형을 널리 알림", "none"),
        ("공공누리 제5유형", "none"),
        ("공공누리 제1유형\n공공누리 제2유형", "none"),
        ("댓글 1\n공공누리 제1유형", "none"),
    ],
)
def test_a_licence_is_taken_from_the_page_s_mark_alone(line, licence):
    assert read(HEAD + f"본문.\n\n{line}\n").article.kogl == licence


def test_an_item_without_a_category_is_noted():
    page = read(HEAD + "주목할 만한 월간 이슈(7월)\n• 분류 없는 소식\n")

    assert page.issue.items[0].headline == "분류 없는 소식"
    assert [line for line, _sentence in page.notes] == [6]


def test_the_december_issue_on_a_january_page_belongs_to_the_year_before():
    page = read("제목\n2026.01.05\n주목할 만한 월간 이슈(12월)\n• (가) 나\n")

    assert page.issue.month == "2025-12"


def test_without_a_date_the_issue_stays_in_the_body_and_is_noted():
    page = read("제목\n본문.\n주목할 만한 월간 이슈(12월)\n• (가) 나\n")

    assert page.issue is None
    assert page.article.published_at is None
    assert "주목할 만한 월간 이슈(12월)\n\n- (가) 나" in page.article.body
    assert len(page.notes) == 2


def test_comments_of_the_page_are_counted_in_a_note():
    page = read(HEAD + "본문.\n댓글 12\n누군가의 말\n")

    assert page.article.body == "본문."
    assert "12" in page.notes[0][1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_the_encodings_of_korean_files_are_read(encoding):
    page = text_page.read((HEAD + "본문\n").encode(encoding))

    assert page.article.title == "제목"


@pytest.mark.parametrize("source", ["", " \n\t\n", "댓글 0", "2025.10.28", "•\n•\n"])
def test_a_page_without_a_title_is_refused(source):
    try:
        page = read(source)
    except BundleError as error:
        assert error.line >= 1
    else:
        assert page.article.title


def test_a_page_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.txt"
    path.write_bytes(b"a" * 5_000_001)

    with pytest.raises(BundleError):
        read_page(path)


def test_a_page_of_too_many_lines_is_refused():
    with pytest.raises(BundleError):
        read("제목\n" * 20_001)


PIECES = st.sampled_from(
    [
        *(
            "•",
            "  • ",
            "□ ",
            "○",
            "- ",
            "※ ",
            "* ",
            "[",
            " ]",
            "출처 : ",
            "순위",
            "1위",
            "\t",
            "\n",
        ),
        *(
            "\n\n",
            "    ",
            "시사점",
            "주목할 만한 월간 이슈(10월)",
            "(가) ",
            "※ 참고 Reference",
            "\u00a0",
        ),
        *("댓글 3", "2025.10.28", "```", "~~~", "##", "1. ", "[[ranking:a]]", "https://a.kr/"),
    ]
)


@settings(max_examples=300)
@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join))
def test_any_text_gives_a_draft_or_a_refusal(source):
    try:
        page = text_page.read(source.encode("utf-8", "replace"))
    except BundleError as error:
        assert error.line >= 1
    else:
        assert page.article.title
        to_html(page.article.body)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_draft_or_a_refusal(data):
    try:
        text_page.read(data)
    except BundleError as error:
        assert error.line >= 1
