"""What a comment's writer does to it, as methods of Comment.

Each is one transaction that locks the thread first, so that counts, numbers and page versions agree
whoever else is writing.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from comments.identity.credentials import email_digest, needs_redigest
from comments.models.comment import placement
from comments.models.mail.mail_link import MailLink
from comments.models.mail.outbox import Outbox
from comments.models.mail.subscription import Notice, ReplySubscription
from comments.models.moderation.event import ModerationEvent
from comments.models.moderation.figure_report import FigureReport
from comments.models.moderation.rule import ModerationRule
from comments.models.thread import Thread
from comments.moderation.text_folding import digest_text
from comments.threads.text import HTML_VERSION, body_to_html

REPEAT_WINDOW = timedelta(minutes=10)
# How long a submission is known for one whose comment was deleted.
REMEMBER_DELETED = timedelta(days=1)


class EditConflict(Exception):
    """What the writer saw has changed or gone since."""


class SubmissionConflict(Exception):
    """The same submission has arrived before with another text."""


class SubmissionDeleted(Exception):
    """The same submission has arrived before, and its comment was deleted since."""


def post(comment, *, confirm_to=""):
    """Save the comment and return it, or return the earlier comment that it repeats.

    `confirm_to` is the writer's address where replies are to be told by mail. Whoever typed it may
    not own it: notices begin when it has confirmed.

    The password's hash stands for the whole submission: `credentials.hash_submission` salts it
    with what makes two submissions the same, so only a verified repetition has an equal one.
    Raises EditConflict when the parent has gone, SubmissionConflict when the same submission
    came before with another text, SubmissionDeleted when its comment was deleted since.
    """
    with transaction.atomic():
        thread = Thread.lock(comment.article)
        if earlier := _earlier(comment):
            # Without a key it is the text that was recognised, as it was when first sent.
            if comment.submission_key and not _began_as(earlier, comment.body):
                raise SubmissionConflict
            return earlier
        if comment.parent_id:
            comment.parent = comment.article.comments.get(pk=comment.parent_id)
            if not comment.parent.is_readable:
                raise EditConflict
            newest = comment.parent.edit_version
            comment.answered_version = min(comment.answered_version or newest, newest)
        if _is_taken(comment, "", _mark_of_deleted(comment)):
            raise SubmissionDeleted
        if _is_taken(comment, comment.email_digest, comment.submission_key):
            comment.submission_key = None
        comment.text_digest = digest_text(comment.body)
        _hold_if_needed(comment, comment.hold_reasons)
        placement.take_place(comment, thread)
        comment.body_html = body_to_html(comment.body)
        comment.save()
        placement.count(comment, thread, was_visible=False)
        if comment.is_figure_report:
            FigureReport.objects.create(comment=comment)
        if comment.is_visible:
            comment.change_what_readers_see(is_new=True)
            Notice.of_reply(comment)
        else:
            comment.change_what_staff_find()
        Notice.to_staff(comment)
        if confirm_to:
            Outbox.queue(Outbox.Kind.CONFIRM, confirm_to, comment=comment)
        return comment


def edit(comment, *, body, name, version, reasons=()):
    """Replace the text and name if `version` is still the comment's; else raise EditConflict.

    Where the article reviews comments, or a rule or one of `reasons` holds it, the new text
    waits for review like a new comment. What it said before stays readable as a revision.
    """
    with transaction.atomic():
        thread = Thread.lock(comment.article)
        comment.refresh_from_db(
            fields=[
                *("state", "blocked_until", "edit_version", "reply_count"),
                *("name", "body", "edited_at"),
            ]
        )
        if comment.edit_version != version or not comment.is_visible:
            raise EditConflict
        if (comment.body, comment.name) == (body, name):
            return
        was_visible = comment.is_visible
        comment.revisions.create(
            version=comment.edit_version,
            name=comment.name,
            body=comment.body,
            written_at=comment.edited_at or comment.created_at,
        )
        comment.body, comment.name = body, name
        comment.text_digest = digest_text(body)
        _hold_if_needed(comment, reasons)
        comment.body_html, comment.html_version = body_to_html(body), HTML_VERSION
        comment.edited_at = timezone.now()
        comment.edit_version += 1
        comment.save(
            update_fields=[
                *("state", "name", "body", "body_html", "html_version"),
                *("edited_at", "edit_version", "text_digest", "hold_reasons"),
            ]
        )
        if comment.is_figure_report and comment.is_held:
            comment.figure_report.reopen()
        placement.count(comment, thread, was_visible)
        comment.change_what_readers_see()


def remove_revision(comment, version, *, by=None, reason=""):
    """Wipe what the comment said as `version`, for good; `by` is None for its author."""
    with transaction.atomic():
        Thread.lock(comment.article)
        comment.refresh_from_db(fields=["state"])
        revision = comment.revisions.filter(version=version, removed_at=None)
        if not revision.update(name="", body="", removed_at=timezone.now()):
            return
        if by:
            comment.record(ModerationEvent.Action.REMOVE_REVISION, by, reason, comment.state)
        comment.raise_page_versions()


def delete_by_author(comment):
    """Wipe the comment for good, with its earlier texts and what others may have quoted of it.

    A request to take it down has come to its end. A tombstone is drawn while replies hang from it.
    For a day the submission is still known: sent again by a browser, it brings nothing back.
    """
    with transaction.atomic():
        thread = Thread.lock(comment.article)
        comment.refresh_from_db(
            fields=["state", "edit_version", "reply_count", "password", "submission_key"]
        )
        if comment.is_deleted:
            return
        was_visible = comment.is_visible
        mark = _mark_of_deleted(comment)
        comment.submission_key = None if _is_taken(comment, "", mark) else mark
        comment.state = comment.State.DELETED
        comment.name = comment.body = comment.body_html = comment.email_digest = (
            comment.password
        ) = ""
        comment.text_digest = ""
        comment.hold_reasons = []
        comment.edit_version += 1
        comment.save(
            update_fields=[
                *("state", "name", "body", "body_html", "email_digest", "password"),
                *("text_digest", "hold_reasons", "submission_key", "edit_version"),
            ]
        )
        ReplySubscription.end_for([comment])
        comment.notices.all().delete()
        comment.revisions.all().delete()
        MailLink.objects.filter(comment=comment).delete()
        Outbox.objects.waiting().filter(comment=comment, kind=Outbox.Kind.CONFIRM).delete()
        for takedown in comment.takedowns.open():
            takedown.end()
        # Who reported it, or asked to take it down, may have quoted it.
        comment.reports.update(text="")
        comment.takedowns.update(reason="")
        placement.count(comment, thread, was_visible)
        comment.change_what_readers_see()


def redigest(comment, address):
    """Keep the address's digest under the active key, once its writer has proved it.

    Of a comment that was wiped meanwhile nothing is kept.
    """
    if not needs_redigest(comment.email_digest):
        return
    with transaction.atomic():
        Thread.lock(comment.article)
        same = comment.article.comments.filter(pk=comment.pk, email_digest=comment.email_digest)
        comment.email_digest = email_digest(address)
        fields = {"email_digest": comment.email_digest}
        if _is_taken(comment, comment.email_digest, comment.submission_key):
            fields["submission_key"] = None
        same.update(**fields)


def _hold_if_needed(comment, reasons):
    """Let the text wait where the article, one of `reasons` or a rule wants it read first."""
    comment.hold_reasons = [*reasons]
    if comment.staff_id:
        return
    comment.hold_reasons += ModerationRule.objects.reasons_for(comment)
    if comment.hold_reasons or comment.article.reviews_comments:
        comment.state = comment.State.HELD


def _earlier(comment):
    """Return the comment that this one repeats, the newest, or None."""
    if comment.staff_id:
        # Staff have no pair; who signed in and what they wrote tell a second click.
        same = {"staff": comment.staff_id, "body": comment.body}
    else:
        digests = [comment.email_digest, *comment.other_digests]
        same = {"email_digest__in": digests, "password": comment.password}
    if not comment.submission_key:
        same["created_at__gte"] = timezone.now() - REPEAT_WINDOW
    # Neither the parent nor the order is asked of the database: for the one it would take the index
    # of parents, where every root is, for the other it would walk through the article's comments.
    found = comment.article.comments.filter(**same).order_by().values_list("pk", "parent")
    repeated = [pk for pk, parent in found if parent == comment.parent_id]
    return comment.article.comments.get(pk=max(repeated)) if repeated else None


def _began_as(comment, body):
    """Tell whether `body` is what the comment said first, as far as that is still known."""
    if comment.edit_version == 1:
        return comment.body == body
    first = comment.revisions.filter(version=1).first()
    return first is None or first.removed_at is not None or first.body == body


def _mark_of_deleted(comment):
    """Return what the submission of a deleted comment is known by; it tells nothing of the writer.

    None where there is none: without a key, the same text may well be meant as a new comment.
    """
    is_new = comment.created_at > timezone.now() - REMEMBER_DELETED
    if not comment.submission_key or not is_new:
        return None
    message = f"{comment.password} {comment.submission_key}"
    return salted_hmac("comments.deleted", message, algorithm="sha256").hexdigest()


def _is_taken(comment, digest, key):
    """Tell whether a comment of the article has this digest of an address and this key."""
    taken = comment.article.comments.filter(email_digest=digest, submission_key=key)
    return key is not None and taken.exists()
