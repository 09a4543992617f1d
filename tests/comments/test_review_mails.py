"""Who is asked to review hears of it by mail, and so does whoever asked; links only."""

import pytest
from django.core import mail
from django.core.management import call_command

from comments.models import Outbox
from tests.articles.test_article_admin import address_of
from tests.articles.test_reviews import answer, draft, member, submit
from tests.comments.test_notices import send_due

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def groups():
    call_command("setup_site", verbosity=0)


def test_asked_and_asker_hear_once_each_by_links_alone():
    writer, reviewer = member("editor", "writer"), member("publisher", "reviewer")
    member("publisher", "other")
    article = draft(title="숨은 제목")

    submit(writer, article, reviewers=[reviewer.user.pk], note="숨은 말")
    send_due()
    send_due()
    answer(reviewer, article, "return", remark="숨은 까닭")
    send_due()

    asked, answered = mail.outbox
    assert (asked.to, answered.to) == (["reviewer@example.com"], ["writer@example.com"])
    assert address_of(article, "review") in asked.body
    assert "돌아왔습니다" in answered.body and address_of(article) in answered.body
    assert "숨은" not in asked.body + answered.body
    assert not Outbox.objects.exclude(recipient="").exists()


def test_where_nobody_is_named_whoever_may_publish_hears_as_far_as_they_have_an_address():
    writer = member("editor", "writer")
    member("publisher", "reviewer")
    gone, silent = member("publisher", "gone"), member("publisher", "silent")
    gone.user.is_active, silent.user.email = False, "none"
    gone.user.save(), silent.user.save()

    submit(writer, draft())
    send_due()

    assert [each.to for each in mail.outbox] == [["reviewer@example.com"]]


@pytest.mark.parametrize("flag", ["is_active", "is_staff"])
def test_asker_who_has_left_the_staff_hears_nothing_of_the_answer(flag):
    writer, reviewer = member("editor", "writer"), member("publisher", "reviewer")
    article = draft()
    submit(writer, article, reviewers=[reviewer.user.pk])
    send_due()
    mail.outbox.clear()
    setattr(writer.user, flag, False)
    writer.user.save()

    answer(reviewer, article, "return", remark="한 줄 더")
    send_due()

    assert mail.outbox == []
