"""What pages are put together from is kept as long as it is current, and no longer."""

import json
from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.utils import timezone

from articles.models import CONTENT, SITE, Article, Due, MonthlyIssue, PageVersion
from openup.pagecache import PageCache
from openup.pagecache.fragments import Fragments
from openup.pagecache.validators import DatabaseAway, Validators
from tests.factories import make_article, make_comment, make_issue, make_ranking, make_table
from tests.wsgi import ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture
def site():
    # No page is kept, so that each is put together anew.
    cache = PageCache(WSGIHandler(), max_bytes=0)
    yield cache
    cache.validators.close()


@pytest.fixture
def whole_site():
    # Pages and their fragments are cached.
    cache = PageCache(WSGIHandler(), max_bytes=2**22)
    yield cache
    cache.validators.close()


@pytest.fixture
def fragments():
    validators = Validators()
    yield Fragments(validators, most=2)
    validators.close()


def made(article):
    """Return the page as Django makes it, of nothing that was kept."""
    return ask(WSGIHandler(), article.get_absolute_url()).text


def test_new_comment_draws_the_thread_alone_anew(site):
    article = make_article()
    make_table(article, make_ranking())
    ask(site, article.get_absolute_url())
    make_comment(article, body="새 댓글")

    queries = []

    def note(execute, sql, *rest):
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        page = ask(site, article.get_absolute_url())

    assert "새 댓글" in page.text
    assert page.text == made(article)
    # The thread, the counts beside rows and items, and its comments.
    assert len(queries) == 3


def test_every_page_and_order_of_a_thread_has_its_own_frame(site):
    article = make_article()
    make_comment(article)
    address = article.get_absolute_url()

    for query in ("", "?order=newest", "?page=7", "?order=newest", ""):
        assert ask(site, address + query).text == ask(WSGIHandler(), address + query).text


def test_page_beyond_the_end_of_a_thread_is_not_kept():
    address = make_article().get_absolute_url()
    site = PageCache(WSGIHandler(), max_bytes=2**22)

    last, beyond = ask(site, f"{address}?page=1"), ask(site, f"{address}?page=99")
    site.validators.close()

    assert (last.status, last.body) == (beyond.status, beyond.body)
    assert "no-store" in beyond.header("Cache-Control")
    assert "no-store" not in last.header("Cache-Control")


def test_comment_on_a_row_changes_the_count_beside_it(site):
    article = make_article()
    table = make_table(article, make_ranking())
    entry = table.periods.first().entries.first()
    ask(site, article.get_absolute_url())

    make_comment(article, ranking_entry=entry)

    assert "댓글 1:" in ask(site, article.get_absolute_url()).text
    assert ask(site, article.get_absolute_url()).text == made(article)


def test_form_goes_when_the_moment_comes(site):
    article = make_article(comments_close_at=timezone.now() + timedelta(hours=1))
    assert 'name="email"' in ask(site, article.get_absolute_url()).text

    # An hour later.
    past = timezone.now() - timedelta(seconds=1)
    Article.objects.filter(pk=article.pk).update(comments_close_at=past)
    Due.objects.filter(scope=CONTENT, at__gt=past).update(at=past)

    assert 'name="email"' not in ask(site, article.get_absolute_url()).text
    assert ask(site, article.get_absolute_url()).text == made(article)


@pytest.mark.parametrize("leads_first", [True, False])
def test_items_lead_nowhere_once_the_leading_article_closes(whole_site, leads_first):
    closes_at = timezone.now() + timedelta(hours=1)
    issue = make_issue()
    other = None if leads_first else make_article(monthly_issue=issue)
    lead = make_article(monthly_issue=issue, comments_close_at=closes_at)
    issue.lead_article = lead
    issue.store()
    other = other or make_article(monthly_issue=issue)
    assert "about=item-" in ask(whole_site, other.get_absolute_url()).text

    past = timezone.now() - timedelta(seconds=1)
    Article.objects.filter(pk=lead.pk).update(comments_close_at=past)
    Due.objects.filter(at=closes_at).update(at=past)

    assert "about=item-" not in ask(whole_site, other.get_absolute_url()).text


def test_data_of_an_article_show_its_issue_from_its_moment_on(whole_site):
    published_at = timezone.now() + timedelta(hours=1)
    issue = make_issue(published_at=published_at)
    address = make_article(monthly_issue=issue).get_absolute_url().removesuffix("/") + ".json"
    assert json.loads(ask(whole_site, address).body)["issue"] is None

    past = timezone.now() - timedelta(seconds=1)
    MonthlyIssue.objects.filter(pk=issue.pk).update(published_at=past)
    Due.objects.filter(at=published_at).update(at=past)

    assert json.loads(ask(whole_site, address).body)["issue"]["title"] == issue.title


def test_withdrawn_article_is_gone_and_a_stale_slug_leads_on(site):
    article = make_article()
    ask(site, article.get_absolute_url())

    assert ask(site, f"/articles/{article.pk}/old/").status == 301
    article.state = Article.State.WITHDRAWN
    article.store()

    assert ask(site, article.get_absolute_url()).status == 404


def test_place_of_the_thread_is_nothing_that_a_reader_sees(site):
    article = make_article()
    make_comment(article)

    page = ask(site, article.get_absolute_url()).text

    assert page.count('id="comments"') == 1
    assert '"commentCount": 1,' in page


def test_fragment_is_made_once_for_each_state(fragments):
    make_article()
    made = []

    def get(name="list"):
        return fragments.get(name, [CONTENT, SITE], lambda: made.append(name) or len(made))

    assert (get(), get()) == (1, 1)
    make_article()
    assert get() == 2
    get("a"), get("b")
    assert get() == 5


def test_nothing_is_kept_before_the_first_version_of_a_scope(fragments):
    PageVersion.objects.all().delete()
    made = []

    for _time in range(2):
        fragments.get("list", [CONTENT], lambda: made.append(1))

    assert made == [1, 1]


def test_fragment_is_made_anew_while_the_database_cannot_be_asked():
    class Away:
        def read(self, scopes):
            raise DatabaseAway

    fragments = Fragments(Away(), most=2)

    assert fragments.get("list", [CONTENT], lambda: 1) == 1
    assert fragments.get("list", [CONTENT], lambda: 2) == 2
