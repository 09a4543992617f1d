"""Each save is a revision, and what one holds comes back whole."""

import zlib
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from articles.bundle.data import SEOUL, IssueItemData
from articles.bundle.data_to_rows import load, store, stored
from articles.bundle.json_text import from_json, to_json
from articles.content.text import normalise, normalise_line
from articles.desk.revisions import data_of, record
from articles.models import EntryRow, Revision, SitePage
from tests.articles.test_article_admin import DELETE, PUBLISH, save, signed_in
from tests.articles.test_bundle_database import (
    ARTICLE,
    EVERYTHING,
    ISSUE,
    PAGE,
    RANKING,
)
from tests.factories import make_article, make_issue, make_ranking, make_subject, make_table

FIGURES = ["articles.change_ranking", "articles.view_ranking"]


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

    send(publisher, reverse("admin:articles_monthlyissue_release", args=[issue.pk]))

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


def send(client, address, **fields):
    """Send the form of a page of ours as it was opened, with other values in some of its fields."""
    response = client.get(address)
    form = html.fromstring(response.content.decode()).cssselect("#content-main form")[0]
    return client.post(address, {**dict(form.form_values()), **fields})


def page_of(client, obj, page, *args, **query):
    name = "history" if page == "history" else f"revision_{page}"
    address = reverse(f"admin:articles_{obj._meta.model_name}_{name}", args=[obj.pk, *args])
    response = client.get(address, query)
    assert response.status_code == 200, response
    return html.fromstring(response.content.decode())


@pytest.mark.django_db
def test_list_reads_well_compares_any_two_and_names_one(publisher, django_assert_max_num_queries):
    article = make_article(title="열린 모형", body="첫 줄\n\n나라마다 다르다\n\n끝 줄")
    table = make_table(article, make_ranking())
    record(article, note="처음")
    article.references.create(position=1, title="보고서", url="https://report.example.org/")
    article.tags.create(name="인공지능", slug="ai")
    article.body = "첫 줄\n\n나라마다 같다\n\n끝 줄"
    article.store()
    table.periods.remove(table.periods.first())
    record(article)
    address = reverse("admin:articles_article_revision_name", args=[article.pk, 1])

    publisher.post(address, {"name": "첫 공개본"})
    # A link that somebody was sent changes nothing.
    publisher.get(address)

    rows = [
        row.text_content().split()
        for row in page_of(publisher, article, "history").cssselect("tbody tr")
    ]
    assert rows[0][0] == "2"
    assert "태그 (+1), 순위표 (1곳 고침), 참고 자료 (+1), 본문 (+1 −1)" in " ".join(rows[0])
    assert {"첫", "공개본", "처음"} <= {*rows[1]}
    compared = page_of(publisher, article, "compare", **{"from": 2, "to": 1})
    words = compared.cssselect("section ins, section del")
    marked = {(each.tag, each.text_content()) for each in words}
    assert {("del", "다르다"), ("ins", "같다"), ("ins", "보고서"), ("ins", "ai")} <= marked
    # Two lines away from what has changed.
    assert "끝 줄" not in compared.text_content()
    assert page_of(publisher, article, "compare", to=1).cssselect("ins")
    with django_assert_max_num_queries(13):
        page_of(publisher, article, "history")


@pytest.mark.django_db
def test_restoring_makes_a_new_revision_and_loses_nothing(publisher):
    ranking = make_ranking()
    article = make_article(title="처음 제목", body="처음 글\n\n[[ranking:models]]")
    make_table(article, ranking, slug="models")
    record(article)
    record(ranking)
    gone = ranking.periods.first()
    article.title, article.body = "고친 제목", "고친 글"
    article.store()
    article.ranking_tables.all().delete()
    article.comment_policy = "closed"
    gone.delete()
    record(ranking)
    address = reverse("admin:articles_article_revision_restore", args=[article.pk, 1])
    page = page_of(publisher, article, "restore", 1)

    response = send(publisher, address, note="잘못 고쳤음")

    assert response.status_code == 302
    notes = page.cssselect(".revision-notes")[0].text_content()
    assert "2024.07.01" in notes
    assert ranking.title in notes
    article.refresh_from_db()
    assert (article.title, article.state) == ("처음 제목", "published")
    assert article.ranking_tables.get().periods.count() == 1
    assert ranking.periods.count() == 1
    first, found, restored = Revision.objects.of(article)
    assert (found.kind, data_of(found).body) == ("found", "고친 글")
    assert (restored.kind, restored.restored_number, restored.note) == (
        "restored",
        1,
        "잘못 고쳤음",
    )
    assert data_of(first).body == data_of(restored).body


@pytest.mark.django_db
def test_month_that_readers_see_is_restored_only_as_it_may_be_public(publisher):
    issue = make_issue([("정책", "빈 소식", "- 글\n\n##### 건너뛴 제목")])
    record(issue)
    issue.replace_items([("정책", "빈 소식", "- 글")])
    record(issue)
    address = reverse("admin:articles_monthlyissue_revision_restore", args=[issue.pk, 1])

    send(publisher, address, note="되돌림")

    assert "건너뛴 제목" not in issue.items.get().body
    assert kinds(issue) == ["published", "saved"]


@pytest.mark.django_db
def test_months_site_pages_and_figures_are_restored_too(publisher):
    issue, ranking = make_issue(), make_ranking()
    load(PAGE)
    page = SitePage.objects.get()
    period = ranking.periods.last()
    for each in (issue, ranking, page):
        record(each)
    issue.replace_items([("정책", "다른 전략", "")])
    page.body = "다른 글"
    page.store()
    period.replace_entries([EntryRow(1, make_subject("구글"), "구글", {"model": "Gemma 3"})])

    for each in (issue, ranking, page):
        assert page_of(signed_in(*PUBLISH, *FIGURES), each, "compare", to=1).cssselect("ins")
        name = f"admin:articles_{each._meta.model_name}_revision_restore"
        send(signed_in(*PUBLISH, *FIGURES), reverse(name, args=[each.pk, 1]), note="되돌림")

    assert issue.items.get().headline == "새 전략"
    assert SitePage.objects.get().body == PAGE.body
    assert period.entries.get().cells == {"model": "GLM-4.6"}
    assert kinds(ranking) == ["saved", "found", "restored"]


@pytest.mark.django_db
def test_who_may_only_look_reads_and_changes_nothing(publisher):
    article = make_article(body="처음 글")
    record(article)
    article.body = "고친 글"
    article.store()
    record(article)
    reader = signed_in("articles.view_article")
    stranger = signed_in("articles.view_tag")
    addresses = [
        reverse("admin:articles_article_history", args=[article.pk]),
        reverse("admin:articles_article_revision_compare", args=[article.pk]) + "?to=1",
    ]
    changing = [
        reverse(f"admin:articles_article_revision_{page}", args=[article.pk, 1])
        for page in ("restore", "name")
    ]

    assert [reader.get(address).status_code for address in addresses] == [200, 200]
    assert [stranger.get(address).status_code for address in addresses] == [403, 403]
    assert [reader.post(address).status_code for address in changing] == [403, 403]
    assert not page_of(reader, article, "history").xpath("//a[contains(@href, 'restore')]")


@pytest.mark.django_db
def test_damaged_revision_is_told_and_keeps_nobody_from_saving(publisher):
    article = make_article(body="처음 글")
    record(article)
    history = reverse("admin:articles_article_history", args=[article.pk])
    change = reverse("admin:articles_article_change", args=[article.pk])
    trash = reverse("admin:articles_article_trash")

    def damage(data):
        number = Revision.objects.of(article).count() + 1
        row = {"model": "article", "object_id": article.pk, "number": number, "kind": "?"}
        Revision(**row, data=data, changes=[7]).save()
        return number

    for data in (b"", b"x", *map(zlib.compress, [b"[]", b'{"uid": 7}', b"\xff"])):
        number = damage(data)
        pages = [f"compare/?to={number}", f"{number}/restore/"]
        shown = [publisher.get(f"{history}{page}").status_code for page in ["", *pages]]
        save(publisher, change, body=f"고친 글 {number}")
        *_others, found, saved = Revision.objects.of(article)
        assert shown == [200, 302, 302]
        assert found.kind == "found"
        assert data_of(saved).body == f"고친 글 {number}"

    publisher.post(reverse("admin:articles_article_delete", args=[article.pk]), {"post": "yes"})
    damage(b"x")
    publisher.post(trash, {"article": article.pk})
    article.refresh_from_db()
    assert (article.trashed_at, article.state) == (None, "draft")
