from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0024_comment_pairs")]

    operations = [
        migrations.AddField("searchdocument", "folded_writer", models.TextField(null=True)),
    ]
