"""The moderators' queue by mouse, by keyboard and without JavaScript."""

import pytest
from django.urls import reverse

from comments.models import Comment, ModerationEvent
from tests.factories import PASSWORD, make_comment, make_rule, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = reverse("admin:comments_queuedcomment_changelist")
State = Comment.State


@pytest.fixture
def held():
    make_rule(name="광고", kind="words", terms="카지노", is_active=True)
    return [make_comment(body=f"카지노 {number}") for number in range(3)]


def open_queue(open_page, **options):
    permissions = ["comments.view_comment", "comments.moderate_comment"]
    make_staff(*permissions, username="moderator", password=PASSWORD)
    page = open_page(QUEUE, **options)
    page.locator("#id_username").fill("moderator")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.wait_for_url(f"**{QUEUE}")
    return page


def states():
    return list(Comment.objects.order_by("pk").values_list("state", flat=True))


def test_without_javascript_comments_are_decided_together_and_undone(open_page, held):
    page = open_queue(open_page, java_script_enabled=False)

    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_label("사유").fill("광고")
    with page.expect_navigation():
        page.get_by_role("group").get_by_role("button", name="가리기").first.click()
    assert states() == [State.HIDDEN, State.HIDDEN, State.HELD]
    with page.expect_navigation():
        page.get_by_role("button", name="방금 한 일 되돌리기").click()

    assert states() == [State.HELD] * 3
    assert page.locator(".queue-item").count() == 3


def test_single_keys_are_off_until_switched_on_and_work_then_in_any_input_method(open_page, held):
    page = open_queue(open_page)
    page.locator(".queue-item").first.focus()

    # Had this key done anything, not all three would be there below.
    page.keyboard.press("a")
    page.get_by_label("한 글자 단축키").check()
    page.locator(".queue-item").first.focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.innerText").count("카지노 1") == 1
    page.keyboard.press("x")
    assert page.locator(".queue-item input:checked").count() == 1
    with page.expect_navigation():
        page.keyboard.press("a")
    assert states() == [State.HELD, State.PUBLISHED, State.HELD]
    with page.expect_navigation():
        page.keyboard.press("z")

    assert states() == [State.HELD] * 3
    # While one writes, letters are letters.
    page.get_by_label("사유").fill("")
    page.get_by_label("사유").press("a")
    with page.expect_navigation():
        page.locator(".queue-item").first.get_by_role("button", name="가리기").click()
    assert states() == [State.HIDDEN, State.HELD, State.HELD]
    assert ModerationEvent.objects.latest("pk").reason == "a"


def test_queue_fits_a_narrow_screen(open_page, held):
    page = open_queue(open_page, width=360)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_filters_of_the_list_stand_in_a_row_and_leave_it_the_width(open_as_staff, held):
    page = open_as_staff(
        reverse("admin:comments_comment_changelist"),
        "comments.view_comment",
        "comments.moderate_comment",
    )

    filters = [each.bounding_box() for each in page.locator("#changelist-filter details").all()]
    table = page.locator("#result_list").bounding_box()
    assert len(filters) > 2
    assert len({round(box["y"]) for box in filters}) == 1
    assert table["y"] > filters[0]["y"]
    assert table["width"] > 900
