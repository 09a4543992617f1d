"""An address of the old site has one spelling, whoever writes it."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.manuscripts import html_page
from articles.old_addresses import join, normalise_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://old.example.kr/bbs/view.do?nttId=12", "/bbs/view.do?nttId=12"),
        ("http://old.example.kr:8080/bbs/view.do?nttId=12#top", "/bbs/view.do?nttId=12"),
        ("//old.example.kr/a/b", "/a/b"),
        ("https://old.example.kr?p=12", "/?p=12"),
        ("/?p=12", "/?p=12"),
        ("/board.php?wr_id=3&bo_table=news", "/board.php?bo_table=news&wr_id=3"),
        ("/board.php?bo_table=news&amp;wr_id=3", "/board.php?bo_table=news&wr_id=3"),
        ("/bbs/view.do?searchWrd=&nttId=12&&pageUnit=", "/bbs/view.do?nttId=12"),
        ("/view.asp?254", "/view.asp?254"),
        ("/list?tag=b&tag=a", "/list?tag=b&tag=a"),
        ("/bbs/view.do;jsessionid=0A1B.node2?nttId=12", "/bbs/view.do?nttId=12"),
        ("/bbs/view.do%3BJSESSIONID=0A1B?nttId=12", "/bbs/view.do?nttId=12"),
        ("/bbs;v=2/view.do", "/bbs;v=2/view.do"),
        ("/a?utm_source=mail&utm=x&fbclid=1&gclid=2&NaPm=ct%3D1&n_media=3&PHPSESSID=4", "/a"),
        ("/a?umt=1&id=2&utm_campaign=c", "/a?id=2&umt=1"),
        ("/%EC%98%9B/%EA%B8%80?%EB%B6%84%EB%A5%98=%EA%B8%B0%EC%82%AC", "/옛/글?분류=기사"),
        ("/옛 글?q=a+b&c=%26", "/옛%20글?c=%26&q=a%20b"),
        ("/a?q=%b0%a1", "/a?q=%B0%A1"),
        ("/100%", "/100%25"),
        ("/a%3Fb?c=d%3De", "/a%3Fb?c=d%3De"),
        ("/old?c=x=y", "/old?c=x%3Dy"),
        ("view.do?id=1", "view.do?id=1"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://[", "http://["),
    ],
)
def test_address_has_one_spelling(address, expected):
    assert normalise_address(address) == expected


@given(st.text(max_size=40) | st.from_regex(r"/[a%&=+;?/.#한]{0,20}", fullmatch=True))
def test_spelling_of_an_address_is_its_own(address):
    spelling = normalise_address(address)

    assert normalise_address(spelling) == spelling


@given(
    st.dictionaries(st.text("abc가&=%", min_size=1, max_size=4), st.text("12 나&+?#%", min_size=1)),
    st.randoms(use_true_random=False),
)
def test_order_of_parameters_means_nothing(parameters, random):
    pairs = list(parameters.items())
    first = join("/view.do", urlencode(pairs))
    random.shuffle(pairs)

    assert join("/view.do", urlencode(pairs)) == first


@given(
    st.lists(
        st.dictionaries(st.text("abc가&=", min_size=1), st.text("12나&", min_size=1)),
        min_size=2,
        max_size=2,
        unique_by=lambda each: tuple(sorted(each.items())),
    )
)
def test_other_parameters_are_another_address(both):
    first, second = (join("/view.do", urlencode(each)) for each in both)

    assert first != second


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<link rel="canonical" href="https://old.example.kr/bbs/view.do?b=B1&amp;nttId=12">',
            "/bbs/view.do?b=B1&nttId=12",
        ),
        ('<meta property="og:url" content="https://old.example.kr/?p=12">', "/?p=12"),
        # A canonical address that every page of the board has names none of them.
        (
            '<link rel="canonical" href="https://old.example.kr/bbs/view.do">'
            '<meta property="og:url" content="https://old.example.kr/bbs/view.do?nttId=12">',
            "/bbs/view.do?nttId=12",
        ),
        (
            '<link rel="canonical" href="https://old.example.kr/">'
            '<meta property="og:url" content="https://old.example.kr/pages/3?fbclid=x">',
            "/pages/3",
        ),
        ('<link rel="canonical" href="https://old.example.kr/">', ""),
    ],
)
def test_saved_page_keeps_its_address_with_the_query(head, expected):
    page = html_page.read(f"<head>{head}</head><h1>제목</h1><p>2025.07.01</p><p>글.</p>".encode())

    assert page.article.legacy_paths == ((expected,) if expected else ())
