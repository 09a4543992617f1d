"""Whatever is done at the desk is written down, and stays so."""

import csv
import io
import json
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.admin.audit import AuditEventAdmin
from articles.admin.model_admin import BoundedPaginator
from articles.models import AuditAddress, AuditEvent, Tag
from comments.account import retention
from tests.factories import PASSWORD, make_staff, make_takedown
from tests.sent_forms import open_form

pytestmark = pytest.mark.django_db

Act = AuditEvent.Act
LIST = reverse("admin:articles_auditevent_changelist")
LOGIN = reverse("admin:login")


@pytest.fixture
def root():
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    return client


def acts(act):
    return AuditEvent.objects.filter(act=act)


def test_row_added_changed_and_deleted_by_whom_and_from_where(root):
    root.post(reverse("admin:articles_tag_add"), {"name": "인공지능", "slug": "ai"})
    tag = Tag.objects.get()
    page = reverse("admin:articles_tag_change", args=[tag.pk])
    root.post(page, open_form(root, page) | {"name": "기계 학습"})
    root.post(reverse("admin:articles_tag_delete", args=[tag.pk]), {"post": "yes"})

    added, deleted = acts(Act.ADD).get(), acts(Act.DELETE).get()
    assert (added.username, added.model, added.object_name) == ("root", "articles.tag", "인공지능")
    assert added.origin.address == "192.0.2.7"
    assert (deleted.object_key, acts(Act.CHANGE).count()) == (str(tag.pk), 1)


def test_form_that_was_refused_did_nothing(root):
    root.post(reverse("admin:articles_tag_add"), {"name": "", "slug": ""})

    assert not AuditEvent.objects.exclude(act=Act.SIGN_IN).exists()


def test_deed_of_a_page_that_writes_nothing_down_itself(root):
    takedown = make_takedown()
    page = reverse("admin:comments_takedown_change", args=[takedown.pk])

    root.post(page, {"decision": "refuse", "reason": "보통의 의견입니다"})

    event = acts(Act.FORM).get()
    assert (event.username, event.detail["path"]) == ("root", page)


def test_signing_in_and_out_and_failing_to():
    make_staff(username="hana", password=PASSWORD)
    client = Client()

    client.post(LOGIN, {"username": "hana", "password": "wrong"})
    client.post(LOGIN, {"username": PASSWORD, "password": "hana"})
    client.post(LOGIN, {"username": "hana", "password": PASSWORD})
    client.post(reverse("admin:logout"))

    told = list(AuditEvent.objects.order_by("pk").values_list("act", "username"))
    failed, failed_unknown, *rest = told
    assert failed == (Act.SIGN_IN_FAILED, "hana")
    # A password typed in the name's place is not kept.
    assert failed_unknown == (Act.SIGN_IN_FAILED, "")
    assert rest == [(Act.SIGN_IN, "hana"), (Act.SIGN_OUT, "hana")]


def test_rights_given_and_taken(root):
    call_command("setup_site", verbosity=0)
    hana = make_staff(username="hana")
    editor, publisher = (Group.objects.get(name=name) for name in ("editor", "publisher"))
    hana.groups.add(editor)
    page = reverse("admin:auth_user_change", args=[hana.pk])
    sent = open_form(root, page) | {"groups": [publisher.pk], "is_superuser": "on"}

    root.post(page, sent)

    detail = acts(Act.RIGHTS).get().detail
    assert detail["given"] == ["group: publisher", "is_superuser"]
    assert detail["taken"] == ["group: editor"]


def test_look_at_personal_data(root):
    takedown = make_takedown()

    root.post(reverse("admin:comments_takedown_change", args=[takedown.pk]), {"reveal": "1"})

    assert acts(Act.PERSONAL_DATA).get().object_key == str(takedown.pk)


@pytest.mark.parametrize("statement", ["UPDATE {} SET username = 'x'", "DELETE FROM {}"])
def test_database_keeps_what_was_done(root, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("articles_auditevent"))

    assert acts(Act.SIGN_IN).get().username == "root"


def test_address_goes_after_two_years_and_the_act_stays(root, monkeypatch):
    root.post(reverse("admin:articles_tag_add"), {"name": "인공지능", "slug": "ai"})
    retention.purge()
    assert AuditAddress.objects.exists()
    long_ago = timezone.now() - timedelta(days=731)
    old = AuditEvent.objects.create(act=Act.FORM, at=long_ago)
    AuditAddress.objects.create(event=old, address="192.0.2.9")

    retention.purge()

    assert not AuditAddress.objects.filter(event=old).exists()
    assert AuditEvent.objects.filter(pk=old.pk).exists() and AuditAddress.objects.exists()


def test_record_is_taken_away_as_lines_and_as_csv(root):
    root.post(reverse("admin:articles_tag_add"), {"name": "=cmd()", "slug": "ai"})

    lines = b"".join(root.get(reverse("admin:articles_auditevent_lines"))).decode()
    table = b"".join(root.get(reverse("admin:articles_auditevent_csv") + "?act=add")).decode()

    read = [json.loads(line) for line in lines.splitlines()]
    assert [each["act"] for each in read] == ["sign_in", "add", "personal_data"]
    head, row = csv.reader(io.StringIO(table.removeprefix("\ufeff")))
    assert dict(zip(head, row, strict=True))["what"] == "'=cmd()"
    assert dict(zip(head, row, strict=True))["address"] == "192.0.2.7"
    pages = [event.detail["page"] for event in acts(Act.PERSONAL_DATA)]
    assert pages == EXPORTS


def test_record_is_for_those_alone_who_may_see_it(root):
    assert "인공지능" not in root.get(LIST).content.decode()
    root.post(reverse("admin:articles_tag_add"), {"name": "인공지능", "slug": "ai"})
    assert "인공지능" in root.get(LIST).content.decode()
    call_command("setup_site", verbosity=0)
    hana = make_staff(username="hana")
    hana.groups.set(Group.objects.all())
    client = Client()
    client.force_login(hana)

    for page in (LIST, *map(reverse, EXPORTS)):
        assert client.get(page).status_code == 403


EXPORTS = ["admin:articles_auditevent_csv", "admin:articles_auditevent_lines"]


# The list, however much there is


def put(*moments):
    AuditEvent.objects.bulk_create(
        AuditEvent(act=Act.FORM, username=f"{moment:%Y-%m-%d}", at=moment) for moment in moments
    )


def names(response):
    return {event.username for event in response.context["cl"].result_list}


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        ("2024", {"2024-01-01", "2024-12-31"}),
        ("2024-12", {"2024-12-31"}),
        ("2024-13", {"2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"}),
    ],
)
def test_list_of_a_year_or_a_month_by_the_local_clock(root, period, shown):
    zone = timezone.get_default_timezone()
    first, last = datetime(2024, 1, 1, tzinfo=zone), datetime(2025, 1, 1, tzinfo=zone)
    second = timedelta(seconds=1)
    put(first - second, first, last - second, last)

    assert names(root.get(LIST, {"period": period})) - {""} - {"root"} == shown


def test_filter_offers_the_years_there_are_and_the_months_of_the_newest(root):
    zone = timezone.get_default_timezone()
    put(datetime(2090, 3, 1, tzinfo=zone), datetime(2091, 3, 1, tzinfo=zone))

    content = root.get(LIST, {"act__exact": Act.FORM}).content.decode()

    assert "period=2090&" in content or 'period=2090"' in content
    assert "period=2091-03" in content
    for nothing_there in ("period=2090-03", "period=2091-04"):
        assert nothing_there not in content


def test_no_query_of_the_list_reads_every_row(root, monkeypatch):
    monkeypatch.setattr(AuditEventAdmin, "list_per_page", 1)
    put(timezone.now(), timezone.now())

    with CaptureQueriesContext(connection) as queries:
        root.get(LIST)

    asked = [row["sql"] for row in queries if "articles_auditevent" in row["sql"]]
    assert len(asked) > 2
    assert all("LIMIT" in sql for sql in asked if sql.startswith("SELECT")), asked


def test_rows_are_counted_as_far_as_pages_are_turned(root, monkeypatch, settings):
    settings.LANGUAGE_CODE = "en"
    monkeypatch.setattr(BoundedPaginator, "MOST_ROWS", 2)
    put(*[timezone.now()] * 2)

    assert "2 rows or more" in root.get(LIST).content.decode()
