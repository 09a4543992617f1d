"""What was deleted waits, is brought back with all that belongs to it, and goes in the end."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.bundle.data_to_rows import CREATED, load, stored
from articles.desk.revisions import record
from articles.desk.trash import put_in_trash, record_deleted
from articles.models import Article, MonthlyIssue, Revision, SitePage
from tests.articles.test_article_admin import DELETE, PUBLISH, WRITE, signed_in
from tests.articles.test_bundle_database import ARTICLE, EVERYTHING
from tests.factories import make_article, make_comment, make_issue, make_ranking, make_table

TRASH = reverse("admin:articles_article_trash")


def delete(client, article):
    return client.post(reverse("admin:articles_article_delete", args=[article.pk]), {"post": "yes"})


@pytest.mark.django_db
def test_deleted_article_is_gone_for_readers_and_comes_back_whole(client):
    publisher = signed_in(*PUBLISH, *DELETE)
    issue = make_issue()
    article = make_article(title="지운 글", monthly_issue=issue)
    make_table(article, make_ranking())
    comment = make_comment(article, body="남는 댓글")
    addresses = [article.get_absolute_url(), f"/articles/{article.pk}/"]

    assert delete(publisher, article).status_code == 302

    assert [client.get(address).status_code for address in addresses] == [410, 410]
    assert client.get(f"/articles/{article.pk + 1}/").status_code == 404
    assert client.get(f"/comments/{comment.pk}/").status_code == 404
    assert "지운 글" not in client.get("/").content.decode()
    changelist = reverse("admin:articles_article_changelist")
    assert "지운 글" not in publisher.get(changelist).content.decode().partition("result_list")[2]
    for page in ("change", "history"):
        gone = publisher.get(reverse(f"admin:articles_article_{page}", args=[article.pk]))
        assert gone.status_code == 302
    assert "지운 글" in publisher.get(TRASH).content.decode()

    assert publisher.post(TRASH, {"article": article.pk}).status_code == 302

    page = client.get(addresses[0]).content.decode()
    assert "남는 댓글" in page and "모형 선호도 순위" in page
    article.refresh_from_db()
    assert (article.state, article.trashed_at) == ("published", None)
    assert publisher.post(TRASH, {"article": article.pk}).status_code == 404


@pytest.mark.django_db
def test_writer_deletes_drafts_of_ones_own_alone():
    writer = signed_in(*WRITE, username="writer")
    own, published, foreign = (
        make_article(state=state, published_at=None if state == "draft" else timezone.now())
        for state in ("draft", "published", "draft")
    )
    for article in (own, published):
        record(article, by=User.objects.get(username="writer"))
    record(foreign)

    answers = [delete(writer, article).status_code for article in (own, published, foreign)]

    assert answers == [302, 403, 403]
    assert [*Article.objects.in_trash()] == [own]
    assert signed_in(*WRITE).post(TRASH, {"article": own.pk}).status_code == 403
    assert Client().post(TRASH, {"article": own.pk}).status_code == 302
    assert writer.post(TRASH, {"article": own.pk}).status_code == 302
    assert not Article.objects.in_trash().exists()


@pytest.mark.django_db
def test_draft_with_the_date_of_its_manuscript_is_the_writers_own_until_readers_see_it(
    django_assert_max_num_queries,
):
    writer, publisher = signed_in(*WRITE, username="writer"), signed_in(*PUBLISH, *DELETE)
    user = User.objects.get(username="writer")
    dated, shown, *others = (make_article(state="draft") for _number in range(6))
    for article in (dated, shown, *others):
        record(article, Revision.Kind.IMPORTED, by=user)
    for state in ("published", "draft"):
        shown.state = state
        shown.store()
        record(shown)

    assert [delete(writer, article).status_code for article in (dated, shown)] == [302, 403]
    for article in others:
        delete(publisher, article)
    with django_assert_max_num_queries(12):
        page = writer.get(TRASH).content.decode()

    assert page.count('name="article"') == 5
    assert writer.post(TRASH, {"article": dated.pk}).status_code == 302
    dated.refresh_from_db()
    assert dated.state == "draft"


@pytest.mark.django_db
def test_what_was_public_is_brought_back_by_who_may_publish_alone():
    deleter = signed_in(*WRITE, *DELETE)
    public, draft = make_article(), make_article(state="draft")
    for article in (public, draft):
        delete(signed_in(*PUBLISH, *DELETE), article)

    answers = [deleter.post(TRASH, {"article": each.pk}) for each in (public, draft)]

    assert [answer.status_code for answer in answers] == [403, 302]
    assert "publish_article" in answers[0].content.decode()
    assert [*Article.objects.in_trash()] == [public]


@pytest.mark.django_db
def test_what_may_not_be_public_any_more_comes_back_out_of_sight(client):
    publisher = signed_in(*PUBLISH, *DELETE)
    named = make_article()
    link = f"- 한 줄 [앞 글]({named.get_absolute_url()})"
    article, issue = make_article(body=link), make_issue()
    issue.replace_items([("정책", "첫 소식", link)])
    delete(publisher, article)
    publisher.post(reverse("admin:articles_monthlyissue_delete", args=[issue.pk]), {"post": "yes"})
    revision = Revision.objects.get(kind=Revision.Kind.DELETED)
    delete(publisher, named)

    month_trash = reverse("admin:articles_monthlyissue_trash")
    for trash, key in ((TRASH, {"article": article.pk}), (month_trash, {"revision": revision.pk})):
        page = publisher.post(trash, key, follow=True).content.decode()
        assert "공개되지 않았습니다" in page and named.get_absolute_url() in page

    article.refresh_from_db()
    issue = MonthlyIssue.objects.get()
    assert (article.state, article.trashed_at, issue.state) == ("withdrawn", None, "draft")
    addresses = [article.get_absolute_url(), issue.get_absolute_url()]
    assert [client.get(address).status_code for address in addresses] == [404, 404]
    assert Revision.objects.of(article).newest().kind == Revision.Kind.WITHDRAWN


@pytest.mark.django_db
def test_file_that_is_imported_brings_its_article_back():
    for data in EVERYTHING:
        load(data)
    article = Article.objects.get(uid=ARTICLE.uid)

    for data in (ARTICLE, replace(ARTICLE, state="draft")):
        load(data)
        article.refresh_from_db()
        put_in_trash(article)
        assert load(data) == CREATED
        assert stored(data).state == data.state
        assert not Article.objects.in_trash().exists()


@pytest.mark.django_db
def test_after_thirty_days_it_is_gone_for_good(client):
    old, new, moderated = make_article(), make_article(), make_article()
    make_comment(moderated).hide(by=User.objects.create(username="moderator"), reason="광고")
    make_comment(old)
    publisher = signed_in(*PUBLISH, *DELETE)
    for article in (old, new, moderated):
        record(article)
        delete(publisher, article)
    long_ago = timezone.now() - timedelta(days=31)
    Article.objects.filter(pk__in=[old.pk, moderated.pk]).update(trashed_at=long_ago)

    call_command("purge")

    # What moderation has recorded is kept, and its comment with it.
    assert {*Article.objects.in_trash()} == {new, moderated}
    assert not Revision.objects.of(old).exists()
    assert client.get(f"/articles/{old.pk}/").status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.filter(pk=new.pk).update(state="published")


@pytest.mark.django_db
def test_deleted_month_comes_back_with_its_articles_and_its_history(client):
    publisher = signed_in(*PUBLISH)
    issue = make_issue(title="지운 월호")
    issue.replace_items([("정책", "첫 소식", "- 한 줄")])
    article = make_article(title="그 달의 글", monthly_issue=issue)
    issue.lead_article = article
    issue.store()
    other = make_article(title="다른 글")
    record(issue)
    address, trash = issue.get_absolute_url(), reverse("admin:articles_monthlyissue_trash")

    gone = publisher.post(
        reverse("admin:articles_monthlyissue_delete", args=[issue.pk]), {"post": "yes"}
    )

    assert gone.status_code == 302 and client.get(address).status_code == 404
    assert "지운 월호" in publisher.get(trash).content.decode()
    revision = Revision.objects.get(kind=Revision.Kind.DELETED)
    assert publisher.post(trash, {"revision": revision.pk}).status_code == 302

    back = MonthlyIssue.objects.get()
    assert (back.pk, back.lead_article, [*back.articles.all()]) == (issue.pk, article, [article])
    assert "첫 소식" in client.get(address).content.decode()
    other.refresh_from_db()
    assert other.monthly_issue is None
    kinds = Revision.objects.of(back).order_by("number").values_list("kind", flat=True)
    assert [*kinds][-2:] == [Revision.Kind.DELETED, Revision.Kind.RESTORED]
    assert publisher.post(trash, {"revision": revision.pk}).status_code == 404


@pytest.mark.django_db
def test_deleted_page_and_series_come_back_while_their_address_is_free():
    superuser = signed_in(is_superuser=True)
    page = SitePage(slug="rules", title="지운 안내", body="본문")
    page.store()
    ranking = make_ranking(title="지운 순위")
    ranking.periods.update(published_at=None)
    for row, fields in ((page, {"body": "x"}), (ranking, {"columns": ranking.columns})):
        name = f"admin:articles_{row._meta.model_name}"
        superuser.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"})
        assert not type(row).objects.exists()
        revision = Revision.objects.of(row).get(kind=Revision.Kind.DELETED)
        trash, wanted = reverse(f"{name}_trash"), {"revision": revision.pk}
        other = type(row).objects.create(slug=row.slug, title="같은 주소", **fields)

        refused = superuser.post(trash, wanted, follow=True)
        other.delete()
        superuser.post(trash, wanted)

        assert "되돌릴 수 없습니다" in refused.content.decode()
        assert type(row).objects.get().title == row.title
    assert ranking.periods.count() == 2 and ranking.periods.first().entries.count() > 1


@pytest.mark.django_db
def test_trash_of_months_asks_for_the_right_to_delete_and_ends():
    issue = make_issue()
    month_ago = timezone.now() - timedelta(days=31)
    with patch("django.utils.timezone.now", return_value=month_ago):
        record_deleted(issue, by=None)
    issue.delete()
    revision = Revision.objects.get(kind=Revision.Kind.DELETED)
    trash = reverse("admin:articles_monthlyissue_trash")

    # What was public takes the right to publish too.
    for client in (signed_in(*WRITE), signed_in(*WRITE, *DELETE)):
        assert client.post(trash, {"revision": revision.pk}).status_code == 403
        assert 'name="revision"' not in client.get(trash).content.decode()
    assert signed_in().get(trash).status_code == 403
    assert signed_in(*PUBLISH).post(trash, {"revision": "x"}).status_code == 404

    call_command("purge", verbosity=0)

    assert not Revision.objects.exists()
