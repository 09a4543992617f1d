from comments.models.comment import Comment, EditConflict, SubmissionConflict, Thread
from comments.models.moderation import ModerationEvent
from comments.models.rate_limit import RateLimit

__all__ = [
    "Comment",
    "EditConflict",
    "ModerationEvent",
    "RateLimit",
    "SubmissionConflict",
    "Thread",
]
