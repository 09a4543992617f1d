"""Tell passwords that a guesser tries first: words, runs along the keyboard, repetitions."""

import functools
import string
from itertools import groupby
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator

from comments.identity.korean_keyboard import keystrokes

WORDS_PATH = Path(__file__).with_name("common_passwords.txt")
# A word with at most so many digits and signs around it, such as a date, is still that word.
MAX_AFFIX_CHARACTERS = 8
MAX_REPEATED_UNIT = 3
MIN_RUN = 3
MAX_RUNS = 3

_AFFIX = string.digits + string.punctuation + " "
_ROWS = [
    "01234567890",
    "!@#$%^&*()",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertyuiopasdfghjklzxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    keystrokes("가나다라마바사아자차카타파하"),
    keystrokes("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"),
]
_RUNS = [*_ROWS, *(row[::-1] for row in _ROWS)]


@functools.cache
def common_words() -> frozenset[str]:
    """Return the keystrokes of all words: Django's list and the Korean one beside this file."""
    lines = WORDS_PATH.read_text(encoding="utf-8").splitlines()
    korean = {keystrokes(line) for line in lines if line and not line.startswith("#")}
    return frozenset(korean | CommonPasswordValidator().passwords)


def is_common(password: str, *own_words: str) -> bool:
    """Tell whether `password` is easily guessed by one who knows `own_words`.

    A word counts in Hangul, as its keys on a Latin keyboard, in any case, repeated, and with a few
    digits and signs before or after it.
    """
    typed = keystrokes(password)
    core = typed.strip(_AFFIX)
    forms = {typed, typed.strip(string.punctuation + " ")}
    affix = typed.replace(core, "", 1)
    if core and (len(affix) <= MAX_AFFIX_CHARACTERS or _is_simple(affix)):
        forms.add(core)
    forms.discard("")
    forms |= {_unit(form) for form in forms}
    own = {keystrokes(word) for word in own_words if word}
    return any(form in own or form in common_words() or _is_simple(form) for form in forms)


def _unit(text: str) -> str:
    """Return the shortest text that gives `text` when repeated."""
    return text[: (text + text).find(text, 1)]


def _is_simple(text: str) -> bool:
    """Tell whether `text` is a short repetition or a few runs of neighbouring keys or letters."""
    if len(text) > MAX_REPEATED_UNIT and len(_unit(text)) <= MAX_REPEATED_UNIT:
        return True
    # "aabbcc" runs as "abc" does.
    rest = "".join(character for character, _repeats in groupby(text))
    for _run in range(MAX_RUNS):
        length = max(_run_length(rest, row) for row in _RUNS)
        if length < MIN_RUN:
            return False
        rest = rest[length:]
        if not rest:
            return True
    return False


def _run_length(text: str, row: str) -> int:
    """Return how many of the first characters of `text` follow one another in `row`."""
    length = 0
    while length < len(text) and text[: length + 1] in row:
        length += 1
    return length
