"""A draft is checked as it is typed, shown to an expert by a link, and mended where they point."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Remark
from tests.browser.looking import violations
from tests.factories import make_article, make_ranking, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WRITER = [f"articles.{action}_article" for action in ("add", "change", "view")]
BODY = "## 소식\n\n첫째 줄\n\n그 대목이 있는 줄\n\n[[ranking:models]]"
CHOOSE = """
([selector, words]) => {
    const element = [...document.querySelectorAll(selector)].find(
        (each) => each.textContent.includes(words)
    );
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let text = walker.nextNode();
    while (!text.data.includes(words)) { text = walker.nextNode(); }
    const range = document.createRange();
    range.setStart(text, text.data.indexOf(words));
    range.setEnd(text, text.data.indexOf(words) + words.length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}
"""


def choose(page, selector, words):
    page.evaluate(CHOOSE, [selector, words])
    page.get_by_role("button", name="이 대목에 의견 남기기").click()


def check_looks(page, complaints, within):
    """Check a page with axe, whose own styles break the policy, and that a phone shows it whole."""
    assert not complaints
    assert violations(page, within) == []
    complaints.clear()
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_writer_and_expert_without_an_account_mend_a_draft(open_page, open_as_staff):
    article = make_article(title="쓰던 글", body=BODY, state="draft", published_at=None)
    make_table(article, make_ranking(), slug="models", source_note="출처: 편집실")
    article.store()
    form = reverse("admin:articles_article_change", args=[article.pk])
    writer = open_as_staff("/manage/", *WRITER, username="writer")
    writer.clock.install()

    # What is typed is checked, and each finding leads to its line.
    writer.goto(form)
    writer.locator(".cm-content").click()
    writer.keyboard.press("Control+End")
    writer.keyboard.type("\n\n#### 건너뛴 제목")
    writer.clock.fast_forward("00:02")
    writer.locator(".checks li.error a").click()
    expect(writer.locator(".cm-content")).to_be_focused()
    writer.keyboard.press("Control+z")
    writer.clock.fast_forward("00:02")
    writer.get_by_text("공개할 수 있습니다.").wait_for()

    # A link for who has no account.
    writer.goto(reverse("share_links", args=["article", article.pk]))
    with writer.expect_navigation():
        writer.get_by_role("button", name="링크 만들기").click()
    address = writer.locator("#new-address").input_value()
    check_looks(writer, open_page.complaints, "#content")

    expert = open_page("/shared/" + address.split("/shared/")[1])
    check_looks(expert, open_page.complaints, "#remark-form")
    assert not expert.locator(".remark-here").is_visible()
    choose(expert, "figure.ranking td", "GLM-4.6")
    expert.get_by_role("textbox", name=re.compile("^의견")).fill("수치가 다릅니다.")
    expert.get_by_role("textbox", name=re.compile("^이름")).fill("김감수")
    expert.get_by_role("button", name="의견 보내기").click()
    expert.get_by_text("의견이 전해졌습니다.").wait_for()
    assert expert.context.cookies() == []
    remark = Remark.objects.get()
    assert remark.quote == "GLM-4.6" and "대표 모델명" in remark.cell

    # The writer's own, on a passage; both stand beside the form, and lead there.
    writer.goto(reverse("article_preview", args=[article.pk]))
    choose(writer, ".prose p", "그 대목")
    writer.get_by_role("textbox", name=re.compile("^의견")).fill("출처가 있나요?")
    with writer.expect_navigation():
        writer.get_by_role("button", name="의견 보내기").click()
    check_looks(writer, open_page.complaints, "#content")
    writer.goto(form)
    beside = writer.locator("#remarks")
    assert "김감수" in beside.inner_text() and "수치가 다릅니다." in beside.inner_text()
    beside.locator("a[data-line]").click()
    expect(writer.locator(".cm-content")).to_be_focused()
    expect(writer.locator("#id_body")).to_have_attribute("data-cursor-line", "5")
    assert not open_page.complaints
