import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import articles.fields
import comments.identity.encryption


class Migration(migrations.Migration):
    replaces = [
        ("comments", "0001_initial"),
        ("comments", "0002_conversation"),
        ("comments", "0003_moderation"),
        ("comments", "0004_figure_reports"),
        ("comments", "0005_branch_numbers"),
        ("comments", "0006_moderation_queue"),
        ("comments", "0007_revision_removal"),
        ("comments", "0008_outbox_and_desk"),
        ("comments", "0009_takedown_mail"),
        ("comments", "0011_article_without_index"),
    ]

    initial = True

    dependencies = [
        ("articles", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("root_number", models.PositiveIntegerField(verbose_name="number in the thread")),
                ("path", models.CharField(max_length=37)),
                ("depth", models.PositiveSmallIntegerField(default=1, verbose_name="depth")),
                ("name", models.CharField(blank=True, max_length=30, verbose_name="name")),
                ("body", models.TextField(blank=True, verbose_name="text")),
                ("body_html", models.TextField(blank=True, editable=False)),
                ("html_version", models.PositiveSmallIntegerField(default=1, editable=False)),
                ("state", models.CharField(choices=[("published", "Published"), ("held", "Waiting for review"), ("hidden", "Hidden by staff"), ("deleted", "Deleted")], default="published", max_length=16, verbose_name="state")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="written at")),
                ("edited_at", models.DateTimeField(blank=True, null=True, verbose_name="edited at")),
                ("edit_version", models.PositiveIntegerField(default=1, editable=False)),
                ("reply_count", models.PositiveIntegerField(default=0, verbose_name="replies drawn")),
                ("email_digest", models.CharField(blank=True, editable=False, max_length=90)),
                ("password", models.CharField(blank=True, editable=False, max_length=160)),
                ("submission_key", models.CharField(blank=True, editable=False, max_length=64, null=True)),
                ("article", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="articles.article", verbose_name="article")),
                ("parent", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="replies", to="comments.comment", verbose_name="reply to")),
                ("answered_version", models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ("blocked_until", models.DateTimeField(blank=True, null=True, verbose_name="blocked until")),
                ("hold_reasons", models.JSONField(blank=True, default=list, verbose_name="reasons for holding")),
                ("imported_from", models.CharField(blank=True, editable=False, max_length=200, null=True, unique=True)),
                ("issue_item", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="articles.monthlyissueitem", verbose_name="item of a monthly issue")),
                ("kind", models.CharField(choices=[("comment", "Comment"), ("figure_error", "Report of a wrong figure")], default="comment", max_length=16, verbose_name="kind")),
                ("ranking_entry", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="articles.rankingentry", verbose_name="ranking entry")),
                ("staff", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="staff")),
                ("text_digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("branch_count", models.PositiveIntegerField(default=0, verbose_name="replies shown in the branch")),
                ("reply_number", models.PositiveIntegerField(default=0, verbose_name="number in the branch")),
            ],
            options={
                "verbose_name": "comment",
                "verbose_name_plural": "comments",
                "ordering": ["-created_at", "-pk"],
                "permissions": [("moderate_comment", "Can hide, restore, approve and delete comments"), ("answer_comment", "Can answer comments in the staff's name")],
                "indexes": [
                    models.Index(fields=["state", "-created_at", "-id"], name="comment_latest"),
                    models.Index(fields=["article", "email_digest", "-created_at"], name="comment_by_digest"),
                    models.Index(fields=["email_digest", "-created_at", "-id"], name="comment_by_address"),
                    models.Index(fields=["text_digest", "-created_at"], name="comment_by_text"),
                    models.Index(condition=models.Q(("ranking_entry__isnull", False)), fields=["article", "ranking_entry"], name="comment_by_entry"),
                    models.Index(condition=models.Q(("issue_item__isnull", False)), fields=["article", "issue_item"], name="comment_by_item"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("article", "path"), name="one_comment_per_path"),
                    models.UniqueConstraint(fields=("article", "email_digest", "submission_key"), name="one_comment_per_submission"),
                    models.CheckConstraint(condition=models.Q(("depth__gte", 1), ("depth__lte", 5)), name="comment_depth_is_bounded"),
                    models.CheckConstraint(condition=models.Q(models.Q(("state", "deleted"), _negated=True), models.Q(("body", ""), ("body_html", ""), ("email_digest", ""), ("name", ""), ("password", ""), ("text_digest", "")), _connector="OR"), name="deleted_comment_is_empty"),
                    models.CheckConstraint(condition=models.Q(("ranking_entry__isnull", True), ("issue_item__isnull", True), _connector="OR"), name="comment_speaks_of_one_thing"),
                    models.UniqueConstraint(fields=("article", "root_number", "reply_number"), name="one_comment_per_number"),
                    models.CheckConstraint(condition=models.Q(models.Q(("parent__isnull", True), ("reply_number", 0)), models.Q(("parent__isnull", False), ("reply_number__gte", 1)), _connector="OR"), name="replies_alone_are_numbered"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Thread",
            fields=[
                ("article", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="thread", serialize=False, to="articles.article", verbose_name="article")),
                ("root_total", models.PositiveIntegerField(default=0, verbose_name="roots numbered")),
                ("comment_count", models.PositiveIntegerField(default=0, verbose_name="comments shown")),
                ("pinned", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="comments.comment", verbose_name="pinned comment")),
            ],
            options={
                "verbose_name": "thread",
                "verbose_name_plural": "threads",
            },
        ),
        migrations.CreateModel(
            name="ModerationEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("hide", "Hidden"),
                            ("restore", "Restored"),
                            ("approve", "Approved"),
                            ("hold", "Held for review"),
                            ("delete", "Deleted"),
                            ("dismiss", "Reports dismissed"),
                            ("reopen", "Reports opened again"),
                            ("block", "Blocked after a takedown request"),
                            ("unblock", "Block ended"),
                            ("pin", "Pinned"),
                            ("unpin", "Unpinned"),
                            ("note", "Note"),
                            ("remove_revision", "Earlier text removed"),
                        ],
                        max_length=16,
                        verbose_name="action",
                    ),
                ),
                ("reason", articles.fields.LineField(blank=True, max_length=300, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                ("comment", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="moderation_events", to="comments.comment", verbose_name="comment")),
                ("moderator", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="moderator")),
                ("batch", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False, null=True)),
                ("state_after", models.CharField(blank=True, max_length=16)),
                ("state_before", models.CharField(blank=True, max_length=16)),
                ("undoes", models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="undone_by", to="comments.moderationevent")),
            ],
            options={
                "verbose_name": "moderation event",
                "verbose_name_plural": "moderation events",
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RateLimit",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("spent", models.PositiveIntegerField()),
                ("window_end", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "rate limit",
                "verbose_name_plural": "rate limits",
                "ordering": ["window_end", "key"],
                "indexes": [models.Index(fields=["window_end"], name="rate_limit_window_end")],
            },
        ),
        migrations.CreateModel(
            name="CommentRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("name", models.CharField(blank=True, max_length=30, verbose_name="name")),
                ("body", models.TextField(blank=True, verbose_name="text")),
                ("written_at", models.DateTimeField(verbose_name="written at")),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="removed at")),
                ("comment", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="comments.comment", verbose_name="comment")),
            ],
            options={
                "verbose_name": "earlier text",
                "verbose_name_plural": "earlier texts",
                "ordering": ["version", "pk"],
                "constraints": [models.UniqueConstraint(fields=("comment", "version"), name="one_revision_per_version"), models.CheckConstraint(condition=models.Q(("removed_at__isnull", True), models.Q(("body", ""), ("name", "")), _connector="OR"), name="removed_revision_is_empty")],
            },
        ),
        migrations.CreateModel(
            name="ModerationRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", articles.fields.LineField(max_length=60, verbose_name="name")),
                ("kind", models.CharField(choices=[("words", "Words"), ("pattern", "Pattern"), ("links", "Many links"), ("new_address", "E-mail not seen before"), ("repeat", "The same text again"), ("speed", "Many comments in a short time")], max_length=16, verbose_name="kind")),
                ("terms", articles.fields.ProseField(blank=True, help_text="Words: one word or phrase a line; letters typed apart, signs in between and look-alike letters are seen through. Pattern: one regular expression as RE2 knows them, compared with the text in lower case.", verbose_name="words or pattern")),
                ("count", models.PositiveSmallIntegerField(blank=True, help_text="Many links, same text, short time: held from this many on. E-mail not seen before: held until this many comments have appeared.", null=True, verbose_name="number")),
                ("minutes", models.PositiveIntegerField(blank=True, help_text="For the same text and for many comments; 1440 is a day.", null=True, verbose_name="within minutes")),
                ("is_active", models.BooleanField(default=False, editable=False, verbose_name="switched on")),
                ("rehearsed_definition", models.CharField(blank=True, editable=False, max_length=64)),
                ("rehearsal", models.JSONField(blank=True, default=dict, editable=False)),
            ],
            options={
                "verbose_name": "moderation rule",
                "verbose_name_plural": "moderation rules",
                "ordering": ["-is_active", "name", "pk"],
                "constraints": [models.CheckConstraint(condition=models.Q(("is_active", False), models.Q(("rehearsed_definition", ""), _negated=True), _connector="OR"), name="active_rule_was_rehearsed")],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(choices=[("spam", "Advertising or the same text again and again"), ("abuse", "Insults, hate or threats"), ("personal_data", "Somebody's personal data"), ("unlawful", "Against the law or somebody's rights"), ("other", "Something else")], max_length=16, verbose_name="reason")),
                ("text", articles.fields.ProseField(blank=True, max_length=500, verbose_name="what is wrong")),
                ("network_digest", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                ("closed_by", models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="closed_reports", to="comments.moderationevent")),
                ("comment", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="comments.comment", verbose_name="comment")),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "ordering": ["created_at", "pk"],
                "constraints": [models.UniqueConstraint(fields=("comment", "network_digest"), name="one_report_per_network")],
            },
        ),
        migrations.CreateModel(
            name="Takedown",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ground", models.CharField(choices=[("privacy", "My private life or personal data"), ("defamation", "My honour (defamation)"), ("copyright", "My copyright"), ("other", "Another right of mine")], max_length=16, verbose_name="which right")),
                ("reason", articles.fields.ProseField(max_length=2000, verbose_name="reason")),
                ("requester", models.TextField(blank=True, editable=False)),
                ("state", models.CharField(choices=[("requested", "Asked for"), ("blocked", "Blocked for a time"), ("refused", "Refused"), ("restored", "Restored"), ("removed", "Removed"), ("ended", "Ended by itself")], default="requested", max_length=16, verbose_name="state")),
                ("blocked_until", models.DateTimeField(blank=True, null=True, verbose_name="blocked until")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="asked at")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed at")),
                ("comment", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="takedowns", to="comments.comment", verbose_name="comment")),
            ],
            options={
                "verbose_name": "takedown request",
                "verbose_name_plural": "takedown requests",
                "ordering": ["created_at", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(models.Q(("closed_at__isnull", True), ("state__in", ["requested", "blocked"])), models.Q(models.Q(("state__in", ["requested", "blocked"]), _negated=True), ("closed_at__isnull", False)), _connector="OR"), name="takedown_is_open_or_closed"),
                    models.CheckConstraint(condition=models.Q(("closed_at__isnull", True), ("requester", ""), _connector="OR"), name="closed_takedown_knows_no_address"),
                    models.CheckConstraint(condition=models.Q(models.Q(("state", "blocked"), _negated=True), ("blocked_until__isnull", False), _connector="OR"), name="blocked_takedown_has_an_end"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FigureReport",
            fields=[
                ("comment", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="figure_report", serialize=False, to="comments.comment", verbose_name="comment")),
                ("state", models.CharField(choices=[("open", "To be checked"), ("accepted", "Accepted"), ("rejected", "Not accepted")], default="open", max_length=16, verbose_name="outcome")),
                ("answer", articles.fields.LineField(blank=True, help_text="Readers see it below the report: what was corrected, or why it was not.", max_length=300, verbose_name="answer")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decided_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="decided by")),
            ],
            options={
                "verbose_name": "report of a wrong figure",
                "verbose_name_plural": "reports of wrong figures",
                "ordering": ["-comment"],
                "permissions": [("decide_figurereport", "Can decide reports of wrong figures")],
                "default_permissions": ["view"],
                "indexes": [models.Index(fields=["state", "comment"], name="figure_report_queue")],
            },
        ),
        migrations.CreateModel(
            name="QueuedComment",
            fields=[],
            options={
                "verbose_name": "comment to decide about",
                "verbose_name_plural": "moderation queue",
                "proxy": True,
                "default_permissions": (),
            },
            bases=("comments.comment",),
        ),
        migrations.CreateModel(
            name="MailLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("purpose", models.CharField(choices=[("open_desk", "Opens the commenter's desk"), ("desk", "An open desk"), ("confirm", "Confirms notices of replies")], max_length=16, verbose_name="purpose")),
                ("address", models.TextField(editable=False)),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="valid until")),
                ("comment", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="comments.comment", verbose_name="comment")),
            ],
            options={
                "verbose_name": "link by mail",
                "verbose_name_plural": "links by mail",
            },
        ),
        migrations.CreateModel(
            name="Subscriber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email_digest", models.CharField(blank=True, editable=False, max_length=90, null=True, unique=True)),
                ("sealed_address", models.TextField(blank=True, editable=False)),
                ("stop_token", models.CharField(default=comments.identity.encryption.new_token, editable=False, max_length=43, unique=True)),
                ("last_mailed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("user", models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="staff")),
            ],
            options={
                "verbose_name": "subscriber",
                "verbose_name_plural": "subscribers",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("email_digest__isnull", True), ("sealed_address", ""), ("user__isnull", False)), models.Q(("email_digest__isnull", False), ("user__isnull", True), models.Q(("sealed_address", ""), _negated=True)), _connector="OR"), name="subscriber_is_staff_or_an_address"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="since")),
                ("article", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.article", verbose_name="article")),
                ("subscriber", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="staff_subscriptions", to="comments.subscriber", verbose_name="subscriber")),
            ],
            options={
                "verbose_name": "followed article",
                "verbose_name_plural": "followed articles",
                "ordering": ["-created_at", "-pk"],
                "constraints": [models.UniqueConstraint(fields=("subscriber", "article"), name="one_staff_subscription_per_article")],
            },
        ),
        migrations.CreateModel(
            name="ReplySubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("confirmed_at", models.DateTimeField(auto_now_add=True, verbose_name="confirmed at")),
                ("comment", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="reply_subscription", to="comments.comment", verbose_name="comment")),
                ("subscriber", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="reply_subscriptions", to="comments.subscriber", verbose_name="subscriber")),
            ],
            options={
                "verbose_name": "reply subscription",
                "verbose_name_plural": "reply subscriptions",
            },
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("desk_link", "The link to your comments"),
                            ("confirm", "Please confirm: notices of replies"),
                            ("replies", "New replies to your comments"),
                            ("staff_notice", "New comments on articles you follow"),
                            ("takedown_requester", "Your request to take a comment down"),
                            ("takedown_writer", "A request to take your comment down"),
                        ],
                        max_length=32,
                        verbose_name="kind",
                    ),
                ),
                ("recipient", models.TextField(blank=True, editable=False)),
                ("recipient_digest", models.CharField(blank=True, db_index=True, editable=False, max_length=90)),
                ("context", models.JSONField(blank=True, default=dict, verbose_name="context")),
                ("message_key", models.CharField(editable=False, max_length=32)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="due at")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("outcome", models.CharField(blank=True, choices=[("sent", "Sent"), ("dropped", "Nothing to tell any more"), ("failed", "Given up")], max_length=16, verbose_name="outcome")),
                ("comment", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="comments.comment", verbose_name="comment")),
                ("subscriber", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="mails", to="comments.subscriber", verbose_name="subscriber")),
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
                "ordering": ["due_at", "pk"],
                "indexes": [models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["due_at", "id"], name="mail_waiting")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(models.Q(("ended_at__isnull", True), ("outcome", "")), models.Q(("ended_at__isnull", False), models.Q(("outcome", ""), _negated=True)), _connector="OR"), name="ended_mail_has_an_outcome"),
                    models.CheckConstraint(condition=models.Q(("ended_at__isnull", True), models.Q(("recipient", ""), ("recipient_digest", "")), _connector="OR"), name="ended_mail_has_no_recipient"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("comment", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="comments.comment", verbose_name="comment")),
                ("subscriber", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="comments.subscriber", verbose_name="subscriber")),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("subscriber", "comment"), name="one_notice_per_comment")],
            },
        ),
        migrations.CreateModel(
            name="PersonalDataView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=100, verbose_name="what was looked at")),
                ("viewed_at", models.DateTimeField(auto_now_add=True, verbose_name="at")),
                ("viewer", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="staff")),
            ],
            options={
                "verbose_name": "view of personal data",
                "verbose_name_plural": "views of personal data",
                "ordering": ["-viewed_at", "-pk"],
            },
        ),
    ]
