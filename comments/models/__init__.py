from comments.models.comment import Comment, EditConflict, SubmissionConflict
from comments.models.figure_report import FigureReport
from comments.models.moderation import ModerationEvent
from comments.models.queue import QueuedComment
from comments.models.rate_limit import RateLimit
from comments.models.report import Report
from comments.models.revision import CommentRevision
from comments.models.rule import ModerationRule
from comments.models.takedown import Takedown
from comments.models.thread import Thread

__all__ = [
    "Comment",
    "CommentRevision",
    "EditConflict",
    "FigureReport",
    "ModerationEvent",
    "ModerationRule",
    "QueuedComment",
    "RateLimit",
    "Report",
    "SubmissionConflict",
    "Takedown",
    "Thread",
]
