"""Each operation that changes what readers see makes the right pages stale, in its transaction."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from articles.models import Due, PageVersion, SitePage
from tests.factories import (
    make_article,
    make_category,
    make_issue,
    make_ranking,
    make_table,
)

pytestmark = pytest.mark.django_db


def versions():
    return dict(PageVersion.objects.values_list("scope", "version"))


def raised_by(operation):
    before = versions()
    operation()
    return {scope for scope, version in versions().items() if version > before.get(scope, 0)}


def test_storing_an_article_makes_its_page_and_the_lists_stale():
    article = make_article()

    assert raised_by(article.store) == {article.scope, "content"}


def test_storing_a_category_reaches_the_articles_that_name_it():
    article, other = make_article(), make_article()

    raised = raised_by(article.category.store)

    assert {"site", "content", article.scope} <= raised and other.scope not in raised


def test_changing_an_issues_items_reaches_the_months_articles():
    issue = make_issue()
    article, other = make_article(monthly_issue=issue), make_article()

    raised = raised_by(lambda: issue.replace_items([("정책", "새 소식", "- 가")]))

    assert article.scope in raised and other.scope not in raised


def test_changing_a_figure_reaches_every_article_that_shows_the_series():
    ranking = make_ranking()
    articles = [make_article(), make_article()]
    for article in articles:
        make_table(article, ranking)
    other = make_article()

    raised = raised_by(ranking.store)

    assert {article.scope for article in articles} <= raised and other.scope not in raised


def test_storing_a_site_page_makes_every_page_stale():
    page = SitePage(slug="about", title="소개", body="글")

    assert raised_by(page.store) == {"site"}


def test_change_that_fails_leaves_the_versions_alone():
    article = make_article()
    before = versions()

    with pytest.raises(RuntimeError), transaction.atomic():
        article.store()
        raise RuntimeError

    assert versions() == before


@pytest.mark.django_db(transaction=True)
def test_raising_outside_of_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        PageVersion.raise_for("content")


def test_planned_moments_are_due_for_the_article_and_the_lists():
    start = datetime(2031, 1, 2, tzinfo=UTC)
    article = make_article(
        published_at=start,
        withdrawn_at=start + timedelta(days=9),
        comments_close_at=start + timedelta(days=3),
    )

    due = set(Due.objects.values_list("scope", "at"))

    assert {
        (article.scope, start),
        ("content", start),
        (article.scope, start + timedelta(days=9)),
        ("content", start + timedelta(days=9)),
        ("content", start + timedelta(days=3)),
    } <= due


def test_due_moments_pass_by_the_databases_clock():
    now = timezone.now()
    Due.plan(["content"], [now - timedelta(minutes=1), now + timedelta(hours=1)])

    assert Due.objects.passed().count() == 1


def test_issue_that_is_scheduled_is_due_for_its_month():
    moment = datetime(2031, 1, 2, tzinfo=UTC)
    issue = make_issue(month=date(2031, 1, 1), published_at=moment)

    assert Due.objects.filter(scope="content", at=moment).exists()
    assert not issue.is_public


def test_categories_in_use_cannot_be_removed_under_their_articles():
    category = make_category()
    make_article(category=category)

    with pytest.raises(ProtectedError):
        category.delete()


def test_no_version_comes_twice_after_a_backup_is_restored():
    article = make_article()
    kept = versions()[article.scope]
    article.store()
    lost = versions()[article.scope]
    PageVersion.objects.filter(scope=article.scope).update(version=kept)

    article.store()

    assert versions()[article.scope] > lost > kept


def test_each_change_has_a_version_of_its_own_however_fast():
    seen = []
    for _number in range(20):
        with transaction.atomic():
            PageVersion.raise_for("content")
        seen.append(versions()["content"])

    assert seen == sorted(set(seen))
