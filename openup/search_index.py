"""The search's index made anew beside the one that readers use, while everybody goes on writing.

A batch of objects is read and cut into tokens first; then one short transaction takes the place of
their documents. Whoever changes what the search knows raises the version of a page's scope before
(`PageVersion.raise_for`): the transaction holds those rows, and a version that is still what it was
before the batch was read says that the batch is right. Otherwise it is read once more, in there.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import QuerySet

from articles.models import (
    CONTENT,
    CONVERSATION,
    WAITING,
    Article,
    MonthlyIssueItem,
    PageVersion,
    Ranking,
    RankingPeriod,
    RankingSubject,
    SearchDocument,
    SearchState,
)
from comments.models import Comment

# Less than the second after which PostgreSQL looks for a deadlock: a writer never loses one to us.
LOCK_MILLISECONDS = 100
TRIES, PAUSE_SECONDS = 50, 0.2
Kind = SearchDocument.Kind


@dataclass(frozen=True)
class Source:
    """Objects of one kind that the search knows; so many of them are indexed within 0.2 s."""

    kind: str
    rows: Callable[[], QuerySet[Any]]
    at_once: int = 20

    def batch(self, after: int) -> list[Any]:
        return list(self.rows().filter(pk__gt=after).order_by("pk")[: self.at_once])


SOURCES = [
    Source(Kind.ARTICLE, Article.objects.all, 10),
    Source(Kind.ISSUE_ITEM, lambda: MonthlyIssueItem.objects.select_related("issue")),
    Source(Kind.RANKING, Ranking.objects.all),
    Source(
        Kind.PERIOD,
        lambda: RankingPeriod.objects.select_related("ranking").prefetch_related("entries"),
    ),
    Source(Kind.SUBJECT, RankingSubject.objects.all),
    Source(
        Kind.COMMENT,
        lambda: Comment.objects.only(
            *("article", "state", "created_at", "blocked_until", "name", "body")
        ),
        250,
    ),
]


def is_outdated() -> bool:
    """Tell whether the index is another version's, or knows nothing although there is something."""
    if not SearchState.current().is_current:
        return True
    has_content = Article.objects.filter(published_at__isnull=False).exists()
    return has_content and not SearchDocument.objects.exists()


def count() -> int:
    """Return how many objects a rebuild looks at."""
    return sum(source.rows().count() for source in SOURCES)


def rebuild(state: SearchState) -> Iterator[int]:
    """Go on with making the index anew from where `state` is; yield how many more are done."""
    kinds = [source.kind for source in SOURCES]
    for source in SOURCES[kinds.index(state.last_kind) if state.last_kind else 0 :]:
        after = state.last_object if source.kind == state.last_kind else 0
        is_over = False
        while not is_over:
            done, is_over = _batch(source, after, state)
            after = state.last_object
            yield done
    state.end()


def _batch(source: Source, after: int, state: SearchState) -> tuple[int, bool]:
    """Index the next objects; return how many, and whether they were the last of the source."""
    for _number in range(TRIES):
        seen = dict(_versions())
        read = _read(source, after)
        try:
            with transaction.atomic():
                _wait_little()
                if dict(_versions().select_for_update()) != seen:
                    read = _read(source, after)
                return _write(source, after, state, *read)
        except (OperationalError, IntegrityError):
            # Somebody else holds what we need, and may need what we hold.
            time.sleep(PAUSE_SECONDS)
    raise OperationalError(f"The search's index was locked {TRIES} times: run this again.")


def _versions() -> QuerySet[PageVersion, tuple[str, int]]:
    versions = PageVersion.objects.filter(scope__in=[CONTENT, CONVERSATION, WAITING])
    return versions.order_by("scope").values_list("scope", "version")


def _wait_little() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")


def _read(source: Source, after: int) -> tuple[list[Any], list[SearchDocument]]:
    rows = source.batch(after)
    documents = [document for row in rows if (document := row.search_document())]
    for document in documents:
        # Made here, not while others wait.
        _made = document.tokens
    return rows, documents


def _write(
    source: Source, after: int, state: SearchState, rows: list[Any], documents: list[SearchDocument]
) -> tuple[int, bool]:
    # First, so that another run stops here.
    state.note(source.kind, rows[-1].pk if rows else after)
    is_over = len(rows) < source.at_once
    # With those in between, whose object is gone or is not looked for any more.
    replaced: dict[str, object] = {"kind": source.kind, "object_id__gt": after}
    if not is_over:
        replaced["object_id__lte"] = rows[-1].pk
    SearchDocument.replace_in_next(documents, **replaced)
    if source.kind == Kind.ARTICLE:
        for article in rows:
            article.note_mentions()
    return len(rows), is_over
