"""An article's page, put together of its frame and its thread (docs/decisions/rendering.md).

The frame is everything but the thread: it costs most of the page, and a comment changes nothing of
it but the count. So it is kept, and a new comment draws the thread alone anew.
"""

import secrets
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import timezone

from articles.article_loading import load_article, mentions_of, neighbours_of, related_of
from articles.linked_data import article_graph
from articles.models import CONTENT, SITE
from articles.month_line import month_line
from comments.threads.anchors import entry_links, figures_address, item_links
from comments.threads.empty_form import draw_empty_form
from comments.threads.rendering import draw_branches
from openup.pagecache.fragments import cached_fragment

# Where thread, counts and comments go; nobody can write what nobody can guess.
THREAD_PLACE, COUNT_PLACE, BRANCHES_PLACE = (secrets.token_hex(16) for _place in range(3))


@dataclass(frozen=True)
class ArticleFrame:
    """An article's page but for its thread, and what the thread asks of its article."""

    slug: str
    path: str
    takes_comments: bool
    pieces: tuple[bytes, bytes]

    def around(self, page):
        """Return the whole page as bytes, with a page of the thread in it."""
        context = {"page": page, "article": self, "branches": BRANCHES_PLACE}
        thread = render_to_string("comments/_thread.html", context)
        head, _place, tail = thread.partition(BRANCHES_PLACE)
        # Past the template, which copies what it draws twice for each tag around it.
        branches = draw_branches(page, self) if page.branches else ""
        before, after = self.pieces
        # A number in the data, and as readers see it.
        before = before.replace(f'"{COUNT_PLACE}"'.encode(), b"%d" % page.thread.comment_count)
        before = before.replace(COUNT_PLACE.encode(), page.comment_count.encode())
        return b"".join((before, head.encode(), branches.encode(), tail.encode(), after))


def find_frame(request, article_id, page):
    """Return the frame of the article for `page` of its thread; raise Http404."""
    # A comment on a row or an item changes the count that stands beside it.
    counts = tuple(sorted(page.anchor_counts.items()))
    return cached_fragment(
        request,
        ("article", article_id, page.number, page.last, page.order, counts),
        [CONTENT, SITE],
        lambda: make_frame(request, article_id, page),
    )


def make_frame(request, article_id, page):
    article = load_article(article_id)
    context = article_context(article, page) | {
        "linked_data": article_graph(article, COUNT_PLACE),
        "comment_count": COUNT_PLACE,
        "thread": THREAD_PLACE,
    }
    html = render_to_string("articles/article_detail.html", context, request)
    before, _thread, after = html.partition(THREAD_PLACE)
    pieces = before.encode(), after.encode()
    return ArticleFrame(article.slug, article.get_absolute_url(), article.takes_comments, pieces)


def article_context(article, page):
    """Return what an article's page shows but for the thread."""
    issue, month = article.public_issue, article.monthly_issue
    day = article.published_at and timezone.localdate(article.published_at)
    return {
        "article": article,
        "contents": article.contents(),
        "neighbours": neighbours_of(article),
        "related": related_of(article) if article.pk else [],
        "line": month_line(day.year, day.month) if day else None,
        "mentions": mentions_of(article),
        "parts": article.parts(),
        "issue": issue,
        "page": page,
        "comment_count": page.comment_count,
        **page.series(article.get_absolute_url()),
        "empty_form": draw_empty_form(article),
        "figures_address": figures_address(article),
        "entry_links": entry_links(article, page.anchor_counts),
        "item_links": item_links(month, month.lead_article if month else None, page.anchor_counts),
    }
