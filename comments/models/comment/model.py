from functools import cached_property

from django.conf import settings
from django.db import models, transaction
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    Prefetch,
    Q,
)
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.fields import ShapedJSONField
from articles.models import (
    CONVERSATION,
    WAITING,
    Article,
    MonthlyIssueItem,
    PageVersion,
    RankingCorrection,
    RankingEntry,
    SearchDocument,
    article_scope,
)
from comments.models.comment import author_actions, staff_actions
from comments.models.comment.display import CommentDisplay
from comments.models.comment.placement import MAX_DEPTH, REPLY_DIGITS, ROOT_DIGITS
from comments.models.moderation.figure_report import FigureReport
from comments.models.thread import (
    REPLIES_PER_PAGE,
    ROOTS_PER_PAGE,
    Thread,
    numbers_of,
)
from comments.threads.text import HTML_VERSION


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
    speaking = [comment for comment in comments if comment.speaks_of_something]
    if not speaking:
        return
    of_entries = [comment for comment in speaking if comment.ranking_entry_id]
    of_items = [comment for comment in speaking if comment.issue_item_id]
    keys = {comment.ranking_entry_id for comment in of_entries}
    entries = RankingEntry.objects.select_related("period").in_bulk(keys)
    corrected = RankingCorrection.objects.newest_moments(keys)
    for comment in of_entries:
        comment.ranking_entry = entries[comment.ranking_entry_id]
        moment = corrected.get(comment.ranking_entry_id)
        comment.was_corrected_since = moment is not None and moment > comment.created_at
    items = MonthlyIssueItem.objects.select_related("issue").defer("body", "body_html")
    items = items.in_bulk({comment.issue_item_id for comment in of_items})
    for comment in of_items:
        comment.issue_item = items[comment.issue_item_id]
    reporting = {comment.pk: comment for comment in speaking if comment.is_figure_report}
    for report in FigureReport.objects.filter(comment__in=reporting) if reporting else ():
        reporting[report.comment_id].figure_report = report


def repaired_reasons(reasons):
    """Return the {"rule": text, "text": text} among the values of a list."""
    reasons = reasons if isinstance(reasons, list) else []
    return [
        {"rule": str(reason.get("rule", "")), "text": str(reason.get("text", ""))}
        for reason in reasons
        if isinstance(reason, dict)
    ]


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
        named = numbers_of(number, ROOTS_PER_PAGE)
        return self.filter(root_number__in=named, reply_number__lte=REPLIES_PER_PAGE)

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

    def without_pair(self):
        """Leave what the writer's pair is checked against where it is."""
        return self.defer("email_digest", "password")

    def with_anchor(self):
        """Load what each comment speaks of."""
        return self.prefetch_related(*anchor_prefetches())

    def about(self, anchor):
        """Keep the comments that speak of `anchor`."""
        return self.filter(**{name: row for name, row in anchor.columns.items() if row})

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


class Comment(CommentDisplay, models.Model):
    # Constraints below begin with it. An index of its own would be taken by PostgreSQL for a page,
    # since its statistics cannot tell how few of the article's comments that is.
    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="comments",
        db_index=False,
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
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=CommentDisplay.State,
        default=CommentDisplay.State.PUBLISHED,
    )
    created_at = models.DateTimeField(_("written at"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    edit_version = models.PositiveIntegerField(default=1, editable=False)
    reply_count = models.PositiveIntegerField(_("replies drawn"), default=0)
    # The parent's edit_version that its writer saw: tells whether it was changed after the answer.
    answered_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    kind = models.CharField(
        _("kind"), max_length=16, choices=CommentDisplay.Kind, default=CommentDisplay.Kind.COMMENT
    )
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
    hold_reasons = ShapedJSONField(
        _("reasons for holding"), repaired=repaired_reasons, default=list, blank=True
    )
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
            # Read backwards: new rows go where the last ones went, into pages that are then full.
            models.Index(fields=["state", "created_at", "id"], name="comment_newest"),
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
        short address leads. Of what is not drawn the page is left that it stood on.
        """
        if self.is_drawn and self.branch_page > 1:
            return self.get_permalink()
        query = f"comment={self.pk}"
        if self.page > 1:
            query = f"page={self.page}&{query}"
        place = f"comment-{self.pk}" if self.is_drawn else "comments"
        return f"{self.article.get_absolute_url()}?{query}#{place}"

    def get_outcome_url(self, outcome):
        """Return where the writer is led who has just done `outcome`: the page says it there."""
        address, _hash, _place = self.get_absolute_url().partition("#")
        return f"{address}{'&' if '?' in address else '?'}done={outcome}-{self.pk}#done"

    @cached_property
    def is_blocked(self):
        """Tell whether a takedown keeps the text out of sight; `with_block` loads it instead."""
        return self.blocked_until is not None and self.blocked_until > timezone.now()

    # What happens to a comment stands in modules of its own, one for each kind of actor.
    post = author_actions.post
    edit = author_actions.edit
    remove_revision = author_actions.remove_revision
    delete_by_author = author_actions.delete_by_author
    redigest = author_actions.redigest
    hide = staff_actions.hide
    restore = staff_actions.restore
    approve = staff_actions.approve
    hold = staff_actions.hold
    delete_by_staff = staff_actions.delete_by_staff
    dismiss_reports = staff_actions.dismiss_reports
    reopen = staff_actions.reopen
    block = staff_actions.block
    pin = staff_actions.pin
    unpin = staff_actions.unpin
    note = staff_actions.note
    record = staff_actions.record

    def change_what_readers_see(self, *, is_new=False):
        """Make every page stale that draws or counts the comment, and let the search follow."""
        self.raise_page_versions()
        self.index(is_new=is_new)

    def raise_page_versions(self):
        """Make every page stale that draws or counts the comment."""
        scopes = [self.article.scope, CONVERSATION]
        if self.issue_item_id:
            # Each article of the month draws the item, and beside it the count.
            articles = Article.objects.filter(monthly_issue__items=self.issue_item_id)
            scopes += map(article_scope, articles.values_list("pk", flat=True))
        PageVersion.raise_for(*scopes)

    def change_what_staff_find(self):
        """Let the search know a new comment that readers do not see."""
        PageVersion.raise_for(WAITING)
        self.index(is_new=True)

    def index(self, *, is_new=False):
        """Bring what the search knows of the comment up to date."""
        if is_new:
            SearchDocument.add([self.search_document()])
        else:
            SearchDocument.replace_one(SearchDocument.Kind.COMMENT, self)

    def search_document(self):
        """Return what the search is to know of the comment: to readers or to the staff alone."""
        if self.is_deleted:
            return None
        return SearchDocument.of(
            SearchDocument.Kind.COMMENT,
            self.pk,
            moment=self.created_at,
            text=self.body,
            writer=self.name,
            url=self.get_permalink(),
            article_id=self.article_id,
            visible_from=self.blocked_until if self.is_visible else SearchDocument.NEVER,
        )
