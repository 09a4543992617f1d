"""A comment's text and name are kept clean, and its HTML holds nothing but what we wrote."""

import unicodedata
from html.parser import HTMLParser

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from comments.identity.reserved_names import is_reserved
from comments.threads.text import body_to_html, clean_body, clean_name

REL = "nofollow ugc noopener noreferrer"
WORST = "\u0301\u0489\u0327\u0308\u0330\u0336"
TECHNOLOGIST = "👩🏽\u200d💻"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


# The text


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  잘 읽었습니다.\r\n고맙습니다.  ", "잘 읽었습니다.\n고맙습니다."),
        (unicodedata.normalize("NFD", "오픈소스"), "오픈소스"),
        ("하나\r둘\x0b셋\x0c넷\x85다섯\u2028여섯", "하나\n둘\n셋\n넷\n다섯\n여섯"),
        ("가\t나", "가 나"),
        ("가   \n나", "가\n나"),
        ("가\n\n\n\n\n\n나", "가\n\n\n나"),
        ("가\n \n\t\n \n나", "가\n\n\n나"),
        ("가\0나\x1b[31m다\x7f", "가나[31m다"),
        ("가\u202e나\u2066다\u200f", "가나다"),
        ("관\u200b리\ufeff자\u2060\u00ad", "관리자"),
        ("a\u034f\u0301", "á"),
        ("a\u200db\ufe0fc\U000e0041\U000e0100", "abc"),
        ("\ufdd0가\uffff\U0010ffff\ud800", "가"),
        ("a" + "\u0316" * 9 + "b", "a" + "\u0316" * 4 + "b"),
        ("ᄀ\u1161\u11a8", "각"),
        ("1 < 2 && 'a' > \"b\"", "1 < 2 && 'a' > \"b\""),
    ],
)
def test_text_is_kept_clean(raw, kept):
    assert clean_body(raw) == unicodedata.normalize("NFC", kept)


@pytest.mark.parametrize(
    "emoji",
    [
        "😀",
        "❤\ufe0f",
        TECHNOLOGIST,
        SCOTLAND,
        "1\ufe0f\u20e3",
        "🏳\ufe0f\u200d🌈",
        "🇰🇷",
        "ⓒ",
        "©\ufe0f",
    ],
)
def test_emoji_stays_whole(emoji):
    assert clean_body(f"좋아요{emoji}!{emoji}") == f"좋아요{emoji}!{emoji}"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("😀\u200d", "😀"),
        ("\u200d😀", "😀"),
        ("a\u200d😀", "a😀"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f"),
        ("a\ufe0f\u200d😀", "a😀"),
        ("🏴\U000e0067\U000e0062", "🏴"),
        ("😀\u200b\u200d😀", "😀\u200d😀"),
    ],
)
def test_joiners_outside_emoji_are_dropped(raw, kept):
    assert clean_body(raw) == kept


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "\n\r\n",
        "\u3164",
        "\uffa0\u115f\u1160",
        "\u2800 \u2800",
        "\u200b",
        "\0",
        "\u00a0\u3000",
        "\u0301",
        *("\U0001d159", "\ufffc", "\ufffc \u3164\n\U0001d159"),
    ],
)
def test_text_without_a_visible_character_is_refused(raw):
    with pytest.raises(ValidationError):
        clean_body(raw)


def test_text_has_at_most_5000_characters_after_nfc():
    longest = "각" * 5_000

    assert clean_body(unicodedata.normalize("NFD", longest)) == longest
    assert clean_body(" \r\n" + "가\r\n" * 2_500) == "가\n" * 2_499 + "가"
    with pytest.raises(ValidationError) as error:
        clean_body(longest + "각")
    assert error.value.params == {"limit": "5,000", "count": "5,001"}


WILD = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.sampled_from(
            [*WORST, "\n", " ", "\u200d", "\u200b", "\ufe0f", "😀", "❤", "1", "\u20e3"]
        ),
        st.sampled_from(
            ["🏴", "\U000e0067", "\U000e007f", "\u034f", "\u2329", "ᄀ", "\u1161", "\u3164"]
        ),
    ),
    max_size=20,
).map("".join)


@given(WILD)
def test_clean_text_is_its_own_clean_text(raw):
    try:
        text = clean_body(raw)
    except ValidationError:
        return

    assert clean_body(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert text.encode()


# The name


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("", ""),
        ("   \n", ""),
        ("\u3164\u2800", ""),
        ("\u200b\u202e", ""),
        ("  김\t민아\n", "김 민아"),
        ("\u3164민아\u3164", "민아"),
        ("\ufffc민아\U0001d159", "민아"),
        ("\U0001d159\ufffc", ""),
        ("!!!", "!!!"),
        ("김운영", "김운영"),
        ("部長", "部長"),
        ("민\u202e아", "민아"),
        (unicodedata.normalize("NFD", "민아"), "민아"),
        ("가" * 30, "가" * 30),
        ("<b>민아</b>", "<b>민아</b>"),
        ("badminton", "badminton"),
        ("개발자", "개발자"),
        ("김관리", "김관리"),
        ("editorial", "editorial"),
        ("staffan", "staffan"),
        ("구글", "구글"),
        ("Модест", "Модест"),
        ("1234", "1234"),
    ],
)
def test_name_is_kept_clean(raw, kept):
    assert clean_name(raw) == kept


@pytest.mark.parametrize(
    "raw",
    [
        "관리자",
        "관 리 자",
        "관.리.자!",
        "[관리자]",
        "관리자1",
        "관리자님",
        "Open UP 관리자",
        "관\u200b리자",
        "관\u3164리\u115f자",
        "관ㄹㅣ자",
        "ㄱㅗㅏㄴㄹㅣㅈㅏ",
        unicodedata.normalize("NFD", "운영자"),
        "운영팀",
        "운영진 일동",
        "편집장",
        "콘텐츠 담당자",
        "공식",
        "오픈업",
        "스태프님",
        "admin",
        "ADMIN",
        "admin99",
        "аdmіn",  # Cyrillic а and і
        "αdmin",
        "adm1n",
        "ádmin",
        "ａｄｍｉｎ",
        "𝐚𝐝𝐦𝐢𝐧",
        "ⓐⓓⓜⓘⓝ",
        "🅰🅳🅼🅸🅽",
        "ᴀᴅᴍɪɴ",
        "adrnin",
        "a.d.m.i.n",
        "Administrator",
        "staff",
        "$taff",
        "-- staff --",
        "OpenUP",
        "open up",
        "0penUp",
        "Ореn UР",  # Cyrillic О, р, е and Р
        "ꓳꓑꓰꓠ ꓴꓑ",  # Lisu
        "ᎪᎠᎷᏆN",  # Cherokee
        "ꭺꭰꮇꮖn",  # in its small letters
        "m0derat0r",
        *(
            "管理者",
            "管 理 者",
            "管理员",
            "管理員님",
            "운영者",
            "運營者",
            "运营团队 运营者",
            "関리자 管리자",
        ),
        *("編輯部", "事務局", "公式", "官方", "擔當者"),
        *("админ", "Админ", "АДМИН", "администратор", "Модератор сайта"),
    ],
)
def test_name_that_passes_for_staff_is_refused(raw):
    with pytest.raises(ValidationError) as error:
        clean_name(raw)

    assert error.value.code == "reserved"


@pytest.mark.parametrize(
    ("site_name", "name", "is_refused"),
    [
        ("공공데이터 나라", "공공데이터나라", True),
        ("공공데이터 나라", "[공공 데이터 나라] 안내", True),
        ("공공데이터 나라", "공공데이터", False),
        ("K-AI", "kai", True),
        ("K-AI", "K A I 님", True),
        ("K-AI", "Kaito", False),
        ("★", "!!!", False),
    ],
)
def test_sites_own_name_is_nobody_elses(settings, site_name, name, is_refused):
    settings.SITE_NAME = site_name

    assert is_reserved(name) is is_refused


def test_name_has_at_most_30_characters():
    with pytest.raises(ValidationError):
        clean_name("가" * 31)


@given(st.text(max_size=60))
def test_any_name_is_cleaned_or_refused(raw):
    try:
        name = clean_name(raw)
    except ValidationError:
        return

    assert clean_name(name) == name
    assert len(name) <= 30 and "\n" not in name


# The HTML


class Elements(HTMLParser):
    """What a browser would make of a comment's HTML: its elements, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.other = [], "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.text += "\n" if tag == "br" else ""

    def handle_endtag(self, tag):
        self.text += "\n" if tag == "p" else ""

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def link(url):
    return f'<a href="{url}" rel="{REL}">{url}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("하나", "<p>하나</p>"),
        ("하나\n둘", "<p>하나<br>둘</p>"),
        ("하나\n\n둘\n\n\n셋", "<p>하나</p>\n<p>둘</p>\n<p>셋</p>"),
        ("a < b & 'c' \"d\"", "<p>a &lt; b &amp; &#x27;c&#x27; &quot;d&quot;</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("&lt;b&gt;", "<p>&amp;lt;b&amp;gt;</p>"),
        ("", ""),
    ],
)
def test_text_becomes_escaped_paragraphs(text, html):
    assert body_to_html(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("https://example.com", link("https://example.com")),
        ("링크https://example.com에서", f"링크{link('https://example.com')}에서"),
        ("https://example.com/a/를 보면", f"{link('https://example.com/a/')}를 보면"),
        ("보세요: http://example.com/a.", f"보세요: {link('http://example.com/a')}."),
        ("(https://example.com/a)", f"({link('https://example.com/a')})"),
        ("https://example.com/a_(b)", link("https://example.com/a_(b)")),
        ("[https://example.com/a]?!", f"[{link('https://example.com/a')}]?!"),
        ("HTTPS://EXAMPLE.COM/A", link("HTTPS://EXAMPLE.COM/A")),
        ("https://example.com:8443/?a=1#b", link("https://example.com:8443/?a=1#b")),
        ("https://a.kr/?a=1&b=2", link("https://a.kr/?a=1&amp;b=2")),
        ("https://a.kr/'x'y", link("https://a.kr/&#x27;x&#x27;y")),
        ('https://a.kr/"onmouseover="x', f"{link('https://a.kr/')}&quot;onmouseover=&quot;x"),
        ("https://a.kr/<b>", f"{link('https://a.kr/')}&lt;b&gt;"),
        ("https://a.kr, https://b.kr", f"{link('https://a.kr')}, {link('https://b.kr')}"),
    ],
)
def test_web_address_becomes_a_link(text, html):
    assert body_to_html(text) == f"<p>{html}</p>"


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://example.com/%0aalert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "//example.com/",
        "www.example.com",
        "mina@example.com",
        "http://",
        "https://???",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://[::1",
        "http://www.example.com@evil.kr/",
        "http://user:password@example.com/",
        "http://example.com:port/",
        "http://example.com:99999/",
        "http://-example.com/",
        "http://example..com/",
        "view-source+https://example.com/",
        "xhttps://example.com/",
    ],
)
def test_what_is_no_plain_web_address_stays_text(text):
    assert "<a" not in body_to_html(text)


@given(st.one_of(WILD, st.text(alphabet="htps:/a.kr&<>\"'()[]@#?=;\n 가", max_size=80)))
def test_html_of_any_text_holds_only_paragraphs_breaks_and_safe_links(text):
    page = Elements(body_to_html(text))

    assert not page.other
    for tag, attributes in page.elements:
        assert tag in {"p", "br", "a"}
        if tag == "a":
            assert set(attributes) == {"href", "rel"} and attributes["rel"] == REL
            assert attributes["href"].lower().startswith(("http://", "https://"))
        else:
            assert not attributes


@given(WILD)
def test_html_loses_no_word_of_the_text(raw):
    try:
        text = clean_body(raw)
    except ValidationError:
        return

    assert Elements(body_to_html(text)).text.split() == text.split()


@pytest.mark.parametrize("start", ["", "https://a.kr/", "http://a"])
@pytest.mark.parametrize(
    "unit",
    [
        "http://",
        "http://a.kr",
        "https://a.kr/)",
        ")",
        "(",
        "[]",
        "&",
        "<",
        "@",
        ".",
        "a.",
        "a-",
        "\n",
        " ",
        "\u200d😀",
        "\u0301",
    ],
)
def test_5000_characters_of_one_nasty_thing_lose_nothing(start, unit):
    """Quadratic work here would take the whole test run's patience."""
    text = (start + unit * 5_000)[:5_000]

    assert "".join(Elements(body_to_html(text)).text.split()) == "".join(text.split())
