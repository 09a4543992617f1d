from comments.models.comment import Comment
from comments.models.figure_report import FigureReport
from comments.models.mail_link import MailLink
from comments.models.moderation import ModerationEvent
from comments.models.outbox import Outbox
from comments.models.personal_data import PersonalDataView
from comments.models.queue import QueuedComment
from comments.models.rate_limit import RateLimit
from comments.models.report import Report
from comments.models.revision import CommentRevision
from comments.models.rule import ModerationRule
from comments.models.subscription import Notice, ReplySubscription, StaffSubscription, Subscriber
from comments.models.takedown import Takedown
from comments.models.thread import Thread
from comments.models.writing import EditConflict, SubmissionConflict

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
    "Subscriber",
    "Takedown",
    "Thread",
]
