"""What staff do to a comment, as methods of Comment.

Each is one transaction that locks the thread first and returns the event that it leaves, or
None where it does not apply; `batch` is shared by what is done at once, and undone at once.
"""

from django.db import transaction

from articles.models import CONVERSATION, Due
from comments.models.comment import placement
from comments.models.mail.subscription import Notice
from comments.models.moderation.event import ModerationEvent
from comments.models.thread import Thread


def hide(comment, *, by, reason, **event):
    """Take the comment out of sight and record who did it and why."""
    return _moderate(
        comment, comment.State.HIDDEN, ModerationEvent.Action.HIDE, by, reason, **event
    )


def restore(comment, *, by, reason, **event):
    """Show a hidden comment again and record who did it and why."""
    return _moderate(
        comment, comment.State.PUBLISHED, ModerationEvent.Action.RESTORE, by, reason, **event
    )


def approve(comment, *, by, reason="", **event):
    """Show a comment that waited for review and record who let it."""
    return _moderate(
        comment, comment.State.PUBLISHED, ModerationEvent.Action.APPROVE, by, reason, **event
    )


def hold(comment, *, by, reason, **event):
    """Take the comment out of sight until staff have read it; `by` is None for the rules."""
    return _moderate(comment, comment.State.HELD, ModerationEvent.Action.HOLD, by, reason, **event)


def delete_by_staff(comment, *, by, reason, **event):
    """Wipe the comment for good, as its author could, and record who did it and why."""
    with transaction.atomic():
        Thread.lock(comment.article)
        comment.refresh_from_db(fields=["state"])
        if comment.is_deleted:
            return None
        before = comment.state
        comment.delete_by_author()
        return record(comment, ModerationEvent.Action.DELETE, by, reason, before, **event)


def dismiss_reports(comment, *, by, reason="", **event):
    """Close the comment's open reports: it stays as it is."""
    with transaction.atomic():
        Thread.lock(comment.article)
        comment.refresh_from_db(fields=["state"])
        if not comment.reports.open().exists():
            return None
        return record(comment, ModerationEvent.Action.DISMISS, by, reason, comment.state, **event)


def block(comment, until, *, by, reason):
    """Keep the text out of sight until a moment, or let it be read again when it is None.

    Its place and its count stay. A block ends by itself: the pages' Due moment makes them anew.
    """
    action = ModerationEvent.Action.BLOCK if until else ModerationEvent.Action.UNBLOCK
    with transaction.atomic():
        Thread.lock(comment.article)
        comment.refresh_from_db(fields=["state", "blocked_until", "name", "body"])
        comment.blocked_until = until
        comment.__dict__.pop("is_blocked", None)
        comment.save(update_fields=["blocked_until"])
        Due.plan([comment.article.scope, CONVERSATION], [until])
        comment.change_what_readers_see()
        return record(comment, action, by, reason, comment.state)


def reopen(comment, *, by, reason, **event):
    """Put the comment back before the moderators, as it is."""
    return record(comment, ModerationEvent.Action.REOPEN, by, reason, comment.state, **event)


def pin(comment, *, by):
    """Show the comment above its article's thread, in the place of another one."""
    return _set_pin(comment, ModerationEvent.Action.PIN, by)


def unpin(comment, *, by):
    return _set_pin(comment, ModerationEvent.Action.UNPIN, by)


def _set_pin(comment, action, by):
    with transaction.atomic():
        thread = Thread.lock(comment.article)
        comment.refresh_from_db(fields=["state"])
        is_pin = action == ModerationEvent.Action.PIN
        if is_pin == (thread.pinned_id == comment.pk) or (is_pin and not comment.is_visible):
            return None
        thread.pinned = comment if is_pin else None
        thread.save(update_fields=["pinned"])
        comment.raise_page_versions()
        return record(comment, action, by, "", comment.state)


def note(comment, text, *, by):
    """Leave a note for the other moderators."""
    return comment.moderation_events.create(
        moderator=by, action=ModerationEvent.Action.NOTE, reason=text
    )


def _moderate(comment, state, action, by, reason, **event):
    with transaction.atomic():
        thread = Thread.lock(comment.article)
        # The search asks for the block: a stale one would let the text out. It takes text and name
        # as they are now, too.
        comment.refresh_from_db(fields=["state", "reply_count", "blocked_until", "name", "body"])
        if comment.is_deleted or comment.state == state:
            return None
        before, was_visible = comment.state, comment.is_visible
        if before == comment.State.HELD and state == comment.State.PUBLISHED:
            Notice.of_reply(comment)
        comment.state = state
        comment.save(update_fields=["state"])
        placement.count(comment, thread, was_visible)
        comment.change_what_readers_see()
        return record(comment, action, by, reason, before, **event)


def record(comment, action, by, reason, state_before, **event):
    """Leave an event; whoever decides about a comment has answered its reports too."""
    event = comment.moderation_events.create(
        moderator=by,
        action=action,
        reason=reason,
        state_before=state_before,
        state_after=comment.state,
        **event,
    )
    if event.closes_reports:
        comment.reports.open().update(closed_by=event)
    return event
