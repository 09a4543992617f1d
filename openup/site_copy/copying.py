"""The walk over the public site: from its front page, sitemap and feeds along every link."""

import os
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, FormerAddress, LegacyPath, SubjectAddress
from openup.former_addresses import PAGES
from openup.site_copy.addresses import Address, NotCopied, read
from openup.site_copy.pages import (
    addresses_in_css,
    addresses_in_sitemap,
    copied,
    redirect_page,
)

REDIRECTS = "redirects.map"
MARK = ".site-copy"
NOT_COLLECTED = "The static files have not been collected: run collectstatic first."
NO_PAGE = "/no-page-of-this-name/"


class Answer(NamedTuple):
    status: int
    kind: str
    location: str
    content: bytes


class CopyError(Exception):
    """Say why no whole copy can be made."""


@dataclass
class SiteCopy:
    """A copy on its way into `folder`; what is the same in `earlier` is not written again."""

    folder: Path
    earlier: Path | None = None
    counts: Counter[str] = field(default_factory=Counter)
    # {address: the first page that links to it}
    broken: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Not for tests alone: it asks the whole stack in this process, and keeps its connection.
        host = {"host": urlsplit(settings.SITE_URL).netloc}
        self.client = Client(raise_request_exception=False, headers=host)
        self.queue: deque[Address] = deque()
        self.found_on: dict[Address, str] = {}
        self.notice = _(
            "A copy of the website, made on %(day)s. It has no search, and nothing can be"
            " written here."
        ) % {"day": f"{timezone.localdate():%Y.%m.%d}"}
        self.no_writing = _("This is a copy: comments cannot be written here.")

    def make(self) -> Iterator[tuple[int, int]]:
        """Write the copy; yield how many addresses are done and known. Raises CopyError."""
        for path in ("/", "/robots.txt", "/sitemap.xml", "/feed/"):
            self.note(Address(path), "")
        done = 0
        while self.queue:
            self.take(self.queue.popleft())
            done += 1
            yield done, len(self.found_on)
        self.write_old_addresses()
        missing = self.ask(Address(NO_PAGE))
        self.write(Path("404.html"), self.page(missing.content, Address("/")))
        lines = (f'"{_quoted(old)}" "{new}";\n' for old, new in sorted(self.redirects.items()))
        self.write(Path(REDIRECTS), "".join(lines).encode())
        self.write(Path(MARK), f"{timezone.now().isoformat()}\n".encode())

    def note(self, address: Address, page: str) -> None:
        if address not in self.found_on:
            self.found_on[address] = page
            self.queue.append(address)

    # One address

    def ask(self, address: Address) -> Answer:
        """Return the answer of the site, as anybody gets it."""
        response = self.client.get(address.url, secure=settings.SITE_URL.startswith("https:"))
        kind = response.headers.get("content-type", "").partition(";")[0]
        location = response.headers.get("location", "")
        return Answer(response.status_code, kind, location, response.getvalue())

    def take(self, address: Address) -> None:
        answer = self.ask(address)
        if answer.status >= 500:
            raise CopyError(f"{address.url} answers with {answer.status}.")
        if answer.status != 200 and address.path.startswith(settings.STATIC_URL):
            raise CopyError(NOT_COLLECTED)
        if answer.status in {301, 302, 303, 307, 308}:
            self.take_redirect(address, answer.location)
        elif answer.status != 200:
            self.broken[address.url] = self.found_on[address]
        else:
            self.counts[answer.kind] += 1
            self.write(Path(address.file), self.content_of(answer, address))

    def content_of(self, answer: Answer, address: Address) -> bytes:
        if answer.kind == "text/html":
            return self.page(answer.content, address)
        if answer.kind == "text/css":
            found = addresses_in_css(answer.content, address)
        elif address.path.startswith("/sitemap"):
            found = addresses_in_sitemap(answer.content)
        else:
            found = ()
        for each in found:
            self.note(each, address.url)
        return answer.content

    def page(self, content: bytes, address: Address) -> bytes:
        return copied(
            content,
            address,
            self.notice,
            self.no_writing,
            lambda found: self.note(found, address.url),
        )

    # Redirects

    def take_redirect(self, address: Address, location: str) -> None:
        try:
            target, fragment = read(location, address.url)
        except NotCopied:
            target, fragment = None, ""
        if target is None:
            self.broken[address.url] = self.found_on[address]
            return
        self.note(target, address.url)
        if address.is_data:
            # A file of another kind than its name says would be of no use to anybody.
            self.write(Path(address.file), self.ask(target).content)
            return
        self.lead(address, target.href + (f"#{fragment}" if fragment else ""))

    def lead(self, address: Address, target: str) -> None:
        """Let an address lead to another, by a page of its own and for nginx."""
        asked = address.path + (f"?{unquote(address.query)}" if address.query else "")
        self.redirects[asked] = target
        if not (self.folder / address.file).exists():
            self.counts["redirects"] += 1
            self.write(Path(address.file), redirect_page(target))

    def write_old_addresses(self) -> None:
        """Lead on from all addresses that the site knows, whether or not a page links there."""
        published = Article.objects.published()
        for article in published.only("pk", "slug").order_by("pk").iterator():
            target = Address(article_path(article)).href
            self.lead(Address(reverse("article_short", args=[article.pk])), target)
        old = LegacyPath.objects.filter(article__in=published).select_related("article")
        for row in old.only("path", "article__slug").order_by("path").iterator():
            path, _mark, query = row.path.partition("?")
            self.lead(Address(unquote(path), query), Address(article_path(row.article)).href)
        for row in SubjectAddress.objects.select_related("subject").order_by("slug"):
            self.lead_page("articles:subject_detail", row.slug, row.subject.slug)
        names = {rows().model._meta.model_name: name for name, rows in PAGES.items()}
        for row in FormerAddress.objects.order_by("model", "slug"):
            name = names[row.model]
            now = PAGES[name]().filter(pk=row.object_id).first()
            if now:
                self.lead_page(f"articles:{name}_detail", row.slug, now.slug)

    def lead_page(self, view: str, slug: str, slug_now: str) -> None:
        target = Address(unquote(reverse(view, args=[slug_now])))
        if target in self.found_on:
            self.lead(Address(unquote(reverse(view, args=[slug]))), target.href)

    # Files

    def write(self, name: Path, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.counts["bytes"] += len(content)
        self.counts["files"] += 1
        earlier = self.earlier / name if self.earlier else None
        if earlier and earlier.is_file() and earlier.read_bytes() == content:
            self.counts["kept"] += 1
            os.link(earlier, path)
        else:
            path.write_bytes(content)


def article_path(article: Article) -> str:
    return unquote(article.get_absolute_url())


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
