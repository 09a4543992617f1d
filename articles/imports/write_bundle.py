"""Articles of another system to a folder: the files of a bundle, and a list of what to check."""

import csv
import hashlib
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.bundle.data import (
    ArticleData,
    Data,
    PageData,
    PictureData,
    PicturesData,
    TaxonomyData,
)
from articles.bundle.data_to_files import file_name, write
from articles.content.markdown import to_html
from articles.content.text import has_visible
from articles.desk.page_reading import read
from articles.desk.publishing_checks import TEXT_ERRORS, text_findings
from articles.imports.html_to_markdown import Surroundings, leads_to_picture, to_markdown
from articles.imports.picture_files import UnfitPicture, made_fit
from articles.imports.records import ArticleRecord, PictureSource, Report, Terms

REPORT = "report.csv"
NO_LICENCE = "none"
MAX_PAGE_SLUG = 50
MAX_PAGE_TITLE = 100
MAX_WORDS_OF_PICTURE = 300
FIRST_PAGES = Path(__file__).parents[1] / "first_pages"


@dataclass
class _Taken:
    """A picture that is in the bundle; `name` is "" where its file is not fit."""

    name: str
    data: PictureData


class BundleWriter:
    """Writes articles one by one; without a folder it writes nothing and tells the same."""

    def __init__(self, folder: Path | None, report: Report, licence: str = NO_LICENCE):
        self.folder = folder
        self.report = report
        self.licence = licence
        self.counts: Counter[str] = Counter()
        self.pictures: dict[Path, _Taken] = {}
        self.names: set[str] = set()
        self.missing: set[str] = set()
        self.pages: set[str] = {path.stem for path in FIRST_PAGES.glob("*.md")}

    def add(self, record: ArticleRecord) -> None:
        def note(sentence: str) -> None:
            self.report.add(sentence, record.place)

        around = Surroundings(
            link=lambda address: self._link(address, record),
            picture=lambda address, alt: self._picture(address, alt, record),
            note=note,
        )
        body = to_markdown(record.html, around, keeps_lines=record.keeps_lines)
        if not has_visible(body):
            # The database wants a text.
            note(_("It has no text."))
            body = "…"
        lead = self._take(record.lead_picture, record) if record.lead_picture else None
        data = replace(
            record.data, body=body, lead_picture=lead.name if lead else "", kogl=self.licence
        )
        data = replace(data, state=self._state(data, note))
        if record.is_page and not _is_public(data):
            note(_("A page that is not public was left out: pages of this site have no drafts."))
            return
        self._count(data, record)
        self._write(self._page(data, record) if record.is_page else data)

    def finish(self, terms: Terms) -> None:
        """Write what the articles need, and the list of all that is to be checked."""
        self.counts["categories"] = len(terms.categories)
        self.counts["tags"] = len(terms.tags)
        self.counts["pictures"] = sum(bool(each.name) for each in self.pictures.values())
        if terms.categories or terms.tags:
            self._write(TaxonomyData(tuple(terms.categories.values()), tuple(terms.tags.values())))
        said = [
            each.data
            for each in self.pictures.values()
            if each.name and each.data != PictureData(each.name)
        ]
        if said:
            self._write(PicturesData(tuple(sorted(said, key=lambda each: each.name))))
        if self.folder:
            # Excel takes a file for UTF-8 by this mark.
            with (self.folder / REPORT).open("w", encoding="utf-8-sig", newline="") as file:
                rows = csv.writer(file)
                rows.writerow([_("article"), _("to check")])
                rows.writerows([_plain(cell) for cell in row] for row in self.report.rows)

    def _state(self, data: ArticleData, note) -> str:
        """Return the state; what the import would refuse among readers becomes a draft."""
        try:
            html = to_html(data.body)
        except ValidationError as error:
            note(
                _("The import will refuse it until that is mended in its file: %(reason)s")
                % {"reason": " ".join(error.messages)}
            )
            return data.state
        if data.state != "published":
            return data.state
        found = [each for each in text_findings(data.body, read(html)) if each.code in TEXT_ERRORS]
        for finding in found:
            note(
                _("A draft, since it cannot be published so: %(reason)s") % {"reason": finding.text}
            )
        return "draft" if found else data.state

    def _count(self, data: ArticleData, record: ArticleRecord) -> None:
        if record.is_page:
            self.counts["pages"] += 1
            return
        is_scheduled = data.state == "published" and not _is_public(data)
        state = "scheduled" if is_scheduled else data.state
        self.counts[state] += 1
        self.counts["articles"] += 1
        self.counts["addresses"] += len(data.legacy_paths)

    def _page(self, data: ArticleData, record: ArticleRecord) -> PageData:
        text = _("The old address of a page leads nowhere; lead it on in nginx.")
        self.report.add(text, record.place)
        slug = data.slug[:MAX_PAGE_SLUG].strip("-")
        while slug in self.pages:
            slug = f"{slug[: MAX_PAGE_SLUG - 2]}-2"
        self.pages.add(slug)
        title = data.title[:MAX_PAGE_TITLE]
        return PageData(slug, title, position=100 + self.counts["pages"], body=data.body)

    # Files

    def _write(self, data: Data) -> None:
        name = first = PurePosixPath(file_name(data))
        number = 1
        # A disk may not tell upper from lower case.
        while str(name).casefold() in self.names:
            number += 1
            name = first.with_name(f"{first.stem}.{number}{first.suffix}")
        self.names.add(str(name).casefold())
        if self.folder:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(write(data), encoding="utf-8", newline="\n")

    # Links and pictures

    def _link(self, address: str, record: ArticleRecord) -> str:
        if address in self.missing:
            whole = urljoin(record.base, address)
            return whole if whole.startswith(("http://", "https://")) else ""
        if leads_to_picture(address) and (source := record.picture(address)):
            taken = self._take(source, record)
            if taken.name:
                return f"/media/{taken.name}"
        return record.link(address)

    def _picture(self, address: str, alt: str, record: ArticleRecord) -> str:
        source = record.picture(address)
        if source is None:
            self.counts["missing"] += 1
            self.missing.add(address)
            text = _("A picture is not among the files; a link to it stands in its place.")
            self.report.group(text, record.place, address[:300])
            return ""
        taken = self._take(source, record)
        if not taken.name:
            self.missing.add(address)
        elif not (has_visible(alt) or taken.data.alternative_text):
            # As HTML says it: a picture without a description is decoration.
            taken.data = replace(taken.data, is_decorative=True)
            text = _(
                "A picture has no alternative text and is taken for decoration; describe it in"
                " the picture library."
            )
            self.report.group(text, record.place, taken.name)
        return taken.name

    def _take(self, source: PictureSource, record: ArticleRecord) -> _Taken:
        if source.path not in self.pictures:
            self.pictures[source.path] = self._copy(source, record)
        return self.pictures[source.path]

    def _copy(self, source: PictureSource, record: ArticleRecord) -> _Taken:
        try:
            content, suffix, changed = made_fit(source.path)
        except UnfitPicture as error:
            self.counts["unfit"] += 1
            text = _("A picture cannot be taken over; a link to it stands in its place.")
            self.report.group(text, record.place, f"{source.path.name}: {error}")
            return _Taken("", PictureData(""))
        if changed:
            self.report.group(changed, record.place, source.path.name)
        name = f"{source.name}{suffix}"
        if f"media/{name}".casefold() in self.names:
            digest = hashlib.sha256(str(source.path).encode("utf-8", "surrogateescape")).hexdigest()
            name = f"{source.name}-{digest[:8]}{suffix}"
        self.names.add(f"media/{name}".casefold())
        if self.folder:
            target = self.folder / "media" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                shutil.copyfile(source.path, target)
            else:
                target.write_bytes(content)
        alt = source.alternative_text[:MAX_WORDS_OF_PICTURE]
        return _Taken(name, PictureData(name, alternative_text=alt))


def _is_public(data: ArticleData) -> bool:
    is_planned = data.published_at is not None and data.published_at > timezone.now()
    return data.state == "published" and not is_planned


def _plain(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell
