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
        place_root(comment, thread.root_total)
        return
    branch = comment.article.comments.filter(root_number=comment.parent.root_number)
    last_reply = branch.aggregate(last=Max("reply_number"))["last"]
    last_below = last_place_below(branch, path_above(comment.parent))
    place_reply(comment, comment.parent, last_reply + 1, last_below + 1)


def place_root(comment, number):
    comment.root_number, comment.reply_number, comment.depth = number, 0, 1
    comment.path = f"{number:0{ROOT_DIGITS}d}"


def place_reply(comment, parent, reply_number, place):
    """Give a reply its number in the branch, and its `place` below the path above it."""
    comment.root_number, comment.reply_number = parent.root_number, reply_number
    comment.depth = min(parent.depth + 1, MAX_DEPTH)
    comment.path = f"{path_above(parent)}{place:0{REPLY_DIGITS}d}"


def path_above(parent):
    """Return the path that those of the replies to `parent` begin with.

    Below the greatest depth a reply is drawn beside its parent and keeps it as its own.
    """
    return parent.path[: ROOT_DIGITS + (MAX_DEPTH - 2) * REPLY_DIGITS]


def last_place_below(branch, above):
    """Return the last place given below the path `above`, 0 where there is none."""
    below = branch.filter(path__gt=above, path__lte=above + "9" * REPLY_DIGITS)
    # The last path below holds it, however deep it lies.
    last = below.aggregate(last=Max("path"))["last"]
    return int(last[len(above) :][:REPLY_DIGITS]) if last else 0


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
