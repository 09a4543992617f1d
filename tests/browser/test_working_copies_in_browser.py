"""What is typed and not saved outlives the tab, the session and the network."""

import pytest
from django.urls import reverse

from articles.models import Article, WorkingCopy
from tests.browser.writing import expect_working_copy
from tests.factories import make_article, make_category

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = [f"articles.{action}_article" for action in ("add", "change", "view")]
EDITOR += ["articles.view_category", "articles.view_tag"]


@pytest.fixture
def open_form(open_as_staff):
    """Return a function that opens a form with a clock of its own, which can be put forward."""

    def open_form(address):
        page = open_as_staff("/manage/", *EDITOR)
        page.clock.install()
        page.goto(address)
        return page

    return open_form


def let_keep(page):
    """Let the two seconds pass after which what was typed is kept."""
    page.clock.fast_forward("00:02")


def wait_for(page, text):
    let_keep(page)
    page.locator(".beside-text .kept").filter(has_text=text).wait_for()


def reopen(page):
    """Kill the tab and open its form in another."""
    address, context = page.url, page.context
    page.close(run_before_unload=False)
    page = context.new_page()
    page.goto(address)
    return page


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def write(page, text):
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


PASTE = """
() => fetch("/manage/markdownx/paste/", {
    method: "POST",
    headers: {"X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value},
    body: new URLSearchParams({text: "글"}),
}).then(({status}) => status)
"""


def test_draft_that_was_never_saved_is_offered_whole(open_form):
    make_category(name="소식")
    page = open_form(reverse("admin:articles_article_add"))
    page.locator("#id_title").fill("쓰던 글")
    write(page, "첫 줄")
    page.locator(".field-category .select2-selection").click()
    page.locator(".select2-results__option", has_text="소식").click()
    page.locator("#references-group .add-row a").click()
    with expect_working_copy(page, "참고한 글"):
        page.locator("#id_references-0-title").fill("참고한 글")
        let_keep(page)
    wait_for(page, "임시 저장")

    page = reopen(page)
    offer = page.locator(".working-copy-offer")
    offer.wait_for()
    told = offer.inner_text()
    assert all(text in told for text in ("제목", "쓰던 글", "본문", "첫 줄", "소식", "참고"))
    assert page.locator("#id_title").input_value() == ""
    press(page, "이어서 쓰기")
    assert page.locator(".cm-content").inner_text().strip() == "첫 줄"
    write(page, "을 잇다")
    page.locator("[name=_save]").click()
    page.locator(".messagelist .success").wait_for()

    article = Article.objects.get()
    assert (article.title, article.body) == ("쓰던 글", "첫 줄을 잇다")
    assert (article.category.name, article.references.get().title) == ("소식", "참고한 글")
    assert not WorkingCopy.objects.exists()


def test_text_of_whoever_is_signed_out_waits_in_the_browser(open_page, open_form):
    article = make_article(state="draft", published_at=None, body="앞글")
    page = open_form(reverse("admin:articles_article_change", args=[article.pk]))
    cookies = {"csrf" in each["name"]: each for each in page.context.cookies(page.url)}
    # Whoever signs in again gets another secret, with which this page's token is none.
    signed_in = [cookies[False], {**cookies[True], "value": "a" * 32}]
    page.context.clear_cookies()
    write(page, " 하나")
    wait_for(page, "로그아웃되어")

    page.context.add_cookies(signed_in)
    write(page, " 둘")
    wait_for(page, "에 임시 저장")
    assert "앞글 하나 둘" in WorkingCopy.objects.get().data
    assert page.evaluate(PASTE) == 200
    page.context.clear_cookies()
    write(page, " 셋")
    wait_for(page, "로그아웃되어")
    page.context.add_cookies(signed_in)

    page = reopen(page)
    page.locator(".working-copy-offer").nth(1).wait_for()
    newest = page.locator(".working-copy-offer").first
    assert "이 브라우저에 보관한" in newest.inner_text()
    newest.get_by_role("button", name="이어서 쓰기").click()
    press(page, "버리기")
    wait_for(page, "에 임시 저장")
    assert page.locator("#id_body").input_value() == "앞글 하나 둘 셋"
    assert "앞글 하나 둘 셋" in WorkingCopy.objects.get().data
    assert not page.evaluate("Object.keys(localStorage).filter((key) => key.includes('copy'))")
    # The server's refusals, which the browser tells of by itself.
    open_page.complaints.clear()
