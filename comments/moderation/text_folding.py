"""A comment's text as moderation compares it: look-alikes and letters typed apart are the same."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from articles.content.text import BLANK_LETTERS
from comments.identity.reserved_names import LETTER_LOOK_ALIKES, LOOK_ALIKES

# Letters of the Hangul compatibility block that stand for one conjoining letter each.
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_LETTERS = frozenset(_INITIALS + _VOWELS + _FINALS[1:])
_FIRST_SYLLABLE = 0xAC00
# A vowel after a syllable takes its final along (카진ㅗ is 카지노), as an input method does.
_VOWEL_AFTER = re.compile(rf"([가-힣])([{_VOWELS}])")
# Then two letters make a syllable, and a letter after an open syllable is its final.
_PAIR = re.compile(rf"([{_INITIALS}])([{_VOWELS}])")
# Laughter is none: 바보ㅋㅋ holds 바보.
_FINAL_AFTER = re.compile(rf"([가-힣])((?![ㅋㅎ])[{_FINALS[1:]}])(?!\2)")
# Conjoining letters that NFKC leaves alone, as those that stand alone.
_CONJOINING = {0x1100 + number: letter for number, letter in enumerate(_INITIALS)}
_CONJOINING |= {0x1161 + number: letter for number, letter in enumerate(_VOWELS)}
_CONJOINING |= {0x11A7 + number: letter for number, letter in enumerate(_FINALS) if number}
# Signs stand for letters only before one: c@sino, but not an exclamation mark at the end.
_SIGN_IN_WORD = re.compile(r"[@$!|](?=[a-z])")
_DIGITS = {ord(digit): LOOK_ALIKES.get(ord(digit)) or digit for digit in "0123456789"}
_INVISIBLE = {"Cf", "Mn", "Me", "Cc"}
_BLANKS = dict.fromkeys(map(ord, BLANK_LETTERS))


# A text is compared by every rule that is on.
@lru_cache(maxsize=4)
def readable(text: str) -> str:
    """Return `text` for patterns: case, compatibility forms and look-alike letters folded.

    Hangul typed letter by letter (ㅋㅏㅈㅣㄴㅗ) is joined as an input method would join it; spaces,
    digits and signs stay as they are.
    """
    # Compatibility letters become conjoining ones, which compose where they follow each other.
    text = unicodedata.normalize("NFKC", _translate(text, _BLANKS)).casefold()
    text = _translate(unicodedata.normalize("NFD", text), LETTER_LOOK_ALIKES)
    hidden = [letter for letter in set(text) if unicodedata.category(letter) in _INVISIBLE]
    text = _translate(text, {ord(letter): None for letter in hidden if letter != "\n"})
    text = _translate(unicodedata.normalize("NFC", text), _CONJOINING)
    if _LETTERS.isdisjoint(text):
        return text
    text = _VOWEL_AFTER.sub(_move_final, text)
    text = _PAIR.sub(lambda match: _syllable(*match.groups()), text)
    return _FINAL_AFTER.sub(_add_final, text)


@lru_cache(maxsize=4)
def tight(text: str) -> str:
    """Return `text` for words: `readable`, without signs, look-alike digits and signs folded too.

    Letters that stand one by one (카 지 노) are put together; other spaces stay, so that no word
    is found across two others.
    """
    folded = _SIGN_IN_WORD.sub(lambda match: LOOK_ALIKES[ord(match[0])] or "", readable(text))
    folded = folded.translate(_DIGITS).replace("i", "l")
    words = ("".join(filter(str.isalnum, word)) for word in folded.split())
    joined: list[str] = []
    is_open = False
    for word in filter(None, words):
        if is_open and len(word) == 1:
            joined[-1] += word
        else:
            joined.append(word)
        is_open = len(word) == 1
    return " ".join(joined)


def holds_word(text: str, word: str) -> bool:
    """Tell whether `text` holds `word`, both made tight; a phrase is found however it is spaced."""
    if " " in word:
        return word.replace(" ", "") in text.replace(" ", "")
    return bool(word) and word in text


def digest_text(text: str) -> str:
    """Return a digest that equal texts share, however they are spaced, signed or disguised."""
    return hashlib.sha256(tight(text).replace(" ", "").encode()).hexdigest()


def _translate(text: str, table: Mapping[int, str | int | None]) -> str:
    """Return `text.translate(table)`: at once where the table has nothing of it, as is usual."""
    return text if table.keys().isdisjoint(map(ord, set(text))) else text.translate(table)


def _move_final(match: re.Match[str]) -> str:
    syllable, vowel = match.groups()
    final = _final_of(syllable)
    if final not in _INITIALS:
        return match.group()
    return chr(ord(syllable) - _FINALS.index(final)) + _syllable(final, vowel)


def _add_final(match: re.Match[str]) -> str:
    syllable, final = match.groups()
    if _final_of(syllable) != " ":
        return match.group()
    return chr(ord(syllable) + _FINALS.index(final))


def _final_of(syllable: str) -> str:
    return _FINALS[(ord(syllable) - _FIRST_SYLLABLE) % len(_FINALS)]


def _syllable(initial: str, vowel: str) -> str:
    number = _INITIALS.index(initial) * len(_VOWELS) + _VOWELS.index(vowel)
    return chr(_FIRST_SYLLABLE + number * len(_FINALS))
