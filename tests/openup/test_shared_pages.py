"""What other programs take of a page: its picture, its description, its addresses."""

import json
import re
from html import unescape

import pytest
from django.test import override_settings
from lxml import etree

from articles.content.share_picture import KINDS, kind_picture_url
from articles.models import SitePage
from articles.open_data.provenance import absolute_html
from tests.factories import make_article, make_issue, make_ranking, make_table

pytestmark = pytest.mark.django_db


def meta(html, name):
    (content,) = re.findall(rf'property="og:{name}" content="([^"]*)"', html)
    return unescape(content)


@pytest.fixture
def pages(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    article = make_article(body="첫 문장이 여기 있다.\n\n## 소식\n\n[글](/articles/)", summary="")
    issue = make_issue()
    ranking = make_ranking()
    make_table(article, ranking)
    page = SitePage(slug="about", title="소개", body="이곳은 소식을 모은다.")
    page.full_clean()
    page.store()
    return [
        *("/", "/articles/", "/issues/", "/rankings/", "/corrections/", "/pages/about/"),
        article.get_absolute_url(),
        article.category.get_absolute_url(),
        issue.get_absolute_url(),
        ranking.get_absolute_url(),
    ]


def test_every_page_has_a_picture_and_says_more_than_its_title(pages, client, settings):
    for path in pages:
        html = client.get(path).text

        picture = client.get(meta(html, "image").removeprefix(settings.SITE_URL))
        assert picture.status_code == 200 and picture["Content-Type"] == "image/png", path
        assert meta(html, "description") not in {"", meta(html, "title")}, path


@pytest.mark.parametrize("kind", KINDS)
def test_a_kinds_picture_has_one_address(kind, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    other = client.get(f"/share/{kind}/0123456789abcdef.png")

    assert other["Location"] == kind_picture_url(kind)
    assert client.get("/share/nothing/0123456789abcdef.png").status_code == 404
    assert not list(tmp_path.iterdir())


@override_settings(SITE_URL="https://www.example.kr")
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/a/">', '<a href="https://www.example.kr/a/">'),
        (
            '<img alt="" src="/media/a.png">',
            '<img alt="" src="https://www.example.kr/media/a.png">',
        ),
        (
            '<img srcset="/media/a/media/b.webp 9w, /c.webp 99w" sizes="99px">',
            '<img srcset="https://www.example.kr/media/a/media/b.webp 9w, '
            'https://www.example.kr/c.webp 99w" sizes="99px">',
        ),
        ('<a href="https://a.kr/b">', '<a href="https://a.kr/b">'),
        ('<a href="//a.kr/b">', '<a href="//a.kr/b">'),
        ('<a href="mailto:a@b.kr">', '<a href="mailto:a@b.kr">'),
        ('<a href="#a">', '<a href="#a">'),
        ("<p>href=/a 와 src=/b</p>", "<p>href=/a 와 src=/b</p>"),
        ('<a href="/">', '<a href="https://www.example.kr/">'),
        ('<a href="/검색/?q=가">', '<a href="https://www.example.kr/검색/?q=가">'),
        ("", ""),
    ],
)
def test_addresses_of_the_site_are_made_absolute(html, expected):
    assert absolute_html(html) == expected


def test_data_of_an_article_hold_no_path(pages, client, settings):
    (path,) = [path for path in pages if "/articles/1" in path or re.search(r"articles/\d+/", path)]

    data = json.loads(client.get(path.rstrip("/") + ".json").content)

    html = "".join(part["html"] or "" for part in data["parts"])
    assert f'href="{settings.SITE_URL}/articles/"' in html
    assert 'href="/' not in html


def test_a_feed_has_no_empty_summary(pages, client):
    root = etree.fromstring(client.get("/feed/").content)

    assert len(root.findall("{*}entry")) == 1
    assert not [element for element in root.iter("{*}summary") if not element.text]
