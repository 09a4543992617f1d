"""What only SQL can say: the tokens of the search, and triggers that keep the ledger.

A later migration that alters the ledger's table on SQLite makes it anew and so loses the triggers:
it must run `make_triggers` again.
"""

import django.db.models.deletion
from django.db import migrations, models

# The tokens of each document: on SQLite in a table of FTS5 that keeps nothing else, on PostgreSQL in
# a column that only SQL sees. The search tells the planner what to use: statistics would have every
# ANALYZE unpack all tokens.
CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE articles_searchindex USING fts5("
        """tokens, content='', detail=none, tokenize="ascii tokenchars '^_-='")"""
    ),
    "postgresql": (
        "ALTER TABLE articles_searchdocument ADD COLUMN tokens tsvector;"
        " CREATE INDEX articles_searchdocument_tokens"
        " ON articles_searchdocument USING gin (tokens);"
        " ALTER TABLE articles_searchdocument ALTER COLUMN tokens SET STATISTICS 0"
    ),
}
DROP = {
    "sqlite": "DROP TABLE articles_searchindex",
    "postgresql": "ALTER TABLE articles_searchdocument DROP COLUMN tokens",
}

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


def create_index(apps, schema_editor):
    schema_editor.execute(CREATE[schema_editor.connection.vendor])


def drop_index(apps, schema_editor):
    schema_editor.execute(DROP[schema_editor.connection.vendor])


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


class Migration(migrations.Migration):
    replaces = [
        ("articles", "0002_search"),
        ("articles", "0005_keep_ledger"),
        ("articles", "0007_search_periods"),
        ("articles", "0014_search_statistics"),
    ]

    dependencies = [("articles", "0001_tables")]

    operations = [
        migrations.RunPython(create_index, drop_index),
        # After the tokens, so that columns stand in one order in every database.
        migrations.AddField(
            model_name="searchdocument",
            name="period",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="articles.rankingperiod",
            ),
        ),
        migrations.RunPython(make_triggers, drop_triggers),
    ]
