from comments.models.comment import Comment
from comments.models.comment.author_actions import (
    EditConflict,
    SubmissionConflict,
    SubmissionDeleted,
)
from comments.models.mail.mail_link import MailLink
from comments.models.mail.outbox import Outbox
from comments.models.mail.subscription import (
    Notice,
    ReplySubscription,
    StaffSubscription,
    Subscriber,
)
from comments.models.moderation.event import ModerationEvent
from comments.models.moderation.figure_report import FigureReport
from comments.models.moderation.queue import QueuedComment
from comments.models.moderation.report import Report
from comments.models.moderation.rule import ModerationRule
from comments.models.moderation.takedown import Takedown
from comments.models.personal_data import PersonalDataView
from comments.models.rate_limit import RateLimit
from comments.models.revision import CommentRevision
from comments.models.thread import Thread

__all__ = [
    "Comment",
    "CommentRevision",
    "EditConflict",
    "FigureReport",
    "MailLink",
    "ModerationEvent",
    "ModerationRule",
    "Notice",
    "Outbox",
    "PersonalDataView",
    "QueuedComment",
    "RateLimit",
    "ReplySubscription",
    "Report",
    "StaffSubscription",
    "SubmissionConflict",
    "SubmissionDeleted",
    "Subscriber",
    "Takedown",
    "Thread",
]
