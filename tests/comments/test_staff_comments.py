import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from lxml import html

from comments.models import Comment, Thread
from tests.factories import (
    EMAIL,
    PASSWORD,
    make_article,
    make_comment,
    make_rule,
    make_staff,
    make_takedown,
)
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db
State = Comment.State


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def staff():
    return make_staff(
        *("comments.view_comment", "comments.moderate_comment", "comments.answer_comment"),
        "articles.view_article",
        username="수아",
    )


@pytest.fixture
def desk(staff):
    """The browser of a signed-in member of the staff; `client` is a reader's."""
    client = Client()
    client.force_login(staff)
    return client


def address_of(name, *args):
    return reverse(f"admin:comments_comment_{name}", args=args)


def answer(desk, parent, **data):
    data = {"name": "Open UP 편집팀", "body": "고맙습니다.", **data}
    return desk.post(address_of("answer", parent.pk), data)


def page_of(client, article, query=""):
    return html.fromstring(client.get(article.get_absolute_url() + query).content.decode())


def badges(page):
    return [badge.getparent().text_content() for badge in page.cssselect(".comments .badge")]


# Answers


def test_staff_answer_a_comment_and_only_their_answer_carries_the_badge(client, desk, staff):
    parent = make_comment(name="Staff", body="물어보는 글")

    answer(desk, parent)

    reply = Comment.objects.get(parent=parent)
    assert (reply.staff, reply.email_digest, reply.password) == (staff, "", "")
    (badge,) = badges(page_of(client, parent.article))
    assert badge.startswith("Open UP 편집팀 Staff")
    assert "수아" not in client.get(parent.article.get_absolute_url()).content.decode()


def test_badge_is_korean_on_a_korean_page(client, desk):
    article = make_article()
    desk.post(address_of("write", article.pk), {"name": "편집팀", "body": "알립니다."})

    with translation.override("ko"):
        page = page_of(client, article)

    # The catalogue's gatherer sees no word that is looked up within an f-string.
    assert [badge.text for badge in page.cssselect(".comments .badge")] == ["운영자"]


def test_staff_write_below_an_article_without_a_comment_to_answer(client, desk):
    article = make_article()

    desk.post(address_of("write", article.pk), {"name": "편집팀", "body": "알립니다."})

    assert badges(page_of(client, article))


def test_staff_answer_where_readers_may_not_write_and_no_rule_holds_them(desk):
    make_rule(kind="words", terms="카지노", is_active=True)
    parent = make_comment(make_article())
    parent.article.comment_policy = "reviewed"
    parent.article.store()

    answer(desk, parent, body="카지노라는 말도 담당자는 씁니다")

    assert Comment.objects.get(parent=parent).state == State.PUBLISHED


def test_second_click_of_an_answer_makes_one(desk, staff):
    parent = make_comment()

    answer(desk, parent)
    answer(desk, parent)
    answer(desk, parent, body="다른 답")

    assert Comment.objects.filter(parent=parent).count() == 2


def test_answer_that_cannot_be_comes_back_with_its_text(desk):
    parent = make_comment()

    for data in ({"body": " "}, {"body": "가" * 5001}, {"name": ""}):
        response = answer(desk, parent, **data)

        assert response.status_code == 200
        assert set(data) == set(response.context["form"].errors)
        assert data.get("body", "고맙습니다.").strip() in response.content.decode()


def test_comment_out_of_sight_takes_no_answer(desk, staff):
    hidden, blocked = make_comment(), make_comment()
    hidden.hide(by=staff, reason="광고")
    make_takedown(blocked).block(days=3, by=staff)

    for comment in (hidden, blocked):
        assert answer(desk, comment).status_code == 302
    assert Comment.objects.count() == 2


def test_staff_edit_their_answers_and_nobody_elses(desk):
    parent = make_comment()
    answer(desk, parent)
    reply = Comment.objects.get(parent=parent)
    data = {"name": "편집팀", "body": "고친 답", "version": "1"}

    desk.post(address_of("edit", reply.pk), data)
    stale = desk.post(address_of("edit", reply.pk), data | {"body": "뒤늦은 답"})
    other = desk.post(address_of("edit", parent.pk), data)

    reply.refresh_from_db()
    assert reply.body == "고친 답"
    assert "뒤늦은 답" in stale.content.decode()
    assert other.status_code == 404


def test_answer_that_a_colleague_has_changed_is_replaced_only_when_sent_once_more(desk):
    answer(desk, make_comment())
    comment = Comment.objects.get(staff__isnull=False)
    opened = {"name": comment.name, "version": comment.edit_version}
    comment.edit(body="동료의 글", name=comment.name, version=comment.edit_version)
    address = address_of("edit", comment.pk)

    refused = desk.post(address, {**opened, "body": "나의 글"})

    page = html.fromstring(refused.content.decode())
    assert "동료의 글" in page.cssselect("blockquote")[0].text_content()
    assert page.cssselect("textarea")[0].text.strip() == "나의 글"
    comment.refresh_from_db()
    assert comment.body == "동료의 글"
    again = dict(page.cssselect("#content-main form")[0].form_values()) | {"body": "나의 글"}
    assert desk.post(address, again).status_code == 302
    comment.refresh_from_db()
    assert comment.body == "나의 글"


def test_no_pair_opens_an_answer_of_the_staff(client, desk):
    parent = make_comment()
    answer(desk, parent)
    reply = Comment.objects.get(parent=parent)

    for verb, email, password in (
        *(("edit", EMAIL, PASSWORD), ("edit", "", "")),
        *(("delete", EMAIL, PASSWORD), ("delete", "", "")),
    ):
        response = client.post(
            reverse(f"comments:comment_{verb}", args=[reply.pk]),
            {"email": email, "password": password, "body": "빼앗은 글", "version": "1"},
        )

        reply.refresh_from_db()
        assert response.status_code in {403, 422}
        assert (reply.body, reply.state) == ("고맙습니다.", State.PUBLISHED)


def test_readers_find_no_links_below_an_answer_that_only_its_writer_could_use(client, desk):
    parent = make_comment()
    answer(desk, parent)
    reply = Comment.objects.get(parent=parent)

    (item,) = page_of(client, parent.article).cssselect(f"#comment-{reply.pk}")

    links = [link.get("href") for link in item.cssselect(".actions a")]
    assert links == [f"/comments/{reply.pk}/reply/"]


# The preview


def test_preview_leads_staff_to_answer_and_to_moderate(desk):
    comment = make_comment()
    address = reverse("article_preview", args=[comment.article_id])

    page = html.fromstring(desk.get(address).content.decode())

    links = {link.get("href") for link in page.cssselect("#comments .actions a, #comment-form a")}
    assert links == {
        address_of("answer", comment.pk),
        address_of("change", comment.pk),
        address_of("write", comment.article_id),
    }


def test_preview_offers_only_what_one_may(client):
    comment = make_comment()
    client.force_login(make_staff("articles.view_article"))

    page = html.fromstring(
        client.get(reverse("article_preview", args=[comment.article_id])).content.decode()
    )

    assert not page.cssselect("#comments .actions a, #comment-form a")


# What stands above the thread


def test_pinned_comment_stands_above_the_first_page_and_keeps_its_place(client, desk):
    first = make_comment(body="먼저")
    second = make_comment(first.article, body="붙박이 글")

    desk.post(address_of("pin", second.pk))

    page = page_of(client, first.article)
    (pinned,) = page.cssselect(".pinned .text")
    assert pinned.text_content() == "붙박이 글"
    assert len(page.cssselect(f"#comment-{second.pk}")) == 1
    assert second.moderation_events.get().action == "pin"


def test_one_comment_is_pinned_and_can_be_taken_down_again(read, client, desk):
    first = make_comment()
    second = make_comment(first.article)
    pages = [read(first.article.get_absolute_url()).body]

    for name, comment in (("pin", first), ("pin", second), ("unpin", first)):
        desk.post(address_of(name, comment.pk))
        pages.append(read(first.article.get_absolute_url()).body)
    assert len(set(pages)) == 3 and pages[2] == pages[3]
    assert Thread.objects.get(article=first.article).pinned == second
    desk.post(address_of("unpin", second.pk))

    assert Thread.objects.get(article=first.article).pinned is None
    assert read(first.article.get_absolute_url()).body == pages[0]


def test_pinned_comment_that_is_out_of_sight_is_not_shown_above_either(client, desk, staff):
    comment = make_comment(body="가려야 할 글")
    desk.post(address_of("pin", comment.pk))

    make_takedown(comment).block(days=3, by=staff)
    assert "가려야 할 글" not in client.get(comment.article.get_absolute_url()).content.decode()
    comment.refresh_from_db()
    comment.hide(by=staff, reason="광고")

    assert not page_of(client, comment.article).cssselect(".pinned")


def test_pinned_comment_costs_one_query(client, desk):
    comment = make_comment()
    address = comment.article.get_absolute_url()
    with CaptureQueriesContext(connection) as before:
        client.get(address)

    desk.post(address_of("pin", comment.pk))
    with CaptureQueriesContext(connection) as after:
        client.get(address)

    assert len(after) == len(before) + 1


# Takedowns in the thread


def test_blocked_comment_keeps_its_place_and_its_count_and_says_until_when(client, desk, staff):
    comment = make_comment(body="가려야 할 글", name="지은이")
    reply = make_comment(comment.article, parent=comment, body="답글")

    make_takedown(comment).block(days=7, by=staff)

    comment.refresh_from_db()
    until = timezone.localtime(comment.blocked_until).strftime("%Y.%m.%d")
    content = client.get(comment.article.get_absolute_url()).content.decode()
    page = html.fromstring(content)
    (item,) = page.cssselect(f"#comment-{comment.pk} > .gone")
    assert until in item.text_content()
    assert "가려야 할 글" not in content
    assert "지은이" not in content
    assert page.cssselect(f"#comment-{reply.pk} .text")
    assert "Comments 2" in content
    assert comment.state == State.PUBLISHED


def test_blocked_comment_is_said_in_the_words_of_the_law(client, settings, staff):
    settings.LANGUAGE_CODE = "ko"
    comment = make_comment()
    make_takedown(comment).block(days=7, by=staff)
    comment.refresh_from_db()

    page = page_of(client, comment.article)

    until = timezone.localtime(comment.blocked_until).strftime("%Y.%m.%d")
    (gone,) = page.cssselect(".gone")
    assert gone.text_content() == f"권리침해 신고로 임시조치된 댓글입니다 (~{until})"


def test_block_ends_without_anybody_doing_anything(client, staff):
    comment = make_comment(body="가려야 할 글")
    make_takedown(comment).block(days=7, by=staff)
    Comment.objects.update(blocked_until=timezone.now())

    assert "가려야 할 글" in client.get(comment.article.get_absolute_url()).content.decode()


# Notes, and who may


def test_moderators_leave_notes_for_one_another(desk, client):
    comment = make_comment()

    desk.post(address_of("note", comment.pk), {"text": " 지켜봅시다  "})
    desk.post(address_of("note", comment.pk), {"text": ""})

    assert [event.reason for event in comment.moderation_events.all()] == ["지켜봅시다"]
    assert "지켜봅시다" in desk.get(address_of("change", comment.pk)).content.decode()
    assert "지켜봅시다" not in client.get(comment.article.get_absolute_url()).content.decode()


POSTS = {
    "answer": {"name": "x", "body": "x"},
    "edit": {"name": "x", "body": "x", "version": "1"},
    "note": {"text": "x"},
    "pin": {},
    "unpin": {},
}
MAY_MODERATE = {"moderator"}
MAY_ANSWER = {"moderator", "publisher"}


def test_each_protected_page_asks_each_group_for_its_permission(client):
    call_command("setup_site", verbosity=0)
    comment = make_comment()
    own = make_comment(comment.article, staff=make_staff(), body="담당자 글")
    takedown = make_takedown(comment)
    rule = make_rule(kind="words", terms="카지노")
    pages = {
        address_of("answer", own.pk): (POSTS["answer"], MAY_ANSWER),
        # Another's comment of the staff.
        address_of("edit", own.pk): (POSTS["edit"], MAY_MODERATE),
        address_of("write", comment.article_id): (POSTS["answer"], MAY_ANSWER),
        **{
            address_of(name, comment.pk): (POSTS[name], MAY_MODERATE)
            for name in ("note", "pin", "unpin")
        },
        reverse("admin:comments_queuedcomment_changelist"): ({"do": "x"}, MAY_MODERATE),
        reverse("admin:comments_takedown_changelist"): (None, MAY_MODERATE),
        reverse("admin:comments_takedown_change", args=[takedown.pk]): ({}, MAY_MODERATE),
        reverse("admin:comments_moderationrule_changelist"): (None, MAY_MODERATE),
        reverse("admin:comments_moderationrule_change", args=[rule.pk]): (None, MAY_MODERATE),
        reverse("admin:comments_moderationrule_operate", args=[rule.pk, "rehearse"]): (
            *({}, MAY_MODERATE),
        ),
        **{
            f"{address_of('moderate', action)}?comment={comment.pk}": ({"reason": ""}, MAY_MODERATE)
            for action in ("hide", "restore", "approve", "delete", "dismiss")
        },
    }

    for group in ["editor", "publisher", "moderator", "data steward", None]:
        user = make_staff()
        user.groups.set(Group.objects.filter(name=group))
        client.force_login(user)
        with transaction.atomic():
            for address, (data, groups) in pages.items():
                ask = client.get if data is None else client.post
                response = ask(address, data, **UNDRAWN)
                assert (response.status_code == 403) == (group not in groups), address
                assert response.status_code < 404, address
            transaction.set_rollback(True)


def test_forged_posts_are_refused(staff):
    comment = make_comment()
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)

    for name, data in POSTS.items():
        response = client.post(address_of(name, comment.pk), data)

        assert response.status_code == 403
        assert not comment.moderation_events.exists()
