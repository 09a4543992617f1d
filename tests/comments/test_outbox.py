"""Mails commit with what they tell of, leave once, and forget their recipients."""

import email
import re
import signal
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from io import StringIO
from itertools import cycle

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connections,
    transaction,
)
from django.utils import timezone

from comments.account.retention import purge
from comments.identity import encryption
from comments.management.commands import send_mail
from comments.models import MailLink, Notice, Outbox, ReplySubscription, Subscriber
from comments.models.mail.outbox import BACK_OFF_MINUTES
from tests.factories import EMAIL, make_comment

pytestmark = pytest.mark.django_db

LINK = Outbox.Kind.DESK_LINK


def queue(address=EMAIL):
    return Outbox.queue(LINK, address)


def send_due():
    call_command("send_mail", "--once", stdout=StringIO())


def let_pass(**time):
    """Move every due moment as if time had gone by."""
    for row in Outbox.objects.waiting():
        Outbox.objects.filter(pk=row.pk).update(due_at=row.due_at - timedelta(**time))


@pytest.fixture
def known_address():
    return make_comment()


@pytest.fixture
def failing_server(monkeypatch):
    """Let the mail server fail with `errors[0]` as long as there is one."""
    errors = []
    deliver = EmailBackend.send_messages

    def send_messages(self, messages):
        if errors:
            raise errors[0]
        return deliver(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return errors


def test_mail_leaves_once_and_its_recipient_is_forgotten(known_address):
    queue()

    send_due()
    send_due()

    assert [message.to for message in mail.outbox] == [[EMAIL]]
    row = Outbox.objects.get()
    assert (row.outcome, row.recipient, row.recipient_digest) == ("sent", "", "")


def test_recipient_is_nowhere_in_the_database_while_it_waits():
    queue("canary.bird@example.com")

    stored = repr(list(Outbox.objects.values()))

    assert "canary" not in stored


def test_mail_is_a_mail_of_the_site_and_of_nobody_else(known_address, settings):
    settings.SITE_URL = "https://www.example.kr"
    queue()

    send_due()

    message = mail.outbox[0].message()
    assert parseaddr(message["From"]) == (settings.SITE_NAME, settings.MAIL_FROM)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == Outbox.objects.get().message_id
    assert message["Reply-To"] is None and message["Cc"] is None
    body = message.get_payload(decode=True).decode()
    assert "https://www.example.kr/comments/mine/" in body and "testserver" not in body
    assert max(map(len, body.splitlines())) < 998


def test_mail_is_not_queued_when_the_transaction_fails():
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        raise RuntimeError

    assert not Outbox.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mina",
        "mina@example.com\nBcc: other@example.com",
        "mina@example.com, other@example.com",
        "mіna@example.com",
        "Mina <mina@example.com>",
        "mina@example.com\r\n",
        "x" * 300 + "@example.com",
    ],
)
def test_recipient_is_one_address_or_refused(address):
    if address.strip() == EMAIL:
        assert queue(address).address == EMAIL
        return
    with pytest.raises(ValidationError):
        queue(address)


def test_failure_is_tried_again_later_and_later_and_given_up(known_address, failing_server):
    failing_server.append(OSError("no route"))
    queue()
    for number, minutes in enumerate(BACK_OFF_MINUTES, start=1):
        send_due()
        row = Outbox.objects.get()
        assert row.attempts == number and row.ended_at is None and row.recipient
        assert timedelta(minutes=minutes - 1) < row.due_at - timezone.now()
        send_due()
        assert Outbox.objects.get().attempts == number
        let_pass(minutes=minutes)

    send_due()

    row = Outbox.objects.get()
    assert (row.outcome, row.recipient) == ("failed", "") and not mail.outbox


def test_mail_that_failed_leaves_with_the_next_try_under_the_same_id(known_address, failing_server):
    failing_server.append(smtplib.SMTPServerDisconnected("gone"))
    first_id = queue().message_id
    send_due()
    failing_server.clear()
    let_pass(minutes=1)

    send_due()

    assert [message.extra_headers["Message-ID"] for message in mail.outbox] == [first_id]


@pytest.mark.parametrize(("code", "outcome"), [(550, "failed"), (450, "")])
def test_refused_recipient_is_given_up_only_when_for_good(
    known_address, failing_server, caplog, code, outcome
):
    failing_server.append(smtplib.SMTPRecipientsRefused({EMAIL: (code, b"no such user")}))
    queue()

    send_due()

    assert Outbox.objects.get().outcome == outcome
    assert EMAIL not in caplog.text


def test_mail_whose_key_is_gone_is_given_up(settings):
    queue()
    settings.MAIL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    send_due()

    assert Outbox.objects.get().outcome == "failed" and not mail.outbox


def test_older_keys_still_open_what_they_sealed(known_address, settings):
    queue()
    settings.MAIL_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.MAIL_ENCRYPTION_KEYS,
    ]

    send_due()

    assert len(mail.outbox) == 1


def poison(monkeypatch, *errors):
    """Let a library raise one of `errors` at every mail to an address that begins with "poison"."""
    deliver, following = EmailBackend.send_messages, cycle(errors)

    def send_messages(self, messages):
        if messages[0].to[0].startswith("poison"):
            raise next(following)
        return deliver(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)


def test_mail_that_a_library_breaks_at_harms_no_other(known_address, monkeypatch, caplog):
    errors = [
        ValueError("poison@example.com"),
        IndexError("poison@example.com"),
        UnicodeEncodeError("ascii", "poison@example.com", 0, 1, "not ASCII"),
        RecursionError("poison@example.com"),
        AssertionError("poison@example.com"),
    ]
    for number in range(100):
        make_comment(known_address.article, email=f"poison{number}@example.com")
        queue(f"poison{number}@example.com")
    queue()
    poison(monkeypatch, *errors)

    send_due()

    assert [message.to for message in mail.outbox] == [[EMAIL]]
    assert set(Outbox.objects.waiting().values_list("attempts", flat=True)) == {1}
    assert "poison" not in caplog.text
    assert [error for error in errors if type(error).__name__ not in caplog.text] == []


def test_mail_that_a_library_breaks_at_is_given_up(known_address, monkeypatch):
    make_comment(known_address.article, email="poison@example.com")
    queue("poison@example.com")
    poison(monkeypatch, ValueError("poison@example.com"))

    for _number in range(len(BACK_OFF_MINUTES) + 1):
        send_due()
        let_pass(days=1)

    row = Outbox.objects.get()
    assert (row.outcome, row.recipient) == ("failed", "")


@pytest.mark.parametrize("days", [1, 2, 400])
def test_mail_put_off_by_a_clock_that_was_wrong_leaves_now(known_address, days):
    queue()
    let_pass(days=-days)

    send_due()

    assert [message.to for message in mail.outbox] == [[EMAIL]]


def test_mail_that_ends_its_worker_is_given_up(known_address):
    queue()
    for _number in range(len(BACK_OFF_MINUTES) + 1):
        assert Outbox.lease()
        let_pass(minutes=2)

    send_due()

    assert Outbox.objects.get().outcome == "failed" and not mail.outbox


def test_leased_mail_is_left_to_its_worker_until_the_lease_ends():
    queue()
    leased = Outbox.lease()

    assert Outbox.lease() is None
    let_pass(minutes=2)
    again = Outbox.lease()
    assert again.pk == leased.pk and again.attempts == 2


def test_worker_that_took_too_long_changes_nothing_any_more():
    queue()
    late = Outbox.lease()
    let_pass(minutes=2)
    Outbox.lease()

    late.end(Outbox.Outcome.FAILED)
    late.put_off()

    row = Outbox.objects.get()
    assert row.ended_at is None and row.recipient and row.attempts == 2


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_get_each_mail_once():
    for _number in range(12):
        queue()

    def lease_all(_number):
        try:
            taken = []
            while leased := Outbox.lease():
                taken.append(leased.pk)
            return taken
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        taken = [pk for pks in pool.map(lease_all, range(4)) for pk in pks]

    assert len(taken) == len(set(taken)) == 12


@pytest.mark.parametrize("fields", [{"recipient": "sealed"}, {"outcome": ""}])
def test_database_refuses_an_ended_mail_with_a_recipient_or_without_an_outcome(fields):
    row = queue()
    wiped = {"recipient": "", "recipient_digest": "", "outcome": "sent", "ended_at": timezone.now()}

    with pytest.raises(IntegrityError), transaction.atomic():
        Outbox.objects.filter(pk=row.pk).update(**{**wiped, **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"sealed_address": "x"},
        {"email_digest": "k:1"},
    ],
)
def test_database_refuses_a_subscriber_who_is_nobody(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.create(**fields)


@pytest.fixture
def signals_restored():
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


@pytest.mark.django_db(transaction=True)
def test_worker_goes_on_when_the_database_answers_again_and_ends_when_asked(
    known_address, monkeypatch, signals_restored
):
    queue()
    failures = [OperationalError("database is locked"), InterfaceError("connection closed")]
    lease = Outbox.lease

    def lease_later():
        if failures:
            raise failures.pop()
        mail = lease()
        if mail is None:
            signal.raise_signal(signal.SIGTERM)
        return mail

    monkeypatch.setattr(Outbox, "lease", lease_later)
    monkeypatch.setattr(send_mail, "PAUSE_SECONDS", 0)

    call_command("send_mail", stdout=StringIO())

    assert not failures and Outbox.objects.get().outcome == "sent"


def test_purge_deletes_what_has_ended_and_nothing_else(settings):
    settings.MAIL_RECORD_DAYS = 7
    waiting, fresh, old = queue(), queue(), queue()
    for row, days in ((fresh, 6), (old, 8)):
        row.end(Outbox.Outcome.SENT)
        Outbox.objects.filter(pk=row.pk).update(ended_at=timezone.now() - timedelta(days=days))
    MailLink.issue(MailLink.Purpose.OPEN_DESK, EMAIL)
    MailLink.issue(MailLink.Purpose.OPEN_DESK, EMAIL)
    MailLink.objects.filter(pk=MailLink.objects.last().pk).update(expires_at=timezone.now())

    counts = purge()

    assert (counts["mails"], counts["links"]) == (1, 1)
    assert set(Outbox.objects.values_list("pk", flat=True)) == {waiting.pk, fresh.pk}
    assert MailLink.objects.count() == 1


def test_folder_holds_each_mail_in_a_file_that_only_the_owner_reads(
    known_address, settings, tmp_path, capsys
):
    settings.EMAIL_BACKEND = "openup.backends.mail_folder.FolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    queue()

    call_command("send_mail", "--once")

    (path,) = (tmp_path / "mail").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert email.message_from_bytes(path.read_bytes())["To"] == EMAIL
    printed = capsys.readouterr().out
    assert str(path) in printed and "/comments/mine/" in printed


def test_what_a_token_seals_opens_with_it_alone():
    token = encryption.new_token()
    sealed = encryption.seal_under(token, EMAIL)

    assert encryption.unseal_under(token, sealed) == EMAIL
    for other in (encryption.new_token(), token[:-1], ""):
        with pytest.raises(encryption.Unreadable):
            encryption.unseal_under(other, sealed)
    with pytest.raises(encryption.Unreadable):
        encryption.unseal(sealed)
    assert len(token) >= 43


NAMES = [
    "열린 소프트웨어 소식을 모아 전하는 곳, 매달 마지막 주에 새 글을 올립니다",
    "오픈업",
    "가" * 100,
    "Open UP",
    'A "B" <c>',
    "소식, 그리고; 글: @곳",
    "🎉 잔치",
    "가 나 다 라 마 바 사 아 자 차 카 타 파 하 " * 5,
    "Open UP 소식",
    "a" * 60 + " 나",
]


def test_head_of_a_mail_is_what_strict_programs_read(known_address, settings):
    for name in NAMES:
        settings.SITE_NAME = name.strip()
        queue()

        send_due()

        head = mail.outbox[-1].message().as_bytes().split(b"\n\n")[0].decode("ascii")
        assert all(len(line.strip()) > 0 and len(line) <= 78 for line in head.split("\n"))
        assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", head))
        assert not re.search(r"^(?:Subject|From): *$", head, re.MULTILINE)
        read = message_from_string(head + "\n\n", policy=policy.default)
        assert read["Subject"].startswith(f"[{settings.SITE_NAME}] ")
        sender, _address = parseaddr(message_from_string(head)["From"])
        assert str(make_header(decode_header(sender))) == settings.SITE_NAME
        assert read["From"].addresses[0].addr_spec == settings.MAIL_FROM
        assert not read["Subject"].defects


def test_mails_that_wait_are_given_up_after_a_recovery_and_nobody_is_remembered(capsys):
    Outbox.queue(Outbox.Kind.DESK_LINK, "mina@example.com")
    sent = Outbox.queue(Outbox.Kind.DESK_LINK, "mina@example.com")
    sent.end(Outbox.Outcome.SENT)
    parent = make_comment()
    ReplySubscription.begin("mina@example.com", parent)
    reply = make_comment(parent.article, parent=parent, email="yuna@example.com")
    Notice.objects.get_or_create(
        comment=reply, subscriber=Subscriber.for_address("mina@example.com")
    )

    call_command("drop_mail")

    ends = Outbox.objects.order_by("pk").values_list("outcome", "recipient", "recipient_digest")
    assert [*ends] == [("dropped", "", ""), ("sent", "", "")]
    assert not Notice.objects.exists()
    assert capsys.readouterr().out == "mails: 1\nnotices: 1\n"
