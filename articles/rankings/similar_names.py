"""Which known names a new one may be another spelling of.

The rule: two names of one script are near when, without spaces and signs, in NFKC, small letters
and single jamo, at least four fifths of them agree (difflib's ratio), or when one begins with the
whole of the other (알리바바, 알리바바그룹). A Hangul and a Latin name are near when the consonants
they are heard by are the same: 딥시크 (dipsikeu) and DeepSeek are both "tpsk". Nearness is only
ever proposed; what is meant, a person says.
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

CUTOFF = 0.8
SHOWN = 4
# In jamo: two syllables.
MIN_BEGINNING = 4

_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_SIGNS = re.compile(r"[\W_]+")
# Revised Romanization (국립국어원, 로마자 표기법), by the order of the jamo in Unicode.
_INITIALS = ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch"]
_INITIALS += ["k", "t", "p", "h"]
_VOWELS = ["a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo"]
_VOWELS += ["we", "wi", "yu", "eu", "ui", "i"]
_FINALS = ["", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p"]
_FINALS += ["p", "t", "t", "ng", "t", "t", "k", "t", "p", "t"]
# Letters that are heard alike, in either script.
_ALIKE = [
    (r"x", "ks"),
    (r"c(?=[eiy])", "s"),
    (r"zh|ch|j|z", "j"),
    (r"ph|f|v|b|p", "p"),
    (r"ck|c|q|g|k", "k"),
    (r"d|t", "t"),
    (r"r|l", "l"),
    (r"[aeiouwyh]", ""),
    (r"(.)\1+", r"\1"),
]


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the names of `known` that `name` may be another spelling of, the nearest first."""
    names = list(dict.fromkeys(known))
    is_hangul = bool(_HANGUL.search(name))
    same = _of_one_script(names, is_hangul)
    letters = _letters(name)
    found = spelt_alike(name, names)
    for key, each in same.items():
        begins = key.startswith(letters) or letters.startswith(key)
        if begins and min(len(key), len(letters)) >= MIN_BEGINNING and each not in found:
            found.append(each)
    heard = _heard(name)
    if len(heard) > 1:
        others = (each for each in names if bool(_HANGUL.search(each)) != is_hangul)
        found += [each for each in others if _heard(each) == heard]
    return found[:SHOWN]


def spelt_alike(name: str, known: Iterable[str]) -> list[str]:
    """Return the names of `known` in the same script most of whose letters agree, nearest first."""
    same = _of_one_script(known, bool(_HANGUL.search(name)))
    return [same[key] for key in get_close_matches(_letters(name), same, SHOWN, CUTOFF)]


def _of_one_script(names: Iterable[str], is_hangul: bool) -> dict[str, str]:
    return {_letters(each): each for each in names if bool(_HANGUL.search(each)) == is_hangul}


_PARTICLES = {"", *"은는이가을를의에와과도로만", "에서", "에게", "으로", "까지", "부터", "보다"}
# Initials that one foreign sound is written with.
_ONE_SOUND = [{"g", "kk", "k"}, {"d", "tt", "t"}, {"b", "pp", "p"}, {"s", "ss"}, {"j", "jj", "ch"}]


def is_other_spelling(name: str, word: str) -> bool:
    """Tell whether a Hangul word is another spelling of `name`, or one with a particle: 쯔푸의.

    Syllable by syllable their finals agree and their initials are written for one sound; at most
    one syllable in three, and always one, differs.
    """
    is_whole = word[len(name) :] in _PARTICLES
    if len(name) < 2 or len(word) < len(name) or not is_whole or not all(map(_HANGUL.match, name)):
        return False
    pairs = [pair for pair in zip(name, word, strict=False) if pair[0] != pair[1]]
    is_near = 0 < len(pairs) <= max(1, len(name) // 3)
    return is_near and all(_HANGUL.match(mine) and _is_one_sound(of, mine) for of, mine in pairs)


def _is_one_sound(one: str, other: str) -> bool:
    first, second = (divmod(ord(each) - 0xAC00, 588) for each in (one, other))
    initials = {_INITIALS[first[0]], _INITIALS[second[0]]}
    is_alike = len(initials) == 1 or any(initials <= each for each in _ONE_SOUND)
    return is_alike and first[1] % 28 == second[1] % 28


@lru_cache(maxsize=10_000)
def _letters(name: str) -> str:
    folded = _SIGNS.sub("", unicodedata.normalize("NFKC", name).casefold())
    return unicodedata.normalize("NFD", folded)


@lru_cache(maxsize=10_000)
def _heard(name: str) -> str:
    text = _SIGNS.sub("", _HANGUL.sub(_romanised, unicodedata.normalize("NFKC", name)).casefold())
    for pattern, letters in _ALIKE:
        text = re.sub(pattern, letters, text)
    return text


def _romanised(match: re.Match[str]) -> str:
    number = ord(match[0]) - 0xAC00
    return _INITIALS[number // 588] + _VOWELS[number % 588 // 28] + _FINALS[number % 28]
