"""What the staff's words find among comments: all of them, by text and by writer's name.

A word is found as readers find it (`articles.search.tokens`). What no reader may see is found here
alone: readers' own search asks `visible_documents`, and has no tokens of names.
"""

import json
from typing import Any

from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL

from articles.models import SearchDocument
from articles.models.search_document import WRITER
from articles.search import sqlite_index
from articles.search.queries import MEMORY, holds, pairs_of
from articles.search.tokens import all_needles, needle_tokens

# What more comments hold is met soon by reading the list itself, document by document.
MOST_KEYS = 100_000
_ANY_KEY = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT json_array_elements_text(%s)::bigint",
}


def holding(comments: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return those of `comments` that hold every word of `text`, each in their text or their name.

    A text without words finds nothing.
    """
    needles = all_needles(text)
    if not needles:
        return comments.none()
    documents = proposed_documents(needles).filter(_holds_each(needles))
    keys = _keys_of(documents)
    if len(keys) <= MOST_KEYS:
        return comments.filter(pk__in=RawSQL(_ANY_KEY[connection.vendor], [json.dumps(keys)]))  # noqa: S611 - the keys are a parameter
    # In a subquery that no planner takes apart: each row is looked up until the page is full.
    own = SearchDocument.objects.filter(
        kind=SearchDocument.Kind.COMMENT, object_id=OuterRef("pk")
    ).order_by()
    is_match = ExpressionWrapper(_holds_each(needles), BooleanField())
    return comments.filter(Subquery(own.values_list(is_match)))


def proposed_documents(needles: list[str]) -> QuerySet[SearchDocument]:
    """Return the comments' documents that the index has for the needles."""
    documents = SearchDocument.objects.order_by()
    if connection.vendor == "sqlite":
        return documents.filter(pk__in=_rows_of_sqlite(needles))
    # Comments alone have such tokens. Either the text has every word, or the name has one: of more
    # conditions PostgreSQL asks the index for one, and makes the tokens of each row for the others.
    each = [f"({' & '.join(sorted(pairs_of(needle)))})" for needle in needles]
    in_text = _has_tokens("folded_text", " & ".join(each))
    return documents.filter(in_text | _has_tokens("folded_writer", " | ".join(each)))


def _holds_each(needles: list[str]) -> Q:
    return Q(*(holds("folded_text", [needle]) | _is_named(needle) for needle in needles))


def _is_named(needle: str) -> Q:
    return Q(folded_writer__isnull=False) & holds("folded_writer", [needle])


def _keys_of(documents: QuerySet[SearchDocument]) -> list[int]:
    keys = documents.values_list("object_id", flat=True)[: MOST_KEYS + 1]
    if connection.vendor == "sqlite":
        return list(keys)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        # Enough to know each row: of what is known less exactly all tokens are made anew.
        cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '{MEMORY}'")
        return list(keys)


def _rows_of_sqlite(needles: list[str]) -> RawSQL:
    words = []
    for needle in needles:
        wanted = sorted(needle_tokens(needle))
        either = (
            " AND ".join(sqlite_index.quoted(f"{prefix}{token}") for token in wanted)
            for prefix in ("", WRITER)
        )
        words.append("(({}) OR ({}))".format(*either))
    kind = sqlite_index.quoted(f"={SearchDocument.Kind.COMMENT}")
    sql = f"SELECT rowid FROM {sqlite_index.TABLE} WHERE {sqlite_index.TABLE} MATCH %s"  # noqa: S608 - names of ours alone
    return RawSQL(sql, [" AND ".join([kind, *words])])  # noqa: S611 - the words are a parameter


def _has_tokens(field: str, wanted: str) -> Q:
    """Return the condition whose index PostgreSQL has (migration `comments_for_staff`)."""
    tokens = Func(F("id"), F("kind"), F(field), function="articles_comment_tokens")
    return Q(
        Func(
            tokens,
            Value(wanted),
            template="(%(expressions)s::tsquery)",
            arg_joiner=" @@ ",
            output_field=BooleanField(),
        )
    )
