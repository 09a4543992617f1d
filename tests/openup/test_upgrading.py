"""The promise of docs/upgrading.md: the last release goes on running on this one's schema."""

import pytest
from django.db import models
from django.db.migrations.loader import MigrationLoader

# The last release (0.1.0) and what it had migrated; moved on with each release.
RELEASED_COMMIT = "c6915c7452b6"
RELEASED = [("articles", "0002_search_and_ledger"), ("comments", "0002_keep_records")]
OURS = {"articles", "comments", "openup"}


@pytest.fixture(scope="module")
def schemas():
    """Return the tables of the last release and of now: {table: {column: field}}."""
    loader = MigrationLoader(None)
    return [
        tables(loader.project_state(leaves)) for leaves in (RELEASED, loader.graph.leaf_nodes())
    ]


def tables(state):
    found = {}
    for model in state.apps.get_models(include_auto_created=True):
        if model._meta.app_label in OURS:
            fields = model._meta.local_concrete_fields
            found[model._meta.db_table] = {field.column: field for field in fields}
    return found


def test_no_table_or_column_is_dropped_that_the_last_release_reads(schemas):
    before, now = schemas

    gone = [
        f"{table}.{column}"
        for table, columns in before.items()
        for column in columns
        if column not in now.get(table, {})
    ]

    assert before["articles_article"]
    assert gone == []


def test_last_release_may_leave_every_new_column_out(schemas):
    before, now = schemas

    needed = [
        f"{table}.{column}"
        for table in before
        for column, field in now[table].items()
        if column not in before[table] and not field.null and not field.has_db_default()
    ]

    assert needed == []


def test_last_release_may_write_what_it_wrote(schemas):
    before, now = schemas

    narrower = []
    for table, columns in before.items():
        for column, old in columns.items():
            new = now[table][column]
            if old.null and not new.null:
                narrower.append(f"{table}.{column} is needed")
            if isinstance(old, models.CharField) and (new.max_length or 10**9) < old.max_length:
                narrower.append(f"{table}.{column} is shorter")

    assert narrower == []
