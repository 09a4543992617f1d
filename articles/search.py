"""Search: what a query finds, the same hits in the same order on both databases.

The index only proposes documents by their tokens. Whether one is a hit is decided by comparing
folded text (`articles.search_text`): those with every word in the title first, then the others,
each newest first. docs/decisions/search.md says why.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Value
from django.db.models.functions import Now, StrIndex
from django.utils import timezone

from articles import search_text
from articles.models import (
    Article,
    MonthlyIssue,
    Ranking,
    RankingEntry,
    RankingPeriod,
    SearchDocument,
)
from articles.search_text import needle_tokens

PAGE_SIZE = 20
# Candidates asked of the index at a time: nearly always more than a page of hits.
BATCH = 200
# A query whose words never stand together as asked is given up rather than read to its end.
MAX_BATCHES = 25
END = 2**63 - 1


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
        return search_text.needles(self.text)

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
    found: list[tuple[str, SearchDocument]] = []
    for stage in stages:
        for document in _hits(query, stage == "t", below):
            found.append((stage, document))
            if len(found) > PAGE_SIZE:
                last_stage, last = found[PAGE_SIZE - 1]
                return Hits([hit for _stage, hit in found[:PAGE_SIZE]], f"{last_stage}{last.pk}")
        below = END
    return Hits([hit for _stage, hit in found], "")


def _hits(query: Query, in_title: bool, below: int) -> Iterator[SearchDocument]:
    """Yield the hits below a key, the greatest key first, as they are found."""
    least = 0
    if query.year:
        least = _first_key_of(query.year)
        below = min(below, _first_key_of(query.year + 1))
    wanted = _wanted_tokens(query, in_title)
    for _number in range(MAX_BATCHES):
        keys = _candidates(wanted, least, below)
        if keys:
            yield from _verified(query, in_title, keys)
        if len(keys) < BATCH:
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


def _candidates(wanted: list[str], least: int, below: int) -> list[int]:
    """Return up to `BATCH` keys of documents with all `wanted` tokens, the greatest first."""
    if connection.vendor == "sqlite":
        sql = (
            "SELECT rowid FROM articles_searchindex WHERE articles_searchindex MATCH %s"
            " AND rowid >= %s AND rowid < %s ORDER BY rowid DESC LIMIT %s"
        )
        expression = " AND ".join(f'"{token}"' for token in wanted)
    else:
        sql = (
            "SELECT id FROM articles_searchdocument WHERE tokens @@ %s::tsquery"
            " AND id >= %s AND id < %s ORDER BY id DESC LIMIT %s"
        )
        expression = " & ".join(f"'{token}'" for token in wanted)
    with connection.cursor() as cursor:
        cursor.execute(sql, [expression, least, below, BATCH])
        return [key for (key,) in cursor.fetchall()]


def _verified(query: Query, in_title: bool, keys: list[int]) -> QuerySet[SearchDocument]:
    hits = visible_documents().filter(pk__in=keys).select_related("article")
    hits = hits.defer("folded_title", "folded_text", "article__body", "article__body_html")
    field = "folded_title" if in_title else "folded_text"
    for number, needle in enumerate(query.needles):
        hits = hits.alias(**{f"at_{number}": StrIndex(field, Value(needle))})
        hits = hits.filter(**{f"at_{number}__gt": 0})
    if not in_title:
        for number, needle in enumerate(query.needles):
            hits = hits.alias(**{f"title_{number}": StrIndex("folded_title", Value(needle))})
        # The titles that hold every word stood first already.
        hits = hits.exclude(**{f"title_{number}__gt": 0 for number in range(len(query.needles))})
    return hits.order_by("-pk")[: PAGE_SIZE + 1]
