"""A manuscript's file to its draft, by the reader for its kind."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.content.text import normalise_line
from articles.content.xml_packages import PackageError, XmlPackage
from articles.manuscripts import docx, html_page, hwpx, text_page
from articles.manuscripts.blocks import HtmlSource
from articles.manuscripts.outline import ImportedPage

MAX_TEXT_BYTES = 5_000_000
MAX_PACKAGE_BYTES = 20 * 1024**2
MAX_NAMED_WORDS = 60
# Of words that stand nowhere alone: each is looked for in the whole draft.
MAX_SOUGHT_WORDS = 2_000
MAX_NAME = 100

READERS = {
    ".html": html_page.read,
    ".htm": html_page.read,
    ".txt": text_page.read,
    ".md": text_page.read_markdown,
}
PACKAGES = {".docx": docx.to_html, ".hwpx": hwpx.to_html}
SUFFIXES = frozenset({*READERS, *PACKAGES, ".hwp", ".doc"})

_OLE = b"\xd0\xcf\x11\xe0"
# A date's line may name its day of the week.
_WEEKDAYS = "월 화 수 목 금 토 일 월요일 화요일 수요일 목요일 금요일 토요일 일요일"
_WORD = re.compile(r"\w+")


def read_page(path: Path) -> ImportedPage:
    """Return the draft of a manuscript's or an old page's file; raises BundleError."""
    size = path.stat().st_size
    if size > MAX_PACKAGE_BYTES:
        raise _too_large(MAX_PACKAGE_BYTES)
    return read_content(path.name, path.read_bytes())


def read_content(name: str, content: bytes) -> ImportedPage:
    """Return the draft of a file's content, its kind told by its name; raises BundleError."""
    suffix = Path(name).suffix.lower()
    if suffix in {".hwp", ".doc"} or content.startswith(_OLE):
        raise BundleError(0, _old_format(suffix, content))
    if suffix in PACKAGES:
        return _read_package(suffix, normalise_line(Path(name).stem)[:MAX_NAME], content)
    if suffix not in READERS:
        raise BundleError(0, _("Only .hwpx, .docx, .html, .txt and .md files can be read."))
    if content.startswith(b"PK\x03\x04"):
        raise BundleError(0, _("The file is not of the kind that its name says."))
    if len(content) > MAX_TEXT_BYTES:
        raise _too_large(MAX_TEXT_BYTES)
    return READERS[suffix](content)


def _old_format(suffix: str, content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _("The file is protected by a password. Save it without one.")
    if suffix in {".doc", ".docx"}:
        return _("This is an old Word file. Open it in Word and save it as .docx.")
    return _("This is an old .hwp file. In 한글, choose 다른 이름으로 저장하기 and the type .hwpx.")


def _too_large(limit: int) -> BundleError:
    return BundleError(1, _("The file is larger than %(limit)s kB.") % {"limit": limit // 1000})


def _read_package(suffix: str, stem: str, content: bytes) -> ImportedPage:
    if len(content) > MAX_PACKAGE_BYTES:
        raise _too_large(MAX_PACKAGE_BYTES)
    try:
        source = PACKAGES[suffix](XmlPackage(content))
        source.name = stem
    except PackageError as error:
        raise BundleError(0, str(error)) from error
    return with_missing_words(html_page.read_source(source), source)


# What is neither in the draft nor in the report


def with_missing_words(page: ImportedPage, source: HtmlSource) -> ImportedPage:
    """Return the page with a note of the document's words that are nowhere in it."""
    text = " ".join(_texts(page))
    known = _words(text)
    sought = [(word, count) for word, count in _words(source.words).items() if known[word] < count]
    # Marks and the ends of lines stand inside words: what counts is the row of letters.
    draft = "".join(_WORD.findall(unicodedata.normalize("NFKC", text)))
    missing = [word for word, count in sought[:MAX_SOUGHT_WORDS] if draft.count(word) < count]
    missing += [word for word, _count in sought[MAX_SOUGHT_WORDS:]]
    if not missing:
        return page
    listed = " ".join(missing[:MAX_NAMED_WORDS])
    text = _("These words of the document are not in the draft: %(words)s") % {"words": listed}
    return replace(page, notes=((0, text), *page.notes))


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(unicodedata.normalize("NFKC", text)))


def _texts(page: ImportedPage) -> Iterator[str]:
    """Yield every text of a draft and of its report, headings as often as the source had them."""
    article = page.article
    yield from (article.kicker, article.title, article.byline, _unescaped(article.body))
    if article.published_at:
        day = article.published_at
        yield f"{day:%Y %m %d} {day.year}년 {day.month}월 {day.day}일 {day.month} {day.day}"
        yield _WEEKDAYS
    for table in article.tables:
        yield from (table.caption, table.source_note, table.source_url)
    for ranking in page.rankings:
        yield ranking.rank_heading
        for period in ranking.periods:
            yield from (period.label, *(column.heading for column in ranking.columns))
            for entry in period.entries:
                yield from (f"{entry.rank}위 {entry.rank}", entry.label, *entry.cells.values())
    if page.issue:
        yield page.issue.title
        for item in page.issue.items:
            yield from (item.category, item.headline, _unescaped(item.body))
    for reference in article.references:
        yield from (reference.title, reference.url)
    yield from (sentence for _line, sentence in page.notes)


def _unescaped(markdown: str) -> str:
    """Return a text with its addresses and without its marks, which stand inside words."""
    links = re.findall(r"\]\(([^()\s]*)\)", markdown)
    text = re.sub(r"(?<!\\)\]\([^()\s]*\)|(?<!\\)[*`\[]", "", markdown)
    text = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", " ".join([text, *links]))
    return text.replace("&amp;", "&").replace("&lt;", "<").replace("&#126;", "~")
