"""Files and folders to import: which there are, in which order, and what became of each."""

import os
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from articles.bundle import files_to_data, media
from articles.bundle.data import (
    ArticleData,
    BundleError,
    Data,
    IssueData,
    LoadError,
    PageData,
    PicturesData,
    RankingData,
    SubjectsData,
    TaxonomyData,
)
from articles.bundle.data_to_rows import load
from articles.manuscripts.outline import ImportedPage
from articles.manuscripts.readers import SUFFIXES, read_page
from articles.manuscripts.save_drafts import load_page

REFUSED = "refused"
BUNDLE_SUFFIXES = {".md", ".yaml", ".yml"}

# What a file needs comes before it.
_ORDER = [
    PurePosixPath,
    PicturesData,
    TaxonomyData,
    PageData,
    SubjectsData,
    RankingData,
    IssueData,
    ArticleData,
    ImportedPage,
    BundleError,
]


Content = Data | ImportedPage | PurePosixPath | BundleError


@dataclass(frozen=True)
class Source:
    """A file and what it holds: data, a page, a picture's name, or why it could not be read."""

    path: Path
    content: Content


@dataclass(frozen=True)
class Report:
    """What became of a file; `notes` are (line, sentence), line 0 speaks of no line."""

    path: Path
    outcome: str
    notes: tuple[tuple[int, str], ...] = ()


def find(paths: list[Path]) -> list[Source]:
    """Read the files at and below `paths`, each once, what others need first."""
    sources: dict[Path, Source] = {}
    for path in paths:
        for source in _below(path) if path.is_dir() else [Source(path, _read(path))]:
            sources.setdefault(source.path.resolve(), source)
    return _without_repeated_keys(
        sorted(
            sources.values(),
            key=lambda source: (_ORDER.index(type(source.content)), str(source.path)),
        )
    )


def _below(folder: Path) -> Iterator[Source]:
    """Yield what a folder's files hold; what has no place in a bundle is passed over."""
    above = Path(os.path.abspath(folder)).name
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        if any(part.startswith(".") for part in inner) or not path.is_file():
            continue
        folders = {above, *inner[:-1]}
        is_text = path.suffix.lower() in _TEXT_SUFFIXES and not _ABOUT.match(path.name)
        if not (folders & _FOLDERS or is_text):
            continue
        if path.resolve().is_relative_to(folder.resolve()):
            yield Source(path, _read_below(path, folders))
        else:
            # A folder comes from others: it must not name files of this machine.
            text = _("This is a link to a file outside of the folder.")
            yield Source(path, BundleError(0, text))


_TEXT_SUFFIXES = BUNDLE_SUFFIXES | SUFFIXES
_MEDIA = "media"
_FOLDERS = {_MEDIA, "articles", "rankings", "issues", "pages"}
_ABOUT = re.compile(r"README|LICENSE|LICENCE", re.IGNORECASE)


def _read_below(path: Path, folders: Set[str]) -> Content:
    """Read a file that was not named itself, and refuse what does not look as if it were meant."""
    is_picture = path.suffix.lower() in media.SUFFIXES
    if _MEDIA in folders and not is_picture:
        return BundleError(0, _("The folder media holds JPEG, PNG and WebP pictures only."))
    if is_picture and _MEDIA not in folders:
        return BundleError(0, _("A picture must lie below a folder named media."))
    content = _read(path)
    if isinstance(content, ImportedPage) and not content.is_recognised:
        return BundleError(
            0, _("This is no manuscript and no old page: no line holds its date alone.")
        )
    return content


def _read(path: Path) -> Content:
    suffix = path.suffix.lower()
    try:
        path.stat()
        if suffix in BUNDLE_SUFFIXES and not _is_manuscript(path):
            return files_to_data.read_file(path)
        if suffix in SUFFIXES:
            return read_page(path)
        if suffix in media.SUFFIXES:
            return _media_name(path)
    except BundleError as error:
        return error
    except FileNotFoundError:
        return BundleError(0, _("There is no such file or folder."))
    except OSError as error:
        return BundleError(0, _("The file cannot be read: %(reason)s") % {"reason": error.strerror})
    return BundleError(0, _("Files of this type are not imported."))


def _is_manuscript(path: Path) -> bool:
    """Tell a manuscript in Markdown, which says its kicker or date, from a file of a bundle."""
    if path.suffix.lower() != ".md":
        return False
    with path.open("rb") as file:
        if file.read(6).removeprefix(b"\xef\xbb\xbf").startswith(b"---"):
            return False
    try:
        return read_page(path).is_recognised
    except BundleError:
        return False


def _media_name(path: Path) -> PurePosixPath:
    """Return a picture's name below the last folder called `media`; raises BundleError."""
    parts = Path(os.path.abspath(path)).parts
    if _MEDIA not in parts[:-1]:
        raise BundleError(0, _("A picture must lie below a folder named media."))
    return PurePosixPath(*parts[len(parts) - 1 - parts[-2::-1].index(_MEDIA) :])


def _without_repeated_keys(sources: list[Source]) -> list[Source]:
    """Refuse each source that would overwrite what another one of the run holds."""
    result = []
    first: dict[tuple[type, str], Path] = {}
    for source in sources:
        kind, key, value = _identity(source.content)
        other = first.setdefault((kind, value), source.path) if key else source.path
        if other != source.path:
            message = _("Another file of this run has the same %(key)s: %(path)s")
            fault = LoadError((key,), message % {"key": key, "path": other})
            refused = BundleError(_line(source, fault), fault.message)
            result.append(Source(source.path, refused))
        else:
            result.append(source)
    return result


def _identity(content: Content) -> tuple[type, str, str]:
    """Return the kind of what a file holds with the key and the value that name it, if any."""
    match content:
        case ImportedPage(article=article) | (ArticleData() as article):
            return ArticleData, "uid", article.uid
        case IssueData():
            return IssueData, "month", content.month
        case RankingData() | PageData():
            return type(content), "slug", content.slug
    return type(content), "", ""


def take(source: Source, category: str = "", overwrite: Set[str] = frozenset()) -> Report:
    """Import one file, whole or not at all, and report what became of it."""
    path = source.path
    try:
        match source.content:
            case BundleError() as error:
                raise error
            case ImportedPage() as page:
                loaded = load_page(page, category, overwrite)
                return Report(path, loaded.outcome, loaded.notes)
            case PurePosixPath() as name:
                return Report(path, media.load_picture(path, name))
            case data:
                return Report(path, load(data))
    except BundleError as error:
        return Report(path, REFUSED, ((error.line, error.message),))
    except LoadError as error:
        return Report(path, REFUSED, ((_line(source, error), error.message),))


def _line(source: Source, error: LoadError) -> int:
    if isinstance(source.content, ImportedPage):
        return 1
    return files_to_data.line_of(source.path.read_text("utf-8-sig"), error.path)
