"""A change of a public article from its editor to its moment, as both of them press it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Reference, Revision, WaitingChange
from tests.browser.looking import violations
from tests.factories import let_come, make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = [f"articles.{action}_article" for action in ("add", "change", "view")]
EDITOR += ["articles.view_category", "articles.view_tag"]
TITLE = "열린 모형이 넓어진다"


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def follow(page, name):
    page.locator("#content").get_by_role("link", name=name, exact=True).first.click()


def check_looks(page, complaints, within):
    """Check a page with axe, whose own styles break the policy, and that a phone shows it whole."""
    assert not complaints
    assert violations(page, within) == []
    complaints.clear()
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_change_is_proposed_approved_and_replaces_the_text_at_its_minute(open_page, open_as_staff):
    article = make_article(title=TITLE, body="처음 글")
    Reference.objects.create(article=article, position=1, title="처음 참고")
    reader = open_page(article.get_absolute_url())
    form = reverse("admin:articles_article_change", args=[article.pk])
    complaints = open_page.complaints

    # The editor proposes, and goes on with it.
    editor = open_as_staff(form, *EDITOR, username="editor")
    assert "저장하면 검토를 기다리고" in editor.locator(".waiting-notice").inner_text()
    editor.clock.install()
    editor.locator(".cm-content").click()
    editor.keyboard.press("Control+End")
    editor.keyboard.type(" 뒤에 더한 말")
    editor.keyboard.press("Control+s")
    editor.locator(".messagelist .success").wait_for()
    assert editor.url.endswith("/waiting/change/")
    editor.locator("#references-0 summary").click()
    editor.locator("#id_references-0-title").fill("고친 참고")
    editor.clock.fast_forward("00:02")
    editor.locator(".kept").filter(has_text="임시 저장").wait_for()
    # A killed tab: what was typed is offered where it was typed, and not on the public text.
    with editor.expect_response("**/working-copies/**") as copies:
        editor.goto(form)
    copies.value.finished()
    assert not editor.locator(".working-copy-offer").count()
    follow(editor, "이어서 고치기")
    editor.locator(".working-copy-offer").wait_for()
    press(editor, "이어서 쓰기")
    editor.locator("[name=_save]").click()
    editor.locator(".messagelist .success").wait_for()
    check_looks(editor, complaints, "#content")
    reader.reload()
    assert "처음 글" in reader.locator("main").inner_text()
    assert "더한 말" not in reader.content()

    # The publisher finds it, looks at it, and sets its moment.
    publisher = open_as_staff(
        reverse("admin:articles_article_changelist"),
        *EDITOR,
        "articles.publish_article",
        username="publisher",
    )
    follow(publisher, "고친 글: 검토 대기")
    with publisher.expect_popup() as popup:
        follow(publisher, "기다리는 글 미리 보기")
    expect(popup.value.locator("main")).to_contain_text("뒤에 더한 말")
    popup.value.close()
    expect(publisher.locator("#content")).to_contain_text("고친 참고")
    moment = timezone.localtime(timezone.now() + timedelta(days=1)).replace(microsecond=0)
    publisher.locator("#id_publish_at_0").fill(f"{moment:%Y-%m-%d}")
    publisher.locator("#id_publish_at_1").fill(f"{moment:%H:%M:%S}")
    press(publisher, "이 시각에 바꾸기")
    publisher.locator(".messagelist .success").wait_for()
    check_looks(publisher, complaints, "#content")

    # Its minute passes while the page is read.
    let_come(WaitingChange.objects.get().publish_at)
    reader.reload()
    assert "더한 말" not in reader.content()
    call_command("send_mail", "--once", stdout=StringIO())
    reader.reload()
    text = reader.locator("main").inner_text()
    assert "처음 글 뒤에 더한 말" in text and "고친 참고" in text and "처음 참고" not in text

    # Another is begun by the publisher, and dropped.
    publisher.goto(form)
    publisher.locator("#id_title").fill("버릴 제목")
    publisher.get_by_label("검토한 뒤에").check()
    check_looks(publisher, complaints, ".readers-see")
    publisher.locator("[name=_save]").click()
    press(publisher, "버리기")
    publisher.locator(".messagelist .success", has_text="버렸습니다").wait_for()
    reader.reload()
    assert TITLE in reader.locator("h1").inner_text()
    assert not WaitingChange.objects.exists()
    # Time that a test lets pass is found in the rows.
    kinds = Revision.objects.of(article).exclude(kind="found").values_list("kind", flat=True)
    assert [*kinds] == ["proposed", "proposed", "published", "proposed"]
