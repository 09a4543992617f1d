"""Marks that point to a note or source, [1], [주 1]: they are no part of what a cell says."""

import re

from django.utils.translation import gettext as _

# The number alone or in a list, a note's word in Korean or English, Wikipedia's letters (they are
# small), Markdown's footnotes.
_BRACKETED = (
    r"\[(?:\d{1,3}(?:[,–~-] ?\d{1,3}){0,9}|[a-z]|\^[^\[\]\s]{1,20}"
    r"|(?:주|각주|미주|비고|참고|[Nn]ote|[Nn]b|[Nn]|[Ff]n|[Rr]ef) ?\.? ?\d{0,3}"
    r"|출처 ?필요|citation needed|편집|edit)\]"
)
# Attached to a word, or one space after it; a list of numbers after a space is an interval.
_MARK = re.compile(rf"(?<=[^\s\[(]) ?(?!(?<= )\[\d+[,–~-]){_BRACKETED}(?: ?[,·] ?{_BRACKETED})*")
_ONE_MARK = re.compile(_BRACKETED)
_ONLY_MARKS = re.compile(rf"(?:{_BRACKETED}\s*)+")
_RAISED = r"(?:\[[^\[\]]{1,30}\]|(?:주|각주) ?\d{0,3}\)?|\(?\d{1,3}\)|[a-z가-힣]\)|[*†‡§¶#])"
# Alone, in a list, or numbers in a list, which are no power.
_RAISED_MARK = re.compile(
    rf"{_RAISED}(?:(?: ?[,·~–-] ?| )?{_RAISED}){{0,9}}|\d{{1,2}}(?: ?[,·] ?\d{{1,2}}){{1,9}}"
)
_BARE = re.compile(r"\d{1,3}|[a-z]")
_AFTER_KOREAN_WORD = re.compile(r"[가-힣][)\]」』”’\"']?\s?$")
_SUPERSCRIPTS = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_FIGURES = re.compile(r"[0-9+\-−=()n]+")


def drop_marks(text: str) -> tuple[str, list[str]]:
    """Return `text` without its reference marks, and those; a cell of marks alone keeps them."""
    if "[" not in text or _ONLY_MARKS.fullmatch(text):
        return text, []
    marks = [mark[0] for found in _MARK.finditer(text) for mark in _ONE_MARK.finditer(found[0])]
    return (_MARK.sub("", text), marks) if marks else (text, [])


def is_raised_mark(raised: str, before: str) -> bool:
    """Tell whether superscript text is a reference mark by what it is and what stands before it.

    A bare number or letter is one after a Korean word, 구글¹, for no unit or power is written in
    Hangul; after other letters and digits it may be a power, km², and stays.
    """
    if _BARE.fullmatch(raised):
        return bool(_AFTER_KOREAN_WORD.search(before))
    return bool(_RAISED_MARK.fullmatch(raised))


def raised(text: str) -> str:
    """Return superscript text in superscript letters where they exist: 10² is not 102."""
    return text.translate(_SUPERSCRIPTS) if _FIGURES.fullmatch(text) else text


def lowered(text: str) -> str:
    """Return subscript text in subscript letters where they exist."""
    return text.translate(_SUBSCRIPTS) if _FIGURES.fullmatch(text) else text


def marks_note(marks: list[str]) -> str:
    """Return the note that names the reference marks which were left out."""
    listed = _listed(marks)
    return _("Reference marks were left out of the table's cells: %(marks)s") % {"marks": listed}


def struck_note(texts: list[str]) -> str:
    """Return the note that names the struck-out figures which were left out."""
    figures = _listed([text[:50] for text in texts])
    text = _("Struck-out figures were left out of the table's cells: %(figures)s")
    return text % {"figures": figures}


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
