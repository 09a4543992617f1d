"""What staff do to several comments at once, and how it is undone at once."""

from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from comments.models import Comment, ModerationEvent, Report, Thread

Action = ModerationEvent.Action
State = Comment.State

OPERATIONS = {
    Action.HIDE: Comment.hide,
    Action.RESTORE: Comment.restore,
    Action.APPROVE: Comment.approve,
    Action.DELETE: Comment.delete_by_staff,
    Action.DISMISS: Comment.dismiss_reports,
}
# The states that an operation applies to; reports are dismissed whatever the state is.
STATES = {
    Action.HIDE: {State.PUBLISHED, State.HELD},
    Action.RESTORE: {State.HIDDEN},
    Action.APPROVE: {State.HELD},
    Action.DELETE: {State.PUBLISHED, State.HELD, State.HIDDEN},
    Action.DISMISS: {State.PUBLISHED, State.HELD, State.HIDDEN},
}
# How a state is come back to.
_BACK = {
    State.PUBLISHED: Comment.restore,
    State.HELD: Comment.hold,
    State.HIDDEN: Comment.hide,
}
CAN_BE_UNDONE = {Action.HIDE, Action.RESTORE, Action.APPROVE, Action.HOLD, Action.DISMISS}


def act(action, comments, *, by, reason=""):
    """Do one thing to each of `comments`, each in its own transaction; return the events left.

    All share a batch. A comment to which it no longer applies is left alone, without an event.
    """
    batch = uuid4()
    events = [
        OPERATIONS[action](comment, by=by, reason=reason, batch=batch)
        for comment in comments
        if comment.state in STATES[action]
    ]
    return [event for event in events if event]


def undo(batch, *, by):
    """Undo what was done in `batch`; return (undone, left) as counts.

    A comment that has changed since, or was deleted, is left as it is.
    """
    events = ModerationEvent.objects.filter(batch=batch, action__in=CAN_BE_UNDONE)
    new_batch = uuid4()
    done = [
        undo_event(event, by=by, batch=new_batch)
        for event in events.select_related("comment__article").order_by("pk")
    ]
    return sum(done), len(done) - sum(done)


def undo_event(event, *, by, batch):
    """Bring the comment back to where the event found it; tell whether that was possible."""
    comment = event.comment
    with transaction.atomic():
        Thread.lock(comment.article)
        comment.refresh_from_db(fields=["state"])
        if comment.state != event.state_after or hasattr(event, "undone_by"):
            return False
        record = {"by": by, "reason": _("Undone"), "batch": batch, "undoes": event}
        if event.action == Action.DISMISS:
            comment.reopen(**record)
        else:
            _BACK[event.state_before](comment, **record)
        Report.objects.filter(closed_by=event).update(closed_by=None)
    return True
