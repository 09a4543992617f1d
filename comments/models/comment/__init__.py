from comments.models.comment.model import (
    Comment,
    CommentQuerySet,
    load_anchors,
    names_of_roots,
)

__all__ = ["Comment", "CommentQuerySet", "load_anchors", "names_of_roots"]
