"""An article's page, put together of its frame and its thread (docs/decisions/rendering.md).

The frame is everything but the thread: it costs most of the page, and a comment changes nothing of
it but the count. So it is kept, and a new comment draws the thread alone anew.
"""

import secrets
from dataclasses import dataclass

from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from articles.linked_data import article_graph
from articles.models import CONTENT, SITE, Article, RankingEntry, article_scope
from comments.anchors import entry_links, item_links
from comments.forms import CommentForm
from comments.models import Comment
from openup.pagecache.parts import kept_part

# Where thread and count go; nobody can write what nobody can guess.
THREAD_PLACE, COUNT_PLACE = secrets.token_hex(16), secrets.token_hex(16)


@dataclass(frozen=True)
class ArticleFrame:
    """An article's page but for its thread, and what the thread asks of its article."""

    slug: str
    path: str
    takes_comments: bool
    pieces: tuple[bytes, bytes, bytes]

    def around(self, page):
        """Return the whole page as bytes, with a page of the thread in it."""
        thread = render_to_string("comments/_thread.html", {"page": page, "article": self})
        before, between, after = self.pieces
        count = b"%d" % page.thread.comment_count
        return b"".join((before, count, between, thread.encode(), after))


def find_frame(request, article_id, page):
    """Return the frame of the article for `page` of its thread; raise Http404."""
    counts = Comment.objects.counts_by_anchor(article_id)
    return kept_part(
        request,
        # A comment on a row or an item changes the count that stands beside it.
        ("article", article_id, page.number, page.last, page.order, tuple(sorted(counts.items()))),
        [CONTENT, SITE],
        lambda: make_frame(request, article_id, page, counts),
        # When the article closes for comments.
        due_scopes=[article_scope(article_id)],
    )


def make_frame(request, article_id, page, counts):
    article = get_object_or_404(Article.objects.published().for_page(), pk=article_id)
    context = article_context(article, page, counts) | {
        "linked_data": article_graph(article, COUNT_PLACE),
        "thread": THREAD_PLACE,
    }
    html = render_to_string("articles/article_detail.html", context, request)
    before, _count, rest = html.partition(f'"{COUNT_PLACE}"')
    between, _thread, after = rest.partition(THREAD_PLACE)
    pieces = before.encode(), between.encode(), after.encode()
    return ArticleFrame(article.slug, article.get_absolute_url(), article.takes_comments, pieces)


def article_context(article, page, counts):
    """Return what an article's page shows but for the thread; `counts` are those of its anchors."""
    issue, month = article.public_issue, article.monthly_issue
    return {
        "article": article,
        "contents": article.contents(),
        "neighbours": article.neighbours(),
        "mentions": article.mentions.filter(pk__in=RankingEntry.objects.public().values("subject")),
        "parts": article.parts(),
        "issue": issue,
        "page": page,
        **page.series(article.get_absolute_url()),
        "form": CommentForm(article=article),
        "entry_links": entry_links(article, counts),
        "item_links": item_links(month, month.lead_article if month else None, counts),
    }
