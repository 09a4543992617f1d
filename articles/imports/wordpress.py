"""WordPress eXtended RSS files: posts, pages and what they name. They are read twice, in order."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _
from lxml import etree

from articles.bundle.data import ArticleData
from articles.content.text import is_plausible, normalise, normalise_line, plain_text
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
from articles.imports.source import SourceError, forget, parse_events
from articles.imports.wordpress_html import Attachment, Library, to_html
from articles.imports.wxr import COMMENTS, fields_of, is_own, local_name, moment
from articles.old_addresses import normalise_address

_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_UPLOADS = re.compile(r"/wp-content/(?:uploads|blogs\.dir/\d+/files)/(?:sites/\d+/)?(.+)")
# Where wordpress.com keeps the files of its sites.
_OF_WORDPRESS_COM = re.compile(r"https?://[\w-]+\.files\.wordpress\.com/")
_ARCHIVE = re.compile(r"/(category|tag)/(?:[^?]*/)?([^/?]+)/?")
_GONE = {"spam", "trash", "post-trashed"}
_NOT_SAID = {"auto-draft", "inherit"}


@dataclass
class Post:
    """One item of an export, out of its XML."""

    fields: dict[str, str]
    title: str
    link: str
    guid: str
    creator: str
    published: str
    content: str
    excerpt: str
    # (domain, slug, name)
    terms: list[tuple[str, str, str]]
    meta: dict[str, list[str]]

    @property
    def number(self) -> str:
        return self.fields.get("post_id", "")

    @property
    def kind(self) -> str:
        return self.fields.get("post_type", "post") or "post"

    @property
    def status(self) -> str:
        return self.fields.get("status", "publish") or "publish"

    @property
    def place(self) -> str:
        return f"{self.number} “{normalise_line(_text(self.title))[:60]}”"

    @property
    def address(self) -> str:
        """Its path and query in the old site, "" where it never had one of its own."""
        address = normalise_address(self.link)
        return address if address.startswith("/") and address != "/" else ""


@dataclass
class Site:
    """What the whole export tells: found before the first post is made into an article."""

    base: str = ""
    hosts: set[str] = field(default_factory=set)
    authors: dict[str, str] = field(default_factory=dict)
    # {number: (slug, name)} of categories.
    categories: dict[str, tuple[str, str]] = field(default_factory=dict)
    # {address: the one to write}, also by number.
    addresses: dict[str, str] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    by_file: dict[str, Attachment] = field(default_factory=dict)
    reusable: dict[str, str] = field(default_factory=dict)
    comments: int = 0

    def is_own(self, host: str | None) -> bool:
        return (host or "").removeprefix("www.") in self.hosts


class WordPress:
    """Reads exports; `opened` opens a file, perhaps with a bar that shows how far one is."""

    def __init__(
        self,
        files: list[Path],
        uploads: Path | None,
        report: Report,
        opened: Callable[[Path], BinaryIO],
        *,
        takes_pages: bool = False,
        category: str = "",
    ):
        self.files = files
        self.uploads = FileIndex(uploads) if uploads else None
        self.report = report
        self.opened = opened
        self.takes_pages = takes_pages
        self.category = category
        self.terms = Terms(report)
        self.site = Site()
        self.old_addresses = OldAddresses(report)
        self.seen: set[str] = set()

    def read(self) -> Iterator[ArticleRecord]:
        """Yield the articles of the exports; raise SourceError."""
        for post in self._posts(is_first=True):
            self._learn(post)
        self.report.comments = self.site.comments
        library = Library(self.site.attachments, self.site.reusable)
        for post in self._posts(is_first=False):
            if self._is_taken(post):
                yield self._record(post, library)

    # XML

    def _posts(self, *, is_first: bool) -> Iterator[Post]:
        for path in self.files:
            try:
                with self.opened(path) as file:
                    yield from self._posts_of(file, is_first=is_first)
            except SourceError as error:
                if len(self.files) == 1:
                    raise
                raise SourceError(f"{path.name}: {error}") from error

    def _posts_of(self, file: BinaryIO, *, is_first: bool) -> Iterator[Post]:
        is_known = False
        # What is left out of the file is told once, though it is read twice.
        notes = self.report.notes if is_first else Report().notes
        for event, element in parse_events(file, notes):
            if event == "start":
                if element.getparent() is None and element.tag != "rss":
                    raise SourceError(_("This is no export of WordPress."))
                is_known = is_known or is_own(element)
            elif element.tag == "item":
                yield _post(element)
                forget(element)
            elif is_own(element) and is_first:
                self._learn_of_site(element)
                if local_name(element) == "comment":
                    element.clear()
            elif is_own(element) and local_name(element) == "comment":
                element.clear()
        if not is_known:
            raise SourceError(_("This is no export of WordPress."))

    def _learn_of_site(self, element: etree._Element) -> None:
        name = local_name(element)
        if name == "comment":
            fields = fields_of(element)
            is_comment = fields.get("comment_type", "") in COMMENTS
            self.site.comments += is_comment and fields.get("comment_approved") not in _GONE
        elif name in {"base_site_url", "base_blog_url"}:
            self.site.base = (element.text or "").strip() or self.site.base
            host = urlsplit(self.site.base).hostname or ""
            self.site.hosts.add(host.removeprefix("www."))
        elif name == "author" and element.getparent().tag == "channel":
            fields = fields_of(element)
            login = fields.get("author_login", "")
            self.site.authors[login] = normalise_line(
                fields.get("author_display_name", "") or login
            )
        elif name == "category" and element.getparent().tag == "channel":
            fields = fields_of(element)
            self.site.categories[fields.get("term_id", "")] = (
                fields.get("category_nicename", ""),
                fields.get("cat_name", ""),
            )

    # What is known of the whole before

    def _learn(self, post: Post) -> None:
        if post.kind == "attachment":
            address = post.fields.get("attachment_url", "") or post.guid
            attachment = Attachment(
                address,
                normalise_line(_meta(post, "_wp_attachment_image_alt")),
                normalise_line(_text(post.excerpt)),
                post.fields.get("post_parent", ""),
            )
            self.site.attachments[post.number] = attachment
            if name := _upload(address):
                self.site.by_file[name] = attachment
        elif post.kind == "wp_block":
            self.site.reusable[post.number] = post.content
        elif post.kind in {"post", "page"} and post.address:
            for name in ("p", "page_id"):
                self.site.addresses[f"/?{name}={post.number}"] = post.address
            self.site.addresses[post.address.rstrip("/")] = post.address

    def _is_taken(self, post: Post) -> bool:
        """Tell whether a post becomes an article or a page; say why it does not."""
        if post.kind == "attachment" or post.status in _NOT_SAID:
            return False
        if post.kind == "wp_block":
            return False
        if post.kind == "page" and not self.takes_pages:
            text = _("A page was left out; --pages makes it a page of the site.")
            self.report.group(text, post.place, post.address)
            return False
        if post.kind not in {"post", "page"}:
            text = _("Entries of the type “%(type)s” are left out.")
            self.report.add(text % {"type": normalise_line(post.kind)[:40]}, post.place)
            return False
        if post.status == "trash":
            self.report.add(_("In the bin there: left out."), post.place)
            return False
        if len(post.content) > MAX_SOURCE:
            self.report.add(_("The text is longer than any article: left out."), post.place)
            return False
        key = post.guid or post.number
        if key in self.seen:
            self.report.add(_("The export holds it twice: taken once."), post.place)
            return False
        self.seen.add(key)
        return True

    # An article

    def _record(self, post: Post, library: Library) -> ArticleRecord:
        place = post.place
        html, keeps_lines = to_html(
            post.content,
            post.number,
            library,
            _meta(post, "footnotes"),
            lambda sentence: self.report.add(sentence, place),
        )
        title = limited(_text(post.title), MAX_TITLE, _("title"), self.report, place)
        if not title:
            title = _("Untitled (%(number)s)") % {"number": post.number}
            self.report.add(_("It has no title."), place)
        state, at = self._state(post)
        is_page = post.kind == "page"
        category, tags = ("", ()) if is_page else self._terms_of(post)
        data = ArticleData(
            uid=uid_of("wordpress", post.guid or f"{self.site.base}?p={post.number}"),
            title=title,
            slug=slug_of(post.fields.get("post_name", ""), title),
            byline=self._byline(post),
            category=category,
            tags=tags,
            summary=limited(_text(post.excerpt), MAX_SUMMARY, _("summary"), self.report, place),
            state=state,
            published_at=at,
            comment_policy="closed" if post.fields.get("comment_status") == "closed" else "open",
            legacy_paths=() if is_page else self._old_addresses_of(post),
        )
        self._say_what_is_not_taken(post)
        thumbnail = library.attachments.get(_meta(post, "_thumbnail_id"))
        return ArticleRecord(
            place,
            post.link or self.site.base,
            data,
            html,
            keeps_lines,
            link=lambda address: self._link(address, post),
            picture=lambda address: self._picture(address, post),
            lead_picture=self._lead(thumbnail, post),
            is_page=is_page,
        )

    def _state(self, post: Post):
        """Return state and moment; what was not public there is not here."""
        at = moment(post.fields, "post_date")
        if at is None and post.status in {"publish", "future"}:
            at = _from_feed(post.published)
        if at is not None and not is_plausible(at):
            at = None
        reasons = {
            "private": _("It was private: a draft."),
            "pending": _("It waited for review: a draft."),
            "draft": _("It was a draft, and is one."),
        }
        if post.fields.get("post_password"):
            self.report.add(_("It was behind a password: a draft."), post.place)
        elif post.status not in {"publish", "future"}:
            text = _("Its state was “%(state)s”: a draft.") % {"state": post.status[:40]}
            self.report.add(reasons.get(post.status, text), post.place)
        elif at is None:
            self.report.add(_("The moment of its publication cannot be read: a draft."), post.place)
        else:
            if at > timezone.now():
                text = _("It is scheduled and appears by itself:")
                self.report.group(text, post.place, f"{at:%Y-%m-%d %H:%M %Z}")
            return "published", at
        return "draft", None

    def _byline(self, post: Post) -> str:
        authors = [name for domain, _slug, name in post.terms if domain == "author"]
        authors = authors or [self.site.authors.get(post.creator, post.creator)]
        return limited(", ".join(authors), MAX_BYLINE, _("byline"), self.report, post.place)

    def _terms_of(self, post: Post) -> tuple[str, tuple[str, ...]]:
        """Return the slugs of the one category and the tags; further categories become tags."""
        categories = [
            (slug, normalise_line(_text(name)))
            for domain, slug, name in post.terms
            if domain == "category"
        ]
        categories = [(slug, name) for slug, name in categories if name]
        primary = self.site.categories.get(_meta(post, "_yoast_wpseo_primary_category"))
        if primary and primary[0] in [slug for slug, _name in categories]:
            categories.sort(key=lambda each: each[0] != primary[0])
        if self.category:
            category, others = self.category, categories
        elif categories:
            (slug, name), *others = categories
            category = self.terms.category(name, slug)
        else:
            category, others = self.terms.category(_("Uncategorised")), []
        if others and not self.category:
            text = _("An article has one category; its others became tags.")
            self.report.group(text, post.place, ", ".join(name for _slug, name in others))
        tags = [(slug, normalise_line(_text(n))) for d, slug, n in post.terms if d == "post_tag"]
        found = [self.terms.tag(name, slug) for slug, name in [*tags, *others] if name]
        for domain in {each[0] for each in post.terms} - {"category", "post_tag", "author"}:
            names = ", ".join(name for each, _slug, name in post.terms if each == domain)
            text = _("Its “%(kind)s” is left out.") % {"kind": domain[:40]}
            self.report.group(text, post.place, names)
        return category, tuple(dict.fromkeys(found))

    def _old_addresses_of(self, post: Post) -> tuple[str, ...]:
        addresses = [post.address, f"/?p={post.number}" if post.number else ""]
        guid = normalise_address(post.guid)
        if urlsplit(post.guid).scheme in {"http", "https"} and "?" in guid:
            addresses.append(guid)
        if post.address and "?" not in post.address:
            for slug in post.meta.get("_wp_old_slug", []):
                # WordPress leads from a former slug on, wherever it stood.
                path = post.address.rstrip("/")
                end = "/" if post.address.endswith("/") else ""
                addresses.append(f"{path.rpartition('/')[0]}/{slug}{end}")
        return self.old_addresses.claim(addresses, post.place)

    def _say_what_is_not_taken(self, post: Post) -> None:
        if post.fields.get("is_sticky") == "1":
            self.report.add(_("It stood at the top of the front page there."), post.place)
        for key in post.meta:
            if not key.startswith("_") and key != "footnotes":
                text = _("The custom field “%(key)s” is left out.") % {"key": key[:40]}
                self.report.group(text, post.place, "; ".join(post.meta[key])[:200])

    # Links and pictures

    def _link(self, address: str, post: Post) -> str:
        try:
            whole = urljoin(post.link or self.site.base, address)
            parts = urlsplit(whole)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https", "mailto"}:
            text = _("A link that leads nowhere here was left out; its words stay.")
            self.report.group(text, post.place, address[:200])
            return ""
        if parts.scheme == "mailto" or not self.site.is_own(parts.hostname):
            return whole
        old = normalise_address(whole)
        path, _mark, query = old.partition("?")
        known = self.site.addresses.get(old) or self.site.addresses.get(path.rstrip("/"))
        if known and not (query and path == "/" and old not in self.site.addresses):
            return known
        archive = _ARCHIVE.fullmatch(path)
        slug = self._slug_of_archive(archive) if archive else ""
        if slug:
            return slug
        if path in {"", "/"} and not query:
            return "/"
        text = _("A link leads to an address of the old site that is not taken over.")
        if _upload(path):
            text = _("A link leads to a file of the old site, which does not come along.")
        self.report.group(text, post.place, whole[:300])
        return whole

    def _slug_of_archive(self, archive: re.Match[str]) -> str:
        wanted = normalise_line(unquote(archive[2]))
        terms = self.terms.categories if archive[1] == "category" else self.terms.tags
        folder = "categories" if archive[1] == "category" else "tags"
        found = any(each.slug == wanted for each in terms.values())
        return f"/{folder}/{wanted}/" if found else ""

    def _picture(self, address: str, post: Post) -> PictureSource | None:
        try:
            name = _upload(urljoin(post.link or self.site.base, address))
        except ValueError:
            return None
        if not name or self.uploads is None:
            return None
        found = self.uploads.find_picture(name)
        if found is None:
            return None
        about = self._attachment_of(name)
        return PictureSource(
            found,
            f"uploads/{picture_name(found.relative_to(self.uploads.root).as_posix())}",
            about.alternative_text if about else "",
            about.caption if about else "",
        )

    def _attachment_of(self, name: str) -> Attachment | None:
        whole = re.sub(r"-\d{1,5}x\d{1,5}(?=\.\w+$)", "", name)
        stem, dot, suffix = whole.rpartition(".")
        names = (name, whole, f"{stem}-scaled{dot}{suffix}")
        return next(filter(None, map(self.site.by_file.get, names)), None)

    def _lead(self, attachment: Attachment | None, post: Post) -> PictureSource | None:
        if attachment is None:
            return None
        found = self._picture(attachment.address, post)
        if found is None:
            text = _("Its lead picture is not among the files.")
            self.report.group(text, post.place, attachment.address)
        return found


def _post(item: etree._Element) -> Post:
    meta: dict[str, list[str]] = {}
    encoded = {"content": "", "excerpt": ""}
    terms = []
    for child in item:
        if not isinstance(child.tag, str):
            continue
        if child.tag == _CONTENT:
            encoded["content"] = child.text or ""
        elif is_own(child) and local_name(child) == "encoded":
            encoded["excerpt"] = child.text or ""
        elif child.tag == "category" and child.get("domain"):
            terms.append(
                (child.get("domain"), unquote(child.get("nicename") or ""), child.text or "")
            )
        elif is_own(child) and local_name(child) == "postmeta":
            fields = fields_of(child)
            meta.setdefault(fields.get("meta_key", ""), []).append(fields.get("meta_value", ""))
    return Post(
        fields=fields_of(item),
        title=item.findtext("title") or "",
        link=(item.findtext("link") or "").strip(),
        guid=(item.findtext("guid") or "").strip(),
        creator=(item.findtext(_CREATOR) or "").strip(),
        published=(item.findtext("pubDate") or "").strip(),
        terms=terms,
        meta=meta,
        **encoded,
    )


def _meta(post: Post, key: str) -> str:
    return post.meta.get(key, [""])[-1]


def _text(html: str) -> str:
    """Return the words of a title or an excerpt, which may hold marks of HTML."""
    return plain_text(re.sub(r"<!--.*?-->", "", normalise(html), flags=re.DOTALL))


def _upload(address: str) -> str:
    """Return the path below wp-content/uploads that an address names, "" for none."""
    path = unquote(path_in(address))
    if _OF_WORDPRESS_COM.match(address):
        return normalise(path.lstrip("/"))
    match = _UPLOADS.search(path)
    return normalise(match[1]) if match else ""


def _from_feed(text: str):
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
