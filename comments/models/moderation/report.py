from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.fields import ProseField
from comments.identity.keyed_digests import keyed_digests

MAX_REPORT_CHARACTERS = 500


class ReportQuerySet(models.QuerySet):
    def open(self):
        return self.filter(closed_by=None)


class Report(models.Model):
    """What a reader finds wrong with a comment; one network reports a comment once."""

    class Reason(models.TextChoices):
        SPAM = "spam", gettext_lazy("Advertising or the same text again and again")
        ABUSE = "abuse", gettext_lazy("Insults, hate or threats")
        PERSONAL_DATA = "personal_data", gettext_lazy("Somebody's personal data")
        UNLAWFUL = "unlawful", gettext_lazy("Against the law or somebody's rights")
        OTHER = "other", gettext_lazy("Something else")

    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=gettext_lazy("comment"),
        on_delete=models.CASCADE,
        related_name="reports",
    )
    reason = models.CharField(gettext_lazy("reason"), max_length=16, choices=Reason)
    text = ProseField(gettext_lazy("what is wrong"), blank=True, max_length=MAX_REPORT_CHARACTERS)
    # A keyed digest of the network and the comment: says nothing about other comments.
    network_digest = models.CharField(max_length=64, editable=False)
    # The decision of the staff that answered it; none while it is open.
    closed_by = models.ForeignKey(
        "comments.ModerationEvent",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="closed_reports",
        editable=False,
    )
    created_at = models.DateTimeField(gettext_lazy("at"), auto_now_add=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("report")
        verbose_name_plural = gettext_lazy("reports")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "network_digest"], name="one_report_per_network"
            )
        ]

    def __str__(self):
        return f"#{self.comment_id}: {self.get_reason_display()}"

    def file(self, network):
        """Keep the report, once for each network, and hold the comment when the operator says so.

        Reports hide nothing by themselves unless REPORTS_THAT_HIDE is a number.
        """
        message = f"{self.comment_id} {network}"
        self.network_digest, *others = keyed_digests("comments.report", message)
        with transaction.atomic():
            if self.comment.reports.filter(network_digest__in=others).exists():
                return
            Report.objects.bulk_create([self], ignore_conflicts=True)
            limit = settings.REPORTS_THAT_HIDE
            if not limit:
                return
            comment = self.comment
            count = comment.reports.open().count()
            if count >= limit and comment.is_visible:
                text = ngettext("%(n)s report", "%(n)s reports", count) % {"n": count}
                comment.hold_reasons = [{"rule": _("Reports"), "text": text}]
                if comment.hold(by=None, reason=text):
                    comment.save(update_fields=["hold_reasons"])
