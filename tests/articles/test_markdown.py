"""Markdown becomes sanitised HTML, or a ValidationError that tells the editor why not."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as lxml_html

from articles.content.markdown import (
    MAX_BRACKETS_PER_BLOCK,
    MAX_DEPTH,
    MAX_SOURCE_BYTES,
    RANKING_MARK,
    preview,
    to_html,
    with_lines,
)
from articles.content.text import normalise

LINE = re.compile(r' data-line="(\d+)"')

ALLOWED = {
    "p": set(),
    "br": set(),
    "hr": set(),
    **{f"h{level}": set() for level in range(2, 7)},
    "ul": set(),
    "ol": {"start"},
    "li": set(),
    "blockquote": set(),
    "pre": set(),
    "code": set(),
    "strong": set(),
    "em": set(),
    "a": {"href", "title", "rel"},
    "img": {"src", "alt", "title"},
    "figure": set(),
    "figcaption": set(),
    "div": {"class", "role", "aria-label", "tabindex"},
    "table": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"align", "scope"},
    "td": {"align"},
}


def parse(html):
    return lxml_html.fragment_fromstring(html, create_parent="main")


def assert_is_clean(html):
    for element in parse(html).iterdescendants():
        if not isinstance(element.tag, str):
            assert re.fullmatch(r"ranking:[-\w]{1,80}", element.text)
            continue
        assert element.tag in ALLOWED, html
        assert set(element.keys()) <= ALLOWED[element.tag], html
        for name in ("href", "src"):
            address = (element.get(name) or "").strip().lower()
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", address)
            assert not scheme or scheme[1] in {"http", "https", "mailto"}, html
        if element.tag == "img" and element.get("src"):
            assert element.get("src").startswith("/media/")
        if element.tag == "div":
            assert element.get("class") == "table-scroll"


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("<mina@example.kr>", "mina@example.kr"),
        ("<mina-1@example.co.kr>", "mina-1@example.co.kr"),
        ("<mi_na+a&b@mail.example.kr>", "mi_na+a&b@mail.example.kr"),
    ],
)
def test_a_mail_address_in_angle_brackets_is_a_link(source, address):
    (link,) = parse(to_html(source)).iter("a")

    assert (link.get("href"), link.text_content()) == (f"mailto:{address}", address)


@pytest.mark.parametrize("source", ["<&lt;1@1>", "<a@b@c>", "<@a.kr>", "<a@-b.kr>", "<a@b..kr>"])
def test_what_is_no_mail_address_stays_text(source):
    html = parse(to_html(source))

    assert not list(html.iter("a"))
    assert html.text_content().strip() == source.replace("&lt;", "<")


def depths(html):
    """Return {text of an item: how many lists it stands in}."""
    return {
        (item.text or "").strip(): len(list(item.iterancestors("ul", "ol")))
        for item in parse(html).iterdescendants("li")
    }


# Lists


@pytest.mark.parametrize("step", ["  ", "   ", "    ", "\t"])
def test_nested_lists_keep_their_depth_however_they_are_indented(step):
    source = "\n".join(f"{step * depth}- {name}" for depth, name in enumerate("가나다라마"))

    assert depths(to_html(source)) == {"가": 1, "나": 2, "다": 3, "라": 4, "마": 5}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("- 가\n    - 나\n  - 다\n- 라", {"가": 1, "나": 2, "다": 2, "라": 1}),
        (
            "- 가\n    - 나\n        - 다\n- 라\n  - 마",
            {"가": 1, "나": 2, "다": 3, "라": 1, "마": 2},
        ),
        ("1. 가\n   - 나\n2. 다", {"가": 1, "나": 2, "다": 1}),
        ("10. 가\n    - 나", {"가": 1, "나": 2}),
        (" - 가\n- 나", {"가": 1, "나": 1}),
        ("* 가\n\t+ 나", {"가": 1, "나": 2}),
        ("- 가\n\n\n  - 나", {"가": 1, "나": 2}),
    ],
)
def test_mixed_indents_are_read_by_their_order(source, expected):
    def first_words(item):
        paragraph = item.find("p")
        return (paragraph.text if paragraph is not None else item.text).strip()

    found = {
        first_words(item): len(list(item.iterancestors("ul", "ol")))
        for item in parse(to_html(source)).iterdescendants("li")
    }

    assert found == expected


def test_list_right_after_a_line_of_text_is_a_list():
    tree = parse(to_html("다음과 같다.\n- 하나\n- 둘"))

    assert [child.tag for child in tree] == ["p", "ul"]


def test_continued_line_stays_in_its_item():
    tree = parse(to_html("- 하나\n  이어진 줄\n  - 둘\n    또 이어진 줄"))

    outer, inner = tree.iterdescendants("li")
    assert "이어진 줄" in outer.text_content()
    assert "또 이어진 줄" in inner.text_content()


def test_text_after_a_blank_line_leaves_the_list():
    tree = parse(to_html("- 하나\n  - 둘\n\n새 문단"))

    assert [child.tag for child in tree] == ["ul", "p"]


def test_ordered_list_begins_at_its_first_number():
    assert '<ol start="5">' in to_html("5. 다섯\n6. 여섯")


def test_fenced_code_is_left_as_it_was_written():
    tree = parse(to_html("```\n  - 하나\n[[ranking:a]]\n<b>\n```"))

    assert tree.find("pre/code").text == "  - 하나\n[[ranking:a]]\n<b>\n"


# Dates


@pytest.mark.parametrize("prefix", ["", "- ", "1. ", "> ", "> - ", "가운데 줄\n", "- 항목\n  "])
@pytest.mark.parametrize(
    "date",
    [
        "2025. 10. 28.",
        "2025. 1. 3.(금)",
        "2025. 10. 발표",
        "25. 10. 발표",
        "25. 10. 28 발표",
        "2025. 하반기 계획",
        "10. 28.",
        "10. 28.(화) 발표",
        "10. 28(화) 발표",
        "3. 1. 삼일절",
        "12. 31.~1. 2. 쉼",
        "25. 10. 28. 기준",
        "1999. 12. 31. 끝",
        "10.  28. 두 칸",
    ],
)
def test_a_date_at_the_start_of_a_line_is_no_list(prefix, date):
    tree = parse(to_html(prefix + date))

    assert len(list(tree.iter("ol"))) == prefix.count("1. ")
    assert " ".join(date.split()) in " ".join(tree.text_content().split())


@pytest.mark.parametrize(
    ("source", "items"),
    [
        ("1. 10. 28. 발표\n2. 11. 3. 마감", ["10. 28. 발표", "11. 3. 마감"]),
        ("1. 2025. 10. 28. 발표\n2. 그다음", ["2025. 10. 28. 발표", "그다음"]),
        ("9. 아홉\n10. 열\n11. 열하나", ["아홉", "열", "열하나"]),
        ("1. 28일 발표", ["28일 발표"]),
        ("10. 28.5도였다", ["28.5도였다"]),
        ("1) 하나\n2) 둘", ["하나", "둘"]),
    ],
)
def test_a_numbered_item_stays_one(source, items):
    (first, *_others) = parse(to_html(source)).iter("ol")

    assert [" ".join(item.text_content().split()) for item in first.findall("li")] == items


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("지난해 값은\n15. 7이었다", ["p"]),
        ("글\n2. 둘", ["p"]),
        ("글\n1. 하나\n2. 둘", ["p", "ol"]),
        ("글\n- 하나", ["p", "ul"]),
        ("글\n2) 둘", ["p"]),
        ("글\n1986. 해", ["p"]),
    ],
)
def test_only_one_begins_a_numbered_list_within_a_paragraph(source, tags):
    assert [child.tag for child in parse(to_html(source))] == tags


# What stands inside an item


@pytest.mark.parametrize(
    "inside",
    [
        "  둘째 문단",
        "  > 인용",
        "  ![그림](/media/a.png)",
        "  | 가 | 나 |\n  |---|---|\n  | 1 | 2 |",
        "  ```\n  코드\n\n  코드\n  ```",
        "  둘째 문단\n\n  셋째 문단",
        "    둘째 문단",
        "  - 안쪽\n\n    안쪽 문단",
        "  ## 제목",
        "  - 안쪽\n\n  바깥쪽 문단",
    ],
)
@pytest.mark.parametrize("markers", [("- ", "- "), ("1. ", "2. "), ("10. ", "11. "), ("* ", "* ")])
def test_a_list_goes_on_after_what_stands_inside_an_item(markers, inside):
    tree = parse(to_html(f"{markers[0]}가\n\n{inside}\n{markers[1]}나"))

    (top,) = tree
    first, second = top.findall("li")
    assert second.text_content().strip() == "나"
    assert len(first.text_content().split()) > 1 or first.find(".//img") is not None
    assert "```" not in tree.text_content()


@pytest.mark.parametrize("step", ["  ", "   ", "    ", "      "])
def test_bullets_below_a_number_are_within_it(step):
    tree = parse(to_html(f"10. 가\n{step}- 나\n{step}- 다\n11. 라"))

    (top,) = tree
    assert [len(item.findall("ul/li")) for item in top.findall("li")] == [2, 0]


# Tables


@pytest.mark.parametrize(
    "line", ["표는 다음과 같다.", "**표 1**", "- 항목", "> 인용", "2025. 10. 28. 기준", "## 제목"]
)
def test_a_table_directly_below_a_line_is_a_table(line):
    tree = parse(to_html(f"{line}\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n\n뒤"))

    assert [cell.text for cell in tree.iter("td")] == ["1", "2"]


# References


@pytest.mark.parametrize(
    "source",
    [
        "글[^1]\n\n[^1]: 설명",
        "글[^1]\n\n[^1]: https://example.kr/a",
        "글[^주]\n[^주]: /a",
        "[표 1]: 매출",
        "[단독]: 속보",
        "[참고]: 자료실",
        "[1]: 저자, 책",
        "[^1]",
        "[A]: B",
        "[주 1]: 2024년",
        "글 [2] 끝\n\n[2]: 출처",
    ],
)
def test_a_footnote_or_a_word_in_brackets_stays_text(source):
    tree = parse(to_html(source))

    assert not list(tree.iter("a"))
    assert tree.text_content().split() == source.split()


@pytest.mark.parametrize(
    "address", ["https://example.kr/a", "/articles/1/", "mailto:a@b.kr", "#a", "<https://a.kr>"]
)
def test_a_definition_of_an_address_is_a_link(address):
    tree = parse(to_html(f"[글][1]\n\n[1]: {address}"))

    assert tree.find("p/a").get("href") == address.strip("<>")
    assert tree.text_content().strip() == "글"


# Emphasis


@pytest.mark.parametrize(
    ("source", "strong"),
    [
        ("**한국(Korea)**은", "한국(Korea)"),
        ("**‘열린 모델’**이라는", "‘열린 모델’"),
        ('**"말"**과', '"말"'),
        ("그는**(가)**를", "(가)"),
        ("**50%**가", "50%"),
        ("**끝.**그리고", "끝."),
        ("**「법」**의", "「법」"),
        ("**[글](/a)**은", "글"),
        ("**C++**와", "C++"),
        ("가**나**다", "나"),
        ("**가**, **나!**라며", "가나!"),
    ],
)
def test_particles_follow_what_is_strong(source, strong):
    tree = parse(to_html(source))

    assert "".join(element.text_content() for element in tree.iter("strong")) == strong
    assert "*" not in tree.text_content()


@pytest.mark.parametrize(
    "source", ["2 * 3 * 4", "가 ** 나 ** 다", "별 * 하나", "a_b_c", "가_나_다"]
)
def test_lone_marks_stay_text(source):
    assert parse(to_html(source)).text_content().strip() == source


def test_tabs_in_code_stay_tabs():
    assert "a\tb" in to_html("```\na\tb\n```")


def test_addresses_of_a_definition_hold_on_both_sides_of_a_ranking():
    html = to_html("[글][a]\n[[ranking:b]]\n[글][a]\n\n[a]: https://example.kr/")

    assert html.count('href="https://example.kr/"') == 2


# Ranking places


@pytest.mark.parametrize(
    "line",
    ["[[ranking:models]]", "  [[ranking:models]]  ", "\t[[ranking:models]]"],
)
def test_line_of_its_own_is_the_place_of_a_table(line):
    assert RANKING_MARK.findall(to_html(f"앞\n{line}\n뒤")) == ["models"]


@pytest.mark.parametrize("slug", ["_a_", "__a__", "a_b_c", "a--b", "순위-2025", "-a-", "a" * 80])
def test_every_slug_is_placed_as_written(slug):
    assert RANKING_MARK.findall(to_html(f"[[ranking:{slug}]]")) == [slug]


def test_place_inside_a_list_ends_the_list():
    html = to_html("- 하나\n  - 둘\n  [[ranking:models]]\n  - 셋")

    before, after = html.split("<!--ranking:models-->")
    assert_is_clean(before)
    assert_is_clean(after)
    assert before.count("<ul>") == before.count("</ul>") == 2
    assert after.count("<ul>") == after.count("</ul>") == 1


@pytest.mark.parametrize(
    "source",
    [
        "글 가운데 [[ranking:a]] 자리",
        "[[ranking:]]",
        "[[ranking:a b]]",
        f"[[ranking:{'a' * 81}]]",
        "[ranking:a]",
        "`[[ranking:a]]`",
        "> [[ranking:a]]",
        "- [[ranking:a]]",
        "- 하나\n\n- [[ranking:a]]",
        "# [[ranking:a]]",
        "<!--ranking:a-->",
        "<!-- ranking:a -->",
        "&lt;!--ranking:a--&gt;",
        "&#60;!--ranking:a-->",
        "\\<!--ranking:a-->",
        "`<!--ranking:a-->`",
        "```\n<!--ranking:a-->\n```",
        "    <!--ranking:a-->",
        '[글](/a "<!--ranking:a-->")',
        '![글](/media/a.png "<!--ranking:a-->")',
        "![<!--ranking:a-->](/media/a.png)",
        "[글](<!--ranking:a-->)",
        '[글](/a "<p>[[ranking:a]]</p>")',
        '[글](/a "\x10ranking 61\x10")',
        "\x10ranking 61\x10",
        "\x02ranking 61\x03",
        "| <!--ranking:a--> |\n|---|\n| [[ranking:a]] |",
    ],
)
def test_nothing_else_is_the_place_of_a_table(source):
    html = to_html(source)

    assert RANKING_MARK.findall(html) == []
    assert "<!--" not in html


def test_preview_shows_the_place_as_the_editor_wrote_it():
    assert preview("[[ranking:models]]") == "<p><code>[[ranking:models]]</code></p>"


# Sanitising


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<a href=javascript:alert(1)>글</a>",
        "<div markdown=1 onclick=alert(1)>글</div>",
        "<style>@import 'x'</style>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "</main></textarea><script>alert(1)</script>",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php echo 1 ?>",
        "[글](javascript:alert(1))",
        "[글](JaVaScRiPt:alert(1))",
        "[글](javascript&#58;alert(1))",
        "[글](javascript&colon;alert(1))",
        "[글](&#106;avascript:alert(1))",
        "[글](&#x6A;&#x61;vascript:alert(1))",
        "[글](java&Tab;script:alert(1))",
        "[글](java\tscript:alert(1))",
        "[글](\x01javascript:alert(1))",
        "[글]( javascript:alert(1))",
        "[글](vbscript:msgbox(1))",
        "[글](data:text/html;base64,PHNjcmlwdD4=)",
        "[글](file:///etc/passwd)",
        "[글](<javascript:alert(1)>)",
        "[글][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        '[글](/a "x\\" onmouseover=\\"alert(1)")',
        '[글](/a "<table><img src=x onerror=alert(1)>")',
        '[글](/a "<th onclick=alert(1)>")',
        '[글](/a" onmouseover="alert(1))',
        '![글](/media/a.png" onerror="alert(1))',
        '![" onerror="alert(1)](/media/a.png)',
        "![글](javascript:alert(1))",
        "![글](data:image/svg+xml,<svg/onload=alert(1)>)",
        "글 {: onclick=alert(1) }",
        "# 글 {: onclick=alert(1) }",
        "``` {onclick=alert(1) style=x}\n글\n```",
        "```<script>alert(1)</script>\n글\n```",
        '```" onclick="alert(1)\n글\n```',
        "| <script> |\n|---|\n| <img src=x onerror=alert(1)> |",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "\\<script>alert(1)</script>",
        "`<script>alert(1)</script>`",
        "    <script>alert(1)</script>",
        "\x02klzzwxh:0000\x03",
        "\x02wzxhzdk:0\x03<script>alert(1)</script>",
    ],
)
def test_payload_comes_out_as_harmless_text(source):
    html = to_html(source)

    assert_is_clean(html)
    assert "<script" not in html
    assert "\x02" not in html


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a.png",
        "//example.com/a.png",
        "/media/../manage/logout/",
        "/media/./a.png",
        "/media/%2e%2e/manage/",
        "/media/..%2fmanage/",
        "/media/a/../../manage/",
        "/media/\\..\\manage/",
        "/media//example.com/a.png",
        "/media/",
        "/media/a.png?x=1",
        "/static/a.png",
        "media/a.png",
        "/MEDIA/a.png",
    ],
)
def test_picture_from_anywhere_but_our_media_has_no_address(address):
    assert "src=" not in to_html(f"![글]({address})")


@pytest.mark.parametrize(
    "address",
    [
        "/media/articles/2025/10/0123456789abcdef0123456789abcdef.png",
        "/media/old/그림-1.jpg",
    ],
)
def test_picture_from_our_media_keeps_its_address(address):
    assert parse(to_html(f"![글]({address})")).find("p/img").get("src") == address


def test_picture_of_its_own_stands_above_its_caption():
    picture = '![막대 셋](/media/a.png "2025년 <점유율>")'
    figure = (
        '<figure><img src="/media/a.png" alt="막대 셋">'
        "<figcaption>2025년 &lt;점유율&gt;</figcaption></figure>"
    )

    assert to_html(f"앞\n\n{picture}\n\n뒤") == f"<p>앞</p>\n{figure}\n<p>뒤</p>"
    assert figure in to_html(f"- 항목\n\n  {picture}")
    assert figure in to_html(f"- {picture}")
    for source in (f"글 {picture}", f"{picture}\n글", '![막대](/media/a.png "")'):
        assert "<figure>" not in to_html(source), source


def test_link_to_another_site_tells_it_nothing_of_the_page():
    link = parse(to_html("[글](https://example.com/?a=1&b=2)")).find("p/a")

    assert link.get("href") == "https://example.com/?a=1&b=2"
    assert link.get("rel") == "noopener noreferrer"


@pytest.mark.parametrize(
    ("source", "tag"),
    [("# 글", "h2"), ("## 글", "h2"), ("### 글", "h3"), ("###### 글", "h6")],
)
def test_headings_begin_at_the_second_level(source, tag):
    assert [child.tag for child in parse(to_html(source))] == [tag]


def test_underlined_text_is_no_heading():
    assert "<h" not in to_html("글\n===").replace("<hr", "")
    assert "<h2" not in to_html("글\n---")


def test_table_scrolls_by_keyboard_and_its_headers_say_what_they_head():
    tree = parse(to_html("| 가 | 나 |\n|:--|--:|\n| 1 | 2 |"))

    region = tree.find("div")
    assert (region.get("class"), region.get("tabindex")) == ("table-scroll", "0")
    assert region.get("aria-label") == "표"
    assert [cell.get("scope") for cell in tree.iterdescendants("th")] == ["col", "col"]
    assert [cell.get("align") for cell in tree.iterdescendants("td")] == ["left", "right"]


def test_line_end_is_a_line_break():
    assert "<br>" in to_html("한 줄\n다음 줄")


def test_text_is_composed_and_loses_what_misleads():
    assert to_html("\u110b\u1167\u11af\u202e\u200b") == "<p>\uc5f4</p>"


# Limits


def test_longest_text_is_accepted_and_a_byte_more_is_refused():
    longest = "가나다 라마바\n\n" * 2_000
    longest += "a" * (MAX_SOURCE_BYTES - len(longest.encode()))

    assert to_html(longest)
    with pytest.raises(ValidationError):
        to_html(longest + "a")


def test_length_is_that_of_the_text_with_its_tabs_spread():
    with pytest.raises(ValidationError):
        to_html("\t" * (MAX_SOURCE_BYTES // 4) + "- a")


@pytest.mark.parametrize(
    "source",
    [
        "[" * (MAX_BRACKETS_PER_BLOCK + 1),
        "![" * (MAX_BRACKETS_PER_BLOCK + 1),
        "\n".join("  " * depth + "- a" for depth in range(MAX_DEPTH + 1)),
        "\n".join("> " + "  " * depth + "- a" for depth in range(MAX_DEPTH)),
        "> " * (MAX_DEPTH + 1) + "a",
        "- " * (MAX_DEPTH + 1) + "a",
        "1) " * (MAX_DEPTH + 1) + "a",
        "> - " * MAX_DEPTH + "a",
        "> " * 200 + "a",
        "\n".join(">" * depth + " a" for depth in range(200)),
        ("|a" * 200 + "\n" + "|-" * 200 + "\n" + "|\n" * 30 + "\n") * 2,
        "> " + "|a" * 200 + "\n> " + "|-" * 200 + "\n" + "> |\n" * 60,
        "- " + "|a" * 200 + "\n  " + "|-" * 200 + "\n" + "  |\n" * 60,
    ],
)
def test_text_that_would_take_too_long_is_refused_with_a_reason(source):
    with pytest.raises(ValidationError) as refusal:
        to_html(source)

    assert refusal.value.messages[0].endswith(".")


@pytest.mark.parametrize(
    "source",
    [
        "> " * 5_000 + "!",
        ">" * 40_000,
        "*" * 40_000,
        "_a " * 6_000,
        "*a **b " * 3_000,
        "# a\n" * 3_000,
        "---\n" * 3_000,
        "* * *\n" * 3_000,
        "![" * 200 + "a" * 40_000,
        "[" * 400 + "a" * 40_000,
        "[a](" * 400 + "b" * 40_000,
        "![a](/b" * 400,
        "`" * 40_000,
        "".join("a" + "`" * number for number in range(280)),
        "[a]: /b\n" * 6_000,
        "| a |\n|---|\n" * 1_500,
        "| a\n|" + "-|" * 8_000 + "\n" + "|\n" * 8_000,
        "1. a\n  - b\n" * 1_500,
        "- " * 20_000,
        "- " + "\t" * 12_000,
        "- " + " " * 49_000,
        "- a\n" * 3_000,
        "# " * 20_000,
        "|" * 40_000,
        "&" * 40_000,
        "<" * 40_000,
        "\\" * 40_000,
        "a@" * 20_000,
        "<a" * 20_000,
        "`a`\n\n" * 3_000,
        "```\n" * 3_000,
        "~~~\n" * 3_000,
        "[a]: b\n\n" * 2_000,
        "    " * 12_000,
        "\n" * 49_000,
    ],
)
def test_long_runs_are_answered_without_any_other_error(source):
    try:
        html = to_html(source)
    except ValidationError:
        return
    assert_is_clean(html)


def test_many_small_rules_are_no_deep_list():
    assert "<hr>" in to_html("* * * * * * * * * * *")


def test_preview_says_why_a_text_cannot_be_saved():
    shown = preview("- " * (MAX_DEPTH + 1) + "<b>")

    assert shown.startswith('<p class="errornote">')
    assert_is_clean(shown.replace(' class="errornote"', ""))


WORDS = st.sampled_from(
    [
        *(
            "- ",
            "* ",
            "1. ",
            "> ",
            "# ",
            "## ",
            "  ",
            "    ",
            "\t",
            "\n",
            "\n\n",
            "[",
            "]",
            "(",
            ")",
        ),
        *(
            "!",
            "*",
            "**",
            "_",
            "`",
            "```\n",
            "~~~\n",
            "|",
            "|---|\n",
            ":",
            "<",
            ">",
            "&",
            "&#",
            ";",
        ),
        *("\\", "[[ranking:a]]\n", "[a](/b)", "![a](/media/b.png)", "<b>", "<!--", "-->", "]: "),
        *("javascript:", "http://a", "a@b.c", '"', "'", "가", "a", "=", "---\n", "===\n"),
        *("\x00", "\x02", "\x03", "\x10"),
    ]
)


@given(st.one_of(st.text(max_size=400), st.lists(WORDS, max_size=80).map("".join)))
@example("- a\n\n\n\n    [[ranking:a]]\n-\n- ")
@example("| a |\n|---|\n[[ranking:a]]")
@example("[a]:\n\n[a]")
def test_any_text_is_refused_with_a_reason_or_comes_out_clean(source):
    try:
        html = to_html(source)
    except ValidationError as refusal:
        assert refusal.messages
        return
    assert_is_clean(html)
    for piece in RANKING_MARK.split(html)[::2]:
        for tag in ("ul", "ol", "li", "blockquote", "table", "p", "pre"):
            assert len(re.findall(f"<{tag}[ >]", piece)) == piece.count(f"</{tag}>")
    with_numbers = with_lines(source)
    assert LINE.sub("", with_numbers) == LINE.sub("", html)
    for number in LINE.findall(with_numbers):
        assert normalise(source).split("\n")[int(number) - 1].strip()


def test_blocks_say_at_which_line_they_begin():
    source = "## 머리\n\n글\n이어\n- 하나\n    - 둘\n[[ranking:a]]\n끝\n- 셋\n\n| a |\n|-|\n| 칸 |"

    blocks = lxml_html.fragment_fromstring(with_lines(source), "div").cssselect("[data-line]")

    begins = {block.text_content().split()[0]: block.get("data-line") for block in blocks}
    wanted = {"머리": "1", "글": "3", "하나": "5", "둘": "6", "끝": "8", "셋": "9", "칸": "13"}
    assert wanted.items() <= begins.items()
