"""Where a comment stands in its thread, and how it is counted there, while the thread is locked."""

from django.db.models import F, Max

MAX_DEPTH = 5
# Widths of the digits that a path is made of: the root's number, then one number a level.
ROOT_DIGITS = 9
REPLY_DIGITS = 7


def take_place(comment, thread):
    """Give the comment its root's number, its depth and the next free path."""
    if comment.parent is None:
        # Saved together with the count, by `count`.
        thread.root_total += 1
        comment.root_number = thread.root_total
        comment.depth = 1
        comment.path = f"{comment.root_number:0{ROOT_DIGITS}d}"
        return
    comment.root_number = comment.parent.root_number
    comment.depth = min(comment.parent.depth + 1, MAX_DEPTH)
    branch = comment.article.comments.filter(root_number=comment.root_number)
    comment.reply_number = branch.aggregate(last=Max("reply_number"))["last"] + 1
    # Below the greatest depth a reply is drawn beside its parent and keeps it as its own.
    above = comment.parent.path[: ROOT_DIGITS + (comment.depth - 2) * REPLY_DIGITS]
    # The last path below holds the last number given there, however deep it lies.
    below = branch.filter(path__gt=above, path__lte=above + "9" * REPLY_DIGITS)
    last = below.aggregate(last=Max("path"))["last"]
    number = int(last[len(above) :][:REPLY_DIGITS]) + 1 if last else 1
    comment.path = f"{above}{number:0{REPLY_DIGITS}d}"


def count(comment, thread, was_visible):
    """Count the comment where it has begun, or ceased, to show."""
    difference = comment.is_visible - was_visible
    thread.comment_count += difference
    thread.save(update_fields=["root_total", "comment_count"])
    if not difference:
        return
    if comment.parent_id:
        root = comment.article.comments.filter(root_number=comment.root_number, reply_number=0)
        root.update(branch_count=F("branch_count") + difference)
    _count_under_parents(comment, difference)


def _count_under_parents(comment, difference):
    """Count a reply that appears or goes, up to where a parent is drawn all the same.

    `reply_count` counts the replies that are drawn, tombstones included.
    """
    # A tombstone's own place was counted as long as replies hung from it.
    if comment.reply_count or not comment.parent_id:
        return
    others = comment.article.comments.only("article_id", "parent_id", "state", "reply_count")
    while comment.parent_id:
        parent = others.get(pk=comment.parent_id)
        parent.reply_count += difference
        parent.save(update_fields=["reply_count"])
        was_or_is_leaf = parent.reply_count == (1 if difference > 0 else 0)
        if parent.is_visible or not was_or_is_leaf:
            return
        comment = parent
