"""Hangul as the keys that type it on the usual Korean (two-set) keyboard."""

import unicodedata

# The keys of the conjoining letters in Unicode's order: initials from U+1100, vowels from
# U+1161, finals from U+11A8 (KS X 5002, the two-set layout).
_INITIALS = "r R s e E f a q Q t T d w W c z x v g"
_VOWELS = "k o i O j p u P h hk ho hl y n nj np nl b m ml l"
_FINALS = "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g"
_KEYS = {
    first + offset: keys
    for first, letters in ((0x1100, _INITIALS), (0x1161, _VOWELS), (0x11A8, _FINALS))
    for offset, keys in enumerate(letters.split())
}


def keystrokes(text: str) -> str:
    """Return `text` case-folded, with every Hangul letter as its keys on a Latin keyboard.

    Works in both directions: a Korean word typed with the keyboard in Latin mode, and a Latin word
    typed in Korean mode, give the same keystrokes as the word itself.
    """
    # NFKD also takes apart the letters that stand alone, as in "ㅂㅁㄴㄴ".
    return unicodedata.normalize("NFKD", text).translate(_KEYS).casefold()
