"""The whole content to a folder of files."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from articles.bundle import media, rows_to_data
from articles.bundle.data import Data, PictureData, PicturesData, SubjectsData, TaxonomyData
from articles.bundle.data_to_files import file_name, write
from articles.content.media_files import read_file
from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    Picture,
    Ranking,
    RankingSubject,
    SitePage,
    Tag,
)

# Names the files of an export, so that the next one into the folder removes those and no others.
MANIFEST = ".bundle-files"


class ExportError(Exception):
    """Say why the folder cannot be written to."""


def everything() -> Iterator[Data]:
    """Yield all content in an order that is the same for the same content."""
    yield TaxonomyData(
        tuple(map(rows_to_data.category_data, Category.objects.order_by("position", "slug"))),
        tuple(map(rows_to_data.tag_data, Tag.objects.order_by("slug"))),
    )
    subjects = RankingSubject.objects.order_by("slug").prefetch_related("addresses")
    yield SubjectsData(tuple(map(rows_to_data.subject_data, subjects)))
    pictures = map(rows_to_data.picture_data, Picture.objects.outside_trash().order_by("name"))
    if said := [data for data in pictures if data != PictureData(data.name)]:
        yield PicturesData(tuple(said))
    for page in SitePage.objects.order_by("slug"):
        yield rows_to_data.page_data(page)
    for ranking in Ranking.objects.order_by("slug"):
        yield rows_to_data.ranking_data(ranking)
    for issue in MonthlyIssue.objects.order_by("month"):
        yield rows_to_data.issue_data(issue)
    articles = Article.objects.outside_trash().select_related("category", "monthly_issue")
    for article in articles.order_by("uid"):
        yield rows_to_data.article_data(article)


def export(folder: Path) -> Iterator[PurePosixPath]:
    """Write all content below `folder` and yield each file's name.

    A folder that holds anything must be an earlier export; its files that are no longer written
    are removed, and nothing else is. Raises ExportError.
    """
    earlier = _earlier_files(folder)
    names: dict[str, PurePosixPath] = {}
    for data in everything():
        name = first = PurePosixPath(file_name(data))
        # A disk may not tell upper from lower case.
        number = 1
        while str(name).casefold() in names:
            number += 1
            name = first.with_name(f"{first.stem}.{number}{first.suffix}")
        names[str(name).casefold()] = name
        _write(folder / name, write(data).encode())
        yield name
    for picture, file in media.pictures().items():
        name = "media" / picture
        names[str(name).casefold()] = name
        _write(folder / name, read_file(file))
        yield name
    kept = {str(name) for name in names.values()}
    for gone in earlier - kept:
        (folder / gone).unlink(missing_ok=True)
    _write(folder / MANIFEST, "".join(f"{each}\n" for each in sorted(kept)).encode())


def _earlier_files(folder: Path) -> set[str]:
    """Return the names of the files that an earlier export wrote into `folder`."""
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ExportError(_("The folder holds files that are no export; choose an empty one."))
    names = manifest.read_text("utf-8").splitlines()
    return {
        name
        for name in names
        if name and not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
    }


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
