"""What readers would stumble over, found in what is made of a text: plain functions.

An error keeps a text from being published, unless a publisher lets it pass (publishing.py); a
warning asks somebody to look; information is only told.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from django.utils.translation import gettext as _

from articles.content.markdown import ALT_TEXT_TO_WRITE, UNREAD_FENCE
from articles.content.text import has_visible, normalise_line
from articles.desk.page_reading import Block, Page
from articles.rankings.similar_names import is_other_spelling

ERROR, WARNING, INFORMATION = "error", "warning", "information"
LEVELS = (ERROR, WARNING, INFORMATION)

# Errors of a text by itself, whatever else is there or public.
TEXT_ERRORS = {"unread", "picture-elsewhere", "picture-alt", "heading-empty", "heading-skip"}

# A sentence of more characters is told: readers lose its beginning.
LONG_SENTENCE_CHARACTERS = 120
# Each is compared with every word of the text.
MOST_SUBJECTS = 100
# So much of a passage is quoted.
QUOTED_CHARACTERS = 40

_BARE_WORDS = {
    *("여기", "여기를", "여기서", "여기를 클릭", "클릭", "바로가기", "바로 가기", "이곳", "이것"),
    *("링크", "자세히", "자세히 보기", "더보기", "더 보기", "원문", "보기"),
    *("here", "click", "click here", "link", "this", "more", "read more"),
}
_PAIRS = dict(zip(")]}〉》」』】〕”’", "([{〈《「『【〔“‘", strict=True))
# `1)`, `가)`, `①`: the sign of an item closes nothing.
_ITEM_SIGN = re.compile(r"^\s*(?:\d{1,3}|[가-하]|[a-z])\)|(?<=\s)(?:\d{1,3}|[가-하])\)(?=\s)")
# ’24년, it’s: where it closes nothing, it is an apostrophe.
_APOSTROPHE = re.compile(r"(?<=[A-Za-z0-9])’|[’‘](?=\d\d)")
_DAY = re.compile(r"(?<![\d.])(?:1[0-2]|0?[1-9])월\s*(?:3[01]|[12]\d|0?[1-9])일")
_YEAR = re.compile(r"(?:19|20)\d\d|올해|지난해|작년|내년|그해|같은 해|전년|이듬해|[’']\d\d년")
_SENTENCE_END = re.compile(r"(?<=[.!?。])\s|\n")
_SOURCE = re.compile(r"^\s*(?:[*※]|출처|자료|source)", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One thing that was found, and where.

    `about` is what it is found in (a picture's name, a heading's words), so that it is known again
    when the text moves. `field` is the form's, with the `line` of a text counted from 1, or the
    `row` of its part, counted from 0.
    """

    code: str
    level: str
    text: str
    mend: str
    about: str = ""
    field: str = "body"
    line: int = 0
    row: int | None = None

    @property
    def place(self) -> str:
        """Return the id of the element of the form that it is mended in."""
        if self.row is None:
            return {"withdrawn_at": "id_withdrawn_at_0"}.get(self.field, f"id_{self.field}")
        return f"{self.field}-{self.row}"


def at(finding: Finding, **place: object) -> Finding:
    """Return the finding at another place: a text that is a row's."""
    return replace(finding, **place)  # type: ignore[arg-type]


def text_findings(source: str, page: Page, level: int = 1) -> Iterator[Finding]:
    """Yield what is found in a text under a heading of `level` by itself."""
    yield from unread_lines(source)
    yield from headings(page, level)
    yield from link_words(page)
    yield from signs_in_pairs(page.blocks)
    yield from decomposed(source, page)
    yield from tables_of_the_text(page)


def unread_lines(source: str) -> Iterator[Finding]:
    if match := UNREAD_FENCE.search(source):
        yield Finding(
            "unread",
            ERROR,
            _("The text still holds lines that the import could not read."),
            _("Write what they say in the text, and delete the block marked “unread”."),
            line=source.count("\n", 0, match.start()) + 1,
        )


def pictures(page: Page) -> Iterator[Finding]:
    """Yield pictures without what they need; a decorative one shows nothing a reader must know."""
    for picture in page.pictures:
        name = picture.src.rsplit("/", 1)[-1]
        if not picture.src:
            yield Finding(
                "picture-elsewhere",
                ERROR,
                _("A picture comes from another place. Upload it here, then publish."),
                _("Save it on your computer, and drop it into the text where it belongs."),
                about=picture.alt or "",
                line=picture.line,
            )
            continue
        if picture.is_decorative:
            continue
        if not has_visible(picture.alt or "") or picture.alt == ALT_TEXT_TO_WRITE:
            yield Finding(
                "picture-alt",
                ERROR,
                _("The picture %(name)s needs a text that says what it shows.") % {"name": name},
                _("Write it between the square brackets: ![what it shows](…)."),
                about=name,
                line=picture.line,
            )
        if not picture.has_caption and not picture.is_inline:
            yield Finding(
                "picture-caption",
                WARNING,
                _("The picture %(name)s has no caption.") % {"name": name},
                _("Write caption and source in quotation marks after its address."),
                about=name,
                line=picture.line,
            )


def headings(page: Page, level: int = 1) -> Iterator[Finding]:
    above: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for heading in page.headings:
        digit, text = int(heading.tag[1]), normalise_line(heading.text)
        where = {"about": text, "line": heading.line}
        if not has_visible(text):
            mend = _("Write the heading, or delete its line.")
            yield Finding("heading-empty", ERROR, _("A heading has no text."), mend, **where)
            level = digit
            continue
        if digit > level + 1:
            said = _("The heading “%(heading)s” skips a level.") % {"heading": text}
            mend = _("Take away a # from it, or give it a heading above.")
            yield Finding("heading-skip", ERROR, said, mend, **where)
        above = [*above[: max(digit - 2, 0)], text]
        if tuple(above) in seen:
            said = _("The heading “%(heading)s” stands twice in one section.") % {"heading": text}
            mend = _("Let each say what is only below it.")
            yield Finding("heading-repeated", WARNING, said, mend, **where)
        seen.add(tuple(above))
        level = digit


def link_words(page: Page) -> Iterator[Finding]:
    for link in page.links:
        text = normalise_line(link.text)
        where = {"about": link.href, "line": link.line}
        if not has_visible(text) and not link.has_picture:
            said = _("A link to %(address)s has no words.") % {"address": quoted(link.href)}
            mend = _("Write between the square brackets where it leads.")
            yield Finding("link-empty", ERROR, said, mend, **where)
        elif text.strip(" .,!?→›»>[]()").casefold() in _BARE_WORDS:
            said = _("The link “%(text)s” does not say where it leads.") % {"text": text}
            mend = _("Let its words name what readers find there.")
            yield Finding("link-words", WARNING, said, mend, **where)


def signs_in_pairs(blocks: Iterable[Block]) -> Iterator[Finding]:
    for block in blocks:
        if sign := unpaired(block.text):
            said = _("“%(sign)s” has no other half in: %(text)s")
            yield Finding(
                "signs",
                WARNING,
                said % {"sign": sign, "text": quoted(block.text)},
                _("Close what is open, or delete the sign."),
                about=quoted(block.text),
                line=block.line,
            )


def unpaired(text: str) -> str:
    """Return the first bracket or quotation mark of a text without its other half, or ""."""
    text = _ITEM_SIGN.sub(" ", text)
    last_closing = text.rfind("’")
    opened: list[str] = []
    for place, sign in enumerate(text):
        is_closed = bool(opened) and opened[-1] == _PAIRS.get(sign)
        if is_closed:
            opened.pop()
        elif _APOSTROPHE.match(text, place) and (sign == "’" or last_closing < place):
            continue
        elif sign in _PAIRS:
            return sign
        elif sign in _PAIRS.values():
            opened.append(sign)
    if opened:
        return opened[-1]
    return '"' if text.count('"') % 2 else ""


def decomposed(source: str, page: Page) -> Iterator[Finding]:
    """Yield texts and addresses whose Hangul is in single letters: nobody finds them."""
    for number, line in enumerate(source.split("\n"), 1):
        if not unicodedata.is_normalized("NFC", line):
            said = _("Hangul in single letters (NFD): %(text)s") % {"text": quoted(line)}
            mend = _("Delete the word and type it anew.")
            yield Finding("nfd", WARNING, said, mend, about=quoted(line), line=number)
    for link in page.links:
        address = unquote(link.href)
        if not unicodedata.is_normalized("NFC", address):
            said = _("The address of a link holds Hangul in single letters (NFD): %(text)s")
            mend = _("Copy the address anew from the browser's address line.")
            said %= {"text": quoted(unicodedata.normalize("NFC", address))}
            yield Finding("nfd", WARNING, said, mend, about=link.href, line=link.line)


def days_without_a_year(page: Page) -> Iterator[Finding]:
    """Yield a section's first day before which it names no year."""
    is_dated = False
    for block in page.blocks:
        if block.tag.startswith("h"):
            is_dated = False
        if (match := _DAY.search(block.text)) and not is_dated:
            year = _YEAR.search(block.text)
            if not year or year.start() > match.start():
                said = _("“%(day)s” has no year: %(text)s")
                yield Finding(
                    "year",
                    WARNING,
                    said % {"day": match[0], "text": quoted(block.text)},
                    _("Write the year before the section's first day: who reads it later asks."),
                    about=quoted(block.text),
                    line=block.line,
                )
                is_dated = True
        is_dated = is_dated or bool(_YEAR.search(block.text))


def two_spellings(page: Page, subjects: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Yield subjects that a text spells in two ways; `subjects` are {name: other spellings}."""
    lines = [(block.line, block.text) for block in page.blocks]
    whole = "\n".join(text for _line, text in lines)
    words = Counter(re.findall(r"[가-힣]{2,}", whole))
    known = {each for name, others in subjects.items() for each in (name, *others)}
    named = 0
    for name, others in subjects.items():
        found = [each for each in dict.fromkeys([name, *others]) if each in whole]
        if not found:
            continue
        named += 1
        if named > MOST_SUBJECTS:
            return
        first, *more = sorted(found, key=whole.index)
        more = [each for each in more if _is_another(each, first)]
        # What is somebody else's name is no other spelling of this one.
        more += [word for word in _alike(first, words) if word not in known]
        for other in more[:1]:
            said = _("“%(one)s” is spelt “%(other)s” too.") % {"one": first, "other": other}
            mend = _("Choose one spelling for the whole text.")
            line = next((line for line, text in lines if other in text), 0)
            yield Finding("spelling", WARNING, said, mend, about=f"{first}/{other}", line=line)


def _is_another(spelling: str, first: str) -> bool:
    """Tell whether two spellings of one script are two, not one with its gloss (지푸(Zhipu))."""
    is_hangul = [bool(re.search("[가-힣]", each)) for each in (spelling, first)]
    return is_hangul[0] == is_hangul[1] and spelling not in first and first not in spelling


def _alike(name: str, words: Iterable[str]) -> list[str]:
    bare = name.split(" ", maxsplit=1)[0]
    return list(dict.fromkeys(word[: len(bare)] for word in words if is_other_spelling(bare, word)))


def tables_of_the_text(page: Page) -> Iterator[Finding]:
    """Yield tables of the text of which nothing beside them says what, from where, and of when."""
    for number, table in enumerate(page.tables, 1):
        where = {"about": str(number), "line": table.line}
        name = {"number": number}
        if table.before_tag not in {"p", "h2", "h3", "h4", "h5", "h6"}:
            said = _("Table %(number)s of the text has no caption.") % name
            mend = _("Write above it, as a line of its own, what it shows.")
            yield Finding("table-caption", WARNING, said, mend, **where)
        if not _SOURCE.match(table.after):
            said = _("Below table %(number)s of the text no source is named.") % name
            mend = _("Write a line below it that begins with “* 출처:”.")
            yield Finding("table-source", WARNING, said, mend, **where)
        elif not re.search(r"\d{2}", table.before + table.after):
            said = _("Table %(number)s of the text does not say of when it is.") % name
            mend = _("Name the day or month in its caption or source.")
            yield Finding("table-date", WARNING, said, mend, **where)


def ranking_places(source: str, placed: list[str], known: Collection[str]) -> Iterator[Finding]:
    """Yield lines `[[ranking:…]]` that place nothing; `placed` are their slugs, in order."""
    for slug, times in Counter(placed).items():
        mark = f"[[ranking:{slug}]]"
        places = [number for number, line in enumerate(source.split("\n"), 1) if mark in line]
        if slug not in known:
            said = _("The text places [[ranking:%(slug)s]], but no table has that slug.")
            mend = _("Choose one of the article's tables with “Ranking”, or add the table below.")
            line = places[0] if places else 0
            yield Finding("ranking-unknown", ERROR, said % {"slug": slug}, mend, slug, line=line)
        elif times > 1:
            said = _("The text places [[ranking:%(slug)s]] twice: the second place stays empty.")
            mend = _("Delete one of the lines.")
            line = places[1] if len(places) > 1 else 0
            yield Finding("ranking-twice", WARNING, said % {"slug": slug}, mend, slug, line=line)


def own_addresses(
    page: Page, reason: Callable[[str], str], places: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield links within the site that lead nowhere.

    `reason` returns why an address does, or ""; `places` are ids that the page has beside its own.
    """
    for link in page.links:
        where = {"about": link.href, "line": link.line}
        if link.href.startswith("#"):
            identity = unquote(link.href[1:])
            if identity not in page.ids and identity not in places:
                said = _("No place of the page is called %(place)s.") % {"place": link.href}
                mend = _("Copy the address of the place from the preview, where “#” stands.")
                yield Finding("anchor", ERROR, said, mend, **where)
        elif said := reason(link.href):
            mend = _("Put the right address in its place, or take the link away.")
            yield Finding("link-dead", ERROR, said, mend, **where)


def readability(page: Page) -> Iterator[Finding]:
    """Tell how long the sentences are, and which is the longest."""
    sentences = [
        (block.line, sentence)
        for block in page.blocks
        if block.tag in {"p", "li"}
        for each in _SENTENCE_END.split(block.text)
        if (sentence := normalise_line(each))
    ]
    if not sentences:
        return
    words = [len(sentence.split()) for _line, sentence in sentences]
    letters = [len(sentence.replace(" ", "")) for _line, sentence in sentences]
    said = _("%(count)s sentences: on average %(words)s words, %(letters)s letters.")
    shown = {
        "count": len(sentences),
        "words": round(sum(words) / len(words), 1),
        "letters": round(sum(letters) / len(letters)),
    }
    yield Finding("reading", INFORMATION, said % shown, "")
    line, longest = max(sentences, key=lambda each: len(each[1]))
    if len(longest) > LONG_SENTENCE_CHARACTERS:
        said = _("The longest sentence has %(count)s letters: %(text)s")
        yield Finding(
            "sentence",
            INFORMATION,
            said % {"count": len(longest.replace(" ", "")), "text": quoted(longest)},
            _("Two sentences may be easier to read."),
            line=line,
        )


def quoted(text: str) -> str:
    """Return how a text begins."""
    line = normalise_line(text)
    return line if len(line) <= QUOTED_CHARACTERS else f"{line[:QUOTED_CHARACTERS]}…"
