"""Markdown becomes sanitised HTML, or a ValidationError that tells the editor why not."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html as lxml_html

from articles.content.markdown import (
    ALT_TEXT_TO_WRITE,
    MAX_BRACKETS_PER_BLOCK,
    MAX_BREAKS_PER_BLOCK,
    MAX_EMPHASIS_PER_BLOCK,
    MAX_LIST_DEPTH,
    MAX_SOURCE_BYTES,
    RANKING_MARK,
    faults_for_publishing,
    preview,
    to_html,
)

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
    "del": set(),
    "a": {"href", "title", "rel"},
    "img": {"src", "alt", "title"},
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
        ("<mailto:mina@example.kr>", "mina@example.kr"),
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
        "[" * MAX_BRACKETS_PER_BLOCK + "a" * 20_000,
        "![" * MAX_BRACKETS_PER_BLOCK,
        "*" * (MAX_EMPHASIS_PER_BLOCK + 1),
        "_a " * (MAX_EMPHASIS_PER_BLOCK + 1),
        "# a\n" * (MAX_BREAKS_PER_BLOCK + 1),
        "---\n" * (MAX_BREAKS_PER_BLOCK + 1),
        "* * *\n" * (MAX_BREAKS_PER_BLOCK + 1),
        "\n".join("  " * depth + "- a" for depth in range(MAX_LIST_DEPTH + 1)),
        "> " * 9 + "a",
        "- " * 9 + "a",
        "1. " * 9 + "a",
        "> - " * 5 + "a",
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
        "\n".join(">" * depth + " a" for depth in range(200)),
        "- " * 20_000,
        "- " + "\t" * 12_000,
        "- " + " " * 49_000,
        "- a\n" * 10_000,
        "# " * 20_000,
        "|" * 40_000,
        "&" * 40_000,
        "<" * 40_000,
        "\\" * 40_000,
        "a@" * 20_000,
        "<a" * 20_000,
        "`a`\n\n" * 8_000,
        "```\n" * 10_000,
        "~~~\n" * 10_000,
        "[a]: b\n\n" * 5_000,
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
    shown = preview("- " * 9 + "<b>")

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


# Publishing


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("## 가\n\n### 나\n\n## 다", 0),
        ("### 가", 1),
        ("## 가\n\n#### 나", 1),
        ("글\n\n## 가\n\n##### 나\n\n### 다\n\n#### 라", 1),
        ("![그림이 보여 주는 것](/media/a.png)", 0),
        ("![](/media/a.png)", 1),
        ("![  ](/media/a.png)", 1),
        ("![\u3164\u2060](/media/a.png)", 1),
        ("![&#8203;](/media/a.png)", 1),
        ("## \u3164\n\n### 나", 1),
        ("## **\u3164**\n\n### 나", 1),
        (f"![{ALT_TEXT_TO_WRITE}](/media/a.png)", 1),
        (f"![{ALT_TEXT_TO_WRITE}](/media/a.png)\n![](/media/b.png)", 2),
        ("![그림](https://example.com/a.png)", 1),
        ('![](/media/a.png "alt=\\"글\\"")', 1),
        ('![글](/media/a.png "a > b")', 0),
        ("```unread\n읽지 못한 줄\n```", 1),
        ("~~~ unread\n읽지 못한 줄\n~~~", 1),
        ("```\nunread\n```", 0),
        ("`![](/media/a.png)`", 0),
    ],
)
def test_publishing_is_refused_for_each_fault(source, faults):
    assert len(faults_for_publishing(source, to_html(source))) == faults


def test_fault_names_the_picture_and_the_heading():
    source = "![](/media/articles/2025/10/a.png)\n\n#### 가 & 나"

    picture, heading = faults_for_publishing(source, to_html(source))

    assert "a.png" in picture
    assert "가 & 나" in heading
