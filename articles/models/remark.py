from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField, ProseField
from articles.models.article import Article
from articles.models.monthly_issue import MonthlyIssue
from articles.models.revision import Revision
from articles.models.share_link import ShareLink

MAX_QUOTE, MAX_CONTEXT, MAX_CELL, MAX_TEXT = 500, 80, 200, 3000


class RemarkQuerySet(models.QuerySet):
    def threads(self):
        """Keep the first of each thread, with its replies."""
        replies = models.Prefetch("replies", Remark.objects.order_by("pk"))
        return self.filter(parent=None).prefetch_related(replies)

    def open(self):
        return self.filter(parent=None, settled_at=None)

    def for_writer(self, user):
        """Keep what others say, and is not settled, of what `user` has saved a revision of."""
        saved = Revision.objects.filter(author=user)
        mine = {
            model: saved.filter(model=model).values("object_id")
            for model in (Revision.Model.ARTICLE, Revision.Model.MONTHLY_ISSUE)
        }
        written = Q(article__in=mine[Revision.Model.ARTICLE], article__trashed_at=None)
        written |= Q(issue__in=mine[Revision.Model.MONTHLY_ISSUE])
        return self.open().filter(written).exclude(author=user)


class Remark(models.Model):
    """What a colleague, or the holder of a share link, says of a passage; staff alone read it.

    The passage is known by its words and those around it, so that it is found where the text has
    moved; `cell` names a table's cell by its heads.
    """

    article = models.ForeignKey(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        null=True,
        related_name="remarks",
    )
    issue = models.ForeignKey(
        MonthlyIssue,
        verbose_name=_("monthly issue"),
        on_delete=models.CASCADE,
        null=True,
        related_name="remarks",
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("answers"),
        on_delete=models.CASCADE,
        null=True,
        related_name="replies",
    )
    # The newest when it was made, or the one that the link showed.
    revision_number = models.PositiveIntegerField(_("revision"), null=True)
    quote = ProseField(_("passage"), max_length=MAX_QUOTE, blank=True)
    before = models.CharField(max_length=MAX_CONTEXT, blank=True)
    after = models.CharField(max_length=MAX_CONTEXT, blank=True)
    cell = LineField(_("cell"), max_length=MAX_CELL, blank=True)
    text = ProseField(_("what is said"), max_length=MAX_TEXT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("said by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # Outlives the user; what the holder of a link calls themselves.
    author_name = LineField(_("said by"), max_length=150)
    link = models.ForeignKey(
        ShareLink,
        verbose_name=_("share link"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="remarks",
    )
    created_at = models.DateTimeField(_("said at"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by_name = models.CharField(_("settled by"), max_length=150, blank=True)

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark on a passage")
        verbose_name_plural = _("remarks on passages")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=True) ^ Q(issue__isnull=True),
                name="remark_is_on_an_article_or_a_month",
            )
        ]
        indexes = [models.Index(fields=["settled_at", "parent"], name="remark_open")]

    def __str__(self):
        return self.text[:50]

    @property
    def target(self):
        return self.article or self.issue

    def settle(self, *, by):
        self.settled_at, self.settled_by_name = timezone.now(), by.get_username()
        self.save(update_fields=["settled_at", "settled_by_name"])

    def reopen(self):
        self.settled_at, self.settled_by_name = None, ""
        self.save(update_fields=["settled_at", "settled_by_name"])
