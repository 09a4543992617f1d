"""Rows and inserts whose SQL is written once are those of the ORM."""

from datetime import UTC, timedelta
from operator import attrgetter

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.compiled import Compiled, first_or_404, insert
from articles.models import Article
from comments.models import Comment
from tests.factories import make_article, make_comment, make_issue, make_staff

pytestmark = pytest.mark.django_db

PUBLISHED = Compiled(lambda key: Article.objects.published().defer("body").filter(pk=key))
RELATED = Compiled(
    lambda key: Article.objects.filter(pk=key).select_related(
        "category", "monthly_issue__lead_article"
    )
)
THREAD = Compiled(
    lambda article_id, least: Comment.objects.filter(
        article=article_id, root_number__gte=least
    ).for_thread()
)


def fields_of(row):
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }


def test_row_is_the_one_that_the_queryset_holds():
    make_article()
    article = Article.objects.get(pk=make_article(kicker="[10월]").pk)

    found = first_or_404(PUBLISHED, article.pk)

    assert found.get_deferred_fields() == {"body"}
    assert fields_of(found) == fields_of(article)
    assert found.published_at.tzinfo is article.published_at.tzinfo is UTC


def test_rows_are_those_of_the_queryset_with_what_it_adds():
    root = make_comment()
    for body in ("둘째 글", "셋째 글"):
        make_comment(root.article, body=body)
    blocked = make_comment(root.article, body="가려진 글")
    blocked.block(timezone.now() + timedelta(days=1), by=make_staff(), reason="권리침해")
    make_comment(body="다른 글의 댓글")

    found = THREAD.rows(root.article_id, 2)

    expected = Comment.objects.filter(article=root.article, root_number__gte=2).for_thread()
    assert len(found) == 3
    for row, same in zip(sorted(found, key=attrgetter("pk")), expected.order_by("pk"), strict=True):
        assert row.get_deferred_fields() == same.get_deferred_fields()
        assert row.is_blocked == same.is_blocked == (row.pk == blocked.pk)
        assert fields_of(row) == fields_of(same)
    assert THREAD.rows(root.article_id, 9) == []


def test_related_rows_come_with_their_row(django_assert_num_queries):
    article = make_article(monthly_issue=make_issue())
    alone = make_article()

    with django_assert_num_queries(2):
        (found,), (found_alone,) = RELATED.rows(article.pk), RELATED.rows(alone.pk)
        assert found.category == article.category
        assert fields_of(found.monthly_issue) == fields_of(article.monthly_issue)
        assert found.monthly_issue.lead_article is None
        assert found_alone.monthly_issue is None


def test_conditions_hold_at_every_call():
    article = make_article()
    now = timezone.now()
    shown = {"state": Article.State.PUBLISHED, "published_at": now - timedelta(days=1)}
    first_or_404(PUBLISHED, article.pk)

    for changes in (
        {"state": Article.State.DRAFT},
        {"published_at": now + timedelta(hours=1)},
        {"withdrawn_at": now - timedelta(minutes=1)},
    ):
        Article.objects.filter(pk=article.pk).update(**{**shown, **changes})
        with pytest.raises(Http404):
            first_or_404(PUBLISHED, article.pk)

    Article.objects.filter(pk=article.pk).update(withdrawn_at=now + timedelta(hours=1), **shown)
    assert first_or_404(PUBLISHED, article.pk) == article


@pytest.mark.parametrize("key", [0, 10**6, 2**31 - 61, 2**63 - 1, 2**63, 10**40])
def test_there_is_nothing_under_other_keys(key):
    make_article()

    with pytest.raises(Http404):
        first_or_404(PUBLISHED, key)


def test_row_is_inserted_with_all_that_it_holds():
    root = make_comment()
    row = Comment(
        article=root.article, parent=root, root_number=1, reply_number=7, path="0000000010000007",
        depth=2, name="미나", body="몫", body_html="<p>몫</p>", state=Comment.State.HELD,
        answered_version=1, hold_reasons=[{"rule": "함정", "text": "“빈칸”이 채워졌다"}],
        text_digest="d", email_digest="k:1", password="h", submission_key="s" * 16,
    )  # fmt: skip

    with CaptureQueriesContext(connection) as queries:
        insert(row)

    # SQLite would copy each page aside before it changes it.
    has_returning = "RETURNING" in queries.captured_queries[0]["sql"]
    assert has_returning == (connection.vendor == "postgresql")
    assert not row._state.adding
    assert fields_of(Comment.objects.get(pk=row.pk)) == fields_of(row)
