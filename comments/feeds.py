"""Atom feeds of the conversation: the newest comments of the site, and of one article."""

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.feeds import FEED_SIZE, atom
from articles.models import CONVERSATION, Article
from articles.page_caching import cached_page
from comments.models import Comment


def comment_entry(comment):
    """Return a comment's entry: its permanent address is its id."""
    name = comment.name or _("Anonymous")
    title = _("%(name)s on “%(article)s”") % {"name": name, "article": comment.article.full_title}
    if anchor := comment.anchor:
        title += f" ({anchor.label}, {anchor.period})"
    return {
        "title": title,
        "link": comment.get_permalink(),
        # Escaped when it was saved; the feed escapes it once more, as the type "html" wants.
        "description": SafeString(comment.body_html),
        "author_name": name,
        "unique_id": f"{settings.SITE_URL}{comment.get_permalink()}",
        "pubdate": comment.created_at,
        "updateddate": comment.edited_at or comment.created_at,
    }


def feed_of(title, page, feed, comments):
    """Return the feed of the newest of `comments`: those that readers may read now, no others."""
    newest = comments.latest().with_anchor()[:FEED_SIZE]
    return atom(title, page, feed, [comment_entry(comment) for comment in newest])


@cached_page(CONVERSATION)
def comment_feed(request):
    feed = reverse("comments:comment_feed")
    return feed_of(_("Latest comments"), reverse("home"), feed, Comment.objects)


@cached_page("article:{article_id}")
def article_comment_feed(request, article_id):
    articles = Article.objects.published().defer("body", "body_html")
    article = get_object_or_404(articles, pk=article_id)
    title = _("Comments on “%(article)s”") % {"article": article.full_title}
    feed = reverse("comments:article_comment_feed", args=[article.pk])
    comments = Comment.objects.filter(article=article)
    return feed_of(title, article.get_absolute_url(), feed, comments)
