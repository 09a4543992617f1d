import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0003_article_last_changed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "publish_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="goes live at"),
                ),
                ("stopped_because", models.TextField(blank=True, verbose_name="taken off because")),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "ordering": ["-issue__month", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="rankingcorrection",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False,
                default=0,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="corrections",
                to="articles.rankingentry",
                verbose_name="ranking entry",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="rankingcorrection",
            name="period",
            field=models.ForeignKey(
                db_constraint=False,
                default=0,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="corrections",
                to="articles.rankingperiod",
                verbose_name="ranking period",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="rankingcorrection",
            name="rank",
            field=models.CharField(default="", max_length=30, verbose_name="rank"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="rankingperiod",
            name="published_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Readers see the figures from then on, and wherever a published article shows them.",
                null=True,
                verbose_name="public from",
            ),
        ),
        migrations.AlterField(
            model_name="rankingcorrection",
            name="corrected_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="corrected by",
            ),
        ),
        migrations.AlterField(
            model_name="rankingcorrection",
            name="field",
            field=models.CharField(
                blank=True,
                help_text="Empty where the whole row is meant.",
                max_length=100,
                verbose_name="field",
            ),
        ),
        migrations.AlterField(
            model_name="rankingcorrection",
            name="new",
            field=models.TextField(blank=True, verbose_name="new value"),
        ),
        migrations.AlterField(
            model_name="rankingcorrection",
            name="old",
            field=models.TextField(blank=True, verbose_name="old value"),
        ),
        migrations.AddConstraint(
            model_name="rankingcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="ranking_correction_has_a_reason",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="articles",
            field=models.ManyToManyField(
                related_name="releases", to="articles.article", verbose_name="articles"
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="issue",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="release",
                to="articles.monthlyissue",
                verbose_name="monthly issue",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="periods",
            field=models.ManyToManyField(
                related_name="releases", to="articles.rankingperiod", verbose_name="ranking periods"
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="scheduled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="scheduled by",
            ),
        ),
    ]
