"""An article with all that its page shows: a fixed number of queries, whatever it holds."""

from django.db.models import Exists, OuterRef, Prefetch
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404

from articles.models import Article, RankingEntry, RankingTable

MORE_OF_CATEGORY = 3


def load_article(key):
    """Return the published article with what its page shows; raise Http404."""
    return get_object_or_404(_with_what_it_shows(Article.objects.published()), pk=key)


def load_any_article(key):
    """Return the article, whatever its state, with what its page shows; raise Http404."""
    return get_object_or_404(_with_what_it_shows(Article.objects.all()), pk=key)


def _with_what_it_shows(articles):
    tables = RankingTable.objects.select_related("ranking").prefetch_related(
        "periods",
        Prefetch("periods__entries", RankingEntry.objects.named()),
        "periods__corrections",
    )
    return (
        articles.annotate(read_at=Now())
        .select_related("category", "monthly_issue__lead_article")
        .defer("body", "monthly_issue__lead_article__body")
        .defer("monthly_issue__lead_article__body_html")
        .prefetch_related(
            "tags", "references", "monthly_issue__items", Prefetch("ranking_tables", tables)
        )
    )


def neighbours_of(article):
    """Return the published articles just before and after this one, and others of its kind."""
    if not article.published_at:
        return {}
    listed = Article.objects.published().for_listing()
    return {
        "older": listed.older_than(article).first(),
        "newer": listed.newer_than(article).reverse().first(),
        "more": list(
            listed.filter(category=article.category_id).exclude(pk=article.pk)[:MORE_OF_CATEGORY]
        ),
    }


def mentions_of(article):
    """Return the ranked subjects that the text names, as far as readers may see their figures."""
    # Looked up subject by subject: for `__in` SQLite first lists every entry that is public.
    figures = RankingEntry.objects.public().filter(subject=OuterRef("pk"))
    return list(article.mentions.filter(Exists(figures)))
