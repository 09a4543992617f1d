from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.addresses import path_of
from articles.content.text import is_plausible, plain_text
from articles.fields import LineField, MarkdownField
from articles.models.markdown_body import MarkdownBody
from articles.models.page_version import CONTENT, Due, PageVersion
from articles.models.review import Reviewed, ReviewedQuerySet
from articles.models.search_document import SearchDocument

# Where positions wait while others take theirs: two items never have one.
OUT_OF_THE_WAY = 10_000


class MonthlyIssueQuerySet(ReviewedQuerySet):
    def published(self):
        return self.filter(state=MonthlyIssue.State.PUBLISHED, published_at__lte=Now())

    def for_page(self):
        issues = self.select_related("lead_article").prefetch_related("items")
        return issues.annotate(read_at=Now())


class MonthlyIssue(Reviewed):
    """One month's notable events; they stand beside that month's articles."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", _("Published")

    review_field = "issue"

    month = models.DateField(
        _("month"), unique=True, help_text=_("The first day of the month, such as 2025-10-01.")
    )
    title = LineField(_("title"), max_length=100)
    lead_article = models.ForeignKey(
        "articles.Article",
        verbose_name=_("lead article"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_issues",
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    # As an article's.
    read_at = None

    objects = MonthlyIssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("monthly issue")
        verbose_name_plural = _("monthly issues")
        ordering = ["-month", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1), name="monthly_issue_month_is_a_first_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="published_monthly_issue_has_a_date",
            ),
        ]
        indexes = [models.Index(fields=["state", "-month"], name="monthly_issue_by_month")]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.title}"

    def get_absolute_url(self):
        return path_of("monthly_issue_detail", self.month.year, self.month.month)

    @property
    def is_public(self):
        now = self.read_at or timezone.now()
        return self.state == self.State.PUBLISHED and self.published_at <= now

    def note_read_at(self, moment):
        """Note when issue and lead article were read, by the database's clock (None: by ours)."""
        self.read_at = moment
        if self.lead_article:
            self.lead_article.read_at = moment

    def clean(self):
        super().clean()
        if self.state == self.State.PUBLISHED and not self.published_at:
            self.published_at = timezone.now().replace(microsecond=0)
        for name in ("month", "published_at"):
            moment = getattr(self, name)
            if moment and not is_plausible(moment):
                raise ValidationError({name: _("Give a date between 1900 and 2999.")})
        if self.month and self.month.day != 1:
            raise ValidationError({"month": _("Give the first day of the month.")})
        if self.lead_article and self.lead_article.monthly_issue_id != self.pk:
            raise ValidationError(
                {"lead_article": _("Choose one of this month's articles, once it names the issue.")}
            )

    def store(self):
        """Save the issue and make the pages that show it stale."""
        with transaction.atomic():
            self.save()
            self.raise_page_versions()
            self.index()

    def index(self):
        """Bring what the search knows of the items up to date; whether they are public, it asks."""
        items = self.items.all() if self.published_at else []
        documents = [item.search_document() for item in items]
        SearchDocument.replace(documents, kind=SearchDocument.Kind.ISSUE_ITEM, issue=self)

    def raise_page_versions(self):
        """Make every page stale that may show the issue, now and at its planned moment."""
        PageVersion.raise_for(CONTENT)
        if self.state == self.State.PUBLISHED:
            Due.plan([CONTENT], [self.published_at])

    def replace_items(self, rows):
        """Make the issue's items those of `rows`, [(category, headline, body)], in their order.

        An item is known by its headline, or else by its place: its anchor stays with it.
        """
        with transaction.atomic():
            items = self._items_of([headline for _category, headline, _body in rows])
            kept = [item.pk for item in items if item.pk]
            self.items.exclude(pk__in=kept).delete()
            if any(item.pk and item.position != at for at, item in enumerate(items, start=1)):
                self.items.update(position=F("position") + OUT_OF_THE_WAY)
            for position, (item, row) in enumerate(zip(items, rows, strict=True), start=1):
                item.position = position
                item.category, item.headline, item.body = row
                item.full_clean()
                item.store()
            self.raise_page_versions()
            self.index()

    def _items_of(self, headlines):
        """Return the item that each of the headlines belongs to, a new one where none does."""
        stored = list(self.items.all())
        known = [None] * len(headlines)
        for place, headline in enumerate(headlines):
            same = [item for item in stored if item.headline == headline and item not in known]
            known[place] = same[0] if same else None
        for place, item in enumerate(stored[: len(known)]):
            if known[place] is None and item not in known:
                known[place] = item
        return [item or MonthlyIssueItem(issue=self) for item in known]


class MonthlyIssueItem(MarkdownBody):
    issue = models.ForeignKey(
        MonthlyIssue, verbose_name=_("issue"), on_delete=models.CASCADE, related_name="items"
    )
    position = models.PositiveSmallIntegerField(_("position"))
    category = LineField(
        _("category"),
        max_length=30,
        validators=[RegexValidator(r"\)", _("Leave out the brackets."), inverse_match=True)],
    )
    headline = LineField(_("headline"), max_length=200)
    begins_page = False

    body = MarkdownField(_("body"), blank=True, help_text=_("Markdown"))
    body_html = models.TextField(editable=False)

    class Meta:
        verbose_name = _("monthly issue item")
        verbose_name_plural = _("monthly issue items")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "position"], name="one_item_per_position")
        ]

    def __str__(self):
        return f"({self.category}) {self.headline}"

    @property
    def anchor(self):
        return f"item-{self.pk}"

    def search_document(self):
        """Return what the search is to know of the item, if anything."""
        if not self.issue.published_at:
            return None
        return SearchDocument.of(
            SearchDocument.Kind.ISSUE_ITEM,
            self.pk,
            moment=self.issue.published_at,
            title=str(self),
            text=plain_text(self.body_html),
            url=f"{self.issue.get_absolute_url()}#{self.anchor}",
            issue=self.issue,
        )

    def clean(self):
        super().clean()
        if "<h2>" in self.converted_body():
            raise ValidationError(
                {"body": _("Headings in an item begin at the third level (###).")}
            )

    def store(self):
        """Make the HTML and save the item; its issue raises the page versions."""
        self.body_html = self.html_to_store()
        self.save()
        self.note_pictures()

    def remake_html(self):
        super().remake_html()
        self.issue.index()
