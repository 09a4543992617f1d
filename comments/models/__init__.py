from comments.models.comment import Comment, EditConflict, SubmissionConflict, Thread
from comments.models.mail_link import MailLink
from comments.models.moderation import ModerationEvent
from comments.models.outbox import Outbox
from comments.models.rate_limit import RateLimit
from comments.models.report import Report
from comments.models.revision import CommentRevision
from comments.models.rule import ModerationRule
from comments.models.subscription import Notice, ReplySubscription, StaffSubscription, Subscriber
from comments.models.takedown import Takedown

__all__ = [
    "Comment",
    "CommentRevision",
    "EditConflict",
    "MailLink",
    "ModerationEvent",
    "ModerationRule",
    "Notice",
    "Outbox",
    "RateLimit",
    "ReplySubscription",
    "Report",
    "StaffSubscription",
    "SubmissionConflict",
    "Subscriber",
    "Takedown",
    "Thread",
]
