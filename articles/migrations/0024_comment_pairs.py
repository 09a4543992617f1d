"""PostgreSQL makes the tokens of comments itself, and keeps none of them in the rows.

The index is made beside whoever writes. One that a broken run has left behind is made anew.
"""

from django.db import migrations

FUNCTION, INDEX = "articles_comment_tokens", "articles_searchdocument_comments"
# Each two characters that follow one another, and the 24 days of the document's key: see
# `articles.search.queries`. A function may never be changed under an index that stands on it. Other
# kinds have none: a partial index would let the planner take another way to all comments.
CREATE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}(id bigint, kind varchar, folded_text text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE kind WHEN 'comment' THEN (
        SELECT array_to_tsvector(array_agg(pair.a || pair.b) || ('=' || (id >> 48)))
        FROM unnest(
            string_to_array(folded_text, NULL), (string_to_array(folded_text || ' ', NULL))[2:]
        ) AS pair (a, b)
    ) END
$$
"""  # noqa: S608 - a name of ours alone
CREATE_INDEX = (
    f"CREATE INDEX CONCURRENTLY {INDEX} ON articles_searchdocument"
    f" USING gin ({FUNCTION}(id, kind, folded_text))"
)


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # It takes minutes, and waits for every transaction that was there before.
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"SET {limit} = 0")
        schema_editor.execute(CREATE_FUNCTION)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        schema_editor.execute(CREATE_INDEX)
        # Statistics would have every ANALYZE make the tokens of its samples.
        schema_editor.execute(f"ALTER INDEX {INDEX} ALTER COLUMN 1 SET STATISTICS 0")
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"RESET {limit}")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION {FUNCTION} CASCADE")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("articles", "0023_former_addresses")]

    operations = [migrations.RunPython(create_index, drop_index)]
