"""Two people at one article: each is told of the other, and what both write is joined."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.desk.revisions import data_of
from articles.models import Article, Revision
from tests.browser.looking import violations
from tests.browser.writing import expect_working_copy
from tests.factories import make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = [f"articles.{action}_article" for action in ("change", "view")]
EDITOR += ["articles.view_category", "articles.view_tag"]


def write(page, text):
    """Write at the end of the body."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def test_both_are_told_of_each_other_and_both_texts_are_joined(open_page, open_as_staff):
    article = make_article(state="draft", published_at=None, title="처음 제목", body="첫째")
    address = reverse("admin:articles_article_change", args=[article.pk])
    kim = open_as_staff(address, *EDITOR, username="김편집")
    mina = open_as_staff(address, *EDITOR, username="mina")

    here = mina.locator("#presence li")
    here.wait_for()
    assert here.inner_text() == "김편집 님도 방금 열었습니다."
    assert "김편집" in mina.locator("#presence [role=status]").inner_text()
    kim.locator("#id_title").fill("김의 제목")
    write(kim, "\n\n김의 둘째")
    kim.locator("[name=_save]").click()
    kim.locator(".messagelist .success").wait_for()
    # The list shows no form: whoever has left it is told of no longer.
    with mina.expect_response("**/presence/**"):
        mina.evaluate("window.dispatchEvent(new Event('pagehide'))")
    with mina.expect_response("**/presence/**"):
        mina.evaluate("window.dispatchEvent(new Event('pageshow'))")
    mina.locator("#presence").wait_for(state="hidden")
    mina.locator("#id_kicker").fill("[10월]")
    write(mina, "\n\n미나의 둘째")
    with mina.expect_navigation():
        mina.locator("[name=_save]").click()

    clash = mina.get_by_role("group", name="본문")
    assert mina.locator(".clash").count() == 1
    marked = clash.locator("ins").all_inner_texts()
    assert any("김의" in text for text in marked) and any("미나의" in text for text in marked)
    for width in (360, 1280):
        mina.set_viewport_size({"width": width, "height": 900})
        assert mina.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not violations(mina, within="#content-main")
    text = clash.get_by_role("textbox")
    assert not text.is_visible()
    mina.get_by_role("button", name="합쳐서 저장").click()
    clash.locator(".errorlist").wait_for()
    clash.get_by_label("직접 고쳐 쓰기", exact=True).check()
    with expect_working_copy(mina, "두 사람의 둘째"):
        text.fill("두 사람의 둘째")
    mina.locator("#working-copy [role=status]").filter(has_text="임시 저장").wait_for()
    here, context = mina.url, mina.context
    mina.close(run_before_unload=False)
    mina = context.new_page()
    mina.goto(here)
    mina.get_by_role("button", name="이어서 쓰기").click()
    text = mina.get_by_role("textbox", name="직접 고쳐 쓸 글: 본문")
    expect(text).to_have_value("두 사람의 둘째")
    mina.get_by_role("button", name="합쳐서 저장").click()
    mina.locator(".messagelist .success").wait_for()

    article = Article.objects.get()
    assert article.full_title == "[10월] 김의 제목"
    assert article.body == "첫째\n\n두 사람의 둘째"
    _found, theirs, mine, joined = Revision.objects.of(article)
    assert (theirs.author_name, mine.author_name) == ("김편집", "mina")
    assert "김의 둘째" in data_of(theirs).body and "미나의 둘째" in data_of(mine).body
    assert (joined.kind, joined.restored_number) == ("joined", mine.number)
    # What axe itself does is refused by the policy, which the console tells.
    open_page.complaints.clear()
