from django.db import migrations


def keep_no_statistics(apps, schema_editor):
    """Spare every ANALYZE the unpacking of all tokens: the search tells the planner what to use."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE articles_searchdocument ALTER COLUMN tokens SET STATISTICS 0"
        )


def keep_statistics(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE articles_searchdocument ALTER COLUMN tokens SET STATISTICS -1"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0013_articles_by_issue"),
    ]

    operations = [migrations.RunPython(keep_no_statistics, keep_statistics)]
