"""From a row of a table to what is said about it, and back, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from articles.models import RankingEntry
from comments.models import Comment
from tests.factories import EMAIL, PASSWORD, make_article, make_ranking, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article():
    article = make_article()
    make_table(article, make_ranking())
    return article


@pytest.mark.parametrize("with_script", [True, False])
def test_report_is_written_beside_its_row_and_leads_back_to_it(open_page, article, with_script):
    entry = RankingEntry.objects.get(label="지푸 AI (중국)")
    page = open_page(article.get_absolute_url(), java_script_enabled=with_script)

    page.locator(f"#entry-{entry.pk}").click()
    page.get_by_role("link", name="수치 오류 제보하기").click()
    page.get_by_label("틀린 수치").select_option("대표 모델명: GLM-4.6")
    page.get_by_label("바른 값").fill("GLM-4.7")
    page.get_by_label("출처").fill("https://example.org/a")
    page.locator("#id_email").fill(EMAIL)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="제보 보내기").click()
    page.locator(".comments .of a").click()

    expect(page.locator(f"#entry-{entry.pk}:target")).to_have_text("댓글 1")
    assert Comment.objects.get().ranking_entry == entry


def test_links_beside_rows_are_large_enough_and_can_be_passed_by(open_page, article):
    page = open_page(article.get_absolute_url(), width=360)

    boxes = [link.bounding_box() for link in page.locator(".beside").all()]
    skip = page.locator(".ranking > .skip")
    skip.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("-shape$"))
    page.keyboard.press("Tab")

    assert all(box["height"] >= 24 and box["width"] >= 24 for box in boxes)
    assert not page.evaluate("document.activeElement.closest('table')")
