"""The whole life of a comment as its writer sees it, with and without JavaScript."""

import re
from functools import partial
from io import StringIO
from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.looking import violations
from tests.factories import make_article, make_comment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EMAIL, PASSWORD = "mina@example.com", "right horse key"


def write(page, body=None, password=PASSWORD, within="main form"):
    form = page.locator(within)
    form.get_by_label("이메일").first.fill(EMAIL)
    form.locator("[name=password]").fill(password)
    if body is not None:
        form.locator("[name=body]").fill(body)
    follow(page, form.locator("[type=submit]"))


def follow(page, link):
    """Press what leads to another page, and wait until that has arrived."""
    with page.expect_navigation():
        link.click()


def choice(thread, name):
    """Open what may be done to the first comment; return one of its links."""
    more = thread.locator(".actions details").first
    more.locator("summary").click()
    return more.get_by_role("link", name=name)


def check_with_axe(page):
    assert not violations(page)


@pytest.mark.parametrize("with_script", [True, False])
def test_comment_is_posted_answered_edited_refused_and_deleted(open_page, with_script):
    """A form opens in place, and without a script as a page; axe looks at each state."""
    article = make_article(title="열린 모형의 약진")
    page = open_page("/", width=360, java_script_enabled=with_script)
    thread = page.locator(".comments")
    # Axe is a script, and never comes back where pages may run none.
    look = partial(check_with_axe, page) if with_script else lambda: None
    within = ".comments form" if with_script else "main form"

    def open_form(link):
        if with_script:
            link.click()
            page.locator(within).wait_for()
        else:
            follow(page, link)

    follow(page, page.get_by_role("link", name="열린 모형의 약진").first)
    write(page, "처음 쓰는 글")
    page.locator("#done").get_by_text("댓글을 등록했습니다.").wait_for()
    expect(page.locator("#done")).to_be_focused()
    thread.get_by_text("처음 쓰는 글").wait_for()
    look()

    open_form(thread.get_by_role("link", name="답글 익명"))
    look()
    write(page, "바로 답하는 글", within=within)
    thread.locator("li li").get_by_text("바로 답하는 글").wait_for()
    thread.get_by_text("익명님에게").wait_for()
    thread.locator(".branch > summary").click()
    expect(thread.get_by_text("바로 답하는 글")).to_be_hidden()
    look()

    open_form(choice(thread, "수정"))
    expect(page.locator(f"{within} [name=body]")).to_have_value("처음 쓰는 글")
    write(page, "고쳐 쓴 글", password="wrong horse key", within=within)
    page.get_by_role("alert").wait_for()
    expect(page.locator("#id_body")).to_have_value("고쳐 쓴 글")
    expect(page.locator("#id_password")).to_be_empty()
    look()
    write(page)
    thread.get_by_text("고쳐 쓴 글").wait_for()

    follow(page, thread.get_by_role("link", name="답글 뒤에 수정됨"))
    assert page.locator("ins").first.is_visible() and page.locator("del").first.is_visible()
    look()
    follow(page, page.get_by_role("link", name="1번 내용 지우기"))
    look()
    write(page)
    page.get_by_text("지워졌습니다").wait_for()
    look()
    follow(page, page.get_by_role("link", name="댓글로 돌아가기"))

    open_form(choice(thread, "삭제"))
    write(page, within=within)
    thread.get_by_text("삭제된 댓글입니다").wait_for()
    assert not page.get_by_text("고쳐 쓴 글").count()
    look()
    page.locator("#done").get_by_text("댓글을 삭제했습니다.").wait_for()
    expect(page.locator("#done")).to_be_focused()
    assert not page.context.cookies()
    assert article.comments.order_by("pk").first().is_deleted


def test_branch_of_many_replies_has_pages_that_fit_a_phone(open_page):
    article = make_article()
    call_command("seed_thread", article.pk, comments=0, replies=101, stdout=StringIO())
    page = open_page(article.get_absolute_url(), width=360)

    follow(page, page.get_by_role("link", name="답글 1개 더 보기"))

    assert page.locator(".comments li li").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_with_axe(page)
    follow(page, page.get_by_role("link", name="전체 댓글에서 보기"))
    assert page.locator(".comments li li").count() == 100


def test_form_in_place_takes_the_focus_and_gives_it_back(open_page):
    parent = make_comment(body="물어보는 글")
    page = open_page(parent.article.get_absolute_url())
    reply = page.locator(".comments").get_by_role("link", name="답글 익명")
    edit = page.locator(".comments").get_by_role("link", name="수정")
    assert not edit.is_visible()

    reply.focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("form", name="답글 익명")
    form.wait_for()
    body = form.locator("[name=body]")
    expect(body).to_be_focused()
    body.fill("쓰던 글")
    reply.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    edit.click()
    page.get_by_role("form", name="수정 익명").wait_for()
    reply.click()
    expect(body).to_be_focused()
    assert page.locator(".comments form").count() == 2
    expect(body).to_have_value("쓰던 글")
    ids = page.locator("[id]").evaluate_all("nodes => nodes.map(node => node.id)")
    assert len(ids) == len(set(ids))
    expect(form.locator(".count")).to_contain_text("4 / 5,000")
    form.get_by_role("button", name="취소").click()

    expect(page.locator(".comments form")).to_have_count(1)
    expect(reply).to_be_focused()


def test_form_in_place_remembers_the_version_that_its_writer_saw(open_page):
    parent = make_comment(body="물어보는 글")
    page = open_page(parent.article.get_absolute_url())
    parent.edit(body="고쳐 물어보는 글", name="", version=1)

    page.locator(".comments").get_by_role("link", name="답글 익명").click()
    page.locator(".comments form").wait_for()
    write(page, "먼저 본 글에 답함", within=".comments form")
    page.locator(".comments").get_by_text("먼저 본 글에 답함").wait_for()

    page.locator(".comments").get_by_text("(수정 전 댓글)").wait_for()


def test_form_that_cannot_open_in_place_is_a_page(open_page, admin_user):
    parent = make_comment(body="물어보는 글")
    page = open_page(parent.article.get_absolute_url())
    parent.hide(by=admin_user, reason="가림")

    page.locator(".comments").get_by_role("link", name="답글 익명").click()

    page.wait_for_url(f"**/comments/{parent.pk}/reply/")
    page.get_by_role("heading", level=1).wait_for()


def test_whoever_has_posted_reads_on_from_the_new_comment(open_page):
    page = open_page(make_article().get_absolute_url())

    write(page, "새로 쓴 글")

    page.locator(".comments").get_by_text("새로 쓴 글").wait_for()
    expect(page.locator("#done")).to_be_focused()
    # Passed on, the address tells nobody else that anything was posted.
    page.wait_for_url(re.compile(r"\?comment=(\d+)#comment-\1$"))
    page.reload()
    assert not page.get_by_text("등록했습니다").count()


@pytest.mark.parametrize("with_script", [True, False])
def test_refused_form_leads_to_what_is_wrong_and_keeps_the_text(open_page, with_script):
    article = make_article()
    page = open_page(article.get_absolute_url(), java_script_enabled=with_script)

    write(page, "남겨 둘 글", password="short")

    summary = page.get_by_role("alert")
    summary.wait_for()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#id_body")).to_have_value("남겨 둘 글")
    assert page.locator("#id_password").get_attribute("aria-invalid") == "true"
    summary.get_by_role("link").click()
    expect(page.locator("#id_password")).to_be_focused()


def test_whole_comment_can_be_written_with_the_keyboard(open_page):
    article = make_article()
    page = open_page(article.get_absolute_url())
    page.locator("#id_body").focus()

    page.keyboard.type("글쇠로 쓴 글")
    while page.evaluate("document.activeElement.id") != "id_email":
        page.keyboard.press("Tab")
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    while page.evaluate("document.activeElement.type") != "submit":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.locator(".comments").get_by_text("글쇠로 쓴 글").wait_for()


def test_count_takes_a_syllable_for_one_character_however_it_is_typed(open_page):
    page = open_page(make_article().get_absolute_url())

    page.locator("#id_body").fill("오픈소스".encode().decode() + "\u1112\u1161\u11ab")

    expect(page.locator(".count")).to_contain_text("5 / 5,000")


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
    page.locator("#id_email").focus()
    assert not page.locator(".bar").is_visible()

    follow(page, page.locator(".comments").get_by_role("link", name="답글"))
    expect(page.get_by_text("물어보는 글")).to_be_visible()
    write(page, "답하는 글")

    page.locator(".comments .depth-2").get_by_text("답하는 글").wait_for()


def kept_in_tab(page):
    return page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")


def test_text_that_a_crowded_site_refuses_is_there_again(open_page):
    article = make_article()
    parent = make_comment(article, body="묻는 글")
    page = open_page(article.get_absolute_url())
    link = page.get_by_role("link", name="답글 익명")

    page.route("**/reply/", refuse_posts)
    link.click()
    write(page, "다시 쓰기 싫은 글", within=".comments form")
    assert "잠시" in page.content()
    kept = kept_in_tab(page)
    page.unroute("**/reply/", refuse_posts)
    page.go_back()
    # Another's address says of whom it is, as that of one's own that has been accepted does.
    page.goto(urljoin(page.url, parent.get_absolute_url()))
    link.click()
    form = page.locator(".comments form")

    expect(form.locator("[name=body]")).to_have_value("다시 쓰기 싫은 글")
    assert "다시 쓰기 싫은 글" in kept and EMAIL not in kept and PASSWORD not in kept
    write(page, within=".comments form")
    page.get_by_text("다시 쓰기 싫은 글").wait_for()
    page.wait_for_function("!sessionStorage.getItem('openup-text')")
    assert parent.replies.count() == 1


def test_text_is_kept_as_it_is_typed_and_offered_until_it_is_posted(open_page):
    parent = make_comment(body="묻는 글")
    page = open_page(parent.article.get_absolute_url())
    main, reply = page.locator(".write [name=body]"), page.locator(".comments [name=body]")

    main.fill("반쯤 쓴 글")
    follow(page, page.get_by_role("link", name="최신 순"))
    expect(main).to_have_value("반쯤 쓴 글")
    page.locator(".write").get_by_role("status").get_by_text("다시 불러왔습니다").wait_for()
    check_with_axe(page)
    page.get_by_role("link", name="답글 익명").click()
    reply.fill("쓰다 만 답글")
    page.get_by_role("button", name="취소").click()
    page.get_by_role("link", name="답글 익명").click()
    expect(reply).to_have_value("쓰다 만 답글")

    write(page, within=".comments form", password="short")
    page.locator("#id_body").fill("고쳐 쓴 답글")
    page.goto(parent.article.get_absolute_url())
    page.get_by_role("link", name="답글 익명").click()
    expect(reply).to_have_value("고쳐 쓴 답글")
    write(page, within=".comments form")
    page.locator("#done").wait_for()
    page.wait_for_function("!sessionStorage.getItem('openup-text').includes('답글')")

    expect(main).to_have_value("반쯤 쓴 글")
    page.get_by_role("button", name="비우기").click()
    page.reload()
    # By then the script has put back what it kept.
    page.locator(".write .count").wait_for()
    assert main.input_value() == "" and EMAIL not in kept_in_tab(page)


def test_text_is_forgotten_when_it_waits_for_review(open_page):
    page = open_page(make_article(comment_policy="reviewed").get_absolute_url())

    write(page, "살펴볼 글")

    page.wait_for_function("sessionStorage.getItem('openup-text') === ''")
    assert "살펴볼 글" not in kept_in_tab(page)


def refuse_posts(route):
    """Answer as openup/writer_queue.py does: the same page for everyone, without what was typed."""
    if route.request.method != "POST":
        route.continue_()
        return
    body = "<!doctype html><html lang=ko><title>503</title><h1>잠시 뒤에</h1>"
    route.fulfill(status=503, body=body, content_type="text/html; charset=utf-8")


def test_characters_of_a_takedown_are_counted(open_page):
    comment = make_comment(make_article())
    page = open_page(reverse("comments:takedown_create", args=[comment.pk]))

    page.locator("textarea").fill("열두 자인 까닭입니다")

    expect(page.locator(".count")).to_contain_text("11 / 2,000")


@pytest.mark.parametrize("with_script", [True, False])
def test_what_its_writer_deleted_comes_back_only_when_it_is_sent_once_more(open_page, with_script):
    """A script keeps the key of a text; without one the same text may well be a new comment."""
    article = make_article()
    page = open_page(article.get_absolute_url(), java_script_enabled=with_script)
    write(page, "지웠다 다시 쓰는 글")
    article.comments.get().delete_by_author()

    page.goto(page.url.partition("#")[0])
    write(page, "지웠다 다시 쓰는 글")
    if with_script:
        page.get_by_role("alert").get_by_text("삭제되었습니다").wait_for()
        check_with_axe(page)
        assert not article.comments.filter(state="published").exists()
        write(page)

    page.locator(".comments").get_by_text("지웠다 다시 쓰는 글").wait_for()
    assert article.comments.filter(state="published").count() == 1
