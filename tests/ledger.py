"""The ledger of corrections outlives everything; only a test's own clean-up may empty it."""

from contextlib import contextmanager
from importlib import import_module

from django.db import connection

from articles.models import RankingCorrection

migration = import_module("articles.migrations.0005_keep_ledger")


@contextmanager
def emptied_afterwards():
    """Let a transactional test write to the ledger: its tables are flushed after it."""
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            migration.drop_triggers(None, editor)
            editor.execute(f"DELETE FROM {RankingCorrection._meta.db_table}")  # noqa: S608
            migration.make_triggers(None, editor)
