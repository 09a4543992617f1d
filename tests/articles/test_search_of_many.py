"""Search among many documents: what it finds is told by a plain reading of all of them."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import SearchDocument
from articles.search.queries import FIRST_LOOK, PAGE_SIZE, Query, find
from articles.search.tokens import fold, initials

pytestmark = pytest.mark.django_db
AT = datetime(2025, 1, 1, tzinfo=UTC)
WORDS = ["중국", "중국의", "모델", "모델을", "AI", "생태계", "법", "수 있다", "K리그", "공개 모델"]
OF_THE_INDEX = (" MATCH ", " @@ ")
COMMON, RARE = "두루", "드문"


def put(number, text, title="", **fields):
    document = SearchDocument.of(
        "issue" if number % 3 else "article",
        number,
        moment=AT + timedelta(hours=number),
        title=title,
        text=text,
        url=f"/{number}/",
        **fields,
    )
    SearchDocument.replace([document], kind=document.kind, object_id=number)


def found(query):
    """Return the numbers of all hits, page after page."""
    numbers, after = [], ""
    while True:
        hits = find(query, after)
        numbers += [document.object_id for document in hits.documents]
        if not (after := hits.after):
            return numbers


def test_hits_are_those_of_a_plain_reading():
    chosen = random.Random(5)  # noqa: S311 - no secret
    texts = {}
    for number in range(1, FIRST_LOOK * 2):
        title, text = (" ".join(chosen.choices(WORDS, k=size)) for size in (2, 5))
        put(number, text, title)
        title = f"{fold(title)} {initials(fold(title))}"
        texts[number] = title, f"{title} {fold(text)}"

    def expected(needles):
        hits = [
            (all(needle in title for needle in needles), number)
            for number, (title, text) in texts.items()
            if all(needle in text for needle in needles)
        ]
        return [number for _in_title, number in sorted(hits, reverse=True)]

    for _number in range(15):
        asked = chosen.choices(WORDS, k=chosen.randint(2, 3))
        phrase = " ".join(asked)
        assert found(Query(f'"{phrase}"')) == expected([fold(phrase)]), phrase
        loose = " ".join(f'"{word}"' for word in asked)
        assert found(Query(loose)) == expected([fold(word) for word in asked]), loose
    only = [number for number in expected(["중국"]) if number % 3 == 0]
    assert found(Query("중국", kind="article")) == only


def test_hits_among_comments_of_years_are_those_of_a_plain_reading():
    chosen = random.Random(7)  # noqa: S311 - no secret
    texts = {}
    for number in range(1, FIRST_LOOK * 3):
        text = " ".join(chosen.choices(WORDS, k=5))
        texts[number] = f" {fold(text)}"
        moment = AT + timedelta(days=number)
        document = SearchDocument.of("comment", number, moment=moment, text=text, url=f"/{number}/")
        SearchDocument.add([document])

    for words in [
        "중국의 모델",
        "AI 공개",
        "K리그 법",
        "수 있다 법",
        "델을",
        "법",
        "리그",
        "없는말",
    ]:
        needle = fold(words)
        expected = [number for number in reversed(texts) if needle in texts[number]]
        assert found(Query(f'"{words}"')) == expected, words
        of_2025 = [number for number in expected if number < 365]
        assert found(Query(f'"{words}"', kind="comment", year=2025)) == of_2025, words


@pytest.fixture
def many():
    """Two pages of a rare word, far behind what is newest, and a common one everywhere."""
    for number in range(1, FIRST_LOOK * 2):
        put(number, f"{COMMON} {RARE}" if number % 4 == 1 and number < FIRST_LOOK else COMMON)


def test_common_word_does_not_ask_the_index(many):
    with CaptureQueriesContext(connection) as queries:
        assert len(find(Query(COMMON)).documents) == PAGE_SIZE

    asked = [row["sql"] for row in queries if any(mark in row["sql"] for mark in OF_THE_INDEX)]
    # For titles only, and none holds it.
    assert [f"^{COMMON}" in sql for sql in asked] == [True]


def test_rare_word_is_found_behind_all_that_is_newer(many):
    assert found(Query(RARE)) == list(range(97, 0, -4))


def test_candidates_are_read_from_the_index_alone(many):
    """Neither sorted from all that hold the word (SQLite) nor looked for in the rows."""
    with CaptureQueriesContext(connection) as queries:
        find(Query(RARE))
        # As the planner saw it: what `find` sets ends with the transaction, here the test's.
        asked = [row["sql"] for row in queries if any(mark in row["sql"] for mark in OF_THE_INDEX)]
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        with connection.cursor() as cursor:
            plans = []
            for sql in asked:
                cursor.execute(f"{explain} {sql}")
                plans.append(" ".join(str(column) for row in cursor for column in row))

    # The first is asked of the titles, the second of the texts; then PostgreSQL of the comments.
    for plan in plans:
        if connection.vendor == "sqlite":
            assert "VIRTUAL TABLE INDEX" in plan
            assert "TEMP B-TREE" not in plan
    if connection.vendor == "sqlite":
        assert len(plans) == 2
    else:
        indexes = [
            re.findall("Bitmap Index Scan on articles_searchdocument_(.*?) ", plan)
            for plan in plans
        ]
        assert indexes == [["tokens"], ["tokens"], ["comments"], ["comments"]]


def test_search_takes_as_few_queries_for_many_hits_as_for_one(many):
    for query in (Query(COMMON), Query(RARE), Query(f'"{COMMON} {RARE}"'), Query("없는말")):
        with CaptureQueriesContext(connection) as queries:
            find(query)

        assert len(queries) <= 12, query


def test_what_is_out_of_sight_is_passed_in_few_steps():
    later = AT + timedelta(days=90_000)
    for number in range(1, FIRST_LOOK * 2):
        put(number, COMMON, visible_from=None if number < 3 else later)

    with CaptureQueriesContext(connection) as queries:
        assert found(Query(COMMON)) == [2, 1]
    assert len(queries) <= 16
