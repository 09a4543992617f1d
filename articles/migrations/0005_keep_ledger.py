"""Date what readers see already, and let the databases themselves keep the ledger.

A later migration that alters the ledger's table on SQLite makes it anew and so loses the triggers:
it must run `make_triggers` again.
"""

from django.db import migrations
from django.db.models.functions import Now

TABLE = "articles_rankingcorrection"
REFUSAL = "The ledger of corrections is only ever added to."

SQLITE = {
    "ledger_is_not_updated": f"BEFORE UPDATE ON {TABLE}",
    "ledger_is_not_deleted": f"BEFORE DELETE ON {TABLE}",
    # REPLACE deletes without firing the trigger above.
    "ledger_is_not_replaced": (
        f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"  # noqa: S608
    ),
}
POSTGRESQL = {
    "ledger_is_not_changed": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    "ledger_is_not_emptied": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}
# An empty ledger may be truncated: that takes nothing away.
POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT 1 FROM {TABLE}) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END $$
"""  # noqa: S608


def make_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name, moment in SQLITE.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} {moment} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    else:
        schema_editor.execute(POSTGRESQL_FUNCTION)
        for name, moment in POSTGRESQL.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION refuse_ledger_change()"
            )


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}")
    else:
        for name in POSTGRESQL:
            schema_editor.execute(f"DROP TRIGGER {name} ON {TABLE}")
        schema_editor.execute("DROP FUNCTION refuse_ledger_change()")


def date_what_is_public(apps, schema_editor):
    """Keep the periods public of every series that a published article shows."""
    shown = apps.get_model("articles", "RankingTable").objects.filter(
        article__state="published", article__published_at__lte=Now()
    )
    periods = apps.get_model("articles", "RankingPeriod").objects
    periods.filter(ranking__in=shown.values("ranking")).update(published_at=Now())


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_releases_and_ledger")]

    operations = [
        migrations.RunPython(date_what_is_public, migrations.RunPython.noop),
        migrations.RunPython(make_triggers, drop_triggers),
    ]
