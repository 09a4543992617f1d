from comments.models.comment.display import ThreadComment
from comments.models.comment.model import (
    Comment,
    CommentQuerySet,
    load_anchors,
)

__all__ = ["Comment", "CommentQuerySet", "ThreadComment", "load_anchors"]
