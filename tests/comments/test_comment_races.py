"""Two who act on one comment at the same moment: nothing is lost, revived or counted twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.urls import reverse

from comments.models import Comment, CommentRevision, Takedown, Thread
from tests.comments.test_thread_pages import check_counts
from tests.factories import EMAIL, PASSWORD, make_article, make_comment, make_staff, make_takedown

pytestmark = pytest.mark.django_db(transaction=True)

PAIR = {"email": EMAIL, "password": PASSWORD}
ROUNDS = 2


def together(*acts):
    """Run all acts at once, each in a thread with its own connection; return what they give."""
    barrier = Barrier(len(acts))

    def run(act):
        try:
            barrier.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def send(verb, comment, **fields):
    """Return a function that sends the form `verb` of the comment as it is now."""
    fields = {**PAIR, "version": comment.edit_version, **fields}
    address = reverse(f"comments:comment_{verb}", args=[comment.pk])
    return lambda: Client().post(address, fields).status_code


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_of_two_edits_one_is_saved_and_the_other_gets_its_text_back(round_):
    comment = make_comment(body="처음 글")

    statuses = together(send("edit", comment, body="한 글"), send("edit", comment, body="다른 글"))

    assert sorted(statuses) == [302, 409]
    comment.refresh_from_db()
    assert comment.edit_version == 2 and comment.body in {"한 글", "다른 글"}
    assert CommentRevision.objects.get().body == "처음 글"


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_edit_never_revives_what_is_deleted_meanwhile(round_):
    comment = make_comment(body="처음 글")
    make_comment(comment.article, parent=comment)

    edited, deleted = together(send("edit", comment, body="새 글"), send("delete", comment))

    assert edited in {302, 404, 409} and deleted == 302
    comment.refresh_from_db()
    assert comment.is_deleted and not comment.body and not comment.password
    assert not CommentRevision.objects.exists()
    check_counts(comment.article)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_second_click_on_delete_after_a_change_of_keys_finds_it_deleted(round_, settings):
    comment = make_comment(body="처음 글")
    make_comment(comment.article, parent=comment)
    settings.EMAIL_DIGEST_KEYS = [("newest", bytes(32)), *settings.EMAIL_DIGEST_KEYS]

    statuses = together(*[send("delete", comment)] * 3)

    assert 302 in statuses and set(statuses) <= {302, 403, 404}
    comment.refresh_from_db()
    assert comment.is_deleted and not comment.email_digest


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_reply_and_deletion_of_what_it_answers_agree(round_):
    comment = make_comment(body="처음 글")

    replied, deleted = together(send("reply", comment, body="답글"), send("delete", comment))

    assert deleted == 302 and replied in {302, 404, 409}
    assert Comment.objects.filter(parent=comment).exists() == (replied == 302)
    page = Client().get(comment.article.get_absolute_url()).content.decode()
    assert (f'id="comment-{comment.pk}"' in page) == (replied == 302)
    check_counts(comment.article)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_deletion_and_hiding_end_as_deleted(round_):
    moderator = User.objects.create_user("moderator")
    comment = make_comment(body="처음 글")
    make_comment(comment.article, parent=comment)

    def hide():
        Comment.objects.get(pk=comment.pk).hide(by=moderator, reason="비방")

    together(send("delete", comment), hide)

    comment.refresh_from_db()
    assert comment.is_deleted
    check_counts(comment.article)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_block_and_deletion_do_not_wait_crosswise(round_):
    takedown = make_takedown(make_comment(body="처음 글"))
    staff = make_staff()

    _event, deleted = together(
        lambda: Takedown.objects.get().block(days=30, by=staff), send("delete", takedown.comment)
    )

    takedown.refresh_from_db()
    assert deleted == 302 and takedown.comment.is_deleted
    assert takedown.state == Takedown.State.REMOVED and not takedown.reason


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_edit_does_not_undo_hiding_at_the_same_moment(round_):
    moderator = User.objects.create_user("moderator")
    comment = make_comment(body="처음 글")

    def hide():
        Comment.objects.get(pk=comment.pk).hide(by=moderator, reason="비방")

    together(send("edit", comment, body="새 글"), hide)

    comment.refresh_from_db()
    assert comment.is_hidden
    assert Thread.objects.get().comment_count == 0


def test_all_kinds_of_acts_on_one_branch_at_once_leave_right_counts():
    article = make_article()
    root = make_comment(article)
    replies = [make_comment(article, parent=root, body=f"답글 {number}") for number in range(4)]
    below = [make_comment(article, parent=reply) for reply in replies]

    together(
        send("delete", root),
        *(send("delete", reply) for reply in (*replies[:2], *below[:2])),
        *(send("edit", reply, body="새 글") for reply in replies[2:]),
        *(send("reply", reply, body=f"늦은 답글 {reply.pk}") for reply in below[2:]),
    )

    check_counts(article)
    paths = Comment.objects.values_list("path", flat=True)
    assert len(set(paths)) == Comment.objects.count()
