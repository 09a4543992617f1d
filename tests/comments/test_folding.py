import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.moderation.text_folding import digest_text, holds_word, readable, tight


def holds(text, word):
    return holds_word(tight(text), tight(word))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "카지노",
            "ㅋㅏㅈㅣㄴㅗ",
            "카.지.노",
            "카진ㅗ",
            "카ㅈㅣ노",
            "카\u200b지\u3164노",
            "카★지-노",
        ),
        *("카 지 노", unicodedata.normalize("NFD", "카지노"), "온라인카지노사이트", "카지노ㅋㅋㅋ"),
        "ᄏᆞ".replace("ᆞ", "ᅡ") + "지노",
    ],
)
def test_word_is_found_however_it_is_typed(text):
    assert holds(f"여기 {text} 입니다", "카지노")


@pytest.mark.parametrize(
    "text",
    ["casino", "CAS1NO", "c@sino", "cаsіnо", "ｃａｓｉｎｏ", "c.a.s.i.n.o", "ꓚꓮꓢꓲꓠꓳ", "ᏟᎪᏚᏆꓠꓳ"],
)
def test_word_is_found_in_letters_that_look_alike(text):
    assert holds(text, "Casino")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("다시 발견했습니다", "시발"),
        ("카메라 지도 노트", "카지노"),
        ("가자", "각자"),
        ("아무 글", ""),
        ("아무 글", "★"),
    ],
)
def test_word_is_not_found_across_others(text, word):
    assert not holds(text, word)


def test_phrase_is_found_however_it_is_spaced():
    assert holds("무료쿠폰 드려요", "무료 쿠폰")
    assert holds("무 료 쿠 폰 드려요", "무료 쿠폰")


def test_laughter_after_a_word_does_not_hide_it():
    assert holds("바보ㅋㅋㅋ", "바보")
    assert holds("바보ㅎ", "바보")


def test_text_for_patterns_keeps_digits_signs_and_lines():
    assert readable("전화 010-1234\n①") == "전화 010-1234\n1"


def test_digest_is_shared_by_the_same_text_in_another_guise_only():
    assert digest_text("지금 바로 오세요!") == digest_text("ㅈㅣ금  바로 오세요...")
    assert digest_text("지금 바로 오세요") != digest_text("지금 바로 가세요")


@given(st.text(max_size=200))
def test_any_text_folds_and_folding_again_finds_it(text):
    folded = tight(text)

    assert not folded.strip() or holds_word(folded, folded)
    assert isinstance(readable(text), str)
