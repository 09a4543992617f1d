"""A page of a thread as data: what the page shows of its comments and nothing else."""

from django.conf import settings

from articles.open_data.serializers import moment


def thread_data(page, address):
    """Return a ThreadPage, oldest first, as data; `address` is the absolute one of its twin."""

    def address_of(number):
        if not 1 <= number <= page.last:
            return None
        return f"{address}?page={number}" if number > 1 else address

    items = []
    for branch in page.branches:
        items.append({**comment_data(branch.root), "more_replies": branch.more_count})
        items += [{**comment_data(reply), "more_replies": 0} for reply in branch.replies]
    return {
        "count": page.thread.comment_count,
        "page": page.number,
        "pages": page.last,
        "previous": address_of(page.number - 1),
        "next": address_of(page.number + 1),
        "pinned": page.pinned.pk if page.pinned else None,
        "items": items,
    }


def comment_data(comment):
    """Return a drawn comment as data; where only its place is left, it says no more than why."""
    place = {
        "id": comment.pk,
        "parent": comment.parent_id,
        "depth": comment.depth,
        "url": settings.SITE_URL + comment.get_permalink(),
    }
    if not comment.is_readable:
        state = "blocked" if comment.is_visible else comment.state
        gone = dict.fromkeys(["name", "staff", "html", "created_at", "edited_at", "about"])
        return {**place, "state": state, **gone}
    anchor = comment.anchor
    return {
        **place,
        "state": comment.state,
        "name": comment.name,
        "staff": comment.staff_id is not None,
        "html": comment.body_html,
        "created_at": moment(comment.created_at),
        "edited_at": moment(comment.edited_at),
        "about": anchor and {"key": anchor.key, "label": anchor.label, "in": anchor.period},
    }
