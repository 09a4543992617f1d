from comments.models.comment import Comment, EditConflict, SubmissionConflict, Thread
from comments.models.figure_report import FigureReport
from comments.models.moderation import ModerationEvent
from comments.models.rate_limit import RateLimit
from comments.models.revision import CommentRevision

__all__ = [
    "Comment",
    "CommentRevision",
    "EditConflict",
    "FigureReport",
    "ModerationEvent",
    "RateLimit",
    "SubmissionConflict",
    "Thread",
]
