"""Nobody takes back what moderators did, or who looked at personal data: the database refuses."""

import pytest
from django.db import DatabaseError, connection, transaction

from articles.models import Article
from comments.models import ModerationEvent, PersonalDataView
from tests.factories import make_comment, make_staff

pytestmark = pytest.mark.django_db

CHANGES = [
    "UPDATE {table} SET {text} = 'x'",
    "UPDATE {table} SET id = id + 100",
    "DELETE FROM {table}",
]
if connection.vendor == "sqlite":
    CHANGES += [
        "REPLACE INTO {table} SELECT * FROM {table}",
        "UPDATE OR REPLACE {table} SET {text} = 'x'",
    ]
else:
    CHANGES += [
        "TRUNCATE {table} CASCADE",
        "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET {text} = 'x'",
    ]


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize(
    ("model", "text"), [(ModerationEvent, "reason"), (PersonalDataView, "subject")]
)
def test_database_refuses_to_change_what_is_kept(model, text, statement):
    staff = make_staff()
    make_comment().hide(by=staff, reason="광고")
    PersonalDataView.objects.create(viewer=staff, subject="takedown 1")
    # PostgreSQL would refuse to truncate for this transaction's own open checks.
    connection.check_constraints()
    before = list(model.objects.values())

    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        connection.cursor().execute(statement.format(table=model._meta.db_table, text=text))

    assert list(model.objects.values()) == before


def test_article_whose_comments_were_moderated_keeps_them():
    comment = make_comment()
    comment.hide(by=make_staff(), reason="광고")

    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        comment.article.delete()

    assert Article.objects.get().comments.get() == comment


def test_article_whose_comments_nobody_moderated_can_go():
    comment = make_comment()

    comment.article.delete()

    assert not Article.objects.exists()
