"""The folder of a site of Hugo or Jekyll: its texts in Markdown, and the addresses they had."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from articles.bundle.data import SEOUL, ArticleData, BundleError
from articles.content.text import is_plausible, normalise, normalise_line
from articles.imports import front_matter
from articles.imports.picture_files import FileIndex, path_in, picture_name
from articles.imports.records import (
    MAX_BYLINE,
    MAX_SOURCE,
    MAX_SUMMARY,
    MAX_TITLE,
    ArticleRecord,
    OldAddresses,
    PictureSource,
    Report,
    Terms,
    limited,
    slug_of,
    uid_of,
)
from articles.imports.source import SourceError
from articles.imports.source_markdown import SourceMarkdown
from articles.old_addresses import normalise_address

SUFFIXES = {".md", ".markdown", ".mkd", ".mkdown", ".html", ".htm"}
_TOKEN = re.compile(r":(?:slugorcontentbasename|slugorfilename|contentbasename|[a-z_]+)")


@dataclass
class SourceFile:
    """A text of the site: its values, its text, and where it is."""

    path: Path
    # Below the site's folder, with slashes.
    name: str
    values: dict[str, Any]
    text: str
    is_page: bool = False
    day: str = ""
    slug: str = ""
    address: str = ""
    terms: dict[str, list[str]] = field(default_factory=dict)

    def first(self, *keys: str) -> str:
        return next(filter(None, (front_matter.line(self.values.get(key)) for key in keys)), "")

    def all(self, *keys: str) -> list[str]:
        return next(filter(None, (front_matter.lines(self.values.get(key)) for key in keys)), [])


class MarkdownSite:
    """What Hugo and Jekyll have in common; raises SourceError."""

    system = ""
    # Where pictures named from the root may lie.
    roots: tuple[str, ...] = ("",)

    def __init__(
        self, folder: Path, report: Report, *, takes_pages: bool = False, category: str = ""
    ):
        if not folder.is_dir():
            raise SourceError(_("This is no folder."))
        self.folder = folder
        self.report = report
        self.takes_pages = takes_pages
        self.category = category
        self.terms = Terms(report)
        self.old_addresses = OldAddresses(report)
        self.index = FileIndex(folder)
        self.config = self.read_config()
        self.zone = zone_of(self.config.get("timezone"), report)
        self.files: dict[str, SourceFile] = {}
        # {address without its last slash: the one to write}
        self.addresses: dict[str, str] = {}

    # What each of the two does in its own way

    def read_config(self) -> dict[str, Any]:
        raise NotImplementedError

    def names(self) -> Iterator[tuple[str, Path]]:
        """Yield the texts of the site by their names."""
        raise NotImplementedError

    def place_of(self, source: SourceFile) -> str:
        """Return the address that the site gave a text, and say of the text what it is."""
        raise NotImplementedError

    def markdown_of(self, writer: SourceMarkdown, text: str) -> str:
        raise NotImplementedError

    def is_draft(self, source: SourceFile) -> bool:
        raise NotImplementedError

    def moment_of(self, source: SourceFile) -> datetime | None:
        raise NotImplementedError

    # The whole

    def read(self) -> Iterator[ArticleRecord]:
        for name, path in self.names():
            if source := self.read_file(name, path):
                source.address = self.base_path + self.place_of(source)
                self.files[name] = source
                if source.address and self.is_taken(source, is_told=False):
                    self.addresses[source.address.rstrip("/")] = source.address
        if not self.files:
            raise SourceError(
                _("The folder holds no texts where %(system)s has them.") % {"system": self.system}
            )
        for source in self.files.values():
            if self.is_taken(source, is_told=True):
                yield self.record(source)

    def read_file(self, name: str, path: Path) -> SourceFile | None:
        try:
            if path.stat().st_size > MAX_SOURCE:
                raise BundleError(0, _("The text is longer than any article: left out."))
            text = normalise(path.read_bytes().decode("utf-8-sig"))
            # Its own marks are the reader's (source_markdown).
            values, body = front_matter.split(re.sub("[\ue000-\ue003]", "", text))
        except UnicodeDecodeError:
            self.report.add(_("The text is not UTF-8: left out."), name)
        except BundleError as error:
            place = f"{name}:{error.line}" if error.line else name
            self.report.group(_("A file cannot be read: left out."), place, error.message)
        else:
            return SourceFile(path, name, values, body)
        return None

    def is_taken(self, source: SourceFile, *, is_told: bool) -> bool:
        if not source.is_page or self.takes_pages:
            return True
        if is_told:
            text = _("A page was left out; --pages makes it a page of the site.")
            self.report.group(text, source.name, source.address)
        return False

    def record(self, source: SourceFile) -> ArticleRecord:
        place = source.name

        def note(sentence: str) -> None:
            self.report.add(sentence, place)

        writer = SourceMarkdown(self.target, note, self.base_path)
        text = self.markdown_of(writer, source.text)
        is_html = source.path.suffix.lower() in {".html", ".htm"}
        html = text if is_html else writer.html_of(text)
        title = limited(
            source.first("title") or source.slug.replace("-", " "),
            MAX_TITLE,
            _("title"),
            self.report,
            place,
        )
        state, at = self.state_of(source)
        ends = front_matter.moment(source.values.get("expirydate"), self.zone)
        category, tags = ("", ()) if source.is_page else self.terms_of(source)
        data = ArticleData(
            uid=uid_of(self.system.lower(), source.name),
            title=title or _("Untitled"),
            slug=slug_of(source.slug, title),
            byline=limited(
                ", ".join(source.all("authors", "author")),
                MAX_BYLINE,
                _("byline"),
                self.report,
                place,
            ),
            category=category,
            tags=tags,
            summary=limited(
                source.first("summary", "description", "excerpt"),
                MAX_SUMMARY,
                _("summary"),
                self.report,
                place,
            ),
            state=state,
            published_at=at,
            withdrawn_at=ends if at and ends and ends > at else None,
            comment_policy="closed"
            if front_matter.is_off(source.values.get("comments"))
            else "open",
            legacy_paths=() if source.is_page else self.old_addresses_of(source),
        )
        self.say_what_is_not_taken(source)
        return ArticleRecord(
            place,
            urljoin(self.base_url, source.address),
            data,
            html,
            keeps_lines=False,
            link=lambda address: self.link(address, source),
            picture=lambda address: self.picture(address, source),
            lead_picture=self.lead(source),
            is_page=source.is_page,
        )

    @property
    def base_url(self) -> str:
        """Return scheme and host of the site, with a slash, or ""."""
        url = front_matter.line(self.config.get("url") or self.config.get("baseurl"))
        is_whole = url.startswith(("http://", "https://"))
        return urljoin(url, "/") if is_whole else ""

    @property
    def base_path(self) -> str:
        """Return the path below which the whole site stood, "" for none."""
        path = path_in(front_matter.line(self.config.get("baseurl"))).strip("/")
        return f"/{path}" if path else ""

    def state_of(self, source: SourceFile) -> tuple[str, datetime | None]:
        at = self.moment_of(source)
        if at is not None and not is_plausible(at):
            at = None
        if self.is_draft(source):
            self.report.add(_("It was a draft, and is one."), source.name)
        elif at is None:
            if source.is_page:
                return "published", None
            self.report.add(
                _("The moment of its publication cannot be read: a draft."), source.name
            )
        else:
            if at > timezone.now():
                text = _("It is scheduled and appears by itself:")
                self.report.group(text, source.name, f"{at:%Y-%m-%d %H:%M %z}")
            return "published", at
        return "draft", None

    def terms_of(self, source: SourceFile) -> tuple[str, tuple[str, ...]]:
        names = source.terms.get("categories", [])
        tags = source.terms.get("tags", [])
        if self.category:
            category, others = self.category, names
        elif names:
            category, others = self.terms.category(names[0]), names[1:]
            if others:
                text = _("An article has one category; its others became tags.")
                self.report.group(text, source.name, ", ".join(others))
        else:
            category, others = self.terms.category(_("Uncategorised")), []
        return category, tuple(dict.fromkeys(self.terms.tag(name) for name in [*tags, *others]))

    def old_addresses_of(self, source: SourceFile) -> tuple[str, ...]:
        aliases = source.all("aliases", "redirect_from")
        # An alias without a slash stands beside the page.
        aliases = [
            self.base_path + each if each.startswith("/") else urljoin(source.address, each)
            for each in aliases
        ]
        bare = [re.sub(r"/index\.html$", "/", each) for each in aliases]
        return self.old_addresses.claim([source.address, *aliases, *bare], source.name)

    def say_what_is_not_taken(self, source: SourceFile) -> None:
        for key in source.values.keys() - _KNOWN:
            text = _("The value “%(key)s” of the front matter is left out.")
            value = normalise_line(str(source.values[key]))[:200]
            self.report.group(text % {"key": normalise_line(key)[:40]}, source.name, value)

    # Links and pictures

    def target(self, name: str) -> str:
        """Return the address of the text that a shortcode or tag names by its file, or ""."""
        path, mark, fragment = name.strip("\"' ").partition("#")
        wanted = path.removesuffix(".md").strip("/").removesuffix("/index").casefold()
        if not wanted:
            return f"#{fragment}"
        for each, source in self.files.items():
            bare = self.bare(each).casefold()
            if bare == wanted or bare.endswith(f"/{wanted}"):
                return source.address + (mark + fragment if fragment else "")
        return ""

    def bare(self, name: str) -> str:
        """Return a text's name as others name it."""
        path = PurePosixPath(name)
        path = path.parent if path.stem.partition(".")[0] == "index" else path.with_suffix("")
        return str(path)

    def link(self, address: str, source: SourceFile) -> str:
        try:
            base = self.base_url or "https://old.invalid/"
            whole = urljoin(urljoin(base, source.address), address)
            parts = urlsplit(whole)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https", "mailto"}:
            text = _("A link that leads nowhere here was left out; its words stay.")
            self.report.group(text, source.name, address[:200])
            return ""
        hosts = {urlsplit(self.base_url).hostname, "old.invalid"}
        if parts.scheme == "mailto" or parts.hostname not in hosts:
            return whole
        if path_in(address).endswith((".md", ".markdown")) and (
            found := self.target(path_in(address).lstrip("./"))
        ):
            return found
        old = normalise_address(whole)
        if known := self.addresses.get(old.partition("?")[0].rstrip("/")):
            return known
        if old == "/":
            return "/"
        text = _("A link leads to an address of the old site that is not taken over.")
        self.report.group(text, source.name, address[:300])
        # Without the site's address in its settings there is nothing that a link could say.
        return whole if self.base_url else ""

    def picture(self, address: str, source: SourceFile) -> PictureSource | None:
        host = urlsplit(self.base_url).hostname
        try:
            parts = urlsplit(address)
        except ValueError:
            return None
        if parts.scheme not in {"", "http", "https"} or (parts.netloc and parts.hostname != host):
            return None
        path = unquote(parts.path)
        if self.base_path and path.startswith(f"{self.base_path}/"):
            path = path.removeprefix(self.base_path)
        below = PurePosixPath(source.name).parent
        names = [f"{root}/{path.lstrip('/')}" for root in self.roots]
        if not path.startswith("/"):
            names = [f"{below}/{path}", f"{below}/{PurePosixPath(source.name).stem}/{path}", *names]
        found = next(filter(None, map(self.index.find, names)), None)
        if found is None:
            return None
        name = found.relative_to(self.folder).as_posix()
        for root in sorted(self.roots, key=len, reverse=True):
            name = name.removeprefix(f"{root}/") if root else name
        return PictureSource(found, f"{self.system.lower()}/{picture_name(name)}")

    def lead(self, source: SourceFile) -> PictureSource | None:
        values = source.values
        cover = values.get("cover") if isinstance(values.get("cover"), dict) else {}
        candidates = [
            *source.all("featured_image", "image", "images", "thumbnail", "cover"),
            front_matter.line(cover.get("image")) if cover else "",
        ]
        header = values.get("header")
        if isinstance(header, dict):
            candidates.append(front_matter.line(header.get("teaser") or header.get("image")))
        for address in filter(None, candidates):
            if found := self.picture(address, source):
                return found
            text = _("Its lead picture is not among the files.")
            self.report.group(text, source.name, address[:200])
        return None


_KNOWN = {
    *("title", "slug", "url", "date", "publishdate", "pubdate", "published", "expirydate", "draft"),
    *("tags", "tag", "categories", "category", "author", "authors", "summary", "description"),
    *("excerpt", "aliases", "redirect_from", "permalink", "comments", "featured_image", "image"),
    *("images", "thumbnail", "cover", "header", "layout", "type", "lastmod", "modified"),
    *("last_modified_at", "math", "katex", "mathjax", "toc"),
}


def config_of(path: Path, reader: Callable[[str], Any]) -> dict[str, Any]:
    try:
        values = reader(path.read_text("utf-8-sig"))
    except (BundleError, UnicodeDecodeError) as error:
        line = f":{error.line}" if isinstance(error, BundleError) else ""
        raise SourceError(f"{path.name}{line}: {error}") from error
    return (
        {str(key).lower(): each for key, each in values.items()} if isinstance(values, dict) else {}
    )


def zone_of(value: Any, report: Report) -> tzinfo:
    name = front_matter.line(value)
    try:
        return ZoneInfo(name) if name else SEOUL
    except (KeyError, ValueError, OSError):
        text = _("The time zone of the site's settings is not known; its moments are Korean time.")
        report.add(text, name)
        return SEOUL


def day_parts(at: datetime | None, zone: tzinfo) -> dict[str, str]:
    if at is None:
        return dict.fromkeys(("year", "month", "day", "monthname"), "")
    at = at.astimezone(zone)
    week = at.isocalendar()
    return {
        "year": f"{at:%Y}",
        "short_year": f"{at:%y}",
        "month": f"{at:%m}",
        "i_month": str(at.month),
        "monthname": f"{at:%B}".lower(),
        "short_month": f"{at:%b}",
        "day": f"{at:%d}",
        "i_day": str(at.day),
        "y_day": f"{at:%j}",
        "yearday": str(int(f"{at:%j}")),
        "weekday": str(at.isoweekday() % 7),
        "weekdayname": f"{at:%A}".lower(),
        "week": f"{week.week:02d}",
        "short_day": f"{at:%a}",
        "hour": f"{at:%H}",
        "minute": f"{at:%M}",
        "second": f"{at:%S}",
    }


def filled(pattern: str, values: dict[str, str]) -> str:
    """Return the address of a pattern such as /:year/:month/:title/."""
    address = _TOKEN.sub(lambda match: values.get(match[0][1:], match[0]), pattern)
    address = re.sub(r"/{2,}", "/", f"/{address.lstrip('/')}")
    return address if address.endswith("/") or re.search(r"\.\w+$", address) else f"{address}/"
