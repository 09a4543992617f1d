from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField
from articles.models import CONVERSATION, PageVersion


class FigureReportQuerySet(models.QuerySet):
    def in_queue(self):
        """Keep the reports whose writers have not deleted them, with what the queue shows."""
        return self.exclude(comment__state="deleted").select_related(
            "comment__article",
            "comment__ranking_entry__period__ranking",
            "comment__issue_item__issue",
            "decided_by",
        )


class FigureReport(models.Model):
    """What the data stewards made of a comment that says that a figure is wrong."""

    class State(models.TextChoices):
        OPEN = "open", _("To be checked")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Not accepted")

    comment = models.OneToOneField(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="figure_report",
    )
    state = models.CharField(_("outcome"), max_length=16, choices=State, default=State.OPEN)
    answer = LineField(
        _("answer"),
        max_length=300,
        blank=True,
        help_text=_("Readers see it below the report: what was corrected, or why it was not."),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = FigureReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of a wrong figure")
        verbose_name_plural = _("reports of wrong figures")
        ordering = ["-comment"]
        default_permissions = ["view"]
        permissions = [("decide_figurereport", _("Can decide reports of wrong figures"))]
        indexes = [models.Index(fields=["state", "comment"], name="figure_report_queue")]

    def __str__(self):
        return f"#{self.comment_id} {self.get_state_display()}"

    @property
    def is_open(self):
        return self.state == self.State.OPEN

    def reopen(self):
        """Have the report checked again: its text has changed and waits for review."""
        self.state, self.decided_at, self.decided_by = self.State.OPEN, None, None
        self.save(update_fields=["state", "decided_at", "decided_by"])

    def decide(self, state, *, by, answer):
        """Close the report with an answer that its readers see, or open it again.

        A report that waits for review appears when it is accepted, and is hidden when it is not:
        no other queue has it.
        """
        with transaction.atomic():
            self.state, self.answer = state, answer
            is_closed = state != self.State.OPEN
            self.decided_at = timezone.now() if is_closed else None
            self.decided_by = by if is_closed else None
            self.comment.refresh_from_db(fields=["state"])
            if self.comment.state == "held" and state == self.State.ACCEPTED:
                self.comment.approve(by=by, reason=answer)
            elif self.comment.state == "held" and state == self.State.REJECTED:
                self.comment.hide(by=by, reason=answer)
            self.save(update_fields=["state", "answer", "decided_at", "decided_by"])
            PageVersion.raise_for(self.comment.article.scope, CONVERSATION)
