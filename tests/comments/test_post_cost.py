"""What posting a comment asks of the database, however much was written before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, Thread
from tests.factories import make_article, make_comment

pytestmark = pytest.mark.django_db

FORM = {"email": "reader@example.com", "password": "right horse key", "body": "표가 보기 좋습니다."}
INDEXES_OF_ADDRESSES = ("comment_by_address", "one_comment_per_submission")
# Article, four limits, thread, what it repeats, rules, comment, count, versions, two of the search,
# followers. SQLite is asked besides whether an index is being built.
MOST_STATEMENTS = 15 if connection.vendor == "sqlite" else 14


def queries_of_a_post(client, article):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.post(f"/articles/{article.pk}/comments/", FORM)
    assert response.status_code == 302
    return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]


def make_long_article(digest):
    """Return an article with 1,000 roots and a reply to each, as statistics know it."""
    article = make_article()
    before = timezone.now() - timedelta(days=1)
    rows = [
        Comment(
            article=article, body="앞선 글", email_digest=digest.format(number), password="x",
            root_number=number, path=f"{number:09d}", reply_count=1, branch_count=1,
            created_at=before,
        )
        for number in range(1, 1_001)
    ]  # fmt: skip
    roots = Comment.objects.bulk_create(rows)
    Comment.objects.bulk_create(
        Comment(
            article=article, body="답글", email_digest=root.email_digest, password="x", parent=root,
            root_number=root.root_number, path=f"{root.path}0000001", depth=2, reply_number=1,
            created_at=before,
        )
        for root in roots
    )  # fmt: skip
    Thread.objects.create(article=article, root_total=1_000, comment_count=2_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Article.objects.get(pk=article.pk)


# With one address for all, statistics say that the address finds nothing better than the article.
@pytest.mark.parametrize("digest", ["k:{}", "k:1"])
def test_repetition_is_looked_for_by_the_address_and_not_in_the_whole_thread(client, digest):
    article = make_long_article(digest)
    (lookup,) = [sql for sql in queries_of_a_post(client, article) if '"password" = ' in sql]
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {lookup}")
        plan = str(cursor.fetchall())
    assert any(index in plan for index in INDEXES_OF_ADDRESSES), plan


def test_posting_costs_few_statements(client):
    article = make_comment(email="first@example.com").article

    assert len(queries_of_a_post(client, article)) <= MOST_STATEMENTS
