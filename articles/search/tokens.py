"""Text for the search: folded, cut into tokens, and found again in what the reader sees.

Folded text is what both databases compare: in NFKC and case folded, runs of Hangul, Han and Kana
as they are, every other word between bars, one space for whatever stands between. "K리그의 GPT-4o"
is "|k|리그의 |gpt| |4o|". A query is folded too: a Korean word is found within longer ones, a
Latin word or a number only as a whole. Marks that make another word of one stay beside it (C++, C#,
.NET, R&D, 3.14, A/B): "C++ 3.14" is "|c|++ |3|.|14|", where C is found and C++ is told from it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# Hangul syllables and letters, Han, Hiragana and Katakana: written without spaces or with endings.
_SYLLABLE = "\u1100-\u11ff\u3040-\u30ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
# The v of v3.14 is a word of its own: the version is found by its number, too.
_RUN = re.compile(
    rf"(?P<syllables>[{_SYLLABLE}]+)|(?<![^\W_{_SYLLABLE}])v(?=\d)|[^\W_{_SYLLABLE}]+|[©®]"
)
_WITHIN_WORDS = frozenset(".&/")
# Their names in tokens, whose characters the index knows; C++ is found by C+ too.
_AFTER_WORDS = {"++": ("plus", "plusplus"), "+": ("plus",), "#": ("sharp",)}
_MARK_AFTER = re.compile(r"\+\+|[+#]")
# Words, and runs of one, two and three syllables wherever they stand.
_GRAMS = [re.compile(r"\|([^|]+)\|")] + [
    re.compile(rf"(?=([{_SYLLABLE}]{{{size}}}))") for size in (1, 2, 3)
]
_MARK = re.compile(r"[+#.]")
_PARTS = re.compile(
    rf"\|(?P<word>[^|]+)\||(?P<syllables>[{_SYLLABLE}]+)|(?P<gap> )|(?P<mark>\+\+|[+#.&/])"
)
# NFKC makes conjoining letters of those that stand alone, as in a query of initials (ㅋㅂㄴㅌㅅ).
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_ALONE = {0x1100 + number: letter for number, letter in enumerate(_INITIALS)}
# The musical sign, which stands for # in C♯ and F♯.
_SHARP = {0x266F: "#"}
_PLAIN = _ALONE | _SHARP
_FIRST_SYLLABLE, _SYLLABLES_PER_INITIAL = 0xAC00, 588

# Raised with every change of what `fold`, `initials` or `tokens` return, or of which documents keep
# tokens: an index that an earlier version has made is made anew.
VERSION = 3

MAX_QUERY_CHARACTERS = 100
MAX_NEEDLES = 8
_QUOTED = re.compile(r"[\"“”「」『』]([^\"“”「」『』]*)[\"“”「」『』]")
# The longest first. A word keeps at least two syllables, or a Latin word, before its particle.
_PARTICLES = re.compile(
    rf"(?<=[{_SYLLABLE}]{{2}}|.[|+#])"
    "(?:에서는|에서의|으로는|으로의|에게서|이라는|이라고|에서|에게|으로|까지|부터|처럼|보다|라는|라고|마다|조차"
    "|이나|은|는|이|가|을|를|의|에|로|와|과|도|만|랑)$"
)


def fold(text: str) -> str:
    """Return `text` folded, as the head of this module describes."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFC", text)).casefold()
    text = text.translate(_PLAIN)
    pieces: list[str] = []
    end, before = 0, False
    for run in _RUN.finditer(text):
        start, stop = run.span()
        gap, part, is_word = text[end:start], text[start:stop], run.lastgroup is None
        if gap == " ":
            # As `_between` says, which would take most of the time.
            pieces.append(" " if pieces else "")
        elif gap:
            pieces.append(_between(gap, bool(pieces), before, part))
        pieces.append(f"|{part}|" if is_word else part)
        end, before = stop, is_word
    mark = _MARK_AFTER.match(text, end) if before else None
    return "".join(pieces) + (mark.group() if mark else "")


def _between(gap: str, is_inside: bool, after_word: bool, following: str) -> str:
    """Return what a gap between two runs is in folded text."""
    is_before_word = not re.match(f"[{_SYLLABLE}]", following)
    if after_word and is_before_word and gap in _WITHIN_WORDS:
        return gap
    mark, rest = "", gap
    if after_word and (match := _MARK_AFTER.match(gap)):
        # 1+1 is two numbers.
        is_sum = gap == "+" and is_before_word
        mark = "" if is_sum else match.group()
        rest = gap[len(mark) :]
    begins_with_dot = is_before_word and following[0].isalpha() and gap.endswith(".")
    if begins_with_dot and not gap.endswith(".."):
        return mark + (" " if is_inside and rest != "." else "") + "."
    return mark + (" " if is_inside and rest else "")


def initials(folded: str) -> str:
    """Return `folded` with each Hangul syllable as its initial: 쿠버네티스 as ㅋㅂㄴㅌㅅ."""
    return "".join(
        _INITIALS[(ord(character) - _FIRST_SYLLABLE) // _SYLLABLES_PER_INITIAL]
        if "가" <= character <= "힣"
        else character
        for character in folded
    )


def needles(query: str) -> list[str]:
    """Return the folded words of `query`, all of which a text must hold; a quoted phrase is one.

    Particles at the ends of words that are not quoted are optional. Takes the first
    `MAX_QUERY_CHARACTERS` characters and `MAX_NEEDLES` words.
    """
    return all_needles(query[:MAX_QUERY_CHARACTERS])[:MAX_NEEDLES]


def all_needles(query: str) -> list[str]:
    """Return what `needles` does, of a query whose length somebody else bounds."""
    found = [fold(phrase) for phrase in _QUOTED.findall(query)]
    for word in _QUOTED.sub(" ", query).split():
        found.append(_PARTICLES.sub("", fold(word)))
    return list(dict.fromkeys(filter(None, found)))


def loosened(query: str) -> str:
    """Return the words of `query` each for itself: `"AI모델" GPT-4o` as `AI 모델 GPT 4o`."""
    return " ".join(run.group() for run in _RUN.finditer(query))


def words(text: str) -> list[str]:
    """Return the words of `text` as they stand, without signs and particles at their ends."""
    runs = (run.group() for run in _RUN.finditer(text))
    return [_PARTICLES.sub("", run) for run in runs]


def tokens(folded: str) -> set[str]:
    """Return what a folded text is indexed by: words, runs of one to three syllables, joints.

    A joint is the ends of two parts with "_" between them over a space and "-" without one, of one
    and of two syllables: rare phrases of common words are then rare in the index too.
    """
    found = {gram for grams in _GRAMS for gram in grams.findall(folded)}
    if _MARK.search(folded):
        found |= _mark_tokens(folded)
    # What `_joint` makes of `_pairs`, in one pass: this is where an index takes its time.
    last, last_two, between = "", "", "-"
    for word, syllables, gap, _mark in _PARTS.findall(folded):
        if gap:
            between = "_"
        elif part := word or syllables:
            first, first_two = (word, word) if word else (syllables[0], syllables[:2])
            if last:
                found.add(f"{last}{between}{first}")
                if (word or len(first_two) == 2) and last_two:
                    found.add(f"{last_two}{between}{first_two}")
            between = "-"
            last = word or part[-1]
            last_two = word or (part[-2:] if len(part) > 1 else "")
    return found


def needle_tokens(needle: str) -> set[str]:
    """Return tokens that every text with `needle` in it has, as few as tell it best."""
    found = _mark_tokens(needle)
    for part in _parts(needle):
        if part[0] == "|":
            found.add(part[1:])
        elif part != " " and not _is_mark(part):
            size = min(len(part), 3)
            found.update(part[start : start + size] for start in range(len(part) - size + 1))
    for before, between, part in _pairs(needle):
        size = 2 if _has_end(before, 2) and _has_end(part, 2) else 1
        found.add(_joint(before, between, part, size))
    return found


def _mark_tokens(folded: str) -> set[str]:
    """Return tokens of words with the marks beside them: c-plus of C+, dot-net of .NET."""
    found: set[str] = set()
    before = ""
    for part in _parts(folded):
        if part in _AFTER_WORDS and before[:1] == "|":
            found.update(f"{before[1:]}-{name}" for name in _AFTER_WORDS[part])
        elif part[0] == "|" and before == ".":
            found.add(f"dot-{part[1:]}")
        before = part
    return found


def _is_mark(part: str) -> bool:
    return part in _AFTER_WORDS or part in _WITHIN_WORDS


def _pairs(folded: str) -> Iterator[tuple[str, str, str]]:
    """Yield each two parts that follow one another, with "_" or "-" for what is between them."""
    before, between = "", "-"
    for part in _parts(folded):
        if part == " ":
            between = "_"
            continue
        if _is_mark(part):
            continue
        if before:
            yield before, between, part
        before, between = part, "-"


def _has_end(part: str, size: int) -> bool:
    return part[0] == "|" or len(part) >= size


def _joint(before: str, between: str, part: str, size: int) -> str:
    last = before[1:] if before[0] == "|" else before[-size:]
    first = part[1:] if part[0] == "|" else part[:size]
    return f"{last}{between}{first}"


def _parts(folded: str) -> Iterator[str]:
    """Yield "|word" for a word, a run of syllables and a mark as they are, " " for a gap."""
    for match in _PARTS.finditer(folded):
        yield f"|{match['word']}" if match["word"] else match.group()


# What the reader sees


def pattern(needles: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds the needles in text as it is shown, initials in its syllables too."""
    alternatives = [_needle_pattern(list(_parts(needle))) for needle in needles]
    if not alternatives:
        return None
    return re.compile("|".join(sorted(alternatives, key=len, reverse=True)), re.IGNORECASE)


def _needle_pattern(parts: list[str]) -> str:
    pieces = []
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if part[0] == "|":
            pieces.append(_word_pattern(part[1:], before[:1] == "|", after[:1] == "|"))
        elif part == " ":
            pieces.append(r"[\W_]+")
        elif _is_mark(part):
            pieces.append("[#♯]" if part == "#" else re.escape(part))
        else:
            pieces += map(_syllable_pattern, part)
    return "".join(pieces)


def _word_pattern(word: str, follows_word: bool, precedes_word: bool) -> str:
    """Return what finds a whole word; the v of a version and its number are two."""
    edge = rf"[^\W_{_SYLLABLE}]"
    before = rf"(?:(?<!{edge})|(?<=\bv))" if word[0].isdecimal() else rf"(?<!{edge})"
    after = rf"(?:(?!{edge})|(?=\d))" if word == "v" else rf"(?!{edge})"
    return f"{'' if follows_word else before}{re.escape(word)}{'' if precedes_word else after}"


def _syllable_pattern(character: str) -> str:
    if character not in _INITIALS:
        return re.escape(character)
    first = _FIRST_SYLLABLE + _INITIALS.index(character) * _SYLLABLES_PER_INITIAL
    return f"[{character}{chr(first)}-{chr(first + _SYLLABLES_PER_INITIAL - 1)}]"


def marked(text: str, hits: re.Pattern[str] | None) -> list[tuple[str, bool]]:
    """Return `text` in pieces, each with whether the query found it."""
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in hits.finditer(text) if hits else ():
        pieces += [(text[end : match.start()], False), (match.group(), True)]
        end = match.end()
    return [piece for piece in (*pieces, (text[end:], False)) if piece[0]]


def excerpt(text: str, hits: re.Pattern[str] | None, width: int = 140) -> list[tuple[str, bool]]:
    """Return about `width` characters of `text` around the first hit, in pieces as `marked`."""
    match = hits.search(text) if hits else None
    start = max(0, match.start() - width // 3) if match else 0
    # From the beginning of a word, not from within it.
    if start:
        start = text.find(" ", start, match.start() if match else start) + 1 or start
    end = min(len(text), start + width)
    if end < len(text):
        end = max(text.rfind(" ", start + width // 2, end), match.end() if match else 0) or end
    cut = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return marked(cut, hits)
