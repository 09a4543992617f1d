"""What is only ever added to outlives everything; a test's own clean-up alone may empty it."""

from importlib import import_module

from django.db import connection

from articles.models import (
    AuditAddress,
    AuditEvent,
    RankingCorrection,
    Review,
    Revision,
    WaitingChange,
)
from comments.models import ModerationEvent, PersonalDataView, Report

corrections = import_module("articles.migrations.0002_search_and_ledger")
records = import_module("comments.migrations.0002_keep_records")
revisions = import_module("articles.migrations.0005_revisions")
audit = import_module("articles.migrations.0015_audit")
KEPT = {
    audit: [AuditEvent],
    corrections: [RankingCorrection],
    records: [ModerationEvent, PersonalDataView],
    revisions: [Revision],
}


def empty():
    """Let the tables be flushed after a transactional test that has written to them."""
    for migration, models in KEPT.items():
        if not any(model.objects.exists() for model in models):
            continue
        # They point at what is emptied.
        Report.objects.all().delete()
        WaitingChange.objects.all().delete()
        Review.objects.all().delete()
        AuditAddress.objects.all().delete()
        with connection.schema_editor() as editor:
            migration.drop_triggers(None, editor)
            for model in models:
                editor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608
            migration.make_triggers(None, editor)
