"""Both sides of a takedown are told, where an address is known; addresses are forgotten."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from comments.account.retention import purge
from comments.identity.credentials import canonical_address
from comments.identity.encryption import seal
from comments.models import Comment, Outbox, PersonalDataView, ReplySubscription, Report, Takedown
from tests.factories import make_comment, make_report, make_staff, make_takedown

pytestmark = pytest.mark.django_db
REQUESTER, WRITER = "asker@example.org", "mina@example.com"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def asked(comment=None):
    return make_takedown(comment, requester=seal(REQUESTER))


def subscribe(comment):
    ReplySubscription.begin(canonical_address(WRITER), comment)


def sent():
    """Send what waits; return {recipient: texts}."""
    mail.outbox.clear()
    call_command("send_mail", once=True)
    texts = {}
    for message in mail.outbox:
        texts.setdefault(message.to[0], []).append(message.body)
    return texts


def test_request_keeps_the_address_so_that_only_the_site_reads_it(client):
    address = reverse("comments:takedown_create", args=[make_comment().pk])

    client.post(address, {"ground": "privacy", "reason": "까닭", "email": REQUESTER})

    takedown = Takedown.objects.get()
    assert REQUESTER not in takedown.requester
    assert takedown.address == REQUESTER


@pytest.mark.parametrize("email", ["nonsense", "a@b", "a@example.com\nBcc: x@example.com"])
def test_address_that_is_none_is_refused_at_its_field(client, email):
    address = reverse("comments:takedown_create", args=[make_comment().pk])

    response = client.post(address, {"ground": "privacy", "reason": "남길 글", "email": email})

    assert response.status_code == 422
    assert "email" in response.context["form"].errors
    assert "남길 글" in response.content.decode()


@pytest.mark.parametrize(
    ("decision", "to_requester", "to_writer"),
    [
        ("block", "is out of sight until", "Its text is out of sight until"),
        ("refuse", "leave the comment as it is", None),
        ("remove", "has been deleted", "has been deleted by the site's staff"),
    ],
)
def test_both_sides_are_told_of_a_decision(decision, to_requester, to_writer):
    comment, staff = make_comment(body="문제의 글"), make_staff()
    subscribe(comment)
    takedown = asked(comment)

    if decision == "block":
        takedown.block(days=7, by=staff)
    else:
        getattr(takedown, decision)(by=staff, reason="까닭은 안에만")

    texts = sent()
    assert to_requester in texts[REQUESTER][0]
    assert to_writer is None or to_writer in texts[WRITER][0]
    assert (WRITER in texts) == (to_writer is not None)
    said = " ".join(text for found in texts.values() for text in found)
    assert "문제의 글" not in said
    assert "까닭은" not in said


def test_writer_without_confirmed_notices_is_unknown_and_gets_no_mail():
    asked(make_comment()).block(days=7, by=make_staff())

    assert sent().keys() == {REQUESTER}


def test_request_without_an_address_queues_nothing():
    make_takedown().block(days=7, by=make_staff())

    assert not Outbox.objects.exists()


def test_address_is_forgotten_with_the_decision_and_the_database_sees_to_it():
    takedown = asked()
    takedown.refuse(by=make_staff(), reason="아님")

    takedown.refresh_from_db()
    assert takedown.requester == ""
    with pytest.raises(IntegrityError), transaction.atomic():
        Takedown.objects.update(requester=seal(REQUESTER))


def test_end_of_a_block_is_told_once_and_forgets_the_address():
    takedown = asked()
    takedown.block(days=7, by=make_staff())
    sent()
    past = timezone.now() - timedelta(seconds=1)
    Takedown.objects.update(blocked_until=past)
    Comment.objects.update(blocked_until=past)

    purge()
    purge()

    takedown.refresh_from_db()
    assert (takedown.state, takedown.requester) == (Takedown.State.ENDED, "")
    assert "shown again" in sent()[REQUESTER][0]


def test_comment_that_its_author_deletes_closes_the_request():
    takedown = asked()
    takedown.comment.delete_by_author()

    purge()

    takedown.refresh_from_db()
    assert (takedown.state, takedown.requester) == (Takedown.State.REMOVED, "")
    (text,) = sent()[REQUESTER]
    assert "has been deleted" in text
    assert "/comments/" not in text


def test_each_look_at_an_address_is_kept_and_none_without_one(client):
    moderator = make_staff("comments.moderate_comment")
    client.force_login(moderator)
    takedown = asked()
    address = reverse("admin:comments_takedown_change", args=[takedown.pk])

    assert REQUESTER not in client.get(address).content.decode()
    assert not PersonalDataView.objects.exists()
    assert REQUESTER in client.post(address, {"reveal": "1"}).content.decode()

    view = PersonalDataView.objects.get()
    assert (view.viewer, view.subject) == (moderator, f"takedown {takedown.pk}")
    takedown.refresh_from_db()
    assert takedown.state == Takedown.State.REQUESTED


def test_log_of_views_can_be_changed_by_nobody(client, admin_client):
    view = PersonalDataView.objects.create(viewer=make_staff(), subject="takedown 1")
    change = reverse("admin:comments_personaldataview_change", args=[view.pk])

    assert admin_client.post(change, {"subject": "x"}).status_code == 403
    delete = reverse("admin:comments_personaldataview_delete", args=[view.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    client.force_login(make_staff("comments.moderate_comment"))
    assert client.get(change).status_code == 403


def make_view(viewer, moment, monkeypatch):
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: moment)
        return PersonalDataView.objects.create(viewer=viewer, subject="takedown 1")


def test_what_moderation_needs_no_more_is_purged_and_nothing_else(monkeypatch):
    staff = make_staff()
    old_report, open_report = make_report(), make_report()
    old_report.comment.hide(by=staff, reason="광고")
    closed, waiting = make_takedown(), make_takedown()
    closed.refuse(by=staff, reason="아님")
    long_ago = timezone.now() - timedelta(days=731)
    newer_view = make_view(staff, timezone.now() - timedelta(days=729), monkeypatch)
    make_view(staff, long_ago, monkeypatch)
    Report.objects.update(created_at=long_ago)
    Takedown.objects.filter(pk=closed.pk).update(closed_at=long_ago)

    purge()

    assert list(Report.objects.all()) == [open_report]
    assert list(Takedown.objects.all()) == [waiting]
    assert list(PersonalDataView.objects.all()) == [newer_view]
