"""What changed between two texts, word by word."""

import re

from diff_match_patch import diff_match_patch

SAME, REMOVED, ADDED = "same", "removed", "added"

# Written so that neither a sign nor a Latin word or number drags the Hangul beside it along.
_TOKEN = re.compile(r"\s+|[가-힣]+|[^\W_가-힣]+|.", re.DOTALL)
# A text made to be hard to compare shows as removed and added as a whole after this time.
MAX_SECONDS = 0.05
# Where the characters that stand for tokens begin: past the surrogates.
_FIRST = 0x10000
_KINDS = {0: SAME, -1: REMOVED, 1: ADDED}


def word_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return [(SAME, ADDED or REMOVED, text)] in the order of reading.

    SAME and ADDED pieces together are `after`, SAME and REMOVED ones `before`. Takes MAX_SECONDS at
    the longest, about.
    """
    # Each different token becomes one character, so that the library compares tokens
    # (https://github.com/google/diff-match-patch/wiki/Line-or-Word-Diffs).
    numbers: dict[str, int] = {}
    texts = [
        "".join(_character(token, numbers) for token in _TOKEN.findall(text))
        for text in (before, after)
    ]
    tokens = list(numbers)
    library = diff_match_patch()
    library.Diff_Timeout = MAX_SECONDS
    pieces = library.diff_main(*texts, checklines=False)
    library.diff_cleanupSemantic(pieces)
    return [
        (_KINDS[operation], "".join(tokens[ord(character) - _FIRST] for character in text))
        for operation, text in pieces
    ]


def _character(token: str, numbers: dict[str, int]) -> str:
    return chr(_FIRST + numbers.setdefault(token, len(numbers)))
