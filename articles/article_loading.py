"""An article with all that its page shows: a fixed number of queries, whatever it holds.

Querysets ask nothing until they are walked through. Those that are the same for every article are
put together once: for a page that takes as long as to ask the database.
"""

from django.db.models import Exists, OuterRef, Prefetch
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404

from articles.content.figures import MOST_RANKS
from articles.models import (
    Article,
    RankingEntry,
    RankingPeriod,
    RankingSubject,
    RankingTable,
)

MORE_OF_CATEGORY = 3
MOST_RELATED = 6

_WHOLE = (
    Article.objects.annotate(read_at=Now())
    .select_related("category", "lead_picture", "monthly_issue__lead_article")
    .defer("body", "monthly_issue__lead_article__body", "monthly_issue__lead_article__body_html")
    .prefetch_related(
        *("tags", "references", "monthly_issue__items"),
        Prefetch("ranking_tables", RankingTable.objects.select_related("ranking")),
        "ranking_tables__periods",
        Prefetch("ranking_tables__periods__entries", RankingEntry.objects.named()),
        "ranking_tables__periods__corrections",
    )
)
_WHOLE_PUBLISHED = _WHOLE.published()
# A link each.
_NEIGHBOURS = Article.objects.published().only("kicker", "title", "slug", "published_at").newest()
_LISTED = Article.objects.published().for_listing()
# What `Article.figure` shows of each table: the first ranks.
_FIGURES = (
    Prefetch("ranking_tables", RankingTable.objects.only("article_id")),
    Prefetch("ranking_tables__periods", RankingPeriod.objects.only("as_of")),
    Prefetch(
        "ranking_tables__periods__entries",
        RankingEntry.objects.only("period_id", "subject_id", "rank").filter(rank__lte=MOST_RANKS),
    ),
)
# Looked up subject by subject: for `__in` SQLite first lists every entry that is public.
_PUBLIC_SUBJECTS = RankingSubject.objects.filter(
    Exists(RankingEntry.objects.public().filter(subject=OuterRef("pk")))
)


def load_article(key):
    """Return the published article with what its page shows; raise Http404."""
    return get_object_or_404(_WHOLE_PUBLISHED, pk=key)


def load_any_article(key):
    """Return the article, whatever its state, with what its page shows; raise Http404."""
    return get_object_or_404(_WHOLE, pk=key)


def neighbours_of(article):
    """Return the published articles just before and after this one, and others of its kind."""
    if not article.published_at:
        return {}
    others = _LISTED.filter(category=article.category_id).exclude(pk=article.pk)
    return {
        "older": _NEIGHBOURS.older_than(article).first(),
        "newer": _NEIGHBOURS.newer_than(article).reverse().first(),
        "more": list(others[:MORE_OF_CATEGORY]),
    }


def related_of(article):
    """Return what an editor has confirmed as related, as far as readers may see it."""
    return list(_LISTED.filter(related=article.pk)[:MOST_RELATED])


def mentions_of(article):
    """Return the ranked subjects that the text names, as far as readers may see their figures."""
    return list(_PUBLIC_SUBJECTS.filter(mentioned_in=article))


def with_figures(articles):
    """Load what `figure_html` shows of each of `articles`, in three queries more."""
    return articles.select_related("lead_picture").prefetch_related(*_FIGURES)
