import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, ModerationEvent, QueuedComment, Report, Takedown, Thread
from comments.moderation.bulk_actions import undo
from tests.factories import (
    let_pass,
    make_article,
    make_comment,
    make_report,
    make_rule,
    make_staff,
    make_takedown,
)
from tests.sent_forms import UNDRAWN, send

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:comments_queuedcomment_changelist")
State = Comment.State


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def moderator(client):
    user = make_staff("comments.view_comment", "comments.moderate_comment", username="수아")
    client.force_login(user)
    return user


def make_held(**fields):
    make_rule(name="낱말 규칙", kind="words", terms="카지노", is_active=True)
    return make_comment(**{"body": "카지노 광고", **fields})


def texts(response):
    return [comment.body for comment in response.context["comments"]]


def states(*comments):
    found = dict(Comment.objects.values_list("pk", "state"))
    return [found[comment.pk] for comment in comments]


def actions_of(comment):
    return list(comment.moderation_events.values_list("action", flat=True))


def do(client, what, *comments, reason="", query=""):
    data = {"do": what, "comment": [comment.pk for comment in comments], "reason": reason}
    return client.post(QUEUE + query, data)


def batch_of(response):
    return re.search(r"done=([0-9a-f-]{36})", response["Location"])[1]


# What waits


def test_queue_holds_takedowns_reports_and_held_comments_in_this_order(client, moderator):
    held = make_held()
    reported = make_report(make_comment(body="신고된 글")).comment
    asked = make_takedown(make_comment(body="권리침해라는 글")).comment
    make_comment(body="아무 일 없는 글")

    response = client.get(QUEUE)

    assert texts(response) == [asked.body, reported.body, held.body]
    assert response.context["counts"] == {"all": 3, "held": 1, "reported": 1, "takedown": 1}


def test_queue_is_filtered_by_sort(client, moderator):
    make_held()
    make_report(make_comment(body="신고된 글"))
    make_takedown(make_comment(body="권리침해라는 글"))

    for sort, expected in (
        ("held", ["카지노 광고"]),
        ("reported", ["신고된 글"]),
        ("takedown", ["권리침해라는 글"]),
        ("nonsense'--", ["권리침해라는 글", "신고된 글", "카지노 광고"]),
    ):
        assert texts(client.get(QUEUE, {"sort": sort}, **UNDRAWN)) == expected


def test_queue_leaves_out_what_was_deleted_and_what_waits_for_data_stewards_alone(
    client, moderator
):
    make_report(make_comment()).comment.delete_by_author()
    make_comment(kind=Comment.Kind.FIGURE_ERROR)
    make_held(kind=Comment.Kind.FIGURE_ERROR)

    assert texts(client.get(QUEUE)) == []


def test_report_of_a_wrong_figure_comes_to_moderators_when_a_reader_reports_it(client, moderator):
    report = make_report(make_comment(kind=Comment.Kind.FIGURE_ERROR))

    assert texts(client.get(QUEUE)) == [report.comment.body]


def test_queue_shows_reasons_reports_the_parent_the_article_and_how_much_the_writer_wrote(
    client, moderator
):
    article = make_article(title="열린 모형")
    parent = make_comment(article, name="민아", body="물어보는 글", email="mina@example.org")
    make_comment(article, body="전에 쓴 글").hide(by=moderator, reason="광고")
    held = make_held(article=article, parent=parent, name="지오")
    make_report(held, reason="abuse", text="욕이에요")
    held.note("지켜봅시다", by=moderator)

    content = client.get(QUEUE).content.decode()

    for text in (
        *("낱말 규칙", "“카지노”", "욕이에요", "Insults, hate or threats", "민아", "물어보는 글"),
        *("지오", "열린 모형", "지켜봅시다", "Same writer: 2 comments, 1 of them hidden"),
    ):
        assert text in content


def test_queue_shows_no_digest_and_escapes_everything(client, moderator):
    comment = make_held(name="<i>카지노", body="<script>카지노</script>")
    report = make_report(comment, text="<script>신고</script>")

    content = client.get(QUEUE).content.decode()

    assert "<script>카지노" not in content
    assert "<script>신고" not in content
    assert "<i>카지노" not in content
    for secret in (comment.email_digest, comment.email_digest[-20:], report.network_digest):
        assert secret not in content


def test_queue_costs_the_same_however_long_it_is(client, moderator, django_assert_num_queries):
    rule = make_rule(kind="words", terms="카지노", is_active=True)
    root = make_comment(body="뿌리")

    def add(number):
        comment = make_comment(
            root.article, parent=root, body=f"카지노 {number}", email=f"m{number}@example.com"
        )
        make_report(comment)
        make_takedown(comment)
        comment.note("메모", by=moderator)

    add(0)
    client.get(QUEUE)
    # Session, user, its app, two of permissions; count and page, three kinds of what belongs to its
    # comments, who left the notes, the writers' counts, the sorts' counts.
    with django_assert_num_queries(13):
        client.get(QUEUE)
    for number in range(1, 12):
        add(number)

    with django_assert_num_queries(13):
        assert len(client.get(QUEUE).context["comments"]) == 12
    assert rule.is_active


# Acting


@pytest.mark.parametrize(
    ("what", "state", "event"),
    [("approve", State.PUBLISHED, "approve"), ("hide", State.HIDDEN, "hide")],
)
def test_held_comment_is_decided_by_its_own_button(client, moderator, what, state, event):
    comment, other = make_held(), make_comment(body="카지노 둘")

    response = client.post(QUEUE, {"do": f"{what}:{comment.pk}", "reason": "광고"})

    assert response.status_code == 302
    assert states(comment, other) == [state, State.HELD]
    assert actions_of(comment) == [event]


def test_several_are_decided_together_and_undone_together(client, moderator):
    first, second = make_held(), make_comment(body="카지노 둘")

    done = do(client, "hide", first, second, reason="광고")
    page = client.get(done["Location"])
    assert states(first, second) == [State.HIDDEN, State.HIDDEN]
    assert batch_of(done) in page.content.decode()
    client.post(QUEUE, {"undo": batch_of(done)})

    assert states(first, second) == [State.HELD, State.HELD]
    assert actions_of(first) == ["hide", "hold"]
    assert first.moderation_events.last().undoes == first.moderation_events.first()


def test_hiding_without_a_reason_is_refused_and_keeps_what_was_ticked(client, moderator):
    comment = make_held()

    response = do(client, "hide", comment)

    assert "Say why the comment is hidden." in response.content.decode()
    assert response.context["chosen"] == {comment.pk}
    assert states(comment) == [State.HELD]


NONSENSE = [
    {"do": "approve"},
    {"do": "approve", "comment": ["x", "9" * 40]},
    {"do": "nonsense", "comment": ["1"]},
    {"do": "approve:²"},
    {"comment": ["1"]},
    {"undo": "nonsense"},
    {"undo": str(uuid4())},
]


def test_nonsense_changes_nothing_and_is_no_error(client, moderator):
    comment = make_held()

    for data in NONSENSE:
        response = client.post(QUEUE, data, **UNDRAWN)

        assert response.status_code in {200, 302}
        assert states(comment) == [State.HELD]


def test_dismissing_closes_the_reports_and_leaves_the_comment(client, moderator):
    report = make_report(make_comment())

    done = do(client, "dismiss", report.comment)
    report.refresh_from_db()
    assert report.closed_by.action == "dismiss"
    assert states(report.comment) == [State.PUBLISHED]
    assert texts(client.get(QUEUE)) == []
    client.post(QUEUE, {"undo": batch_of(done)})

    assert Report.objects.open().get() == report
    assert actions_of(report.comment) == ["dismiss", "reopen"]


def test_hiding_answers_the_reports_and_undoing_opens_them_again(client, moderator):
    report = make_report(make_comment())

    done = do(client, "hide", report.comment, reason="욕설")
    assert not Report.objects.open().exists()
    client.post(QUEUE, {"undo": batch_of(done)})

    assert Report.objects.open().get() == report
    assert states(report.comment) == [State.PUBLISHED]
    assert Thread.objects.get(article=report.comment.article).comment_count == 1


def test_approving_what_is_not_held_says_that_it_does_not_apply(client, moderator):
    comment = make_report(make_comment()).comment

    response = client.post(
        QUEUE, {"do": "approve", "comment": [comment.pk]}, follow=True
    ).content.decode()

    assert "1 comment stays as it is" in response
    assert actions_of(comment) == []


def test_deleting_asks_once_more_and_wipes_for_good(client, moderator):
    comment = make_held()

    asked = client.post(QUEUE, {"do": f"delete:{comment.pk}"})
    assert states(comment) == [State.HELD]
    client.post(asked["Location"], {"reason": "개인정보"})

    comment.refresh_from_db()
    assert (comment.state, comment.body, comment.email_digest) == (State.DELETED, "", "")
    assert actions_of(comment) == ["delete"]
    assert undo(comment.moderation_events.get().batch, by=moderator) == (0, 0)
    assert states(comment) == [State.DELETED]


def test_undoing_leaves_alone_what_has_changed_since(moderator):
    changed, deleted = make_comment(), make_comment()
    batch = uuid4()
    for comment in (changed, deleted):
        comment.hide(by=moderator, reason="광고", batch=batch)
    changed.restore(by=moderator, reason="착오")
    deleted.delete_by_author()

    assert undo(batch, by=moderator) == (0, 2)
    assert states(changed, deleted) == [State.PUBLISHED, State.DELETED]


def test_an_act_is_undone_once(moderator):
    comment = make_comment()
    event = comment.hide(by=moderator, reason="광고")

    assert undo(event.batch, by=moderator) == (1, 0)
    comment.hide(by=moderator, reason="다시")

    assert undo(event.batch, by=moderator) == (0, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModerationEvent.objects.create(comment=comment, action="restore", undoes=event)


# Who may


@pytest.mark.parametrize("permissions", [["comments.view_comment"], ["articles.change_article"]])
def test_only_moderators_see_or_use_the_queue(client, permissions):
    client.force_login(make_staff(*permissions))
    comment = make_held()

    assert client.get(QUEUE).status_code == 403
    assert do(client, "approve", comment).status_code == 403
    assert client.post(QUEUE, {"undo": str(uuid4())}).status_code == 403
    assert states(comment) == [State.HELD]


def test_visitor_is_led_from_the_queue_to_the_sign_in(client):
    assert client.get(QUEUE)["Location"].startswith(reverse("admin:login"))


def test_events_cannot_be_changed_or_removed_through_the_site(client, admin_client):
    event = make_comment().hide(by=make_staff(), reason="광고")
    for action in ("change", "delete"):
        address = f"/manage/comments/moderationevent/{event.pk}/{action}/"
        assert admin_client.get(address).status_code == 404


# Takedowns


def decide(client, takedown, decision, **data):
    address = reverse("admin:comments_takedown_change", args=[takedown.pk])
    return send(client, address, {"decision": decision}, **data)


def test_request_is_blocked_then_restored(client, moderator):
    takedown = make_takedown(make_comment(body="문제의 글"))

    decide(client, takedown, "block", days="7")
    takedown.refresh_from_db()
    assert takedown.state == Takedown.State.BLOCKED
    assert takedown.comment.blocked_until == takedown.blocked_until
    decide(client, takedown, "restore", reason="침해가 아님")

    takedown.refresh_from_db()
    assert (takedown.state, takedown.comment.blocked_until) == (Takedown.State.RESTORED, None)
    assert actions_of(takedown.comment) == ["block", "unblock"]


@pytest.mark.parametrize(
    ("decision", "state", "comment_state"),
    [
        ("refuse", Takedown.State.REFUSED, State.PUBLISHED),
        ("remove", Takedown.State.REMOVED, State.DELETED),
    ],
)
def test_request_is_refused_or_the_comment_removed(
    client, moderator, decision, state, comment_state
):
    takedown = make_takedown()

    decide(client, takedown, decision, reason="까닭")

    takedown.refresh_from_db()
    assert (takedown.state, takedown.comment.state) == (state, comment_state)
    assert takedown.closed_at
    assert texts(client.get(QUEUE)) == []


def test_decision_that_cannot_be_is_refused_at_its_field(client, moderator):
    takedown = make_takedown()

    for decision, data, field in (
        ("block", {"days": "31"}, "days"),
        ("block", {"days": "0"}, "days"),
        ("block", {"days": ""}, "days"),
        ("refuse", {"reason": ""}, "reason"),
        ("remove", {}, "reason"),
        ("restore", {"reason": "x"}, "decision"),
        ("save", {"reason": "x"}, "decision"),
    ):
        response = decide(client, takedown, decision, **data, **UNDRAWN)

        takedown.refresh_from_db()
        assert field in response.context["form"].errors
        assert takedown.state == Takedown.State.REQUESTED


def test_second_decision_finds_that_somebody_was_faster(client, moderator):
    takedown = make_takedown()
    stale = Takedown.objects.get()
    takedown.refuse(by=moderator, reason="아님")

    assert stale.block(days=3, by=moderator) is None
    stale.comment.refresh_from_db()
    assert stale.comment.blocked_until is None


def test_two_requests_block_until_the_later_end(moderator):
    comment = make_comment()
    short, long = make_takedown(comment), make_takedown(comment)
    long.block(days=30, by=moderator)
    short.block(days=3, by=moderator)
    comment.refresh_from_db()
    assert comment.blocked_until == long.blocked_until

    long.restore(by=moderator, reason="한쪽은 끝")

    comment.refresh_from_db()
    assert comment.blocked_until == short.blocked_until


@pytest.mark.parametrize("permissions", [["comments.view_comment"], ["articles.change_article"]])
def test_only_moderators_decide_about_takedowns(client, permissions):
    client.force_login(make_staff(*permissions))
    takedown = make_takedown()

    assert decide(client, takedown, "remove", reason="x").status_code == 403
    assert client.get(reverse("admin:comments_takedown_changelist")).status_code == 403
    assert states(takedown.comment) == [State.PUBLISHED]


def waiting():
    return list(QueuedComment.objects.waiting().values_list("body", flat=True))


def test_what_is_out_of_sight_leaves_the_queue_and_comes_back_when_that_ends(client, moderator):
    takedown = make_takedown(make_comment(body="가려 둔 글"))
    make_report(takedown.comment)
    assert waiting() == ["가려 둔 글"]

    takedown.block(days=7, by=moderator)
    assert waiting() == []
    let_pass(days=8)
    Takedown.objects.update(blocked_until=F("blocked_until") - timedelta(days=8))
    assert waiting() == ["가려 둔 글"]
    Takedown.objects.close_ended()
    page = client.get(QUEUE).content.decode()
    assert waiting() == ["가려 둔 글"] and "The provisional measure ended" in page
    Report.objects.all().delete()
    assert waiting() == ["가려 둔 글"]

    takedown.comment.refresh_from_db()
    takedown.comment.note("살펴봄", by=moderator)
    assert waiting() == []


def test_ended_block_leaves_the_queue_by_itself_after_some_days(client, moderator):
    takedown = make_takedown(make_comment())
    takedown.block(days=1, by=moderator)
    week_ago = timezone.now() - timedelta(days=8)
    Takedown.objects.update(state="ended", blocked_until=week_ago, closed_at=week_ago, requester="")
    Comment.objects.update(blocked_until=None)

    assert waiting() == []
