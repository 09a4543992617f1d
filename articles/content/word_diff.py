"""What changed between two texts, word by word."""

import re

from diff_match_patch import diff_match_patch

SAME, REMOVED, ADDED = "same", "removed", "added"

# Written so that neither a sign nor a Latin word or number drags the Hangul beside it along.
_TOKEN = re.compile(r"\s+|[가-힣]+|[^\W_가-힣]+|.", re.DOTALL)
# A text made to be hard to compare shows as removed and added as a whole after this time.
MAX_SECONDS = 0.05
MAX_SECONDS_OF_LINES = 1
# Where the characters that stand for tokens begin: past the surrogates.
_FIRST = 0x10000
_KINDS = {0: SAME, -1: REMOVED, 1: ADDED}


def word_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return [(SAME, ADDED or REMOVED, text)] in the order of reading.

    SAME and ADDED pieces together are `after`, SAME and REMOVED ones `before`. Takes MAX_SECONDS at
    the longest, about.
    """
    library, pieces, tokens = _compared(_TOKEN.findall(before), _TOKEN.findall(after), MAX_SECONDS)
    library.diff_cleanupSemantic(pieces)
    return [
        (_KINDS[operation], "".join(tokens[ord(character) - _FIRST] for character in text))
        for operation, text in pieces
    ]


def unchanged_lines(before: list[str], after: list[str]) -> list[tuple[int, int, int]]:
    """Return [(place in `before`, place in `after`, count)] of lines that are the same, in order.

    Takes MAX_SECONDS_OF_LINES at the longest, about.
    """
    _library, pieces, _tokens = _compared(before, after, MAX_SECONDS_OF_LINES)
    found, old, new = [], 0, 0
    for operation, text in pieces:
        if operation == 0:
            found.append((old, new, len(text)))
        old += len(text) if operation <= 0 else 0
        new += len(text) if operation >= 0 else 0
    return found


def _compared(before, after, max_seconds):
    """Return the library, its pieces of two lists of tokens, and what their characters stand for.

    Each different token becomes one character, so that the library compares tokens
    (https://github.com/google/diff-match-patch/wiki/Line-or-Word-Diffs).
    """
    numbers: dict[str, int] = {}
    texts = ["".join(_character(token, numbers) for token in side) for side in (before, after)]
    library = diff_match_patch()
    library.Diff_Timeout = max_seconds
    return library, library.diff_main(*texts, checklines=False), list(numbers)


def _character(token: str, numbers: dict[str, int]) -> str:
    return chr(_FIRST + numbers.setdefault(token, len(numbers)))
