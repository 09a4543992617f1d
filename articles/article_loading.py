"""An article with all that its page shows: a fixed number of queries, whose SQL is written once.

What belongs to the article is asked for by its own key, or its month's, never by keys that another
query brought: so the SQL is the same for every article.
"""

from collections import defaultdict

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from articles.compiled import Compiled, first_or_404
from articles.models import (
    Article,
    MonthlyIssueItem,
    RankingCorrection,
    RankingEntry,
    RankingPeriod,
    RankingSubject,
    RankingTable,
    Reference,
    Tag,
)

MORE_OF_CATEGORY = 3


def _with_relations(articles, key):
    return (
        articles.filter(pk=key)
        .annotate(read_at=Now())
        .select_related("category", "monthly_issue__lead_article")
        .defer("body", "monthly_issue__lead_article__body")
        .defer("monthly_issue__lead_article__body_html")
    )


def _periods_of(key):
    return RankingTable.periods.through.objects.filter(rankingtable__article=key)


_any_article = Compiled(lambda key: _with_relations(Article.objects.all(), key))
_published_article = Compiled(lambda key: _with_relations(Article.objects.published(), key))
_tags = Compiled(lambda key: Tag.objects.filter(articles=key))
_references = Compiled(lambda key: Reference.objects.filter(article=key))
_items = Compiled(lambda key: MonthlyIssueItem.objects.filter(issue=key))
_tables = Compiled(lambda key: RankingTable.objects.filter(article=key).select_related("ranking"))
# A row for each table that shows the period.
_periods = Compiled(
    lambda key: RankingPeriod.objects.filter(tables__article=key).annotate(table=F("tables"))
)
_entries = Compiled(
    lambda key: RankingEntry.objects.named().filter(
        period__in=_periods_of(key).values("rankingperiod")
    )
)
_corrections = Compiled(
    lambda key: RankingCorrection.objects.filter(
        period__in=_periods_of(key).values("rankingperiod")
    )
)


def load_article(key):
    """Return the published article with what its page shows; raise Http404."""
    return _with_what_it_shows(first_or_404(_published_article, key))


def load_any_article(key):
    """Return the article, whatever its state, with what its page shows; raise Http404."""
    return _with_what_it_shows(first_or_404(_any_article, key))


def _with_what_it_shows(article):
    _give(article, "tags", _tags.rows(article.pk))
    _give(article, "references", _references.rows(article.pk))
    _give(article, "ranking_tables", _load_tables(article))
    if issue := article.monthly_issue:
        _give(issue, "items", _items.rows(issue.pk))
        for item in issue.items.all():
            item.issue = issue
    return article


def _load_tables(article):
    tables = _tables.rows(article.pk)
    if not tables:
        return []
    periods = _by("table", _periods.rows(article.pk))
    entries = _by("period_id", _entries.rows(article.pk))
    corrections = _by("period_id", _corrections.rows(article.pk))
    for table in tables:
        table.article = article
        for period in periods[table.pk]:
            _give(period, "entries", entries[period.pk])
            _give(period, "corrections", corrections[period.pk])
            for entry in entries[period.pk]:
                entry.period = period
        _give(table, "periods", periods[table.pk])
    return tables


def _by(name, rows):
    grouped = defaultdict(list)
    for row in rows:
        grouped[getattr(row, name)].append(row)
    return grouped


def _give(owner, name, rows):
    """Let `owner`.`name`.all() be `rows`, as `prefetch_related` does."""
    queryset = QuerySet(owner._meta.get_field(name).related_model)
    queryset._result_cache, queryset._prefetch_done = rows, True
    owner.__dict__.setdefault("_prefetched_objects_cache", {})[name] = queryset


# What stands around an article


def _around():
    return Article.objects.published().for_listing()


def _article(key):
    """Return the article as far as its place in the order of `newest`, which the query looks up."""
    moment = Article.objects.filter(pk=key).order_by().values("published_at")
    return Article(pk=key, published_at=Subquery(moment))


_older = Compiled(lambda key: _around().older_than(_article(key))[:1])
_newer = Compiled(lambda key: _around().newer_than(_article(key)).reverse()[:1])
_more = Compiled(
    lambda category, key: _around().filter(category=category).exclude(pk=key)[:MORE_OF_CATEGORY]
)
_mentions = Compiled(
    # Looked up subject by subject: for `__in` SQLite first lists every entry that is public.
    lambda key: RankingSubject.objects.filter(
        Exists(RankingEntry.objects.public().filter(subject=OuterRef("pk"))), mentioned_in=key
    )
)


def neighbours_of(article):
    """Return the published articles just before and after this one, and others of its kind."""
    if not article.published_at:
        return {}
    return {
        "older": next(iter(_older.rows(article.pk)), None),
        "newer": next(iter(_newer.rows(article.pk)), None),
        "more": _more.rows(article.category_id, article.pk),
    }


def mentions_of(article):
    """Return the ranked subjects that the text names, as far as readers may see their figures."""
    return _mentions.rows(article.pk)
