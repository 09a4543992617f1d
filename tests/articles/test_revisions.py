"""Each save is a revision, and what one holds comes back whole."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from articles.bundle.data import SEOUL, IssueItemData
from articles.bundle.data_to_rows import load, store, stored
from articles.bundle.json_text import from_json, to_json
from articles.content.text import normalise, normalise_line
from articles.desk.revisions import data_of, record
from articles.models import Revision
from tests.articles.test_article_admin import DELETE, PUBLISH, save, signed_in
from tests.articles.test_bundle_database import (
    ARTICLE,
    EVERYTHING,
    ISSUE,
    PAGE,
    RANKING,
)
from tests.factories import make_article, make_issue, make_ranking, make_table


def kinds(obj):
    return list(Revision.objects.of(obj).values_list("kind", flat=True))


@pytest.fixture
def publisher():
    return signed_in(*PUBLISH, *DELETE)


@pytest.mark.django_db
def test_each_save_in_the_admin_is_a_revision_with_who_why_and_what(publisher):
    article = make_article(state="draft", published_at=None, body="처음 쓴 글")
    make_table(article, make_ranking())
    address = reverse("admin:articles_article_change", args=[article.pk])

    save(publisher, address, body="처음 고친 글", revision_note="낱말을 바로잡음")
    save(publisher, address, state="published")
    save(publisher, address)

    found, saved, published = Revision.objects.of(article)
    assert (found.kind, found.author) == ("found", None)
    assert (saved.kind, saved.note) == ("saved", "낱말을 바로잡음")
    assert saved.author_name == saved.author.username
    assert saved.changes == [["body", 1, 1, 0]]
    assert published.kind == "published"
    assert [data_of(each).body for each in (found, saved)] == ["처음 쓴 글", "처음 고친 글"]
    assert len(data_of(saved).tables) == 1


@pytest.mark.django_db
def test_month_site_page_figures_release_and_import_are_revisions(publisher):
    ranking, issue = make_ranking(), make_issue(state="draft", published_at=None)
    article = make_article(state="in_review", published_at=None, monthly_issue=issue)
    issue.lead_article = article
    issue.store()

    save(publisher, reverse("admin:articles_monthlyissue_release", args=[issue.pk]))

    assert kinds(article) == ["found", "released"]
    assert kinds(issue) == ["found", "released"]
    load(PAGE)
    load(replace(PAGE, body="다른 글"))
    assert [*Revision.objects.filter(model="sitepage").values_list("kind", flat=True)] == [
        "imported",
        "imported",
    ]
    assert kinds(ranking) == ["found", "released"]
    assert record(ranking) is None


@pytest.mark.django_db
def test_what_was_saved_is_never_changed_and_goes_only_with_what_it_is_about():
    article = make_article()
    revision = record(article)

    Revision.objects.filter(pk=revision.pk).update(name="첫 공개본")

    for change in [
        revision.delete,
        lambda: Revision.objects.update(note="다른 까닭"),
        lambda: Revision(pk=revision.pk, number=9, model="article", object_id=1).save(),
    ]:
        with pytest.raises((DatabaseError, TypeError)), transaction.atomic():
            change()
    assert Revision.objects.get().name == "첫 공개본"
    key = article.pk
    article.delete()
    assert Revision.objects.filter(object_id=key).delete()[0] == 1


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80).map(normalise)


@given(TEXT, TEXT.map(normalise_line), st.datetimes(timezones=st.just(SEOUL)) | st.none())
def test_json_of_data_says_the_same_data_again(text, line, moment):
    for data in (
        replace(ARTICLE, body=text, kicker=line, withdrawn_at=moment, comments_close_at=moment),
        replace(ISSUE, items=(IssueItemData("가", "나", text),), published_at=moment),
        replace(PAGE, body=text),
        replace(RANKING, periods=(replace(RANKING.periods[0], published_at=moment),)),
    ):
        assert from_json(type(data), to_json(data)) == data


@pytest.mark.django_db
def test_revision_to_rows_to_revision_is_the_identity():
    for data in [
        *EVERYTHING,
        replace(ARTICLE, body="  들여 쓴 글\n\n끝", references=(), tables=ARTICLE.tables[:1]),
        replace(ISSUE, items=ISSUE.items[1:]),
        replace(PAGE, body="나"),
        replace(
            RANKING, rank_heading="순", periods=RANKING.periods[::-1][:1] + RANKING.periods[:1]
        ),
    ]:
        load(data)

    for revision in Revision.objects.all():
        data = data_of(revision)
        store(data, Revision.Kind.RESTORED, reason="되돌림")
        assert stored(data) == data


@pytest.mark.django_db
def test_thousand_saves_of_ten_kilobytes_take_at_most_five_megabytes():
    words = [f"낱말{number:04}은 나라마다 다르다" for number in range(700)]
    article = make_article()
    saved = []
    for number in range(1000):
        words[number * 7 % 700] = f"고친 말 {number}"
        body = " ".join(words)
        revision = Revision(model="article", object_id=article.pk, number=number + 1, kind="saved")
        revision.pack(body, saved[-1] if saved else None)
        revision.save()
        saved.append(revision)

    # Beside its data a row takes less than 300 bytes.
    assert len(body.encode()) > 10_000
    assert sum(len(each.data) + 300 for each in saved) <= 5_000_000
    assert Revision.objects.of(article).last().text() == body
