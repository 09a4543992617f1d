"""What the admin's own scripts keep from being lost, doubled or dropped."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Release, Tag
from tests.articles.test_pasted_table import EXCEL
from tests.articles.test_release import PUBLISHER, make_month
from tests.factories import make_ranking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEWARD = [f"articles.{a}_{m}" for a in ("change", "view") for m in ("ranking", "rankingperiod")]
PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true})
    );
}"""


def open_grid(open_as_staff, ranking):
    address = reverse("admin:articles_ranking_grid", args=[ranking.pk])
    return open_as_staff(address, "articles.change_ranking", "articles.view_ranking")


def test_pressing_save_twice_sends_the_form_once(open_as_staff):
    page = open_as_staff(reverse("admin:articles_tag_add"), "articles.add_tag", "articles.view_tag")
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("#id_name").fill("보안")
    page.locator("#id_slug").fill("security")

    page.locator("[name=_save]").dblclick()
    page.locator(".messagelist").wait_for()

    assert sent.count("POST") == 1
    assert Tag.objects.count() == 1


def test_grid_of_whoever_was_signed_out_keeps_what_was_typed(open_as_staff):
    page = open_grid(open_as_staff, make_ranking())
    cell = page.locator("#grid-rows input").first
    cell.fill("7")
    page.context.clear_cookies()

    page.locator(".submit-row [type=submit]").click()
    page.locator(".unsaved-note").wait_for()

    expect(cell).to_have_value("7")


def test_month_is_scheduled_and_taken_off_again(open_as_staff):
    issue, article, _ranking = make_month()
    path = reverse("admin:articles_monthlyissue_release", args=[issue.pk])
    page = open_as_staff(path, *PUBLISHER)

    page.locator("#id_publish_at_0").fill("2100-01-01")
    page.locator("#id_publish_at_1").fill("09:00")
    page.get_by_role("button", name="함께 공개 예약").click()
    page.locator(".messagelist .success").wait_for()
    scheduled = Release.objects.get()
    page.get_by_role("button", name="예약 풀기").click()
    page.get_by_role("button", name="함께 공개 예약").wait_for()

    assert list(scheduled.articles.all()) == [article]
    assert scheduled.is_scheduled and not Release.objects.get().is_scheduled


def test_whoever_writes_on_what_is_gone_is_not_called_signed_out(open_page, open_as_staff):
    tag = Tag(name="보안", slug="security")
    tag.store()
    path = reverse("admin:articles_tag_change", args=[tag.pk])
    page = open_as_staff(path, "articles.change_tag", "articles.view_tag")
    page.locator("#id_name").fill("정보 보안")
    tag.delete()

    page.locator("[name=_save]").click()
    page.locator(".unsaved-note").wait_for()

    assert "로그아웃" not in page.locator(".unsaved-note").inner_text()
    assert page.locator("#id_name").input_value() == "정보 보안"
    assert any(path in text for text in open_page.complaints)
    open_page.complaints.clear()


def test_long_table_of_whoever_was_signed_out_stays_until_a_new_sign_in(open_as_staff):
    path = reverse("admin:articles_ranking_paste", args=[make_ranking([]).pk])
    page = open_as_staff(path, *STEWARD)
    page.locator("#id_text").fill(EXCEL)
    typed = page.locator("#id_text").input_value()
    signed_in = page.context.cookies(page.url)
    page.context.clear_cookies()

    page.locator(".submit-row [type=submit]").click()
    page.locator(".unsaved-note").wait_for()
    assert page.locator("#id_text").input_value() == typed
    page.context.add_cookies([c for c in signed_in if "session" in c["name"]])
    page.locator(".submit-row [type=submit]").click()

    page.locator("#grid-rows").wait_for()


def test_cells_with_line_breaks_are_pasted_and_what_does_not_fit_is_said(open_as_staff):
    page = open_grid(open_as_staff, make_ranking())
    inputs = page.locator("#grid-rows tr").last.locator("input")
    inputs.first.focus()

    page.evaluate(PASTE, '1\t"구글\n(미국)"\t"5""형"')

    expect(inputs.nth(1)).to_have_value("구글 (미국)")
    expect(inputs.nth(2)).to_have_value('5"형')
    expect(page.locator("#paste-status")).to_be_empty()

    inputs.last.focus()
    page.evaluate(PASTE, "가\t나\n" * 400)

    expect(page.locator("#grid-rows tr")).to_have_count(300)
    status = page.locator("#paste-status")
    words = status.evaluate("(node) => [node.dataset.lostColumns, node.dataset.lostRows]")
    expect(status).to_have_text(" ".join(words))
