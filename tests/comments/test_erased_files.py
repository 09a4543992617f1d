"""What is erased is gone from the database's files, as far as the guide promises."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from comments.models import (
    Comment,
    MailLink,
    Outbox,
    ReplySubscription,
    Report,
    Subscriber,
    Takedown,
)
from tests.comments.test_desk import at, open_desk
from tests.factories import make_article, make_comment, make_staff

EMAIL, PASSWORD = "quill.marrow@example.com", "marrow of quills"
NAME, FIRST, LAST = "뷁쀍", "qvzfirst 뛟뿗 처음에 쓴 말", "qvzlast 쒧뾃 고쳐 쓴 말"
QUOTATION, REQUESTER = "qvzquoted 뀷쁽", "asking.marrow@example.com"
PAIR = {"email": EMAIL, "password": PASSWORD}


def raw_files():
    """Return the bytes of the files in which the database keeps its rows and indexes."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        found = [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            folder = Path(cursor.fetchone()[0])
            cursor.execute("SELECT oid FROM pg_database WHERE datname = CURRENT_DATABASE()")
            database = folder / "base" / str(cursor.fetchone()[0])
        try:
            found = [path for path in database.iterdir() if path.is_file()]
        except PermissionError:
            pytest.skip("The server's files are another user's.")
    return b"".join(path.read_bytes() for path in found if path.exists())


def compact():
    """Do to PostgreSQL what the guide says, to our tables; on SQLite nothing is to be done."""
    if connection.vendor == "postgresql":
        tables = ", ".join(connection.introspection.table_names())
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            # What an earlier test has left at work would keep the rows that it may see.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
            )
            cursor.execute(f"VACUUM (FULL, ANALYZE) {tables}")
            # The planner's statistics of before, which ANALYZE has only replaced.
            cursor.execute("VACUUM (FULL) pg_statistic")
            cursor.execute("CHECKPOINT")


def sample():
    """Write samples of the rows into PostgreSQL's statistics, as autovacuum does now and then."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def leave_traces(article):
    """Write, edit, be reported, be asked to be taken down; return what must go from the files."""
    client = Client()
    client.post(
        f"/articles/{article.pk}/comments/",
        {**PAIR, "name": NAME, "body": FIRST, "notify": "on"},
    )
    comment = Comment.objects.get()
    client.post(f"/comments/{comment.pk}/edit/", {**PAIR, "name": NAME, "body": LAST, "version": 1})
    client.post(f"/comments/{comment.pk}/report/", {"reason": "spam", "text": QUOTATION})
    client.post(
        f"/comments/{comment.pk}/takedown/",
        {"ground": "privacy", "reason": QUOTATION, "email": REQUESTER, "is_mine": "on"},
    )
    comment.refresh_from_db()
    assert comment.body == LAST and comment.revisions.count() == 1
    ReplySubscription.begin(EMAIL, comment)
    MailLink.issue(MailLink.Purpose.CONFIRM, EMAIL, comment)
    Outbox.queue(Outbox.Kind.CONFIRM, EMAIL, comment=comment)
    assert Report.objects.get().text == Takedown.objects.get().reason == QUOTATION
    return [
        *(NAME, FIRST, LAST, QUOTATION),
        *("vzfirst", "vzlast", "vzquoted", "뛟뿗", "쒧뾃", "뀷쁽"),
        *(comment.email_digest, comment.password, comment.text_digest),
        *(Takedown.objects.get().requester, Subscriber.objects.get().sealed_address),
        *Outbox.objects.exclude(recipient="").values_list("recipient", flat=True),
        *MailLink.objects.values_list("address", flat=True),
    ]


def erase(act, comment):
    if act == "desk":
        Client().post(at(open_desk(Client(), EMAIL), "erase"))
    elif act == "author":
        Client().post(f"/comments/{comment.pk}/delete/", {**PAIR, "confirm": "1"})
    elif act == "staff":
        comment.delete_by_staff(by=make_staff(), reason="광고")
    elif act == "takedown":
        Takedown.objects.get().remove(by=make_staff(), reason="사생활")
    else:
        comment.article.delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["desk", "author", "staff", "takedown", "article"])
def test_erased_words_are_in_no_file_of_the_database(act):
    article = make_article()
    traces = leave_traces(article)
    make_comment(make_article(), email="other@example.com", body="남는 말")
    sample()
    assert FIRST.encode() in raw_files() or connection.vendor == "postgresql"

    erase(act, Comment.objects.get(article=article))
    call_command("send_mail", "--once", stdout=StringIO())
    for _try in range(10):
        compact()
        raw = raw_files()
        left = [trace for trace in traces if trace.encode() in raw]
        # A connection that another test is just opening keeps PostgreSQL from dropping rows.
        if not left or connection.vendor == "sqlite":
            break
    assert left == []
    assert "남는 말".encode() in raw


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["desk", "author", "staff", "takedown"])
def test_takedown_ends_with_its_comment(act):
    comment_of_traces = leave_traces(make_article())
    assert comment_of_traces

    erase(act, Comment.objects.get())

    takedown = Takedown.objects.get()
    assert takedown.state == Takedown.State.REMOVED
    assert takedown.reason == takedown.requester == ""
    # Who asked is told of the end, and nobody else is mailed any more.
    waiting = Outbox.objects.waiting().filter(kind=Outbox.Kind.TAKEDOWN_REQUESTER)
    assert [mail.address for mail in waiting] == [REQUESTER]
    assert not Outbox.objects.waiting().filter(kind=Outbox.Kind.CONFIRM).exists()
    assert not MailLink.objects.filter(purpose=MailLink.Purpose.CONFIRM).exists()


@pytest.mark.django_db
def test_what_came_in_while_a_comment_was_deleted_is_wiped_by_the_purge():
    comment = make_comment()
    comment.delete_by_author()
    Report.objects.create(comment=comment, reason="spam", text=QUOTATION, network_digest="n")
    Takedown.objects.create(comment=comment, ground="privacy", reason=QUOTATION)

    call_command("purge", stdout=StringIO())

    assert Report.objects.get().text == Takedown.objects.get().reason == ""
    assert not Takedown.objects.open().exists()
