from datetime import timedelta
from functools import cached_property

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    F,
    Max,
    Prefetch,
    Q,
    prefetch_related_objects,
)
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import (
    CONVERSATION,
    Article,
    Due,
    MonthlyIssueItem,
    PageVersion,
    RankingCorrection,
    RankingEntry,
    SearchDocument,
    article_scope,
)
from comments.anchors import Anchor
from comments.credentials import email_digest, needs_redigest
from comments.folding import digest_text
from comments.models.figure_report import FigureReport
from comments.models.moderation import ModerationEvent
from comments.models.rule import ModerationRule
from comments.models.subscription import Notice, ReplySubscription
from comments.models.thread import (
    REPLIES_PER_PAGE,
    ROOTS_PER_PAGE,
    Thread,
    numbers_of,
    page_of,
)
from comments.text import HTML_VERSION, body_to_html

MAX_DEPTH = 5
# Widths of the digits that a path is made of: the root's number, then one number a level.
ROOT_DIGITS = 9
REPLY_DIGITS = 7
REPEAT_WINDOW = timedelta(minutes=10)


class EditConflict(Exception):
    """What the writer saw has changed or gone since."""


class SubmissionConflict(Exception):
    """The same submission has arrived before with another text."""


# Asked for each page; the ORM takes ten times as long to put it together as the database to answer.
# Two halves, so that each is read from an index of its own.
_COUNTS_BY_ANCHOR = """
SELECT 'entry', ranking_entry_id, COUNT(*) FROM comments_comment
WHERE article_id = %s AND state = 'published' AND ranking_entry_id IS NOT NULL
GROUP BY ranking_entry_id
UNION ALL
SELECT 'item', issue_item_id, COUNT(*) FROM comments_comment
WHERE article_id = COALESCE(%s, (
    SELECT lead_article_id FROM articles_monthlyissue JOIN articles_article
    ON articles_article.monthly_issue_id = articles_monthlyissue.id WHERE articles_article.id = %s
)) AND state = 'published' AND issue_item_id IS NOT NULL
GROUP BY issue_item_id
"""


def anchor_prefetches():
    items = MonthlyIssueItem.objects.select_related("issue").defer("body", "body_html")
    return (
        Prefetch("ranking_entry", RankingEntry.objects.select_related("period")),
        Prefetch("issue_item", items),
    )


def load_anchors(comments):
    """Load what each of `comments` speaks of, and of a figure whether it was corrected since.

    Of the report of a wrong figure its outcome is loaded too.
    """
    if speaking := [comment for comment in comments if comment.speaks_of_something]:
        prefetch_related_objects(speaking, "figure_report", *anchor_prefetches())
        entries = {comment.ranking_entry_id for comment in speaking}
        corrected = RankingCorrection.objects.newest_moments(entries)
        for comment in speaking:
            moment = corrected.get(comment.ranking_entry_id)
            comment.was_corrected_since = moment is not None and moment > comment.created_at


class CommentQuerySet(models.QuerySet):
    def public(self):
        """Keep the comments of articles that readers may see now, with their articles."""
        return (
            self.filter(Article.objects.is_published("article"))
            .select_related("article")
            .defer("article__body", "article__body_html")
        )

    def with_block(self):
        """Load whether a takedown keeps the text out of sight now, by the database's clock.

        Pages that are kept need it: their validator's moments are the database's.
        """
        is_blocked = Q(blocked_until__isnull=False, blocked_until__gt=Now())
        return self.annotate(is_blocked=ExpressionWrapper(is_blocked, BooleanField()))

    def unblocked(self):
        """Keep the comments whose text no takedown keeps out of sight now."""
        return self.exclude(blocked_until__isnull=False, blocked_until__gt=Now())

    def in_page(self, number):
        """Keep the roots on page `number` (from 1) of their thread, each with its first replies."""
        # Each root by name: the index then leads to its first replies past all the others.
        return self.filter(
            root_number__in=numbers_of(number, ROOTS_PER_PAGE),
            reply_number__lte=REPLIES_PER_PAGE,
        )

    def in_branch(self, root, page):
        """Keep the replies on `page` (from 1) of the root's branch."""
        return self.filter(
            article=root.article_id,
            root_number=root.root_number,
            reply_number__in=numbers_of(page, REPLIES_PER_PAGE),
        )

    def drawn(self):
        """Keep what a thread shows: comments, and tombstones where replies hang."""
        return self.filter(Q(state=Comment.State.PUBLISHED) | Q(reply_count__gt=0))

    def for_thread(self):
        """Load what the thread draws, in no order, and nothing of who wrote it.

        What comments speak of `load_anchors` brings: few do.
        """
        shown = self.drawn().with_block().without_pair()
        # A hundred rows at once: what nobody draws costs more than the loop that draws the rest.
        unused = ("body", "hold_reasons", "html_version", "imported_from", "text_digest")
        return shown.defer(*unused, "submission_key").order_by()

    def without_pair(self):
        """Leave what the writer's pair is checked against where it is."""
        return self.defer("email_digest", "password")

    def with_anchor(self):
        """Load what each comment speaks of."""
        return self.prefetch_related(*anchor_prefetches())

    def about(self, anchor):
        """Keep the comments that speak of `anchor`."""
        return self.filter(**{name: row for name, row in anchor.columns.items() if row})

    def counts_by_anchor(self, article_id, lead_id=None):
        """Return {anchor's key: how many comments that show speak of it}, in one query.

        The rows are those of the article. The items' comments belong to the article that leads the
        month: to `lead_id`, or that of the article's own month.
        """
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS_BY_ANCHOR, [article_id, lead_id, article_id])
            return {f"{prefix}-{number}": count for prefix, number, count in cursor.fetchall()}

    def erase(self):
        """Wipe every comment for good, one transaction for each thread; again is no harm."""
        articles = Article.objects.filter(pk__in=self.order_by().values("article"))
        for article in articles.order_by("pk"):
            with transaction.atomic():
                Thread.lock(article)
                for comment in self.filter(article=article).order_by("pk"):
                    comment.delete_by_author()

    def latest(self):
        """Return the comments of published articles that may be read, newest first."""
        return (
            self.public()
            .unblocked()
            .filter(state=Comment.State.PUBLISHED)
            .defer("email_digest", "password", "article__body", "article__body_html")
            .order_by("-created_at", "-pk")
        )


class Comment(models.Model):
    class State(models.TextChoices):
        PUBLISHED = "published", _("Published")
        HELD = "held", _("Waiting for review")
        HIDDEN = "hidden", _("Hidden by staff")
        DELETED = "deleted", _("Deleted")

    class Kind(models.TextChoices):
        COMMENT = "comment", _("Comment")
        FIGURE_ERROR = "figure_error", _("Report of a wrong figure")

    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("reply to"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replies",
    )
    root_number = models.PositiveIntegerField(_("number in the thread"))
    # In the order of writing, among all replies below the root; 0 is the root itself.
    reply_number = models.PositiveIntegerField(_("number in the branch"), default=0)
    # On a root: how many replies below it show.
    branch_count = models.PositiveIntegerField(_("replies shown in the branch"), default=0)
    path = models.CharField(max_length=ROOT_DIGITS + (MAX_DEPTH - 1) * REPLY_DIGITS)
    depth = models.PositiveSmallIntegerField(_("depth"), default=1)
    name = models.CharField(_("name"), max_length=30, blank=True)
    body = models.TextField(_("text"), blank=True)
    body_html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(default=HTML_VERSION, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PUBLISHED)
    created_at = models.DateTimeField(_("written at"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    edit_version = models.PositiveIntegerField(default=1, editable=False)
    reply_count = models.PositiveIntegerField(_("replies drawn"), default=0)
    # The parent's edit_version that its writer saw: tells whether it was changed after the answer.
    answered_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.COMMENT)
    # What the comment speaks of, when it is not the article as a whole: one of the two.
    ranking_entry = models.ForeignKey(
        RankingEntry,
        verbose_name=_("ranking entry"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    issue_item = models.ForeignKey(
        MonthlyIssueItem,
        verbose_name=_("item of a monthly issue"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # Set on an answer of the staff, which has no pair and a badge that nobody else can have.
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("staff"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # Until then a takedown keeps its text out of sight; its place and its count stay.
    blocked_until = models.DateTimeField(_("blocked until"), null=True, blank=True)
    # Why rules or reports hold it, as [{"rule": …, "text": …}], for moderators.
    hold_reasons = models.JSONField(_("reasons for holding"), default=list, blank=True)
    # Of the normalised text, to find the same text again.
    text_digest = models.CharField(max_length=64, blank=True, editable=False)
    # "source:id" of a comment brought in from another system, once and never twice.
    imported_from = models.CharField(
        max_length=200, null=True, blank=True, unique=True, editable=False
    )
    email_digest = models.CharField(max_length=90, blank=True, editable=False)
    password = models.CharField(max_length=160, blank=True, editable=False)
    submission_key = models.CharField(max_length=64, null=True, blank=True, editable=False)

    # Digests of the writer's address under the keys that came before, for the form to fill.
    other_digests = ()
    # What `pages.link_answers` finds out: the comment that this one answers, as it is now, and
    # whether a reply that is drawn answers a text that this one had before.
    answered = None
    is_changed_after_answer = False
    # What `load_anchors` finds out.
    was_corrected_since = False

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("moderate_comment", _("Can hide, restore, approve and delete comments")),
            ("answer_comment", _("Can answer comments in the staff's name")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["article", "path"], name="one_comment_per_path"),
            models.UniqueConstraint(
                fields=["article", "root_number", "reply_number"], name="one_comment_per_number"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, reply_number=0)
                | Q(parent__isnull=False, reply_number__gte=1),
                name="replies_alone_are_numbered",
            ),
            models.UniqueConstraint(
                fields=["article", "email_digest", "submission_key"],
                name="one_comment_per_submission",
            ),
            models.CheckConstraint(
                condition=Q(depth__gte=1) & Q(depth__lte=MAX_DEPTH), name="comment_depth_is_bounded"
            ),
            models.CheckConstraint(
                condition=~Q(state="deleted")
                | Q(body="", body_html="", name="", email_digest="", password="", text_digest=""),
                name="deleted_comment_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(ranking_entry__isnull=True) | Q(issue_item__isnull=True),
                name="comment_speaks_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-created_at", "-id"], name="comment_latest"),
            models.Index(
                fields=["article", "email_digest", "-created_at"], name="comment_by_digest"
            ),
            models.Index(fields=["email_digest", "-created_at", "-id"], name="comment_by_address"),
            models.Index(fields=["text_digest", "-created_at"], name="comment_by_text"),
            models.Index(
                fields=["article", "ranking_entry"],
                condition=Q(ranking_entry__isnull=False),
                name="comment_by_entry",
            ),
            models.Index(
                fields=["article", "issue_item"],
                condition=Q(issue_item__isnull=False),
                name="comment_by_item",
            ),
        ]

    def __str__(self):
        return f"#{self.pk} {self.body[:30]}"

    def get_absolute_url(self):
        """Return the comment's place in its article's page; the query passes every cache by.

        A reply beyond the first of a long branch has its place on the branch's own page, where its
        short address leads.
        """
        if self.branch_page > 1:
            return self.get_permalink()
        query = f"comment={self.pk}"
        if self.page > 1:
            query = f"page={self.page}&{query}"
        return f"{self.article.get_absolute_url()}?{query}#comment-{self.pk}"

    @property
    def page(self):
        return page_of(self.root_number, ROOTS_PER_PAGE)

    @property
    def branch_page(self):
        return page_of(self.reply_number, REPLIES_PER_PAGE)

    @property
    def is_visible(self):
        return self.state == self.State.PUBLISHED

    @property
    def is_held(self):
        return self.state == self.State.HELD

    @property
    def is_hidden(self):
        return self.state == self.State.HIDDEN

    @property
    def is_deleted(self):
        return self.state == self.State.DELETED

    @property
    def answers_earlier_text(self):
        """Tell whether what it answers shows another text now than its writer saw."""
        version = self.answered_version
        return bool(
            version
            and self.answered
            and self.answered.is_readable
            and version < self.answered.edit_version
        )

    @cached_property
    def is_blocked(self):
        """Tell whether a takedown keeps the text out of sight; `with_block` loads it instead."""
        return self.blocked_until is not None and self.blocked_until > timezone.now()

    @property
    def is_readable(self):
        return self.is_visible and not self.is_blocked

    @property
    def is_figure_report(self):
        return self.kind == self.Kind.FIGURE_ERROR

    @property
    def speaks_of_something(self):
        return bool(self.ranking_entry_id or self.issue_item_id or self.is_figure_report)

    @property
    def anchor(self):
        """What the comment speaks of when it is not the article as a whole, or None."""
        if self.ranking_entry_id or self.issue_item_id:
            return Anchor(self.ranking_entry, self.issue_item)
        return None

    def get_permalink(self):
        return reverse("comments:comment_detail", args=[self.pk])

    # Operations. Each is one transaction that locks the thread first, so that counts, numbers
    # and page versions agree whoever else is writing.

    def post(self):
        """Save the comment and return it, or return the earlier comment that it repeats.

        The password's hash stands for the whole submission: `credentials.hash_submission` salts it
        with what makes two submissions the same, so only a verified repetition has an equal one.
        Raises EditConflict when the parent has gone, SubmissionConflict when the same submission
        came before with another text.
        """
        with transaction.atomic():
            thread = Thread.lock(self.article)
            if earlier := self._earlier_submission():
                # Without a key it is the text that was recognised, as it was when first sent.
                if self.submission_key and earlier.body != self.body:
                    raise SubmissionConflict
                return earlier
            if self.parent_id:
                self.parent = Comment.objects.get(pk=self.parent_id)
                if not self.parent.is_readable:
                    raise EditConflict
                newest = self.parent.edit_version
                self.answered_version = min(self.answered_version or newest, newest)
            if self._submission_key_is_taken():
                self.submission_key = None
            self.text_digest = digest_text(self.body)
            self._hold_if_needed(self.hold_reasons)
            self._take_place(thread)
            self.body_html = body_to_html(self.body)
            self.save(force_insert=True)
            self._count(thread, was_visible=False)
            if self.is_figure_report:
                FigureReport.objects.create(comment=self)
            if self.is_visible:
                self._change_what_readers_see()
                Notice.of_reply(self)
            Notice.to_staff(self)
            return self

    def edit(self, *, body, name, version, reasons=()):
        """Replace the text and name if `version` is still the comment's; else raise EditConflict.

        Where the article reviews comments, or a rule or one of `reasons` holds it, the new text
        waits for review like a new comment. What it said before stays readable as a revision.
        """
        with transaction.atomic():
            thread = Thread.lock(self.article)
            self.refresh_from_db(
                fields=[
                    *("state", "blocked_until", "edit_version", "reply_count"),
                    *("name", "body", "edited_at"),
                ]
            )
            if self.edit_version != version or not self.is_visible:
                raise EditConflict
            if (self.body, self.name) == (body, name):
                return
            was_visible = self.is_visible
            self.revisions.create(
                version=self.edit_version,
                name=self.name,
                body=self.body,
                written_at=self.edited_at or self.created_at,
            )
            self.body, self.name = body, name
            self.text_digest = digest_text(body)
            self._hold_if_needed(reasons)
            self.body_html, self.html_version = body_to_html(body), HTML_VERSION
            self.edited_at = timezone.now()
            self.edit_version += 1
            self.save(
                update_fields=[
                    *("state", "name", "body", "body_html", "html_version"),
                    *("edited_at", "edit_version", "text_digest", "hold_reasons"),
                ]
            )
            if self.is_figure_report and self.is_held:
                self.figure_report.reopen()
            self._count(thread, was_visible)
            self._change_what_readers_see()

    def remove_revision(self, version, *, by=None, reason=""):
        """Wipe what the comment said as `version`, for good; `by` is None for its author."""
        with transaction.atomic():
            Thread.lock(self.article)
            self.refresh_from_db(fields=["state"])
            revision = self.revisions.filter(version=version, removed_at=None)
            if not revision.update(name="", body="", removed_at=timezone.now()):
                return
            if by:
                self._record(ModerationEvent.Action.REMOVE_REVISION, by, reason, self.state)
            self._change_what_readers_see()

    def redigest(self, address):
        """Keep the address's digest under the active key, once its writer has proved it."""
        if needs_redigest(self.email_digest):
            self.email_digest = email_digest(address)
            self.save(update_fields=["email_digest"])

    def delete_by_author(self):
        """Wipe the comment and all its earlier texts for good.

        A tombstone is drawn while replies hang from it.
        """
        with transaction.atomic():
            thread = Thread.lock(self.article)
            self.refresh_from_db(fields=["state", "edit_version", "reply_count"])
            if self.is_deleted:
                return
            was_visible = self.is_visible
            self.state = self.State.DELETED
            self.name = self.body = self.body_html = self.email_digest = self.password = ""
            self.text_digest = ""
            self.hold_reasons = []
            self.submission_key = None
            self.edit_version += 1
            self.save(
                update_fields=[
                    *("state", "name", "body", "body_html", "email_digest", "password"),
                    *("text_digest", "hold_reasons", "submission_key", "edit_version"),
                ]
            )
            ReplySubscription.end_for([self])
            self.notices.all().delete()
            self.revisions.all().delete()
            # Who reported it may have quoted it.
            self.reports.update(text="")
            self._count(thread, was_visible)
            self._change_what_readers_see()

    # What staff do. Each returns the event that it leaves, or None where it does not apply; `batch`
    # is shared by what is done at once, and undone at once.

    def hide(self, *, by, reason, **event):
        """Take the comment out of sight and record who did it and why."""
        return self._moderate(self.State.HIDDEN, ModerationEvent.Action.HIDE, by, reason, **event)

    def restore(self, *, by, reason, **event):
        """Show a hidden comment again and record who did it and why."""
        return self._moderate(
            self.State.PUBLISHED, ModerationEvent.Action.RESTORE, by, reason, **event
        )

    def approve(self, *, by, reason="", **event):
        """Show a comment that waited for review and record who let it."""
        return self._moderate(
            self.State.PUBLISHED, ModerationEvent.Action.APPROVE, by, reason, **event
        )

    def hold(self, *, by, reason, **event):
        """Take the comment out of sight until staff have read it; `by` is None for the rules."""
        return self._moderate(self.State.HELD, ModerationEvent.Action.HOLD, by, reason, **event)

    def delete_by_staff(self, *, by, reason, **event):
        """Wipe the comment for good, as its author could, and record who did it and why."""
        with transaction.atomic():
            Thread.lock(self.article)
            self.refresh_from_db(fields=["state"])
            if self.is_deleted:
                return None
            before = self.state
            self.delete_by_author()
            return self._record(ModerationEvent.Action.DELETE, by, reason, before, **event)

    def dismiss_reports(self, *, by, reason="", **event):
        """Close the comment's open reports: it stays as it is."""
        with transaction.atomic():
            Thread.lock(self.article)
            self.refresh_from_db(fields=["state"])
            if not self.reports.open().exists():
                return None
            return self._record(ModerationEvent.Action.DISMISS, by, reason, self.state, **event)

    def block(self, until, *, by, reason):
        """Keep the text out of sight until a moment, or let it be read again when it is None.

        Its place and its count stay. A block ends by itself: the pages' Due moment makes them anew.
        """
        action = ModerationEvent.Action.BLOCK if until else ModerationEvent.Action.UNBLOCK
        with transaction.atomic():
            Thread.lock(self.article)
            self.refresh_from_db(fields=["state", "blocked_until"])
            self.blocked_until = until
            self.__dict__.pop("is_blocked", None)
            self.save(update_fields=["blocked_until"])
            Due.plan([self.article.scope, CONVERSATION], [until])
            self._change_what_readers_see()
            return self._record(action, by, reason, self.state)

    def reopen(self, *, by, reason, **event):
        """Put the comment back before the moderators, as it is."""
        return self._record(ModerationEvent.Action.REOPEN, by, reason, self.state, **event)

    def pin(self, *, by):
        """Show the comment above its article's thread, in the place of another one."""
        return self._set_pin(ModerationEvent.Action.PIN, by)

    def unpin(self, *, by):
        return self._set_pin(ModerationEvent.Action.UNPIN, by)

    def _set_pin(self, action, by):
        with transaction.atomic():
            thread = Thread.lock(self.article)
            self.refresh_from_db(fields=["state"])
            is_pin = action == ModerationEvent.Action.PIN
            if is_pin == (thread.pinned_id == self.pk) or (is_pin and not self.is_visible):
                return None
            thread.pinned = self if is_pin else None
            thread.save(update_fields=["pinned"])
            self._change_what_readers_see()
            return self._record(action, by, "", self.state)

    def note(self, text, *, by):
        """Leave a note for the other moderators."""
        return self.moderation_events.create(
            moderator=by, action=ModerationEvent.Action.NOTE, reason=text
        )

    def _moderate(self, state, action, by, reason, **event):
        with transaction.atomic():
            thread = Thread.lock(self.article)
            # The search asks for the block: a stale one would let the text out.
            self.refresh_from_db(fields=["state", "reply_count", "blocked_until"])
            if self.is_deleted or self.state == state:
                return None
            before, was_visible = self.state, self.is_visible
            if before == self.State.HELD and state == self.State.PUBLISHED:
                Notice.of_reply(self)
            self.state = state
            self.save(update_fields=["state"])
            self._count(thread, was_visible)
            self._change_what_readers_see()
            return self._record(action, by, reason, before, **event)

    def _record(self, action, by, reason, state_before, **event):
        """Leave an event; whoever decides about a comment has answered its reports too."""
        event = self.moderation_events.create(
            moderator=by,
            action=action,
            reason=reason,
            state_before=state_before,
            state_after=self.state,
            **event,
        )
        if event.closes_reports:
            self.reports.open().update(closed_by=event)
        return event

    def _hold_if_needed(self, reasons):
        """Let the text wait where the article, one of `reasons` or a rule wants it read first."""
        self.hold_reasons = [*reasons]
        if self.staff_id:
            return
        self.hold_reasons += ModerationRule.objects.reasons_for(self)
        if self.hold_reasons or self.article.reviews_comments:
            self.state = self.State.HELD

    def _earlier_submission(self):
        earlier = Comment.objects.filter(article=self.article, parent=self.parent_id)
        if self.staff_id:
            # Staff have no pair; who signed in and what they wrote tell a second click.
            earlier = earlier.filter(staff=self.staff_id, body=self.body)
        else:
            earlier = earlier.filter(
                email_digest__in=[self.email_digest, *self.other_digests], password=self.password
            )
        if not self.submission_key:
            earlier = earlier.filter(created_at__gte=timezone.now() - REPEAT_WINDOW)
        return earlier.order_by("-pk").first()

    def _submission_key_is_taken(self):
        return (
            self.submission_key
            and Comment.objects.filter(
                article=self.article,
                email_digest=self.email_digest,
                submission_key=self.submission_key,
            ).exists()
        )

    def _take_place(self, thread):
        """Give the comment its root's number, its depth and the next free path."""
        if self.parent is None:
            thread.root_total += 1
            thread.save(update_fields=["root_total"])
            self.root_number = thread.root_total
            self.depth = 1
            self.path = f"{self.root_number:0{ROOT_DIGITS}d}"
            return
        self.root_number = self.parent.root_number
        self.depth = min(self.parent.depth + 1, MAX_DEPTH)
        branch = Comment.objects.filter(article=self.article, root_number=self.root_number)
        self.reply_number = branch.aggregate(last=Max("reply_number"))["last"] + 1
        # Below the greatest depth a reply is drawn beside its parent and keeps it as its own.
        above = self.parent.path[: ROOT_DIGITS + (self.depth - 2) * REPLY_DIGITS]
        # The last path below holds the last number given there, however deep it lies.
        below = branch.filter(path__gt=above, path__lte=above + "9" * REPLY_DIGITS)
        last = below.aggregate(last=Max("path"))["last"]
        number = int(last[len(above) :][:REPLY_DIGITS]) + 1 if last else 1
        self.path = f"{above}{number:0{REPLY_DIGITS}d}"

    def _count(self, thread, was_visible):
        """Count the comment where it has begun, or ceased, to show."""
        difference = self.is_visible - was_visible
        if not difference:
            return
        thread.add(difference)
        if self.parent_id:
            root = Comment.objects.filter(
                article=self.article, root_number=self.root_number, reply_number=0
            )
            root.update(branch_count=F("branch_count") + difference)
        self._count_under_parents(difference)

    def _count_under_parents(self, difference):
        """Count a reply that appears or goes, up to where a parent is drawn all the same.

        `reply_count` counts the replies that are drawn, tombstones included.
        """
        comment = self
        # A tombstone's own place was counted as long as replies hung from it.
        if comment.reply_count:
            return
        while comment.parent_id:
            parent = Comment.objects.only("pk", "parent_id", "state", "reply_count").get(
                pk=comment.parent_id
            )
            parent.reply_count += difference
            parent.save(update_fields=["reply_count"])
            was_or_is_leaf = parent.reply_count == (1 if difference > 0 else 0)
            if parent.is_visible or not was_or_is_leaf:
                return
            comment = parent

    def _change_what_readers_see(self):
        """Make every page stale that draws or counts the comment, and let the search follow."""
        scopes = [self.article.scope, CONVERSATION]
        if self.issue_item_id:
            # Each article of the month draws the item, and beside it the count.
            articles = Article.objects.filter(monthly_issue__items=self.issue_item_id)
            scopes += map(article_scope, articles.values_list("pk", flat=True))
        PageVersion.raise_for(*scopes)
        self.index()

    def index(self):
        """Bring what the search knows of the comment up to date: the text that readers see."""
        if not self.is_visible:
            SearchDocument.take_out(kind=SearchDocument.Kind.COMMENT, object_id=self.pk)
            return
        SearchDocument.put(
            SearchDocument.Kind.COMMENT,
            self.pk,
            moment=self.created_at,
            text=self.body,
            url=self.get_permalink(),
            article=self.article,
            visible_from=self.blocked_until,
        )
