"""A text goes to a colleague, comes back with a reason, and goes out by the desk's buttons."""

import pytest
from django.urls import reverse

from articles.models import Article
from tests.browser.looking import violations
from tests.factories import make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WRITER = [f"articles.{action}_article" for action in ("add", "change", "view")]
PUBLISHER = [*WRITER, "articles.publish_article"]


def check_looks(page, complaints):
    """Check a page with axe, whose own styles break the policy, and that a phone shows it whole."""
    assert not complaints
    assert violations(page, "#content") == []
    complaints.clear()
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})


def press(page, name):
    with page.expect_navigation():
        page.locator("#content").get_by_role("button", name=name, exact=True).click()


def test_text_is_submitted_returned_mended_and_published(open_page, open_as_staff):
    article = make_article(title="쓰던 글", state="draft", published_at=None)
    form = reverse("admin:articles_article_change", args=[article.pk])
    publisher = open_as_staff("/manage/", *PUBLISHER, username="publisher")
    writer = open_as_staff(form, *WRITER, username="writer")

    writer.locator("#id_title").fill("고쳐 쓴 글")
    press(writer, "검토 요청하기")
    check_looks(writer, open_page.complaints)
    writer.get_by_label("publisher").check()
    writer.get_by_label("무엇을 보아야 하나요?").fill("첫 줄을 봐 주세요")
    press(writer, "검토 요청하기")
    writer.get_by_text("writer 님이").wait_for()

    publisher.reload()
    publisher.get_by_role("link", name="나에게 온 검토: 고쳐 쓴 글").click()
    publisher.get_by_text("첫 줄을 봐 주세요").wait_for()
    press(publisher, "돌려보내기")
    publisher.get_by_text("고칠 점을 적어 주세요.").wait_for()
    check_looks(publisher, open_page.complaints)
    publisher.get_by_label("덧붙이는 말 또는 고칠 점").fill("출처가 없습니다")
    press(publisher, "돌려보내기")

    writer.goto("/manage/")
    writer.get_by_role("link", name="돌려받은 글: 고쳐 쓴 글").click()
    writer.locator(".review-notice").get_by_text("출처가 없습니다").wait_for()
    assert writer.locator(".state-badge").inner_text() == "반려됨"
    press(writer, "검토 요청하기")
    press(writer, "검토 요청하기")
    publisher.goto(reverse("admin:articles_article_review", args=[article.pk]))
    press(publisher, "공개하기")

    assert Article.objects.get().is_public
