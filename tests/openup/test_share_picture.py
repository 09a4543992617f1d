"""The picture that other sites show beside a link to an article."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from articles.content.share_picture import draw
from articles.rankings.row_validation import EntryRow
from tests.factories import (
    make_article,
    make_ranking,
    make_subject,
    make_table,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def opened(response):
    assert response.status_code == 200
    return Image.open(BytesIO(b"".join(response)))


def test_article_names_its_picture_and_the_site_sends_it(client, settings):
    article = make_article(title="열린 모형", kicker="[10월]")

    html = client.get(article.get_absolute_url()).content.decode()
    response = client.get(article.share_picture_url)

    assert f'content="{settings.SITE_URL}{article.share_picture_url}"' in html
    assert opened(response).size == (1200, 630)
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"


def test_picture_is_made_once(client, media_root):
    article = make_article()
    client.get(article.share_picture_url)
    (made,) = media_root.rglob("*.png")
    written = made.stat().st_mtime_ns

    client.get(article.share_picture_url)

    assert [path.stat().st_mtime_ns for path in media_root.rglob("*")] == [
        made.parent.stat().st_mtime_ns,
        written,
    ]


def test_new_title_is_a_new_picture_and_the_old_address_leads_to_it(client):
    article = make_article(title="처음")
    old = article.share_picture_url
    article.title = "나중"
    article.store()

    response = client.get(old)

    assert response.status_code == 302
    assert response["Location"] == article.share_picture_url != old


def test_unpublished_article_has_no_picture(client):
    article = make_article(published_at=timezone.now() + timedelta(days=1))

    assert client.get(article.share_picture_url).status_code == 404


@pytest.mark.parametrize(
    "title", ["가" * 200, "W" * 200, "한 글자 " * 50, "👩‍💻 이모지", "\u202e", " "]
)
def test_any_title_is_drawn(title):
    assert Image.open(BytesIO(draw("[10월]", title, "Open UP"))).size == (1200, 630)


def test_picture_is_sent_though_it_cannot_be_stored(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("no folder")

    response = client.get(make_article().share_picture_url)

    assert opened(response).size == (1200, 630)


def test_article_and_series_show_in_their_pictures_what_their_ranking_changed(client):
    article = make_article(title="순위")
    ranking = make_ranking()
    table = make_table(article, ranking)
    pages = [article.get_absolute_url(), ranking.get_absolute_url()]
    first = [shown_in(client, page) for page in pages]

    replace_newest(ranking, "메타", "구글")
    second = [shown_in(client, page) for page in pages]

    assert table.changes and len({*first, *second}) == 4
    for picture, newer in zip(first, second, strict=True):
        assert client.get(picture)["Location"] == newer
        assert opened(client.get(newer)).size == (1200, 630)


def shown_in(client, page):
    html = client.get(page).content.decode()
    return re.search(r'property="og:image" content="https?://[^/]+([^"]+)', html)[1]


def replace_newest(ranking, *names):
    rows = [
        EntryRow(rank, make_subject(name, "미국"), name, {"model": "M"})
        for rank, name in enumerate(names, start=1)
    ]
    ranking.periods.last().replace_entries(rows, reason="고침")


def test_address_that_pages_of_comments_give_leads_to_the_article_s_picture(client):
    article = make_article()
    make_table(article, make_ranking())

    response = client.get(reverse("share_picture", args=[article.pk, "newest"]))

    assert response["Location"] == article.share_picture_url


def test_picture_of_a_series_that_readers_do_not_see_is_not_found(client):
    ranking = make_ranking()

    assert client.get(ranking.share_picture_url).status_code == 404


@pytest.mark.parametrize("title", ["제목", "가" * 200, "한 글자 " * 50])
@pytest.mark.parametrize("changes", ["이탈 구글 외 3", "W" * 400])
def test_what_changed_is_drawn_below_any_title(title, changes):
    with_changes = Image.open(BytesIO(draw("[10월]", title, "Open UP", changes)))
    without = Image.open(BytesIO(draw("[10월]", title, "Open UP")))

    assert with_changes.size == (1200, 630)
    assert with_changes.tobytes() != without.tobytes()
