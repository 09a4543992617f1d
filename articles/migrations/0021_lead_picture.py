"""The picture that stands for an article."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

revisions = import_module("articles.migrations.0005_revisions")


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0020_search_state'),
    ]

    operations = [
        # Going back, SQLite makes the table anew, and renames none that a trigger asks.
        migrations.RunPython(revisions.drop_triggers, revisions.make_triggers),
        migrations.AddField(
            model_name='article',
            name='lead_picture',
            field=models.ForeignKey(blank=True, help_text='Stands for the article in lists and where it is shared; else its ranking.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='lead_articles', to='articles.picture', verbose_name='lead picture'),
        ),
        migrations.RunPython(revisions.make_triggers, revisions.drop_triggers),
    ]
