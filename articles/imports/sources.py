"""Files and folders to import: which there are, in which order, and what became of each."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from articles import imports
from articles.bundle import media, read
from articles.bundle.data import (
    ArticleData,
    BundleError,
    Data,
    IssueData,
    PageData,
    RankingData,
    SubjectsData,
    TaxonomyData,
)
from articles.bundle.load import LoadError, load
from articles.imports.load import load_page
from articles.imports.outline import ImportedPage

REFUSED = "refused"
BUNDLE_SUFFIXES = {".md", ".yaml", ".yml"}

# What a file needs comes before it.
_ORDER = [
    PurePosixPath,
    TaxonomyData,
    PageData,
    SubjectsData,
    RankingData,
    IssueData,
    ArticleData,
    ImportedPage,
    BundleError,
]


@dataclass(frozen=True)
class Source:
    """A file and what it holds: data, a page, a picture's name, or why it could not be read."""

    path: Path
    content: Data | ImportedPage | PurePosixPath | BundleError


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
        for file, name in _files(path):
            sources.setdefault(file.resolve(), Source(file, _read(file, name)))
    return sorted(
        sources.values(), key=lambda source: (_ORDER.index(type(source.content)), str(source.path))
    )


def _files(path: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """Yield the files that can be imported, with their names below the folder's `media`."""
    if not path.is_dir():
        yield path, _media_name(PurePosixPath(*path.absolute().parts[1:]))
        return
    for file in sorted(path.rglob("*")):
        inner = PurePosixPath(file.relative_to(path).as_posix())
        if any(part.startswith(".") for part in inner.parts) or not file.is_file():
            continue
        is_picture = "media" in inner.parts[:-1] or path.name == "media"
        if file.suffix.lower() in (media.SUFFIXES.keys() if is_picture else _TEXT_SUFFIXES):
            yield file, _media_name(inner)


_TEXT_SUFFIXES = BUNDLE_SUFFIXES | imports.READERS.keys()


def _media_name(path: PurePosixPath) -> PurePosixPath:
    """Return a picture's name below the last folder called `media`."""
    parts = path.parts
    if "media" not in parts[:-1]:
        return path
    return PurePosixPath(*parts[len(parts) - parts[::-1].index("media") :])


def _read(path: Path, name: PurePosixPath) -> Data | ImportedPage | PurePosixPath | BundleError:
    suffix = path.suffix.lower()
    try:
        if suffix in BUNDLE_SUFFIXES:
            return read.read_file(path)
        if suffix in imports.READERS:
            return imports.read_page(path)
        if suffix in media.SUFFIXES:
            return name
    except BundleError as error:
        return error
    except OSError as error:
        return BundleError(1, _("The file cannot be read: %(reason)s") % {"reason": error.strerror})
    return BundleError(1, _("Files of this type are not imported."))


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
    return read.line_of(source.path.read_text("utf-8-sig"), error.path)
