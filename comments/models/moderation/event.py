import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField


class ModerationEvent(models.Model):
    """Who did what to a comment, why and when; undoing it is another event.

    Events are only ever added: triggers refuse to change or to remove one, so an article of whose
    comments one was moderated is withdrawn, not deleted.
    """

    class Action(models.TextChoices):
        HIDE = "hide", _("Hidden")
        RESTORE = "restore", _("Restored")
        APPROVE = "approve", _("Approved")
        HOLD = "hold", _("Held for review")
        DELETE = "delete", _("Deleted")
        DISMISS = "dismiss", _("Reports dismissed")
        REOPEN = "reopen", _("Reports opened again")
        BLOCK = "block", _("Blocked after a takedown request")
        UNBLOCK = "unblock", _("Block ended")
        PIN = "pin", _("Pinned")
        UNPIN = "unpin", _("Unpinned")
        NOTE = "note", _("Note")
        REMOVE_REVISION = "remove_revision", _("Earlier text removed")

    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.CASCADE,
        related_name="moderation_events",
    )
    # None: a rule or a number of reports did it.
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("moderator"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    action = models.CharField(_("action"), max_length=16, choices=Action)
    reason = LineField(_("reason"), max_length=300, blank=True)
    state_before = models.CharField(max_length=16, blank=True)
    state_after = models.CharField(max_length=16, blank=True)
    # Shared by what was done at once.
    batch = models.UUIDField(default=uuid.uuid4, null=True, db_index=True, editable=False)
    # An event is undone once at the most.
    undoes = models.OneToOneField(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="undone_by"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("moderation event")
        verbose_name_plural = _("moderation events")
        ordering = ["created_at", "pk"]

    def __str__(self):
        return f"{self.get_action_display()}: {self.reason}"

    @property
    def is_note(self):
        return self.action == self.Action.NOTE

    @property
    def closes_reports(self):
        """Tell whether a person has decided about the comment by it; undoing decides nothing."""
        return self.undoes_id is None and self.action in {
            *(self.Action.HIDE, self.Action.APPROVE, self.Action.RESTORE),
            *(self.Action.DELETE, self.Action.DISMISS),
        }
