"""Who confirmed hears of replies, gathered, and ends it with one click; staff follow articles."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse

from comments.identity import credentials
from comments.models import (
    Comment,
    MailLink,
    Notice,
    Outbox,
    ReplySubscription,
    StaffSubscription,
    Subscriber,
)
from tests.factories import EMAIL, PASSWORD, make_article, make_comment, make_staff

pytestmark = pytest.mark.django_db

FORM = {"name": "", "email": EMAIL, "password": PASSWORD, "body": "알림을 바라는 글"}


def post(client, article, **fields):
    address = reverse("comments:comment_create", args=[article.pk])
    return client.post(address, {**FORM, "is_notified": "on", **fields})


def send_due():
    call_command("send_mail", "--once", stdout=StringIO())


def mailed_link(number=-1):
    return re.search(r"http://testserver(/comments/\S+/)", mail.outbox[number].body)[1]


def subscribed(article=None, **fields):
    """Return a comment whose writer hears of replies."""
    comment = make_comment(article, **fields)
    ReplySubscription.begin(fields.get("email", EMAIL), comment)
    return comment


def reply_to(comment, **fields):
    return make_comment(
        comment.article, **{"parent": comment, "email": "replier@example.com", **fields}
    )


def let_half_an_hour_pass():
    for subscriber in Subscriber.objects.exclude(last_mailed_at=None):
        earlier = subscriber.last_mailed_at - timedelta(minutes=30)
        Subscriber.objects.filter(pk=subscriber.pk).update(last_mailed_at=earlier)


# Beginning


def test_address_is_kept_only_once_it_has_confirmed_and_then_encrypted(client):
    article = make_article()
    post(client, article)
    send_due()
    assert not Subscriber.objects.exists() and not Outbox.objects.exclude(recipient="").exists()
    link = mailed_link()

    for _number in range(5):
        assert client.get(link).status_code == 200
    assert not Subscriber.objects.exists()
    assert client.post(link).status_code == 200

    subscriber = Subscriber.objects.get()
    assert subscriber.current_address == EMAIL
    assert EMAIL not in repr(list(Subscriber.objects.values()))
    assert ReplySubscription.objects.get().comment == Comment.objects.get()
    assert client.post(link).status_code == 410


def test_comment_without_the_wish_sends_nothing(client):
    post(client, make_article(), is_notified="")

    assert not Outbox.objects.exists()


def test_repetition_asks_for_confirmation_once(client):
    article = make_article()
    post(client, article)
    post(client, article)

    assert Outbox.objects.count() == 1


def test_confirmation_that_cannot_be_queued_takes_the_comment_with_it(client, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError

    monkeypatch.setattr(Outbox, "queue", fail)
    client.raise_request_exception = False

    assert post(client, make_article()).status_code == 500
    assert not Comment.objects.exists()


def test_somebody_elses_address_gets_one_mail_and_no_more_without_confirming(client):
    article = make_article()
    post(client, article, email="victim@example.com")
    send_due()

    reply_to(Comment.objects.get())
    send_due()

    assert len(mail.outbox) == 1
    assert "victim" not in repr(list(Subscriber.objects.values()))


def test_mails_of_confirmation_are_limited_like_links_and_the_answer_is_the_same(client):
    article = make_article()

    answers = [post(client, article, body=f"글 {number}") for number in range(5)]

    assert {answer.status_code for answer in answers} == {302}
    assert Outbox.objects.count() == 3


def test_confirming_after_the_comment_is_deleted_begins_nothing(client):
    post(client, make_article())
    send_due()
    Comment.objects.get().delete_by_author()

    answers = [client.get(mailed_link()), client.post(mailed_link()), client.post(mailed_link())]

    assert not Subscriber.objects.exists()
    assert [answer.status_code for answer in answers] == [410] * 3
    assert not any("이제 답글이" in answer.content.decode() for answer in answers)


def test_confirming_a_second_time_claims_nothing(client):
    post(client, make_article())
    send_due()
    assert client.post(mailed_link()).status_code == 200

    assert client.post(mailed_link()).status_code == 410


def test_link_of_a_mail_lives_for_a_day(client):
    post(client, make_article())
    send_due()
    MailLink.objects.update(expires_at=F("expires_at") - timedelta(hours=23, minutes=59))
    call_command("purge", stdout=StringIO())

    assert client.get(mailed_link()).status_code == 200
    MailLink.objects.update(expires_at=F("expires_at") - timedelta(minutes=1))
    assert client.post(mailed_link()).status_code == 410
    assert not ReplySubscription.objects.exists()


# Hearing


def test_reply_is_mailed_without_its_text_or_name():
    comment = subscribed(body="물어보는 글")
    reply = reply_to(comment, body="카나리아 답글", name="카나리아")

    send_due()

    message = mail.outbox[0]
    assert message.to == [EMAIL] and reply.get_permalink() in message.body
    assert "카나리아" not in message.message().as_string()
    assert comment.article.title in message.body
    assert not Notice.objects.exists()


def test_many_replies_make_one_mail_in_half_an_hour():
    comment = subscribed()
    other = subscribed()
    first = reply_to(comment)
    send_due()
    later = [reply_to(comment), reply_to(other), reply_to(comment)]
    send_due()
    assert len(mail.outbox) == 1 and first.get_permalink() in mail.outbox[0].body

    let_half_an_hour_pass()
    send_due()
    send_due()

    assert len(mail.outbox) == 2 and "3개" in mail.outbox[1].body
    for reply in later:
        assert reply.get_permalink() in mail.outbox[1].body


def test_mail_of_very_many_replies_says_how_many_more(client):
    comment = subscribed()
    for number in range(25):
        reply_to(comment, body=f"{number}")

    send_due()

    assert mail.outbox[0].body.count("/comments/") == 21  # twenty, and the one to stop
    assert "그 밖에 5개" in mail.outbox[0].body


def test_nobody_hears_of_an_answer_of_ones_own_or_of_other_branches():
    comment = subscribed()
    reply_to(comment, email=EMAIL)
    other = make_comment(comment.article, email="other@example.com")
    reply_to(other)

    send_due()

    assert not mail.outbox


def test_reply_that_waits_is_told_when_it_is_approved(admin_user):
    article = make_article()
    comment = subscribed(article)
    article.comment_policy = "reviewed"
    article.store()
    reply = reply_to(comment)
    send_due()
    assert not mail.outbox

    reply.approve(by=admin_user)
    send_due()

    assert len(mail.outbox) == 1


def test_reply_that_has_gone_before_the_mail_is_not_told(admin_user):
    comment = subscribed()
    reply_to(comment).hide(by=admin_user, reason="광고")
    reply_to(comment).delete_by_author()

    send_due()
    let_half_an_hour_pass()
    send_due()

    assert not mail.outbox and not Notice.objects.exists()
    assert Outbox.objects.count() == 1


def test_address_goes_with_its_last_comment():
    first, second = subscribed(), subscribed()
    reply_to(first)

    first.delete_by_author()
    assert Subscriber.objects.count() == 1 and not Notice.objects.exists()
    second.delete_by_author()

    assert not Subscriber.objects.exists()
    send_due()
    assert not mail.outbox


# Ending


def test_every_notice_ends_with_one_click_of_the_mail_program(client):
    comment = subscribed()
    reply_to(comment)
    send_due()
    headers = mail.outbox[0].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.fullmatch(r"<http://testserver(/\S+)>", headers["List-Unsubscribe"])[1]
    reply_to(comment)

    # A mail program sends no cookie, no origin and no script.
    response = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200 and not response.cookies
    assert not Subscriber.objects.exists() and not ReplySubscription.objects.exists()
    let_half_an_hour_pass()
    send_due()
    assert len(mail.outbox) == 1
    assert client.post(path).status_code == 200


def test_looking_at_the_page_that_ends_notices_ends_nothing(client):
    subscribed()
    path = reverse("comments:notices_stop", args=[Subscriber.objects.get().stop_token])

    for _number in range(5):
        page = client.get(path).content.decode()

    assert "알림 모두 끄기" in page and Subscriber.objects.exists()


def test_desk_begins_and_ends_notices_of_one_comment(client):
    comment = make_comment()
    key = MailLink.issue(MailLink.Purpose.DESK, EMAIL)
    path = reverse("comments:mine_notices", args=[key, comment.pk])

    client.post(path, {"want": "1"})
    client.post(path, {"want": "1"})
    assert Subscriber.objects.get().current_address == EMAIL
    client.post(path, {"want": "0"})

    assert not Subscriber.objects.exists()


def test_desk_ends_all_notices(client):
    subscribed(), subscribed()
    key = MailLink.issue(MailLink.Purpose.DESK, EMAIL)

    client.post(reverse("comments:mine_notices_all", args=[key]))

    assert not Subscriber.objects.exists() and not ReplySubscription.objects.exists()


def test_subscriber_is_one_under_old_and_new_digest_keys(settings):
    subscribed()
    settings.EMAIL_DIGEST_KEYS = [("newest", b"n" * 32), *settings.EMAIL_DIGEST_KEYS]
    subscribed()

    assert Subscriber.objects.get().email_digest == credentials.email_digest(EMAIL)


def test_older_key_can_go_once_what_has_ended_was_purged(settings):
    subscribed()
    older = settings.MAIL_ENCRYPTION_KEYS
    settings.MAIL_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *older]
    assert Subscriber.objects.get().current_address == EMAIL

    call_command("purge", stdout=StringIO())
    settings.MAIL_ENCRYPTION_KEYS = settings.MAIL_ENCRYPTION_KEYS[:1]

    assert Subscriber.objects.get().current_address == EMAIL


# Staff


def test_staff_hear_of_comments_on_an_article_they_follow(client):
    user = make_staff("articles.view_article", email="staff@example.com")
    client.force_login(user)
    article, other = make_article(), make_article()
    path = reverse("admin:comments_staffsubscription_add")
    for _number in range(2):
        assert client.post(path, {"article": article.pk}).status_code == 302
    assert StaffSubscription.objects.get().article == article

    seen = make_comment(article, body="카나리아")
    held = make_comment(article, hold_reasons=[{"rule": "x", "text": "x"}])
    make_comment(other)
    send_due()

    body = mail.outbox[0].body
    assert mail.outbox[0].to == ["staff@example.com"]
    assert seen.get_permalink() in body and held.get_permalink() in body
    assert "카나리아" not in body and "검토 대기" in body
    held.approve(by=user)
    let_half_an_hour_pass()
    send_due()
    assert len(mail.outbox) == 1


def test_staff_who_have_left_hear_nothing():
    user = make_staff(email="staff@example.com")
    subscriber = Subscriber.objects.create(user=user)
    article = make_article()
    StaffSubscription.objects.create(subscriber=subscriber, article=article)
    make_comment(article)
    user.is_active = False
    user.save()

    send_due()

    assert not mail.outbox


def test_staff_see_and_end_only_what_they_follow_themselves(client):
    mine, theirs = (make_staff("articles.view_article") for _number in range(2))
    article = make_article(title="남의 알림")
    subscriber = Subscriber.objects.create(user=theirs)
    followed = StaffSubscription.objects.create(subscriber=subscriber, article=article)
    client.force_login(mine)

    page = client.get(reverse("admin:comments_staffsubscription_changelist"))
    path = reverse("admin:comments_staffsubscription_delete", args=[followed.pk])
    client.post(path, {"post": "yes"})

    assert "남의 알림" not in page.content.decode()
    assert StaffSubscription.objects.filter(pk=followed.pk).exists()


def test_subscriber_mailed_by_a_clock_that_was_wrong_hears_of_the_next_reply():
    comment = subscribed()
    reply_to(comment)
    send_due()
    Subscriber.objects.update(last_mailed_at=F("last_mailed_at") + timedelta(days=2))
    reply_to(comment)

    send_due()

    assert len(mail.outbox) == 2
