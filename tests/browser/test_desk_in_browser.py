"""The commenter's desk from the mail to the erasure, with and without JavaScript."""

import re
from collections import defaultdict
from functools import partial
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from playwright.sync_api import expect

from comments.models import Comment, ReplySubscription
from tests.browser.looking import contrast_violations, violations_but_contrast
from tests.factories import EMAIL, make_article, make_comment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def mailed_link():
    call_command("send_mail", "--once", stdout=StringIO())
    return re.search(r"http://testserver(/comments/\S+/)", mail.outbox[-1].body)[1]


def press(page, name):
    """Press what sends a form, and wait until the page that answers has arrived."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def follow(page, name):
    """Press what leads to another page, and wait until that has arrived."""
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def check_looks(page, passed):
    """Let axe look at the page as it stands, wide, and narrow in the dark; it fits both."""
    for width, look in ((360, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=look)
        assert not violations_but_contrast(page)
        assert not contrast_violations(page, passed[look])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_desk_is_opened_used_and_erased_without_a_script(open_page):
    comment = make_comment(body="처음 쓴 글")
    page = open_page("/comments/mine/", java_script_enabled=False)

    page.get_by_label("이메일").fill(EMAIL)
    press(page, "링크 보내기")
    expect(page.get_by_role("heading", name="메일을 확인해 주세요")).to_be_visible()
    page.goto(mailed_link())
    press(page, "내 댓글 열기")
    follow(page, "수정")
    page.locator("#id_body").fill("고쳐 쓴 글")
    press(page, "댓글 저장")
    expect(page.get_by_text("고쳐 쓴 글")).to_be_visible()
    press(page, "답글 알림 받기")
    assert ReplySubscription.objects.filter(comment=comment).exists()
    press(page, "알림 끄기")
    follow(page, "모두 지우기")
    press(page, "모두 영구히 지우기")

    expect(page.get_by_role("heading", name="모두 지웠습니다")).to_be_visible()
    assert Comment.objects.get().is_deleted and not ReplySubscription.objects.exists()
    assert not page.context.cookies()


def test_notices_are_asked_for_with_the_comment_and_confirmed_by_mail(open_page):
    article = make_article()
    page = open_page(article.get_absolute_url())

    page.get_by_label("이메일").fill(EMAIL)
    page.locator("#id_password").fill("right horse key")
    page.locator("#id_body").fill("답글을 기다리는 글")
    page.get_by_label("답글이 달리면 메일로 알려 주세요").check()
    press(page, "댓글 등록")
    page.locator(".comments").get_by_text("답글을 기다리는 글").wait_for()
    page.goto(mailed_link())
    press(page, "네, 답글 알림을 받겠습니다")

    page.get_by_text("30분에 한 통").wait_for()
    assert ReplySubscription.objects.get().comment == article.comments.get()


def test_axe_finds_nothing_on_the_pages_of_the_desk(open_page):
    make_comment(body="첫 글", name="미나")
    ReplySubscription.begin(EMAIL, make_comment(body="긴 낱말" * 40))
    page = open_page("/comments/mine/")
    check = partial(check_looks, passed=defaultdict(set))
    check(page)
    press(page, "링크 보내기")
    check(page)
    page.get_by_label("이메일").fill(EMAIL)
    press(page, "링크 보내기")
    check(page)
    link = mailed_link()
    page.goto(link)
    check(page)
    press(page, "내 댓글 열기")
    desk = page.url
    check(page)
    for name in ("수정", "새 비밀번호", "삭제", "모두 지우기"):
        page.goto(desk)
        follow(page, name)
        check(page)
    page.goto(link)
    check(page)
