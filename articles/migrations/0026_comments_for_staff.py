"""Comments are found by their writers' names too, for the staff: see `articles.search.for_staff`.

The index is made beside whoever writes. One that a broken run has left behind is made anew.
"""

from django.db import migrations

INDEX = "articles_searchdocument_writers"
CREATE_INDEX = (
    f"CREATE INDEX CONCURRENTLY {INDEX} ON articles_searchdocument"
    " USING gin (articles_comment_tokens(id, kind, folded_writer))"
)


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # It waits for every transaction that was there before.
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"SET {limit} = 0")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        schema_editor.execute(CREATE_INDEX)
        # Statistics would have every ANALYZE make the tokens of its samples.
        schema_editor.execute(f"ALTER INDEX {INDEX} ALTER COLUMN 1 SET STATISTICS 0")
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"RESET {limit}")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("articles", "0025_comment_writers")]

    operations = [migrations.RunPython(create_index, drop_index)]
