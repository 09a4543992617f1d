"""Which databases this release goes on with: those that had all migrations it has squashed.

A new database has none of them. One that has some stopped at a migration that is gone.
"""

from importlib import import_module

from django.core.management.base import CommandError
from django.db import DatabaseError, connections

SQUASHED = [
    "articles.migrations.0001_tables",
    "articles.migrations.0002_search_and_ledger",
    "comments.migrations.0001_tables",
    "comments.migrations.0002_keep_records",
]
TOO_OLD = (
    "The database is older than any that this release can migrate: go back to commit c6915c7,"
    " run `manage.py migrate` there, then install this release again."
)


def is_too_old(connection):
    """Tell whether the database stopped between the migrations that were squashed.

    One without the table of migrations is new; one that does not answer says nothing.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except DatabaseError:
        return False
    return any(applied & names and names - applied for names in replaced())


def replaced():
    """Return the sets of earlier migrations of which a database has all or none."""
    return [set(import_module(name).Migration.replaces) for name in SQUASHED]


def refuse_too_old(using, **kwargs):
    """Stop a `migrate` that skips the checks, before it applies what it would find missing."""
    if is_too_old(connections[using]):
        raise CommandError(TOO_OLD)
