"""The whole life of a comment as its writer sees it, with and without JavaScript."""

import pytest

from tests.factories import make_article, make_comment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EMAIL, PASSWORD = "mina@example.com", "right horse key"


def write(page, body=None, password=PASSWORD):
    page.get_by_label("이메일").fill(EMAIL)
    page.locator("#id_password").fill(password)
    if body is not None:
        page.locator("#id_body").fill(body)
    page.locator("main [type=submit]").click()


@pytest.mark.parametrize("with_script", [True, False])
def test_comment_is_posted_edited_refused_and_deleted(open_page, with_script):
    article = make_article(title="열린 모형의 약진")
    page = open_page("/", java_script_enabled=with_script)

    page.get_by_role("link", name="열린 모형의 약진").first.click()
    write(page, "처음 쓰는 글")
    assert "#comment-" in page.url
    assert page.locator(".comments").get_by_text("처음 쓰는 글").is_visible()

    page.locator(".comments").get_by_role("link", name="수정").click()
    assert page.locator("#id_body").input_value() == "처음 쓰는 글"
    write(page, "고쳐 쓴 글", password="wrong horse key")
    assert page.get_by_role("alert").is_visible()
    assert page.locator("#id_body").input_value() == "고쳐 쓴 글"
    assert page.locator("#id_password").input_value() == ""
    write(page)
    assert page.locator(".comments").get_by_text("고쳐 쓴 글").is_visible()
    assert page.locator(".comments").get_by_text("수정됨").is_visible()

    page.locator(".comments").get_by_role("link", name="삭제").click()
    write(page)
    assert page.get_by_text("첫 댓글을 작성해보세요!").is_visible()
    assert not page.context.cookies()
    assert article.comments.get().is_deleted


@pytest.mark.parametrize("with_script", [True, False])
def test_refused_form_leads_to_what_is_wrong_and_keeps_the_text(open_page, with_script):
    article = make_article()
    page = open_page(article.get_absolute_url(), java_script_enabled=with_script)

    write(page, "남겨 둘 글", password="short")

    summary = page.get_by_role("alert")
    assert summary.is_visible()
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.locator("#id_body").input_value() == "남겨 둘 글"
    assert page.locator("#id_password").get_attribute("aria-invalid") == "true"
    summary.get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "id_password"


def test_whole_comment_can_be_written_with_the_keyboard(open_page):
    article = make_article()
    page = open_page(article.get_absolute_url())
    page.locator("#id_email").focus()

    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    while page.evaluate("document.activeElement.id") != "id_body":
        page.keyboard.press("Tab")
    page.keyboard.type("글쇠로 쓴 글")
    while page.evaluate("document.activeElement.type") != "submit":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.locator(".comments").get_by_text("글쇠로 쓴 글").wait_for()


def test_count_takes_a_syllable_for_one_character_however_it_is_typed(open_page):
    page = open_page(make_article().get_absolute_url())

    page.locator("#id_body").fill("오픈소스".encode().decode() + "\u1112\u1161\u11ab")

    assert "5 / 5,000" in page.locator(".count").inner_text()


def test_sending_twice_by_a_double_click_makes_one_comment(open_page):
    article = make_article()
    page = open_page(article.get_absolute_url())
    page.locator("#id_email").fill(EMAIL)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_body").fill("한 번만 남을 글")

    page.locator("main [type=submit]").dblclick()
    page.locator(".comments").get_by_text("한 번만 남을 글").wait_for()

    assert article.comments.count() == 1


@pytest.mark.parametrize("with_script", [True, False])
def test_going_back_and_sending_the_same_again_makes_one_comment(open_page, with_script):
    article = make_article()
    page = open_page(article.get_absolute_url(), java_script_enabled=with_script)
    write(page, "한 번만 남을 글")
    page.locator(".comments").get_by_text("한 번만 남을 글").wait_for()

    page.go_back()
    write(page, "한 번만 남을 글")
    page.wait_for_url("**/*comment=*")

    assert article.comments.count() == 1


def test_reply_is_written_on_a_page_that_shows_what_it_answers(open_page):
    parent = make_comment(body="물어보는 글")
    page = open_page(parent.article.get_absolute_url(), java_script_enabled=False)

    page.locator(".comments").get_by_role("link", name="답글").click()
    assert page.get_by_text("물어보는 글").is_visible()
    write(page, "답하는 글")

    assert page.locator(".comments .depth-2").get_by_text("답하는 글").is_visible()
