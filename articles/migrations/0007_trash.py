"""When an article was put in the trash."""

from importlib import import_module

from django.db import migrations, models

revisions = import_module("articles.migrations.0005_revisions")


class Migration(migrations.Migration):
    dependencies = [("articles", "0006_working_copy")]

    operations = [
        # SQLite makes the table anew, and renames none that a trigger asks.
        migrations.RunPython(revisions.drop_triggers, revisions.make_triggers),
        migrations.AddField(
            model_name="article",
            name="trashed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted at"),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("trashed_at__isnull", True), ("state__in", ["draft", "withdrawn"]), _connector="OR"),
                name="article_in_trash_is_not_public",
            ),
        ),
        migrations.RunPython(revisions.make_triggers, revisions.drop_triggers),
    ]
