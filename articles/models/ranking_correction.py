from django.conf import settings
from django.db import models
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField

LEDGER_REFUSAL = "The ledger of corrections is only ever added to."


class RankingCorrectionQuerySet(models.QuerySet):
    def published(self):
        """Keep the corrections of figures that readers may see now."""
        periods = RankingCorrection._meta.get_field("period").related_model.objects.published()
        return self.filter(period_id__in=periods.values("pk"))

    def of_entry_since(self, entry_id, moment):
        """Keep what has been corrected in one entry after `moment`."""
        return self.filter(entry_id=entry_id, created_at__gt=moment)

    def newest_moments(self, entry_ids):
        """Return {entry's key: when it was last corrected} of those ever corrected, in one query.

        A comment that speaks of an entry compares this with the moment it was written.
        """
        newest = self.filter(entry_id__in=entry_ids).order_by().values_list("entry_id")
        return dict(newest.annotate(Max("created_at")))

    def for_listing(self):
        return self.select_related("ranking").order_by("-pk")

    # The database refuses both too, by triggers.
    def update(self, **values):
        raise TypeError(LEDGER_REFUSAL)

    def delete(self):
        raise TypeError(LEDGER_REFUSAL)


class RankingCorrection(models.Model):
    """A line of the ledger of corrected figures: a snapshot, so it outlives its entry."""

    ranking = models.ForeignKey(
        "articles.Ranking",
        verbose_name=_("ranking"),
        on_delete=models.PROTECT,
        related_name="corrections",
    )
    # Keys without a constraint: what they name may go, the ledger's line is not touched for it.
    period = models.ForeignKey(
        "articles.RankingPeriod",
        verbose_name=_("ranking period"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="corrections",
    )
    # Empty where the line speaks of a total, a period or a heading.
    entry = models.ForeignKey(
        "articles.RankingEntry",
        verbose_name=_("ranking entry"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="corrections",
    )
    period_label = models.CharField(_("ranking period"), max_length=50)
    rank = models.CharField(_("rank"), max_length=30)
    entry_label = models.CharField(_("ranking entry"), max_length=150)
    field = models.CharField(
        _("field"), max_length=100, blank=True, help_text=_("Empty where the whole row is meant.")
    )
    old = models.TextField(_("old value"), blank=True)
    new = models.TextField(_("new value"), blank=True)
    reason = LineField(_("reason"), max_length=300)
    created_at = models.DateTimeField(_("corrected at"), auto_now_add=True)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("corrected by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = RankingCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("ranking correction")
        verbose_name_plural = _("ranking corrections")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="ranking_correction_has_a_reason"
            )
        ]

    def __str__(self):
        return f"{self.entry_label}: {self.old} → {self.new}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError(LEDGER_REFUSAL)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        """Return the line's place below its series' table."""
        return f"{self.ranking.get_absolute_url()}#ranking-{self.ranking_id}-c{self.pk}"

    def delete(self, *args, **kwargs):
        raise TypeError(LEDGER_REFUSAL)

    @property
    def is_new_row(self):
        return not self.field and not self.old

    @property
    def is_gone_row(self):
        return not self.field and not self.new
