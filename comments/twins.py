"""A thread's page as data: what the page shows of its comments and nothing else."""

from django.conf import settings

from articles.twins import moment


def comment_data(comment):
    """Return a drawn comment as data; where only its place is left, name and html are null."""
    is_shown = comment.is_visible
    return {
        "id": comment.pk,
        "parent": comment.parent_id,
        "depth": comment.depth,
        "url": settings.SITE_URL + comment.get_permalink(),
        "state": comment.state,
        "name": comment.name if is_shown else None,
        "html": comment.body_html if is_shown else None,
        "created_at": moment(comment.created_at) if is_shown else None,
        "edited_at": moment(comment.edited_at) if is_shown else None,
    }


def thread_data(thread, comments, page_number, address):
    """Return one page of a thread as data; `address` is the absolute one of its article's twin."""

    def page(number):
        return f"{address}?page={number}" if 1 <= number <= thread.last_page else None

    return {
        "count": thread.comment_count,
        "page": page_number,
        "pages": thread.last_page,
        "previous": page(page_number - 1),
        "next": page(page_number + 1),
        "items": [comment_data(comment) for comment in comments],
    }
