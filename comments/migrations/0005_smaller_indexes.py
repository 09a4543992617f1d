"""Indexes of comments that take less room, made and dropped beside whoever writes.

`comment_by_digest` was the beginning of `one_comment_per_submission` once more. `comment_latest`
ran from the newest to the oldest: each new comment went to the same end of a full page, and left
the pages half empty. Read backwards, the other direction does the same.
"""

from django.db import migrations, models

NEWEST = models.Index(fields=["state", "created_at", "id"], name="comment_newest")
MADE = {"comment_newest": "state, created_at, id"}
GONE = {
    "comment_latest": "state, created_at DESC, id DESC",
    "comment_by_digest": "article_id, email_digest, created_at DESC",
}


def make_smaller(apps, schema_editor):
    replace(schema_editor, GONE, MADE)


def make_former(apps, schema_editor):
    replace(schema_editor, MADE, GONE)


def replace(schema_editor, former, indexes):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    concurrently = "CONCURRENTLY" if is_postgresql else ""
    if is_postgresql:
        # It takes minutes, and waits for every transaction that was there before.
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"SET {limit} = 0")
    for name, columns in indexes.items():
        # One that a broken run has left behind is made anew.
        schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {name}")
        schema_editor.execute(f"CREATE INDEX {concurrently} {name} ON comments_comment ({columns})")
    for name in former:
        schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {name}")
    if is_postgresql:
        for limit in ("statement_timeout", "lock_timeout"):
            schema_editor.execute(f"RESET {limit}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0004_review_mails")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make_smaller, make_former)],
            state_operations=[
                migrations.AddIndex("comment", NEWEST),
                *(migrations.RemoveIndex("comment", name) for name in GONE),
            ],
        )
    ]
