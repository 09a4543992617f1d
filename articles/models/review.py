"""What staff ask each other to look at before readers see it, and what was answered."""

from django.conf import settings
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.fields import ProseField


class ShownState(models.TextChoices):
    """Where an article or a month stands, as the desk's lists, filters and forms say it.

    Of these only draft, in review, published and withdrawn are stored.
    """

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    RETURNED = "returned", _("Returned")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# The stored states of what readers have never seen.
UNPUBLISHED_STATES = {"draft", "in_review"}


class ReviewedQuerySet(models.QuerySet):
    """Rows that go through review: articles and months."""

    def with_shown_state(self):
        """Note as `shown_now` where each stands, by the database's clock."""
        of_row = {self.model.review_field: OuterRef("pk")}
        reviews = Review.objects.filter(of_change=False, **of_row)
        newest = Subquery(reviews.order_by("-pk").values("answer")[:1])
        cases = [
            When(state="withdrawn", then=Value(ShownState.WITHDRAWN)),
            When(state="in_review", then=Value(ShownState.IN_REVIEW)),
            When(state="published", published_at__gt=Now(), then=Value(ShownState.SCHEDULED)),
        ]
        if self.model.can_be_withdrawn:
            is_withdrawn = Q(state="published", withdrawn_at__lte=Now())
            cases.append(When(is_withdrawn, then=Value(ShownState.WITHDRAWN)))
        cases += [
            When(state="published", then=Value(ShownState.PUBLISHED)),
            When(newest_answer=Review.Answer.RETURNED, then=Value(ShownState.RETURNED)),
        ]
        shown = Case(*cases, default=Value(ShownState.DRAFT), output_field=models.CharField())
        return self.alias(newest_answer=newest).annotate(shown_now=shown)

    def with_reviews(self):
        """Load what tells where each stands, and who has to act."""
        reviews = models.Prefetch("reviews", Review.objects.for_naming())
        return self.with_shown_state().prefetch_related(reviews)

    def showing(self, state):
        """Keep those that the desk shows as `state`, a ShownState."""
        return self.with_shown_state().filter(shown_now=state)


class Reviewed(models.Model):
    """What goes through review and says where it stands."""

    # What names the row in a review and a share link.
    review_field = "article"
    can_be_withdrawn = False

    class Meta:
        abstract = True

    @property
    def shown_state(self):
        """Return the ShownState of what is stored, asking where the query did not note it."""
        shown = getattr(self, "shown_now", None)
        if shown is None:
            rows = type(self)._default_manager.with_shown_state().filter(pk=self.pk)
            shown = rows.values_list("shown_now", flat=True).first() or ShownState.DRAFT
        return ShownState(shown)

    def newest_review(self):
        """Return the newest review of the row, or of the change that waits for it; or None."""
        of_change = self.state in {"published", "withdrawn"}
        found = [review for review in self.reviews.all() if review.of_change == of_change]
        return max(found, key=lambda review: review.pk, default=None)


class ReviewQuerySet(models.QuerySet):
    def open(self):
        return self.filter(answer="")

    def waiting(self):
        """Keep those that somebody can still answer: what they ask about is in review."""
        of_text = Q(article__state="in_review", article__trashed_at=None, of_change=False)
        of_change = Q(
            article__waiting_change__isnull=False, article__trashed_at=None, of_change=True
        )
        return self.open().filter(of_text | of_change | Q(issue__state="in_review"))

    def asked_of(self, user):
        """Keep those in which `user` is named, or a group of theirs."""
        is_named = Q(reviewers=user) | Q(group__in=user.groups.all())
        return self.filter(is_named).exclude(asked_by=user).distinct()

    def returned_to(self, user):
        """Keep what `user` has got back with a reason and has not submitted again."""
        later = Review.objects.filter(
            Q(article=OuterRef("article")) | Q(issue=OuterRef("issue")),
            of_change=OuterRef("of_change"),
            pk__gt=OuterRef("pk"),
        )
        is_draft = Q(article__state="draft", article__trashed_at=None) | Q(issue__state="draft")
        is_stopped = Q(of_change=True, article__waiting_change__isnull=False)
        return self.filter(
            is_draft | (is_stopped & ~Q(article__waiting_change__stopped_because="")),
            ~models.Exists(later),
            asked_by=user,
            answer=Review.Answer.RETURNED,
        )

    def with_rows(self):
        return self.select_related("article", "issue").defer("article__body", "article__body_html")

    def for_naming(self):
        """Load whom each names, and which revisions it is about."""
        users = ["asked_by", "answered_by"]
        loaded = self.select_related("group", "revision", "answered_revision", *users)
        return loaded.defer("revision__data", "answered_revision__data").prefetch_related(
            "reviewers"
        )

    def settle(self, row, *, by, answer=None):
        """End what asks about a row that a save has left in review no more."""
        asked = self.open().filter(**{row.review_field: row})
        for review in asked.exclude(pk__in=self.waiting().values("pk")):
            is_public = row.state == "published"
            found = Review.Answer.PUBLISHED if is_public else Review.Answer.TAKEN_BACK
            review.end(answer or found, by=by)


class Review(models.Model):
    """Somebody asks others to look at a revision of an article or a month, and one answers.

    With `of_change` it is about what waits to replace a public article. Nobody named means that
    whoever may publish is asked.
    """

    class Answer(models.TextChoices):
        APPROVED = "approved", _("Approved")
        RETURNED = "returned", _("Returned")
        PUBLISHED = "published", _("Published")
        # By whoever had asked, or because it was asked anew.
        TAKEN_BACK = "taken_back", _("Taken back")

    article = models.ForeignKey(
        "articles.Article",
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        null=True,
        related_name="reviews",
    )
    issue = models.ForeignKey(
        "articles.MonthlyIssue",
        verbose_name=_("monthly issue"),
        on_delete=models.CASCADE,
        null=True,
        related_name="reviews",
    )
    of_change = models.BooleanField(_("of a waiting change"), default=False)
    revision = models.ForeignKey(
        "articles.Revision",
        verbose_name=_("revision"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    note = ProseField(_("note for the reviewers"), max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # Outlives the user, as does the other.
    asked_by_name = models.CharField(_("asked by"), max_length=150, blank=True)
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    reviewers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("reviewers"), related_name="+"
    )
    group = models.ForeignKey(
        "auth.Group",
        verbose_name=_("group"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    answer = models.CharField(_("answer"), max_length=16, choices=Answer, blank=True)
    remark = ProseField(_("remark"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    answered_by_name = models.CharField(_("answered by"), max_length=150, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    # What the answer is about: not always what was asked about.
    answered_revision = models.ForeignKey(
        "articles.Revision",
        verbose_name=_("answered revision"),
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
    )
    # The mail worker tells the reviewers, then whoever asked, and takes the mark off.
    is_untold = models.BooleanField(default=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False, issue__isnull=True)
                | Q(article__isnull=True, issue__isnull=False, of_change=False),
                name="review_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="answered_review_has_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(answer="returned") | ~Q(remark=""),
                name="returned_review_has_a_reason",
            ),
            models.UniqueConstraint(
                fields=["article"], condition=Q(answer=""), name="one_open_review_per_article"
            ),
            models.UniqueConstraint(
                fields=["issue"], condition=Q(answer=""), name="one_open_review_per_issue"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(is_untold=True), name="review_untold")]

    def __str__(self):
        return str(self.row)

    @property
    def row(self):
        return self.article or self.issue

    @property
    def is_open(self):
        return self.answer == ""

    def end(self, answer, *, by, remark="", revision=None):
        """Note the answer; whoever had asked is told of it, unless it is their own."""
        self.answer, self.remark, self.answered_revision = answer, remark, revision
        self.answered_by, self.answered_by_name = by, by.get_username() if by else ""
        self.answered_at = timezone.now()
        self.is_untold = self.asked_by_id is not None and self.asked_by != by
        self.save()
