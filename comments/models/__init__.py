from comments.models.comment import Comment, EditConflict, SubmissionConflict, Thread
from comments.models.mail_link import MailLink
from comments.models.moderation import ModerationEvent
from comments.models.outbox import Outbox
from comments.models.rate_limit import RateLimit
from comments.models.revision import CommentRevision
from comments.models.subscription import Notice, ReplySubscription, StaffSubscription, Subscriber

__all__ = [
    "Comment",
    "CommentRevision",
    "EditConflict",
    "MailLink",
    "ModerationEvent",
    "Notice",
    "Outbox",
    "RateLimit",
    "ReplySubscription",
    "StaffSubscription",
    "SubmissionConflict",
    "Subscriber",
    "Thread",
]
