import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import articles.fields
import articles.models.article
import articles.models.ranking


class Migration(migrations.Migration):
    replaces = [
        ("articles", "0001_initial"),
        ("articles", "0003_article_last_changed"),
        ("articles", "0004_releases_and_ledger"),
        ("articles", "0006_reading_minutes"),
        ("articles", "0008_reading"),
        ("articles", "0009_subject_addresses"),
        ("articles", "0010_comments_open_days"),
        ("articles", "0011_mentions"),
        ("articles", "0012_ranking_total"),
        ("articles", "0013_articles_by_issue"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", articles.fields.LineField(max_length=50, unique=True, verbose_name="name")),
                ("slug", models.SlugField(allow_unicode=True, unique=True, verbose_name="slug")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
            ],
            options={
                "verbose_name": "category",
                "verbose_name_plural": "categories",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PageVersion",
            fields=[
                ("scope", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="scope")),
                ("version", models.PositiveBigIntegerField(verbose_name="version")),
            ],
            options={
                "verbose_name": "page version",
                "verbose_name_plural": "page versions",
            },
        ),
        migrations.CreateModel(
            name="Ranking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(allow_unicode=True, max_length=80, unique=True, verbose_name="slug")),
                ("title", articles.fields.LineField(max_length=200, verbose_name="title")),
                ("rank_heading", articles.fields.LineField(max_length=30, verbose_name="heading of the rank column")),
                ("columns", models.JSONField(help_text="The first column prints who is ranked; the others hold cells.", validators=[articles.models.ranking.validate_columns], verbose_name="columns")),
            ],
            options={
                "verbose_name": "ranking",
                "verbose_name_plural": "rankings",
                "ordering": ["title", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SitePage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(allow_unicode=True, unique=True, verbose_name="slug")),
                ("title", articles.fields.LineField(max_length=100, verbose_name="title")),
                ("body", articles.fields.MarkdownField(help_text="Markdown", verbose_name="body")),
                ("body_html", models.TextField(editable=False)),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "site page",
                "verbose_name_plural": "site pages",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", articles.fields.LineField(max_length=50, unique=True, verbose_name="name")),
                ("slug", models.SlugField(allow_unicode=True, unique=True, verbose_name="slug")),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Due",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=64, verbose_name="scope")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "due moment",
                "verbose_name_plural": "due moments",
                "ordering": ["at", "pk"],
                "constraints": [models.UniqueConstraint(fields=("scope", "at"), name="due_once_per_scope_and_moment")],
            },
        ),
        migrations.CreateModel(
            name="RankingPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", articles.fields.LineField(max_length=50, verbose_name="label")),
                ("as_of", models.DateField(verbose_name="as of")),
                ("ranking", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="periods", to="articles.ranking", verbose_name="ranking")),
                ("published_at", models.DateTimeField(blank=True, help_text="Readers see the figures from then on, and wherever a published article shows them.", null=True, verbose_name="public from")),
                ("total", models.JSONField(blank=True, default=dict, validators=[articles.models.ranking.validate_total], verbose_name="total")),
            ],
            options={
                "verbose_name": "ranking period",
                "verbose_name_plural": "ranking periods",
                "ordering": ["as_of", "pk"],
                "constraints": [models.UniqueConstraint(fields=("ranking", "as_of"), name="one_period_per_date"), models.UniqueConstraint(fields=("ranking", "label"), name="one_period_per_label")],
            },
        ),
        migrations.CreateModel(
            name="RankingSubject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", articles.fields.LineField(max_length=100, verbose_name="name")),
                ("country", articles.fields.LineField(blank=True, max_length=50, verbose_name="country")),
                ("slug", models.SlugField(allow_unicode=True, max_length=80, unique=True, verbose_name="slug")),
                ("aliases", models.JSONField(blank=True, default=list, help_text='A list such as ["Alibaba", "阿里巴巴"].', verbose_name="other spellings")),
            ],
            options={
                "verbose_name": "ranking subject",
                "verbose_name_plural": "ranking subjects",
                "ordering": ["name", "pk"],
                "constraints": [models.UniqueConstraint(fields=("name", "country"), name="one_subject_per_name")],
            },
        ),
        migrations.CreateModel(
            name="RankingEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("rank", models.PositiveIntegerField(verbose_name="rank")),
                ("tied", models.BooleanField(default=False, verbose_name="tied")),
                ("label", articles.fields.LineField(max_length=150, verbose_name="label as printed")),
                ("cells", models.JSONField(blank=True, default=dict, verbose_name="cells")),
                ("period", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="articles.rankingperiod", verbose_name="ranking period")),
                ("subject", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="articles.rankingsubject", verbose_name="ranking subject")),
            ],
            options={
                "verbose_name": "ranking entry",
                "verbose_name_plural": "ranking entries",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("period", "position"), name="one_entry_per_position_in_period"),
                    models.UniqueConstraint(fields=("period", "subject"), name="one_entry_per_subject_in_period"),
                    models.UniqueConstraint(condition=models.Q(("tied", False)), fields=("period", "rank"), name="one_entry_per_rank_without_tie"),
                    models.CheckConstraint(condition=models.Q(("rank__gte", 1)), name="ranks_begin_at_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RankingCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period_label", models.CharField(max_length=50, verbose_name="ranking period")),
                ("entry_label", models.CharField(max_length=150, verbose_name="ranking entry")),
                ("field", models.CharField(blank=True, help_text="Empty where the whole row is meant.", max_length=100, verbose_name="field")),
                ("old", models.TextField(blank=True, verbose_name="old value")),
                ("new", models.TextField(blank=True, verbose_name="new value")),
                ("reason", articles.fields.LineField(max_length=300, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="corrected at")),
                ("corrected_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="corrected by")),
                ("ranking", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="articles.ranking", verbose_name="ranking")),
                ("entry", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="corrections", to="articles.rankingentry", verbose_name="ranking entry")),
                ("period", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="corrections", to="articles.rankingperiod", verbose_name="ranking period")),
                ("rank", models.CharField(max_length=30, verbose_name="rank")),
            ],
            options={
                "verbose_name": "ranking correction",
                "verbose_name_plural": "ranking corrections",
                "ordering": ["-created_at", "-pk"],
                "constraints": [models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="ranking_correction_has_a_reason")],
            },
        ),
        migrations.CreateModel(
            name="SubjectAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(allow_unicode=True, max_length=80, unique=True, verbose_name="slug")),
                ("subject", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="addresses", to="articles.rankingsubject", verbose_name="ranking subject")),
            ],
            options={
                "verbose_name": "earlier address of a subject",
                "verbose_name_plural": "earlier addresses of subjects",
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="MonthlyIssue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="The first day of the month, such as 2025-10-01.", unique=True, verbose_name="month")),
                ("title", articles.fields.LineField(max_length=100, verbose_name="title")),
                ("state", models.CharField(choices=[("draft", "Draft"), ("published", "Published")], default="draft", max_length=16, verbose_name="state")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
            ],
            options={
                "verbose_name": "monthly issue",
                "verbose_name_plural": "monthly issues",
                "ordering": ["-month", "-pk"],
                "indexes": [models.Index(fields=["state", "-month"], name="monthly_issue_by_month")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="monthly_issue_month_is_a_first_day"),
                    models.CheckConstraint(condition=models.Q(models.Q(("state", "published"), _negated=True), ("published_at__isnull", False), _connector="OR"), name="published_monthly_issue_has_a_date"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(default=articles.models.article.new_uid, editable=False, max_length=64, unique=True, validators=[django.core.validators.RegexValidator("\\A[a-z0-9-]+\\Z")], verbose_name="portable id")),
                ("title", articles.fields.LineField(max_length=200, verbose_name="title")),
                ("slug", models.SlugField(allow_unicode=True, blank=True, help_text="The words of the address; made from the title when left empty.", max_length=100, verbose_name="slug")),
                ("kicker", articles.fields.LineField(blank=True, help_text="Stands before the title: [October].", max_length=30, verbose_name="kicker")),
                ("byline", articles.fields.LineField(blank=True, default="Open UP", max_length=100, verbose_name="byline")),
                ("summary", articles.fields.ProseField(blank=True, help_text="One or two sentences for lists.", max_length=500, verbose_name="summary")),
                ("body", articles.fields.MarkdownField(help_text="Markdown. A line [[ranking:slug]] is the place of the ranking table with that slug.", verbose_name="body")),
                ("body_html", models.TextField(editable=False)),
                ("state", models.CharField(choices=[("draft", "Draft"), ("in_review", "In review"), ("published", "Published"), ("withdrawn", "Withdrawn")], default="draft", max_length=16, verbose_name="state")),
                ("published_at", models.DateTimeField(blank=True, help_text="A moment to come publishes the article by itself.", null=True, verbose_name="published at")),
                ("withdrawn_at", models.DateTimeField(blank=True, help_text="From this moment the article is no longer public.", null=True, verbose_name="withdrawn at")),
                (
                    "kogl",
                    models.CharField(
                        choices=[
                            ("none", "No mark"),
                            ("type0", "KOGL type 0: free use"),
                            ("type1", "KOGL type 1: source indication"),
                            ("type2", "KOGL type 2: source indication, no commercial use"),
                            ("type3", "KOGL type 3: source indication, no changes"),
                            ("type4", "KOGL type 4: source indication, no commercial use, no changes"),
                            ("ai", "KOGL AI: free use for training"),
                        ],
                        default="type1",
                        max_length=8,
                        verbose_name="licence mark",
                    ),
                ),
                ("comment_policy", models.CharField(choices=[("open", "Open"), ("reviewed", "Reviewed before they appear"), ("closed", "Closed")], default="open", max_length=16, verbose_name="comments")),
                ("comments_close_at", models.DateTimeField(blank=True, null=True, verbose_name="comments close at")),
                ("edit_version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("category", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="articles", to="articles.category", verbose_name="category")),
                ("monthly_issue", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="articles", to="articles.monthlyissue", verbose_name="monthly issue")),
                ("tags", models.ManyToManyField(blank=True, related_name="articles", to="articles.tag", verbose_name="tags")),
                ("reading_minutes", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("comments_open_days", models.PositiveSmallIntegerField(blank=True, help_text="Counted from the publication; 0 means without end. Empty: as the site does. A date beside it outranks it.", null=True, validators=[django.core.validators.MaxValueValidator(3650)], verbose_name="days open for comments")),
                ("mentions", models.ManyToManyField(editable=False, related_name="mentioned_in", to="articles.rankingsubject")),
            ],
            options={
                "verbose_name": "article",
                "verbose_name_plural": "articles",
                "ordering": [models.OrderBy(models.F("published_at"), descending=True, nulls_first=True), "-pk"],
                "permissions": [("publish_article", "Can publish and withdraw articles")],
                "indexes": [
                    models.Index(fields=["state", "-published_at", "-id"], name="article_newest"),
                    models.Index(fields=["category", "state", "-published_at", "-id"], name="article_by_category"),
                    models.Index(fields=["-updated_at"], name="article_last_changed"),
                    models.Index(fields=["monthly_issue", "state", "-published_at", "-id"], name="article_by_issue"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(models.Q(("state__in", ["published", "withdrawn"]), _negated=True), ("published_at__isnull", False), _connector="OR"), name="published_article_has_a_date"),
                    models.CheckConstraint(condition=models.Q(("withdrawn_at__isnull", True), ("published_at__isnull", True), ("withdrawn_at__gte", models.F("published_at")), _connector="OR"), name="article_withdrawn_after_published"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegacyPath",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=300, unique=True, validators=[django.core.validators.RegexValidator("\\A/[^?#\\s]+\\Z", "A path begins with a slash.")], verbose_name="path")),
                ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="legacy_paths", to="articles.article", verbose_name="article")),
            ],
            options={
                "verbose_name": "old address",
                "verbose_name_plural": "old addresses",
                "ordering": ["path"],
            },
        ),
        migrations.CreateModel(
            name="MonthlyIssueItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("category", articles.fields.LineField(max_length=30, validators=[django.core.validators.RegexValidator("\\)", "Leave out the brackets.", inverse_match=True)], verbose_name="category")),
                ("headline", articles.fields.LineField(max_length=200, verbose_name="headline")),
                ("body", articles.fields.MarkdownField(blank=True, help_text="Markdown", verbose_name="body")),
                ("body_html", models.TextField(editable=False)),
                ("issue", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="items", to="articles.monthlyissue", verbose_name="issue")),
            ],
            options={
                "verbose_name": "monthly issue item",
                "verbose_name_plural": "monthly issue items",
                "ordering": ["position", "pk"],
                "constraints": [models.UniqueConstraint(fields=("issue", "position"), name="one_item_per_position")],
            },
        ),
        migrations.CreateModel(
            name="RankingTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(allow_unicode=True, help_text="The body places the table by a line [[ranking:slug]].", max_length=80, verbose_name="slug")),
                ("caption", articles.fields.LineField(max_length=200, verbose_name="caption")),
                ("source_note", articles.fields.LineField(blank=True, max_length=300, verbose_name="source note")),
                ("source_url", models.URLField(blank=True, max_length=500, verbose_name="source address")),
                ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="ranking_tables", to="articles.article", verbose_name="article")),
                ("periods", models.ManyToManyField(related_name="tables", to="articles.rankingperiod", verbose_name="ranking periods")),
                ("ranking", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="tables", to="articles.ranking", verbose_name="ranking")),
            ],
            options={
                "verbose_name": "ranking table",
                "verbose_name_plural": "ranking tables",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("article", "slug"), name="one_table_per_slug")],
            },
        ),
        migrations.CreateModel(
            name="Reference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("title", articles.fields.LineField(max_length=300, verbose_name="title")),
                ("publisher", articles.fields.LineField(blank=True, max_length=100, verbose_name="publisher")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="address")),
                ("accessed_date", models.DateField(blank=True, null=True, verbose_name="accessed on")),
                ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="references", to="articles.article", verbose_name="article")),
            ],
            options={
                "verbose_name": "reference",
                "verbose_name_plural": "references",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(choices=[("article", "Articles"), ("issue", "Monthly issues"), ("ranking", "Rankings"), ("period", "Rankings by period"), ("subject", "Ranked subjects"), ("comment", "Comments")], max_length=16)),
                ("object_id", models.BigIntegerField()),
                ("category_id", models.BigIntegerField(null=True)),
                ("visible_from", models.DateTimeField(null=True)),
                ("url", models.CharField(max_length=600)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField()),
                ("folded_title", models.TextField(blank=True)),
                ("folded_text", models.TextField()),
                ("article", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.article")),
                ("issue", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.monthlyissue")),
                ("ranking", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.ranking")),
                ("subject", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.rankingsubject")),
            ],
            options={
                "verbose_name": "search document",
                "verbose_name_plural": "search documents",
                "ordering": ["-pk"],
                "constraints": [models.UniqueConstraint(fields=("kind", "object_id"), name="one_document_per_object")],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("publish_at", models.DateTimeField(blank=True, null=True, verbose_name="goes live at")),
                ("stopped_because", models.TextField(blank=True, verbose_name="taken off because")),
                ("articles", models.ManyToManyField(related_name="releases", to="articles.article", verbose_name="articles")),
                ("issue", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="release", to="articles.monthlyissue", verbose_name="monthly issue")),
                ("periods", models.ManyToManyField(related_name="releases", to="articles.rankingperiod", verbose_name="ranking periods")),
                ("scheduled_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="scheduled by")),
            ],
            options={
                "verbose_name": "release",
                "verbose_name_plural": "releases",
                "ordering": ["-issue__month", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ArticleReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="day")),
                ("count", models.PositiveIntegerField(default=0, verbose_name="readings")),
                ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="readings", to="articles.article", verbose_name="article")),
            ],
            options={
                "verbose_name": "readings of an article",
                "verbose_name_plural": "readings of articles",
                "ordering": ["-day", "article"],
                "constraints": [models.UniqueConstraint(fields=("article", "day"), name="one_count_per_day")],
            },
        ),
        migrations.AddField(
            model_name="monthlyissue",
            name="lead_article",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="led_issues", to="articles.article", verbose_name="lead article"),
        ),
    ]
