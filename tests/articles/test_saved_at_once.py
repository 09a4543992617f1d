"""What is saved at one moment with what belongs to it: nothing is lost, nobody stops another.

SQLite has one writer at a time.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.desk import reviews
from articles.desk.trash import bring_back, deleted_revisions, put_in_trash, record_deleted
from articles.models import CONTENT, Article, MonthlyIssue, PageVersion, Picture
from tests.articles.test_pictures import PUBLISHER, describe
from tests.articles.test_release import make_month, schedule
from tests.factories import make_article, make_issue, make_picture, make_staff
from tests.sent_forms import open_form

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="it has one writer at a time"),
]

WAITING = """
    SELECT 1 FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def meanwhile(pool, act):
    """Have another connection `act` until it is done or waits for us; return its future."""

    def run():
        with closing(connection):
            return act()

    future = pool.submit(run)
    with connection.cursor() as cursor:
        while not future.done() and not cursor.execute(WAITING).rowcount:
            pass
    return future


def code(picture):
    return f"![나무](/media/{picture.name})"


def test_text_saved_while_its_picture_is_described_is_shown_as_saved():
    picture = make_picture()
    article = make_article(body=f"처음 글\n\n{code(picture)}")
    picture.caption = "옛 나무"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            article.body = f"고친 글\n\n{code(picture)}"
            article.store()
            described = meanwhile(pool, picture.store)
        described.result()

    article.refresh_from_db()
    assert "고친 글" in article.body_html and "옛 나무" in article.body_html


def test_picture_is_described_while_another_text_comes_to_name_it():
    picture, client = make_picture(alternative_text="나무"), Client()
    client.force_login(make_staff(*PUBLISHER))
    make_article(body=code(picture))
    other = make_article(body="다른 글")

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            other.body = code(picture)
            other.store()
            described = meanwhile(
                pool, lambda: describe(client, picture, alternative_text="느티나무")
            )
        assert described.result().status_code == 302

    assert picture.articles.count() == 2
    assert Picture.objects.get().alternative_text == "느티나무"


def test_text_that_names_a_picture_on_its_way_out_of_the_trash_is_saved():
    picture, article = make_picture(trashed_at=timezone.now()), make_article()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            locked = Picture.objects.select_for_update().get()
            article.body = code(picture)
            saved = meanwhile(pool, article.store)
            locked.delete()
        saved.result()

    article.refresh_from_db()
    assert article.body == code(picture) and not article.pictures.exists()


def test_article_is_answered_while_another_comes_to_name_it():
    article, other = make_article(), make_article()

    def answer():
        with transaction.atomic():
            reviews.lock(article).store()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            other.related.add(article)
            PageVersion.raise_for(CONTENT)
            answered = meanwhile(pool, answer)
        answered.result()

    assert [*other.related.all()] == [article]


def test_article_is_deleted_while_somebody_saves_it():
    article, client = make_article(), Client()
    client.force_login(make_staff(is_superuser=True))
    address = reverse("admin:articles_article_delete", args=[article.pk])

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            stored = Article.objects.select_for_update(no_key=True).get()
            deleted = meanwhile(pool, lambda: client.post(address, {"post": "yes"}))
            stored.store()
        assert deleted.result().status_code == 302

    assert Article.objects.in_trash().exists()


def test_text_whose_article_is_just_deleted_comes_back_and_the_article_stays_deleted():
    article, client = make_article(), Client()
    client.force_login(make_staff(is_superuser=True))
    address = reverse("admin:articles_article_change", args=[article.pk])
    fields = {**open_form(client, address), "title": "더 고친 제목"}

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            put_in_trash(article)
            saved = meanwhile(pool, lambda: client.post(address, fields))
        page = saved.result().content.decode()

    assert "더 고친 제목" in page and "여신 뒤 다른 사람이 삭제했습니다" in page
    assert Article.objects.in_trash().get().title != "더 고친 제목"


def test_month_that_is_just_deleted_is_neither_deleted_nor_released_nor_brought_back_twice():
    issue, client = make_issue(), Client()
    client.force_login(make_staff(is_superuser=True))
    address = partial(reverse, args=[issue.pk])

    def while_deleting(act):
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                row = MonthlyIssue.objects.get()
                record_deleted(row, by=None)
                row.delete()
                answer = meanwhile(pool, act)
            return answer.result().status_code

    def bring_back_both():
        deleted = deleted_revisions(MonthlyIssue).get()
        sent = reverse("admin:articles_monthlyissue_trash"), {"revision": deleted.pk}
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                bring_back(deleted, by=None)
                answer = meanwhile(pool, lambda: client.post(*sent, follow=True))
            return answer.result()

    delete = address("admin:articles_monthlyissue_delete"), {"post": "yes"}
    assert while_deleting(lambda: client.post(*delete)) == 302
    assert "되돌릴 수 없습니다" in bring_back_both().content.decode()
    release = address("admin:articles_monthlyissue_release"), {"take_off": "1"}
    assert while_deleting(lambda: client.post(*release)) == 404
    assert not MonthlyIssue.objects.exists()


def test_month_is_scheduled_while_somebody_saves_one_of_its_articles():
    issue, first, _ranking = make_month()
    make_article(state="in_review", published_at=None, monthly_issue=issue)

    with ThreadPoolExecutor(1) as pool:
        for article in issue.articles.all():
            with transaction.atomic():
                held = Article.objects.select_for_update(no_key=True).get(pk=article.pk)
                scheduled = meanwhile(pool, lambda: schedule(issue))
                held.store()
            scheduled.result().delete()

    first.refresh_from_db()
    assert first.state == "published"
