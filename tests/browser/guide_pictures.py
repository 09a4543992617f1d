"""Draws the pictures of docs/editor-guide.md into docs/images: `make pictures`."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.urls import reverse

from articles.models import Article, Ranking
from tests.browser.test_manuscript_in_browser import docx_manuscript

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IMAGES = Path(__file__).parents[2] / "docs" / "images"


@pytest.fixture
def desk(open_as_staff):
    """Return the desk of somebody who may write, publish and enter figures, with the samples."""
    call_command("setup_site", verbosity=0)
    call_command("import_articles", "articles/sample", verbosity=0)
    page = open_as_staff(reverse("admin:index"))
    user = User.objects.get(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=["publisher", "data steward"]))
    return page


def draw(page, name, address, ready, height=860):
    page.goto(address)
    page.locator(ready).first.wait_for()
    page.set_viewport_size({"width": 1280, "height": height})
    # Of presence and of what is kept while the picture is drawn nothing is told.
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"desk-{name}.png")


def test_pictures_of_the_guide(desk):
    article = Article.objects.filter(ranking_tables__isnull=False).earliest("pk")
    series = Ranking.objects.earliest("pk")
    change = reverse("admin:articles_article_change", args=[article.pk])

    draw(desk, "article", change, ".cm-content")
    desk.get_by_role("button", name="쓴 대로 미리 보기").click()
    desk.frame_locator(".typed-preview iframe").locator("h1").wait_for()
    desk.screenshot(path=IMAGES / "desk-preview.png")
    draw(desk, "figures", reverse("admin:articles_ranking_grid", args=[series.pk]), "#grid-form")
    draw(desk, "history", reverse("admin:articles_article_history", args=[article.pk]), "table")
    draw(desk, "from-file", reverse("admin:articles_article_from_file"), "[type=file]")
    content = {"name": "원고.docx", "mimeType": "application/zip", "buffer": docx_manuscript()}
    desk.locator("[type=file]").set_input_files(content)
    desk.get_by_role("button", name="읽기").click()
    desk.locator("#draft-form").wait_for()
    desk.screenshot(path=IMAGES / "desk-from-file.png")
    desk.goto(change)
    desk.locator("#id_summary").fill("데이터베이스 순위는 3년 내리 그대로입니다.")
    desk.get_by_label("검토한 뒤에").check()
    desk.get_by_role("button", name="고친 글 검토에 올리기").click()
    desk.locator("#waiting-form").wait_for()
    draw(desk, "waiting", desk.url, "#waiting-form")
