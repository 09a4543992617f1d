"""The copy of the public site: whole, served by any web server, and of nobody's data."""

import io
import re
from collections import deque
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import urlopen

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from lxml import html as lxml_html

from articles.models import Article, FormerAddress, LegacyPath
from openup.site_copy.addresses import Address, NotCopied, read
from tests.factories import make_article
from tests.openup.whole_site import WholeSite


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextmanager
def served(folder):
    """Serve a folder as any web server does; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def links_of(content, page):
    """Return what a page of the copy links to, but for the address of its original."""
    root = lxml_html.fromstring(content)
    for link in root.xpath("//link[@rel='canonical']"):
        link.drop_tree()
    refresh = root.xpath("//meta[@http-equiv='refresh']/@content")
    hrefs = [each.partition("url=")[2] for each in refresh]
    hrefs += root.xpath("//@href | //@src")
    hrefs += [each.split()[0] for srcset in root.xpath("//@srcset") for each in srcset.split(",")]
    return [urljoin(page, href).partition("#")[0] for href in hrefs]


def walk(base):
    """Follow every link; return what answers with the status 200, and the links that lead out."""
    queue, seen, outside = deque([f"{base}/"]), {}, set()
    while queue:
        url = queue.popleft()
        if url in seen:
            continue
        with urlopen(url) as answer:  # noqa: S310 - our own server
            seen[url] = answer.headers.get_content_type(), answer.read()
        kind, content = seen[url]
        for link in links_of(content, url) if kind == "text/html" else ():
            (queue.append if link.startswith(base) else outside.add)(link)
    return seen, outside


@pytest.fixture(scope="module")
def static_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


@pytest.fixture
def export(tmp_path, settings, static_files):
    settings.STATIC_ROOT = static_files

    def export(folder=tmp_path / "copy"):
        out = io.StringIO()
        call_command("export_site", folder, stdout=out)
        return out.getvalue()

    return export


@pytest.mark.django_db
def test_copy_is_served_whole_and_leads_nowhere_else(export, tmp_path, monkeypatch):
    monkeypatch.setattr("articles.views.LIST_SIZE", 1)
    site = WholeSite()
    korean = make_article(
        title="가" * 90, slug="가" * 90, body="[앞](/old/7?id=3) [없음](/articles/999/x/)"
    )
    LegacyPath.objects.create(path="/pages/11/254", article=site.article)
    LegacyPath.objects.create(path="/old/7?id=3", article=korean)
    FormerAddress.objects.create(model="category", slug="before", object_id=korean.category_id)

    said = export()

    folder = tmp_path / "copy"
    with served(folder) as base:
        with pytest.raises(HTTPError):
            walk(base)
        # The one dead link of the site itself is told, and of the copy's there is none.
        assert re.search(r"/articles/999/x/ \(on /articles/", said)
        (folder / "articles/999/x").mkdir(parents=True)
        (folder / "articles/999/x/index.html").write_text("<p>x</p>")
        seen, outside = walk(base)
    assert not [link for link in outside if "testserver" in link]
    known = {"example.org", "www.kogl.or.kr", "lmarena.ai"}
    assert {urlsplit(link).hostname for link in outside} <= known
    paths = {urlsplit(url).path for url in seen}
    article = quote(site.article.get_absolute_url(), safe="/%")
    for path in (
        *("/articles/", "/issues/", "/rankings/", "/feed/index.xml", "/corrections/"),
        *(article, f"{article}order/newest/", f"{article.rstrip('/')}.json"),
        *(site.tag.get_absolute_url(), site.page.get_absolute_url(), "/articles/2025/10/"),
        *(f"/rankings/{site.ranking.slug}.csv", f"/rankings/{site.ranking.slug}.xlsx"),
    ):
        assert path in paths or quote(path) in paths, path
    assert any(re.fullmatch(r"/articles/before/\d+/", path) for path in paths)
    assert any("%EA%B0%80" in path and len(path) < 800 for path in paths)
    pages = [content.decode() for kind, content in seen.values() if kind == "text/html"]
    assert not any("<form" in page or "/reply/" in page or "/search/" in page for page in pages)


@pytest.mark.django_db
def test_old_addresses_lead_on_in_the_copy(export, tmp_path):
    article = make_article(slug="열린-모형")
    LegacyPath.objects.create(path="/pages/11/254", article=article)
    LegacyPath.objects.create(path="/?p=7", article=article)
    draft = make_article(state="draft", slug="draft")
    LegacyPath.objects.create(path="/pages/11/255", article=draft)

    export()

    target = quote(article.get_absolute_url(), safe="/%")
    for name in (f"articles/{article.pk}", "pages/11/254", "p/7"):
        page = (tmp_path / "copy" / name / "index.html").read_text()
        assert f"0; url={target}" in page
    lines = (tmp_path / "copy/redirects.map").read_text().splitlines()
    assert f'"/pages/11/254" "{target}";' in lines
    assert f'"/?p=7" "{target}";' in lines
    assert not any("255" in line for line in lines)
    assert not (tmp_path / "copy/articles" / str(draft.pk)).exists()


@pytest.mark.django_db
def test_second_copy_keeps_what_is_the_same_and_drops_what_is_gone(export, tmp_path):
    article, other = make_article(), make_article()
    export()
    data = f"articles/{article.pk}/{article.slug}.json"
    before = (tmp_path / "copy" / data).stat().st_ino
    Article.objects.filter(pk=other.pk).update(state="draft")

    export()

    assert (tmp_path / "copy" / data).stat().st_ino == before
    assert not (tmp_path / "copy/articles" / str(other.pk)).exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("copy")] == ["copy"]


@pytest.mark.django_db
def test_page_that_fails_leaves_the_earlier_copy(export, tmp_path, monkeypatch):
    make_article()
    export()

    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("articles.views.archive_years", broken)
    with pytest.raises(CommandError):
        export()

    assert (tmp_path / "copy/index.html").is_file()
    assert not (tmp_path / "copy.part").exists()


def test_folder_of_others_is_not_touched(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/mine.txt").write_text("내 것")

    with pytest.raises(CommandError):
        call_command("export_site", tmp_path / "copy")

    assert (tmp_path / "copy/mine.txt").is_file()


@pytest.mark.parametrize(
    ("href", "file", "link"),
    [
        ("/", "", "/"),
        ("/articles/?before=12&utm_source=x", "articles/before/12/", "/articles/before/12/"),
        ("/feed/", "feed/index.xml", "/feed/index.xml"),
        ("/articles.json?before=3", "articles.before-3.json", "/articles.before-3.json"),
        ("/articles/2/%EA%B0%80/#s-1", "articles/2/가/", "/articles/2/%EA%B0%80/"),
        ("http://testserver/pages/about/", "pages/about/", "/pages/about/"),
        ("/bbs/view.do?nttId=7", "bbs/view.do/nttId/7/", "/bbs/view.do/nttId/7/"),
        ("/old.html", "old.html", "/old.html"),
        (
            "/rankings/a/?to=2025-10-01&from=2025-01-01",
            "rankings/a/from/2025-01-01/to/2025-10-01/",
            "/rankings/a/from/2025-01-01/to/2025-10-01/",
        ),
    ],
)
def test_every_address_has_its_file(href, file, link):
    address, _fragment = read(href, "/")

    assert str(address.file) == (file if "." in file[-5:] else f"{file}index.html")
    assert address.href == link


def test_long_names_fit_on_a_disk():
    address = Address(f"/articles/1/{'가' * 100}/")

    assert all(len(part.encode()) <= 255 for part in address.file.parts)
    assert address.href != Address(f"/articles/1/{'가' * 99}나/").href


@pytest.mark.parametrize("href", ["/search/", "/comments/3/reply/", "/manage/", "/healthz"])
def test_what_is_for_one_reader_is_not_copied(href):
    with pytest.raises(NotCopied):
        read(href, "/")


def test_other_sites_are_left_alone():
    assert read("https://example.org/a", "/") == (None, "")
