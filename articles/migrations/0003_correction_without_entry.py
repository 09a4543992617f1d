"""A correction that speaks of no entry holds NULL, where it held the key 0."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

ledger = import_module("articles.migrations.0002_search_and_ledger")


def null_from_zero(apps, schema_editor):
    apps.get_model("articles", "RankingCorrection").objects.filter(entry=0).update(entry=None)


def zero_from_null(apps, schema_editor):
    lines = apps.get_model("articles", "RankingCorrection").objects.filter(entry=None)
    lines.update(entry=0)


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_search_and_ledger")]

    operations = [
        migrations.RunPython(ledger.drop_triggers, ledger.make_triggers),
        migrations.AlterField(
            model_name="rankingcorrection",
            name="entry",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="corrections",
                to="articles.rankingentry",
                verbose_name="ranking entry",
            ),
        ),
        migrations.RunPython(null_from_zero, zero_from_null),
        migrations.RunPython(ledger.make_triggers, ledger.drop_triggers),
    ]
