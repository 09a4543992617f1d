"""Readings are counted without knowing who reads."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from articles.models import ArticleReading, PageVersion
from openup.reading_counter import Readings
from tests.factories import make_article, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def readings(monkeypatch):
    """Count as the site does, and write when the test says so."""
    counted = Readings(write_seconds=10_000)
    monkeypatch.setattr("openup.views.readings", counted)
    return counted


def test_reading_is_counted_and_written_behind(client, readings):
    article = make_article()

    answers = [client.post(f"/articles/{article.pk}/read/") for _number in range(3)]
    before = ArticleReading.objects.count()
    readings.write()

    assert [answer.status_code for answer in answers] == [204] * 3
    assert not any(answer.cookies for answer in answers)
    assert before == 0
    assert ArticleReading.objects.get().count == 3


def test_counts_of_several_processes_add_up(readings):
    article = make_article()
    other = Readings(write_seconds=10_000)
    for counted in (readings, other, other):
        counted.add(article.pk, "203.0.113.7/32")

    readings.write()
    other.write()

    assert ArticleReading.objects.get().count == 3


def test_reading_makes_no_page_stale(client, readings):
    article = make_article()
    before = list(PageVersion.objects.order_by("scope").values_list())

    client.post(f"/articles/{article.pk}/read/")
    readings.write()

    assert list(PageVersion.objects.order_by("scope").values_list()) == before


@pytest.mark.parametrize("made_up", ["999999", "9999999999999999999", "9" * 30])
def test_made_up_article_is_passed_over_and_loses_no_other(client, readings, made_up):
    article = make_article()
    client.post(f"/articles/{made_up}/read/")
    client.post(f"/articles/{article.pk}/read/")

    readings.write()

    assert ArticleReading.objects.get().article == article


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_article_that_nobody_can_read_is_not_counted(client, readings, state):
    article = make_article(state=state)
    client.post(f"/articles/{article.pk}/read/")

    readings.write()

    assert not ArticleReading.objects.exists()


def test_article_that_is_planned_is_not_counted_before_its_time(client, readings):
    article = make_article(published_at=timezone.now() + timedelta(hours=1))
    client.post(f"/articles/{article.pk}/read/")

    readings.write()

    assert not ArticleReading.objects.exists()


def test_network_counts_so_often_until_the_counts_are_written(client, readings):
    article = make_article()
    for _number in range(50):
        assert client.post(f"/articles/{article.pk}/read/").status_code == 204
    client.post(f"/articles/{article.pk}/read/", REMOTE_ADDR="203.0.113.9")
    readings.write()
    first = ArticleReading.objects.get().count
    client.post(f"/articles/{article.pk}/read/")

    readings.write()

    assert (first, ArticleReading.objects.get().count) == (31, 32)


def test_counts_wait_for_a_database_that_is_away(readings, monkeypatch):
    article = make_article()
    readings.add(article.pk, "203.0.113.7/32")
    with monkeypatch.context() as away:

        def fail(counts):
            raise OperationalError

        away.setattr(ArticleReading, "add", fail)
        readings.write()

    readings.write()

    assert ArticleReading.objects.get().count == 1


def test_getting_the_address_counts_nothing(client, readings):
    assert client.get(f"/articles/{make_article().pk}/read/").status_code == 405


def test_front_page_lists_the_most_read_only_when_asked_to(client, settings):
    today = timezone.localdate()
    for number, (title, day) in enumerate(
        [("조금", today), ("많이", today), ("전에", today - timedelta(days=40))], start=1
    ):
        ArticleReading.add({(make_article(title=title).pk, day): number})

    without = client.get("/").content.decode()
    settings.SHOW_MOST_READ = True
    html = client.get("/").content.decode()

    assert 'class="most-read"' not in without
    listed = html.partition('class="most-read"')[2].partition("</ol>")[0]
    assert listed.index("많이") < listed.index("조금")
    assert "전에" not in listed


def test_editors_see_the_readings(client):
    ArticleReading.add({(make_article().pk, timezone.localdate()): 7})
    client.force_login(make_staff("articles.view_article"))

    html = client.get("/manage/articles/article/").content.decode()

    assert '<td class="field-readings">7</td>' in html
