import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.search.tokens import (
    excerpt,
    fold,
    initials,
    marked,
    needle_tokens,
    needles,
    pattern,
    tokens,
)

KOREAN = st.text(alphabet="가나다라중국의생태계는ㅋㅂ 阿K4리그AIai-.·é\n+#&/©", max_size=30)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("K리그의 GPT-4o", "|k|리그의 |gpt| |4o|"),
        ("중국, 생태계!", "중국 생태계"),
        ("Ａ１ 한글", "|a1| 한글"),
        ("오픈소스", "오픈소스"),
        ("ㅋㅂㄴㅌㅅ", "ㅋㅂㄴㅌㅅ"),
        ("Straße", "|strasse|"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_text_is_folded(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("중국의 생태계는", ["중국", "생태계"]),
        ('"오픈소스 모델을" AI는', ["오픈소스 모델을", "|ai|"]),
        ("“큰따옴표 안”", ["큰따옴표 안"]),
        ("K리그에서", ["|k|리그"]),
        ("회의", ["회의"]),
        ("법", ["법"]),
        ("중국 중국", ["중국"]),
        ('"', []),
        ("!!!", []),
    ],
)
def test_query_is_cut_into_words(query, found):
    assert needles(query) == found


def test_initials_stand_for_syllables():
    assert initials(fold("쿠버네티스 AI")) == "ㅋㅂㄴㅌㅅ |ai|"


NAMES = [
    *("C++", "C#", "F#", ".NET", "R&D", "3.14", "Node.js", "GPT-4o", "A/B", "K8s", "5.2.1", "©"),
    *("C++17", "TCP/IP", "AT&T", "Notepad++", "ASP.NET", "Vue.js", "I/O", "J#", ".env", "x86_64"),
    *(
        "우리는.NET",
        "C♯",
        "v3.14",
        "Disney+",
        "A+",
        "CI/CD",
        "S&P",
        "v1.2.3",
        "a.kr",
        "C/C++",
        "M&A",
        "Q#",
        "®",
    ),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["{}", "{}의 소식", "새 {} 소식", "({})", "{}.", "{}, 그리고", "‘{}’은", "- {}\n- 끝"]
)
def test_a_name_with_marks_is_found_wherever_it_stands(name, text):
    folded = fold(text.format(name))

    (needle,) = needles(name)
    assert needle in folded
    assert needle_tokens(needle) <= tokens(folded)
    assert [piece for piece, is_hit in marked(text.format(name), pattern([needle])) if is_hit] == [
        name
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("C++", "C 언어"),
        ("C++", "C+ 학점"),
        ("C#", "C 언어"),
        ("C#", "C++"),
        ("F#", "F 학점"),
        (".NET", "네트 net 값"),
        ("R&D", "R 언어와 D 언어"),
        ("R&D", "R-D"),
        ("3.14", "3월 14일"),
        ("3.14", "3, 14"),
        ("3.14", "3:14"),
        ("A/B", "A B"),
        ("5.2.1", "5 2 1"),
        ("Node.js", "node의 js"),
        ("C++", "c. ++"),
    ],
)
def test_a_name_with_marks_is_told_from_its_letters(name, text):
    (needle,) = needles(name)

    assert needle not in fold(text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("C", "C++"),
        ("node", "Node.js"),
        ("js", "Node.js"),
        ("GPT 4o", "GPT-4o"),
        ("NET", ".NET 8"),
        (".NET", "ASP.NET"),
        ("C++", "C/C++"),
        ("C++에서", "C++"),
        ("C#은", "새 C#"),
        ("R＆D", "R&D"),
        ("c++", "Ｃ＋＋"),
        ("5.2", "5.2.1"),
        ("파이썬 3.14는", "파이썬3.14 발표"),
        (".NET", "우리는.NET 8을 쓴다"),
        ("NET", "우리는.NET"),
        ("C#", "C♯ 12"),
        ("C♯", "C#"),
        ("3.14", "v3.14 발표"),
        ("v3", "V3.14"),
    ],
)
def test_words_within_names_are_found(query, text):
    assert all(needle in fold(text) for needle in needles(query))


@given(KOREAN, st.integers(0, 30), st.integers(1, 12))
@example("오픈소스 모델", 0, 7)
def test_every_text_has_the_tokens_of_what_it_holds(text, start, length):
    folded = fold(text)
    for needle in needles(f'"{text[start : start + length]}"'):
        if needle in folded:
            assert needle_tokens(needle) <= tokens(folded)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("기업이 함께", "기업이 나라와 함께, 나이 함부로"),
        ("나라의 AI", "나라의 것, 회의 AI"),
        ("GPT 모델", "GPT 모형, AI 모델, GPT"),
        ("수 있다", "수고가 있다"),
    ],
)
def test_words_apart_are_not_taken_for_a_phrase(phrase, text):
    """Else a phrase of common words is looked for in every text that has them."""
    assert not needle_tokens(fold(phrase)) <= tokens(fold(text))


@given(st.text(max_size=60), st.text(max_size=60))
def test_pieces_make_up_the_text(text, query):
    pieces = marked(text, pattern(needles(query)))

    assert "".join(piece for piece, _is_hit in pieces) == text


@given(KOREAN, KOREAN)
def test_excerpt_is_bounded(text, query):
    pieces = excerpt(text * 20, pattern(needles(query)), width=40)

    assert sum(len(piece) for piece, _is_hit in pieces) <= 40 + len(query) * 2 + 2


@pytest.mark.parametrize(
    ("text", "query", "hits"),
    [
        ("중국의 모형", "중국", ["중국"]),
        ("maintain AI", "AI", ["AI"]),
        ("쿠버네티스 보안", "ㅋㅂㄴㅌㅅ", ["쿠버네티스"]),
        ("GPT‑4o 모형", "GPT-4o", ["GPT‑4o"]),
        ("오픈소스,모델", '"오픈소스 모델"', ["오픈소스,모델"]),
    ],
)
def test_hits_are_marked(text, query, hits):
    pieces = marked(text, pattern(needles(query)))

    assert [piece for piece, is_hit in pieces if is_hit] == hits
