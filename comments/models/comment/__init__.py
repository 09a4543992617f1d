from comments.models.comment.model import (
    Comment,
    CommentQuerySet,
    load_anchors,
)

__all__ = ["Comment", "CommentQuerySet", "load_anchors"]
