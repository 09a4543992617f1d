from django.db import models
from django.utils.translation import gettext_lazy as _

from comments.models.thread import numbers_of

# Versions on one page of a comment's history: each is compared with the one before.
VERSIONS_PER_PAGE = 5


class CommentRevisionQuerySet(models.QuerySet):
    def for_history(self, page):
        """Return the revisions on a page of the history, after the one before them if any."""
        last = numbers_of(page, VERSIONS_PER_PAGE)[-1]
        return self.filter(version__lte=last).order_by("-version")[: VERSIONS_PER_PAGE + 1]


class CommentRevision(models.Model):
    """What a comment said before an edit; its text is wiped when its author or staff remove it."""

    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.CASCADE,
        related_name="revisions",
    )
    # The comment's edit_version while it said this.
    version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=30, blank=True)
    body = models.TextField(_("text"), blank=True)
    written_at = models.DateTimeField(_("written at"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    objects = CommentRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")
        ordering = ["version", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["comment", "version"], name="one_revision_per_version"),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=True) | models.Q(body="", name=""),
                name="removed_revision_is_empty",
            ),
        ]

    def __str__(self):
        return f"#{self.comment_id} v{self.version}"
