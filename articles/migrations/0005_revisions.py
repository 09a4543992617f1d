"""Revisions, and triggers that keep them: only a name, and a user who is gone, may change.

What has been deleted for good takes its revisions along, and nothing else does. A later migration
that alters the table on SQLite makes it anew and so loses the triggers: it must run
`make_triggers` again. One that makes the table of an article, a month, a site page or a series anew
must `drop_triggers` before and `make_triggers` after, as 0007_trash does.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import articles.fields

TABLE = "articles_revision"
REFUSAL = "What has been saved is kept: a revision may only be named."
KEPT_COLUMNS = "id, model, object_id, number, kind, note, author_name, created_at, changes, restored_number, base_id, data"
MODELS = ["article", "monthlyissue", "sitepage", "ranking"]
STILL_THERE = " OR ".join(
    f"(OLD.model = '{model}' AND EXISTS (SELECT 1 FROM articles_{model} WHERE id = OLD.object_id))"  # noqa: S608
    for model in MODELS
)

SQLITE = {
    "revision_is_not_changed": f"BEFORE UPDATE OF {KEPT_COLUMNS} ON {TABLE}",
    "revision_is_not_deleted": f"BEFORE DELETE ON {TABLE} WHEN {STILL_THERE}",
    # REPLACE deletes without firing the trigger above.
    "revision_is_not_replaced": (
        f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"  # noqa: S608
    ),
}
POSTGRESQL = {
    "revision_is_not_changed": f"BEFORE UPDATE OF {KEPT_COLUMNS} ON {TABLE} FOR EACH ROW",
    "revision_is_not_deleted": f"BEFORE DELETE ON {TABLE} FOR EACH ROW",
    "revision_is_not_emptied": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}
# An empty table may be truncated: that takes nothing away.
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION refuse_revision_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT 1 FROM {TABLE}) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND NOT ({STILL_THERE}) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END $$
"""  # noqa: S608


def make_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name, moment in SQLITE.items():
            schema_editor.execute(f"CREATE TRIGGER {name} {moment} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
    else:
        schema_editor.execute(POSTGRESQL_FUNCTION)
        for name, moment in POSTGRESQL.items():
            schema_editor.execute(f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION refuse_revision_change()")


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}")
    else:
        for name in POSTGRESQL:
            schema_editor.execute(f"DROP TRIGGER {name} ON {TABLE}")
        schema_editor.execute("DROP FUNCTION refuse_revision_change()")


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0004_old_addresses_with_query"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(choices=[("article", "article"), ("monthlyissue", "monthly issue"), ("sitepage", "site page"), ("ranking", "ranking")], max_length=16, verbose_name="kind of content")),
                ("object_id", models.BigIntegerField(verbose_name="key")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("kind", models.CharField(choices=[("saved", "Saved"), ("published", "Published"), ("withdrawn", "Withdrawn"), ("restored", "Restored"), ("imported", "Imported"), ("released", "Released"), ("found", "As found")], max_length=16, verbose_name="occasion")),
                ("note", articles.fields.LineField(blank=True, max_length=300, verbose_name="what was changed, and why")),
                ("name", articles.fields.LineField(blank=True, max_length=100, verbose_name="name")),
                ("author_name", models.CharField(blank=True, max_length=150, verbose_name="saved by")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="saved at")),
                ("changes", models.JSONField(blank=True, default=list, verbose_name="changes")),
                ("restored_number", models.PositiveIntegerField(blank=True, null=True, verbose_name="restored from")),
                ("data", models.BinaryField(verbose_name="data")),
                ("author", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="saved by")),
                ("base", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="articles.revision", verbose_name="base")),
            ],
            options={
                "verbose_name": "revision",
                "verbose_name_plural": "revisions",
                "ordering": ["model", "object_id", "number"],
                "constraints": [models.UniqueConstraint(fields=("model", "object_id", "number"), name="one_revision_per_number")],
            },
        ),
        migrations.RunPython(make_triggers, drop_triggers),
    ]
