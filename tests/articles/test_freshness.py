"""Each operation that changes what readers see makes the right pages stale, in its transaction."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from articles.models import Due, PageVersion, SitePage
from tests.factories import (
    let_come,
    let_pass,
    make_article,
    make_category,
    make_issue,
    make_ranking,
    make_table,
)

pytestmark = pytest.mark.django_db
FORM = 'name="email"'


def showing(read, places, text):
    """Return which of the pages of `places` show `text` to a reader."""
    return [place for place in places if text in read(place.get_absolute_url()).text]


def test_category_that_is_stored_is_named_anew_by_its_articles(read):
    places = [make_article(), make_article()]
    category = places[0].category
    assert not showing(read, places, "새 갈래 이름")

    category.name = "새 갈래 이름"
    category.store()

    # Every page's navigation names it.
    assert showing(read, places, "새 갈래 이름") == places


def test_items_that_change_stand_beside_the_months_articles(read):
    issue = make_issue()
    article, other = make_article(monthly_issue=issue), make_article()
    assert not showing(read, [article, other], "새 소식")

    issue.replace_items([("정책", "새 소식", "- 가")])

    assert showing(read, [article, other], "새 소식") == [article]


def test_series_that_is_stored_is_named_anew_by_every_article_that_shows_it(read):
    ranking = make_ranking()
    articles = [make_article(), make_article()]
    for article in articles:
        make_table(article, ranking)
    assert not showing(read, [*articles, ranking], "새 머리글")

    ranking.columns[0]["heading"] = "새 머리글"
    ranking.store()

    assert showing(read, [*articles, ranking], "새 머리글") == [*articles, ranking]


def test_site_page_that_is_stored_is_linked_from_every_page(read):
    articles = [make_article(), make_article()]
    assert not showing(read, articles, "누리집 소개")

    SitePage(slug="about", title="누리집 소개", body="글").store()

    assert showing(read, articles, "누리집 소개") == articles


def test_change_that_fails_makes_no_page_anew(read):
    article = make_article()
    before = read(article.get_absolute_url()).header("ETag")

    with pytest.raises(RuntimeError), transaction.atomic():
        article.store()
        raise RuntimeError

    assert read(article.get_absolute_url()).header("ETag") == before


@pytest.mark.django_db(transaction=True)
def test_raising_outside_of_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        PageVersion.raise_for("content")


def test_article_comes_closes_and_goes_at_its_moments(read):
    start = timezone.now().replace(microsecond=0) + timedelta(days=1)
    article = make_article(
        published_at=start,
        withdrawn_at=start + timedelta(days=9),
        comments_close_at=start + timedelta(days=3),
    )
    page = article.get_absolute_url()
    seen = []

    for days in (0, 2, 2, 7):
        let_pass(days=days)
        shown = read(page)
        seen.append((shown.status, article.title in read("/").text, FORM in shown.text))

    assert seen == [
        (404, False, False),
        (200, True, True),
        (200, True, False),
        (404, False, False),
    ]


def test_due_moments_pass_by_the_databases_clock():
    now = timezone.now()
    Due.plan(["content"], [now - timedelta(minutes=1), now + timedelta(hours=1)])

    assert Due.objects.passed().count() == 1


def test_issue_that_is_scheduled_comes_at_its_moment(read):
    moment = datetime(2031, 1, 2, tzinfo=UTC)
    issue = make_issue(month=date(2031, 1, 1), published_at=moment)
    assert read(issue.get_absolute_url()).status == 404
    assert issue.title not in read("/issues/").text

    let_come(moment)

    assert read(issue.get_absolute_url()).status == 200
    assert issue.title in read("/issues/").text


def test_categories_in_use_cannot_be_removed_under_their_articles():
    category = make_category()
    make_article(category=category)

    with pytest.raises(ProtectedError):
        category.delete()


def test_no_tag_comes_twice_after_a_backup_is_restored(read):
    article = make_article()
    page = article.get_absolute_url()
    backup = list(PageVersion.objects.values())
    tags = [read(page).header("ETag")]
    article.store()
    tags.append(read(page).header("ETag"))
    for row in backup:
        PageVersion.objects.filter(pk=row["scope"]).update(version=row["version"])

    article.store()
    tags.append(read(page).header("ETag"))

    assert len(set(tags)) == 3


def test_each_change_makes_the_page_anew_however_fast(read):
    article = make_article()
    tags = set()
    for _number in range(20):
        article.store()
        tags.add(read(article.get_absolute_url()).header("ETag"))

    assert len(tags) == 20
