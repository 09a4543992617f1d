"""Names that would pass for staff, however they are disguised."""

import string

from django.conf import settings

from articles.content.text import BLANK_LETTERS
from comments.identity.korean_keyboard import keystrokes

# Refused wherever they stand in a name.
_TITLES = """
관리자 관리인 관리팀 관리부 운영자 운영진 운영팀 운영부 사무국 편집자 편집부 편집팀 편집장 편집국
관리원 담당자 담당관 책임자 공식계정 오픈업 오픈유피 정보통신산업진흥원 과학기술정보통신부
administrator moderator webmaster openup superuser админ администратор модератор
"""
# Refused alone, with 님, or with digits and signs around them: they stand within other words.
_SHORT_TITLES = """
공식 운영 관리 편집 스태프 어드민 시스템 admin admins staff mod mods root system official operator
manager editor editors nipa 官方 系统 系統
"""
# Chinese characters of those titles, old and simplified forms, as they are read in Korean: 管理者,
# and 운영者 with one of them.
_HANJA = str.maketrans(
    "管館理者運运營营営人員员陣阵部事務务局編编輯辑集長长擔担當当責责任公式計",
    "관관리자운운영영영인원원진진부사무무국편편집집집장장담담당당책책임공식계",
)
# A site's name of fewer letters or keystrokes stands within other words; alone it is refused too.
MIN_CONTAINED = 6
# What passes for a Latin letter once case and compatibility forms are folded: Cyrillic, Greek,
# Lisu, Cherokee and other letters, small capitals, digits and signs. The letters i and l are one.
_LOOK_ALIKES = {
    "a": "аɑα@4ᴀꓮᎪ",
    "b": "ьвβʙꓐᏴ",
    "c": "сϲᴄꓚᏟ",
    "d": "ԁɗᴅꓓᎠ",
    "e": "еєεɛ3ᴇꓰᎬ",
    "f": "ϝꜰꓝ",
    "g": "ɡɢꓖᏀ",
    "h": "һнʜꓧᎻ",
    "j": "јᴊꓙᎫ",
    "k": "кκᴋꓗᏦ",
    "l": "iі1|!ιıɪӏʟꓡꓲᏞᏆ",
    "m": "мμᴍꓟᎷ",
    "n": "пηոɴꓠ",
    "o": "оοσօ0ᴏꓳ",
    "p": "рρᴘꓑᏢ",
    "r": "гʀꓣᎡ",
    "s": "ѕ5$ꜱꓢᏚ",
    "t": "тτᴛꓔᎢ",
    "u": "υսᴜꓴ",
    "v": "νѵᴠꓦᏙ",
    "w": "ԝωшᴡꓪᎳ",
    "x": "хχꓫ",
    "y": "уγүʏꓬ",
    "z": "ᴢꓜᏃ",
}
# Each look-alike to its Latin letter; digits and signs are among them.
LOOK_ALIKES: dict[int, str | None] = {
    ord(other): letter for letter, others in _LOOK_ALIKES.items() for other in others
}
# Squared, circled and regional letters that have no compatibility form.
for _first in (0x1F150, 0x1F170, 0x1F1E6):
    LOOK_ALIKES |= {_first + offset: letter for offset, letter in enumerate(string.ascii_lowercase)}
LOOK_ALIKES |= dict.fromkeys(map(ord, BLANK_LETTERS))
# The letters alone, other than the Latin i: for texts in which digits and signs have a meaning.
LETTER_LOOK_ALIKES = {
    code: letter for code, letter in LOOK_ALIKES.items() if code > 0x7F and letter is not None
}
# Once more, for the letters that the last lines gave.
_LAST_FOLD = str.maketrans("i", "l")


def is_reserved(name: str) -> bool:
    """Tell whether `name`, its look-alikes folded, is or holds a title of staff or the site's."""
    folded = _fold(name)
    site = {_fold(settings.SITE_NAME)} - {""}
    titles = _RESERVED | {own for own in site if len(own) >= MIN_CONTAINED}
    stripped = _fold(name.strip(string.digits + string.punctuation + string.whitespace))
    return any(title in folded for title in titles) or any(
        form.removesuffix(_HONORIFIC) in _RESERVED_ALONE | site for form in (folded, stripped)
    )


def _fold(name: str) -> str:
    """Return the letters of `name` as plain Latin ones, Hangul as its keystrokes."""
    text = keystrokes(name.translate(_HANJA)).translate(LOOK_ALIKES).translate(_LAST_FOLD)
    return "".join(filter(str.isalnum, text)).replace("rn", "m")


_RESERVED = frozenset(map(_fold, _TITLES.split()))
_RESERVED_ALONE = frozenset(map(_fold, _SHORT_TITLES.split()))
_HONORIFIC = _fold("님")
