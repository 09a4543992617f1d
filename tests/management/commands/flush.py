"""What empties the database after a transactional test."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.core.management.commands import flush
from django.db import IntegrityError, connections, transaction

from tests import ledger

# Made by the migrations, and changed by no test.
LEFT = {ContentType._meta.db_table, Permission._meta.db_table, "django_migrations"}


class Command(flush.Command):
    """Empty the tables that hold something: Django's empties all, and makes every permission anew.

    On PostgreSQL that takes half a second for each test.
    """

    def handle(self, *, database, **options):
        connection = connections[database]
        tables = connection.introspection.django_table_names(only_existing=True)
        wanted = [table for table in tables if table not in LEFT]
        if connection.vendor == "postgresql":
            empty_past_triggers(connection, filled(connection, wanted))
        else:
            ledger.empty()
            sql = connection.ops.sql_flush(no_style(), wanted, allow_cascade=False)
            try:
                connection.ops.execute_sql_flush(sql)
            except IntegrityError:
                # A closed page's last request shares this connection, and wrote in between.
                connection.ops.execute_sql_flush(sql)


def filled(connection, tables):
    parts = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [name for (name,) in cursor.fetchall()]


def empty_past_triggers(connection, tables):
    """Delete all rows, those too that triggers keep; foreign keys are triggers as well."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
