from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField
from articles.models.ranking import Ranking


class FigureProposalQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=FigureProposal.State.OPEN)


class FigureProposal(models.Model):
    """Figures of a series as somebody proposes them who may not enter any.

    A data steward finds them in the grid, beside what stands there, and saves or declines them.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To be checked")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Not accepted")

    ranking = models.ForeignKey(
        Ranking, verbose_name=_("ranking"), on_delete=models.CASCADE, related_name="proposals"
    )
    # [{period's key or None, label, as_of, rows: [[rank, cell …]], total: [label, cell …]}]
    periods = models.JSONField(_("ranking periods"))
    note = LineField(_("why, and after which source"), max_length=300)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    # Outlives the user, as does the other.
    proposed_by_name = models.CharField(_("proposed by"), max_length=150, blank=True)
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    state = models.CharField(_("outcome"), max_length=16, choices=State, default=State.OPEN)
    answer = LineField(_("answer"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    decided_by_name = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)

    objects = FigureProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of figures")
        verbose_name_plural = _("proposals of figures")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="decided_proposal_has_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(answer=""),
                name="declined_proposal_has_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.ranking} #{self.pk}"

    def decide(self, state, *, by, answer=""):
        """Note the outcome; return False where somebody else was faster."""
        return bool(
            FigureProposal.objects.open()
            .filter(pk=self.pk)
            .update(
                state=state,
                answer=answer,
                decided_by=by,
                decided_by_name=by.get_username(),
                decided_at=timezone.now(),
            )
        )
