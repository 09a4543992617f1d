"""Which known names stand in a text, as words of their own and not within others."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")

# What may follow a Korean name within its word: 메타의, but not 메타버스.
_ENDINGS = (
    "은|는|이|가|을|를|의|에|에서|에게|으로|로|와|과|도|만|까지|부터|처럼|보다|등|측|사|社|식|계|이며|이고|이다"
    "|라는|이라는|와의|과의|로의|에서의|에게서|에는|에도|에서는|뿐"
)
_HANGUL = "가-힣"


def mentioned(text: str, names: Mapping[Key, Iterable[str]]) -> set[Key]:
    """Return the keys of those in `names`, {key: spellings}, who stand in `text`.

    A name of one character is never looked for.
    """
    return {
        key
        for key, spellings in names.items()
        if any(_stands(spelling, text) for spelling in spellings if len(spelling) > 1)
    }


def _stands(spelling: str, text: str) -> bool:
    # Far most names are not there at all.
    if spelling.casefold() not in text.casefold():
        return False
    before = f"[{_HANGUL}]" if spelling[0] >= "가" else r"[A-Za-z0-9]"
    after = f"(?:(?:{_ENDINGS})?(?![{_HANGUL}]))" if spelling[-1] >= "가" else r"(?![A-Za-z0-9])"
    pattern = f"(?<!{before}){re.escape(spelling)}{after}"
    return re.search(pattern, text, re.IGNORECASE) is not None
