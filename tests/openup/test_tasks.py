"""The desk's first page says what waits for whoever opens it, and leads there."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from articles.desk.revisions import record
from articles.models import Release, WorkingCopy
from tests.articles.test_article_admin import PUBLISH, WRITE, signed_in
from tests.factories import make_article, make_comment, make_issue, make_staff, make_takedown

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")


def tasks(client):
    """Return {what waits: its address} of the first page."""
    page = client.get(INDEX).content.decode()
    part = page.partition('id="tasks"')[2].partition("</section>")[0]
    links = re.findall(r'<a href="([^"]+)">(.*?)</a>', part)
    return {re.sub(r"<.*?>", "", label): unescape(address) for address, label in links}


def test_each_finds_what_is_theirs_to_do_and_nothing_else():
    writer = signed_in(*WRITE, username="writer")
    user = User.objects.get(username="writer")
    draft, submitted = make_article(state="draft", title="쓰던 글"), make_article(state="in_review")
    record(draft, by=user)
    WorkingCopy.objects.create(
        user=user, form=f"article-{draft.pk}", writer="a" * 32, data="{}", saved_at=timezone.now()
    )
    make_takedown(make_comment(make_article()))
    moderator = signed_in("comments.moderate_comment", "comments.view_comment")

    of_writer, of_publisher = tasks(writer), tasks(signed_in(*PUBLISH))

    copy = next(label for label in of_writer if "쓰던 글" in label)
    assert of_writer[copy] == reverse("admin:articles_article_change", args=[draft.pk])
    assert "내 초안 1" in of_writer and not any("검토할 글" in label for label in of_writer)
    listed = signed_in(*PUBLISH).get(of_publisher["검토할 글 1"]).content.decode()
    assert str(submitted) in listed and "쓰던 글" not in listed.partition("result_list")[2]
    assert not any("쓰던 글" in label for label in of_publisher)
    assert set(tasks(moderator)) == {"결정할 댓글 1", "권리침해 신고 1"}
    assert tasks(signed_in()) == {}


def test_copy_of_what_is_gone_keeps_nobody_from_the_page(client):
    user = make_staff()
    client.force_login(user)
    for form in ("article-999", "nothing-1", "ranking-new-" + "a" * 32):
        WorkingCopy.objects.create(
            user=user, form=form, writer="a" * 32, data="{}", saved_at=timezone.now()
        )

    assert [*tasks(client).values()] == [reverse("admin:articles_ranking_add")]


def test_who_begins_finds_how_to_and_the_guide_with_its_pictures():
    writer = signed_in(*WRITE)

    page = writer.get(INDEX).content.decode()
    guide = writer.get(reverse("admin:guide"))

    assert reverse("admin:articles_article_from_file") in page
    assert reverse("admin:articles_ranking_changelist") not in page.partition("all-lists")[0]
    text = guide.content.decode()
    assert reverse("admin:guide") in page and "1. 글 쓰기" in text
    pictures = set(re.findall(r'src="(images/[^"]+)"', text))
    assert pictures
    for name in pictures:
        assert b"".join(writer.get(reverse("admin:guide") + name)).startswith(b"\x89PNG")
    for name in ("none", "n" * 300):
        assert writer.get(f"{reverse('admin:guide')}images/{name}.png").status_code == 404


def test_publisher_finds_months_with_their_moment_and_what_stopped_or_lacks():
    soon = timezone.now() + timedelta(days=3)
    for month, fields in ((9, {"publish_at": soon}), (8, {"stopped_because": "표가 비었습니다."})):
        issue = make_issue(month=date(2026, month, 1), state="draft", published_at=None)
        Release.objects.create(issue=issue, **fields)
    coming = make_issue(month=date(2026, 10, 1), state="draft", published_at=None)
    make_article(state="draft", published_at=None, monthly_issue=coming)
    make_article(monthly_issue=coming)

    found, of_writer = tasks(signed_in(*PUBLISH)), tasks(signed_in(*WRITE))

    page = reverse("admin:articles_monthlyissue_release", args=[coming.pk])
    assert found["준비 중: 2026년 10월 (글 2건 중 1건 미완성)"] == page
    assert any("2026년 9월" in label and f"{soon:%Y.%m}" in label for label in found)
    assert any("2026년 8월" in label and "표가 비었습니다" in label for label in found)
    assert not any("2026년" in label for label in of_writer)


def test_moderator_finds_what_is_out_of_sight_and_until_when():
    make_takedown(make_comment(make_article())).block(days=5, by=make_staff())
    until = timezone.localtime(timezone.now() + timedelta(days=5))

    found = tasks(signed_in("comments.moderate_comment", "comments.view_comment"))

    assert f"임시조치 중, 가장 이른 것은 {until:%Y.%m.%d}까지 1" in found
