"""What the editors' guide calls a button, a field or a page bears that name at the desk."""

import ast
import re
from pathlib import Path

from django.conf import settings
from django.contrib import admin, auth

GUIDE = settings.BASE_DIR / "docs" / "editor-guide.md"
FOLDERS = [*settings.LOCALE_PATHS, *(Path(app.__file__).parent / "locale" for app in (admin, auth))]
# Bold for its weight, or made by the desk of several words.
NO_NAMES = {"Ctrl+Shift+V", "모두 예약에서 빠지고", "저절로 합쳐집니다", "직전 시점보다 달라진 것"}
NO_NAMES |= {"순서 바꾸기", "내림 예약"}
SENTENCE = re.compile(r'^msgstr(?:\[\d\])? ((?:".*"\n)+)', re.M)
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")


def shown_texts():
    """Yield every Korean sentence of ours, and of Django's admin, that the desk may show."""
    for folder in FOLDERS:
        for catalogue in (folder / "ko" / "LC_MESSAGES").glob("*.po"):
            for lines in SENTENCE.findall(catalogue.read_text(encoding="utf-8")):
                yield "".join(ast.literal_eval(line) for line in lines.splitlines())


def as_pattern(text):
    """Return what a sentence with places for names may read, or None without words of its own."""
    if len(re.findall("[가-힣]", PLACE.sub("", text))) < 2 or not PLACE.search(text):
        return None
    return re.compile(".+".join(map(re.escape, PLACE.split(text))))


def test_guide_and_desk_call_the_same_by_the_same_name():
    texts = list(shown_texts())
    whole, patterns = "\n".join(texts), list(filter(None, map(as_pattern, texts)))
    bold = re.findall(r"\*\*(.+?)\*\*", GUIDE.read_text(encoding="utf-8"), re.S)
    names = {name for words in bold for name in " ".join(words.split()).strip(":").split(", ")}

    unknown = [
        name
        for name in sorted(names - NO_NAMES)
        if name not in whole and not any(pattern.fullmatch(name) for pattern in patterns)
    ]

    assert len(names) > 100
    assert unknown == []
