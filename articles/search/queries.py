"""Search: what a query finds, the same hits in the same order on both databases.

The index only proposes documents by their tokens. Whether one is a hit is decided by comparing
folded text (`articles.search.tokens`): those with every word in the title first, then the others,
each newest first. docs/decisions/search.md says why.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from articles.models import (
    Article,
    MonthlyIssue,
    Ranking,
    RankingEntry,
    RankingPeriod,
    SearchDocument,
)
from articles.models.search_document import WITHHELD
from articles.search import sqlite_index, tokens
from articles.search.tokens import needle_tokens

PAGE_SIZE = 20
# The newest documents are looked at without the index: a page of a common word is full by then.
FIRST_LOOK = 100
# Then as many candidates of the index at a time. A query whose words never stand together as asked
# is given up rather than read to its end.
BATCHES = (200, 800, *[1000] * 4)
END = 2**63 - 1
# Comments are looked for in the newest periods, 24 days of their keys, first: what is found there
# often does not take longer as they grow old, and what is not, is rare. Migration `comment_pairs`
# has the same in SQL.
PERIOD_BITS = 48
PERIODS = 2
# Enough to know each page of millions of hits by itself: what is known less exactly is
# read row by row.
MEMORY = "64MB"


def visible_documents() -> QuerySet[SearchDocument]:
    """Return what readers may see now: asked of what must be public, not of the index."""
    # Looked up document by document: for `__in` everything that is public is listed first.
    issues = MonthlyIssue.objects.published().filter(pk=OuterRef("issue"))
    rankings = Ranking.objects.published().filter(pk=OuterRef("ranking"))
    periods = RankingPeriod.objects.published().filter(pk=OuterRef("period"))
    entries = RankingEntry.objects.public().filter(subject=OuterRef("subject"))
    return SearchDocument.objects.filter(
        Q(article=None) | Q(Article.objects.is_published("article")),
        Q(issue=None) | Q(Exists(issues)),
        Q(ranking=None) | Q(Exists(rankings)),
        Q(period=None) | Q(Exists(periods)),
        Q(subject=None) | Q(Exists(entries)),
        Q(visible_from=None) | Q(visible_from__lte=Now()),
    )


@dataclass(frozen=True)
class Query:
    """What a reader asks for: words, and filters that narrow the hits."""

    text: str
    kind: str = ""
    category_id: int | None = None
    year: int | None = None

    @property
    def needles(self) -> list[str]:
        return tokens.needles(self.text)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.category_id or self.year)


@dataclass(frozen=True)
class Hits:
    documents: list[SearchDocument]
    # Where the next page goes on, for `find`'s `after`; "" at the end.
    after: str


def find(query: Query, after: str = "") -> Hits:
    """Return a page of hits, best first; `after` is the end of the page before it.

    Malformed `after` begins at the beginning; a query without words finds nothing.
    """
    if not query.needles:
        return Hits([], "")
    match = re.fullmatch(r"([tb])([0-9]{1,19})", after)
    stages = "b" if match and match[1] == "b" else "tb"
    below = int(match[2]) if match and int(match[2]) <= END else END
    matching = _matching(query, stages, below)
    found: list[tuple[str, SearchDocument]] = []
    # Nearly all that match are visible: one look at them fills the page. What is not, as the many
    # comments of an article that was withdrawn, is passed in few steps.
    size = PAGE_SIZE + 1
    while len(found) <= PAGE_SIZE and (batch := list(islice(matching, size))):
        keys = [key for _stage, key in batch]
        documents = _shown_documents().in_bulk(keys)
        found += [(stage, documents[key]) for stage, key in batch if key in documents]
        size *= 4
    if len(found) <= PAGE_SIZE:
        return Hits([document for _stage, document in found], "")
    stage, last = found[PAGE_SIZE - 1]
    return Hits([document for _stage, document in found[:PAGE_SIZE]], f"{stage}{last.pk}")


def _shown_documents() -> QuerySet[SearchDocument]:
    documents = visible_documents().select_related("article")
    return documents.defer("folded_title", "folded_text", "article__body", "article__body_html")


def _matching(query: Query, stages: str, below: int) -> Iterator[tuple[str, int]]:
    """Yield the stage and key of what holds the words, as far as it is asked for, best first."""
    least = 0
    if query.year:
        least = _first_key_of(query.year)
    for stage in stages:
        highest = min(below, _first_key_of(query.year + 1)) if query.year else below
        for key in _keys(query, stage == "t", least, highest):
            yield stage, key
        below = END


def _keys(query: Query, in_title: bool, least: int, below: int) -> Iterator[int]:
    looked_at = _looked_at(query, in_title)
    newest = looked_at.filter(pk__gte=least, pk__lt=below)[:FIRST_LOOK]
    yield from (key for key, is_match in newest if is_match)
    if len(newest) < FIRST_LOOK:
        return
    below = newest[FIRST_LOOK - 1][0]
    for size in BATCHES:
        keys = _candidates(query, in_title, least, below, size)
        if keys:
            yield from (key for key, is_match in looked_at.filter(pk__in=keys) if is_match)
        if len(keys) < size:
            return
        below = keys[-1]


def _first_key_of(year: int) -> int:
    key: int = SearchDocument.first_key(
        datetime(year, 1, 1, tzinfo=timezone.get_default_timezone())
    )
    return key


def _wanted_tokens(query: Query, in_title: bool) -> list[str]:
    prefix = "^" if in_title else ""
    wanted = {f"{prefix}{token}" for needle in query.needles for token in needle_tokens(needle)}
    if query.kind:
        wanted.add(f"={query.kind}")
    if query.category_id:
        wanted.add(f"=category{query.category_id}")
    return sorted(wanted)


def _candidates(query: Query, in_title: bool, least: int, below: int, size: int) -> list[int]:
    """Return up to `size` keys of documents that may hold the words, the greatest first."""
    wanted = _wanted_tokens(query, in_title)
    if connection.vendor == "sqlite":
        sql = (
            "SELECT rowid FROM articles_searchindex WHERE articles_searchindex MATCH %s"
            " AND rowid >= %s AND rowid < %s ORDER BY rowid DESC LIMIT %s"
        )
        expression = f'{" AND ".join(map(sqlite_index.quoted, wanted))} NOT "{WITHHELD}"'
        return _first_column(sql, [expression, least, below, size])
    keys = set()
    if query.kind != SearchDocument.Kind.COMMENT:
        keys.update(_by_tokens("tokens", map(_quoted, wanted), least, below, size))
    # Comments have no title and no category.
    may_be_comment = query.kind in ("", SearchDocument.Kind.COMMENT) and not query.category_id
    if may_be_comment and not in_title:
        keys.update(_comment_candidates(query.needles, least, below, size))
    return sorted(keys, reverse=True)[:size]


def _comment_candidates(needles: list[str], least: int, below: int, size: int) -> list[int]:
    tokens = "articles_comment_tokens(id, kind, folded_text)"
    pairs = {pair for needle in needles for pair in pairs_of(needle)}
    newest = (below - 1) >> PERIOD_BITS
    periods = [_quoted(f"={newest - number}") for number in range(PERIODS)]
    first = max(least, (newest - PERIODS + 1) << PERIOD_BITS)
    keys = _by_tokens(tokens, {*pairs, f"({' | '.join(periods)})"}, first, below, size)
    if len(keys) < size and first > least:
        keys += _by_tokens(tokens, pairs, least, first, size - len(keys))
    return keys


def pairs_of(needle: str) -> set[str]:
    """Return each two characters of `needle` that follow one another, as PostgreSQL asks for them.

    A single one begins a pair.
    """
    if len(needle) == 1:
        return {f"{_quoted(needle)}:*"}
    return {_quoted(needle[start : start + 2]) for start in range(len(needle) - 1)}


def _quoted(token: str) -> str:
    return f"'{token}'"


def _by_tokens(tokens: str, wanted: Iterable[str], least: int, below: int, size: int) -> list[int]:
    # By the index of tokens alone (`id + 0` is in none): wherever PostgreSQL looks for tokens in
    # the rows, it unpacks 25 kB of each, and its planner does not count that.
    sql = (
        f"SELECT id FROM articles_searchdocument WHERE {tokens} @@ %s::tsquery"  # noqa: S608 - words of ours alone
        " AND id + 0 >= %s AND id + 0 < %s AND visible_from IS DISTINCT FROM %s"
        " ORDER BY id + 0 DESC LIMIT %s"
    )
    tsquery = " & ".join(sorted(wanted))
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '{MEMORY}'")
        return _first_column(sql, [tsquery, least, below, SearchDocument.NEVER, size])


def _first_column(sql: str, parameters: list[object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [key for (key,) in cursor.fetchall()]


def _looked_at(query: Query, in_title: bool) -> QuerySet[SearchDocument, tuple[int, bool]]:
    """Return the keys of documents, the greatest first, with whether they are what is asked for."""
    is_match = holds("folded_title" if in_title else "folded_text", query.needles)
    if not in_title:
        # The titles that hold every word stood first already.
        is_match &= ~holds("folded_title", query.needles)
    if query.kind:
        is_match &= Q(kind=query.kind)
    if query.category_id:
        is_match &= Q(category_id=query.category_id)
    # Told of each document rather than filtered by: no database then looks into others' texts.
    documents = SearchDocument.objects.annotate(
        is_match=ExpressionWrapper(is_match, output_field=BooleanField())
    )
    return documents.order_by("-pk").values_list("pk", "is_match")


def holds(field: str, needles: list[str]) -> Q:
    return Q(*(GreaterThan(StrIndex(field, Value(needle)), 0) for needle in needles))
