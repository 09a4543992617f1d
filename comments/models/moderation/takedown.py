import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.fields import ProseField
from comments.identity.encryption import Unreadable, unseal
from comments.models.mail.outbox import Outbox
from comments.models.mail.subscription import ReplySubscription
from comments.models.moderation.event import ModerationEvent
from comments.models.thread import Thread

# 정보통신망법 제44조의2 제4항: a provisional measure lasts 30 days at the most.
MAX_BLOCK_DAYS = 30
MAX_REASON_CHARACTERS = 2_000
# For so long moderators find a comment whose block has ended, if nobody does anything about it.
DAYS_BACK_IN_QUEUE = 7

logger = logging.getLogger(__name__)


class TakedownQuerySet(models.QuerySet):
    def open(self):
        """Keep the requests that still need a decision of the staff."""
        return self.filter(closed_at=None)

    def to_look_at(self):
        """Keep what moderators have to look at: not what is out of sight until its moment.

        What has ended comes back for some days, until something is done about the comment.
        """
        since = ModerationEvent.objects.filter(
            comment=OuterRef("comment"), created_at__gt=OuterRef("closed_at")
        )
        return self.filter(
            Q(state=Takedown.State.REQUESTED)
            | Q(state=Takedown.State.BLOCKED, blocked_until__lte=Now())
            | Q(
                ~Exists(since),
                state=Takedown.State.ENDED,
                closed_at__gt=Now() - timedelta(days=DAYS_BACK_IN_QUEUE),
            )
        )

    def close_ended(self):
        """Close the requests whose block has ended; return how many there were.

        The text came back at that moment already; this tells the sides and forgets who asked. A
        request that came in while its comment was being deleted is closed too.
        """
        is_over = Q(state=Takedown.State.BLOCKED, blocked_until__lte=Now())
        ended = self.open().filter(is_over | Q(comment__state="deleted"))
        return sum(takedown.end() for takedown in ended.select_related("comment__article"))


class Takedown(models.Model):
    """Somebody asks to take a comment down that violates their rights (정보통신망법 §44의2)."""

    class Ground(models.TextChoices):
        PRIVACY = "privacy", gettext_lazy("My private life or personal data")
        DEFAMATION = "defamation", gettext_lazy("My honour (defamation)")
        COPYRIGHT = "copyright", gettext_lazy("My copyright")
        OTHER = "other", gettext_lazy("Another right of mine")

    class State(models.TextChoices):
        REQUESTED = "requested", gettext_lazy("Asked for")
        BLOCKED = "blocked", gettext_lazy("Blocked for a time")
        REFUSED = "refused", gettext_lazy("Refused")
        RESTORED = "restored", gettext_lazy("Restored")
        REMOVED = "removed", gettext_lazy("Removed")
        ENDED = "ended", gettext_lazy("Ended by itself")

    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=gettext_lazy("comment"),
        on_delete=models.CASCADE,
        related_name="takedowns",
    )
    ground = models.CharField(gettext_lazy("which right"), max_length=16, choices=Ground)
    # It may quote the comment, and is wiped with it.
    reason = ProseField(gettext_lazy("reason"), max_length=MAX_REASON_CHARACTERS)
    # The address to answer to, encrypted; forgotten when the request is closed.
    requester = models.TextField(blank=True, editable=False)
    state = models.CharField(
        gettext_lazy("state"), max_length=16, choices=State, default=State.REQUESTED
    )
    blocked_until = models.DateTimeField(gettext_lazy("blocked until"), null=True, blank=True)
    created_at = models.DateTimeField(gettext_lazy("asked at"), auto_now_add=True)
    closed_at = models.DateTimeField(gettext_lazy("closed at"), null=True, blank=True)

    objects = TakedownQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("takedown request")
        verbose_name_plural = gettext_lazy("takedown requests")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["requested", "blocked"], closed_at__isnull=True)
                | (~Q(state__in=["requested", "blocked"]) & Q(closed_at__isnull=False)),
                name="takedown_is_open_or_closed",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(requester=""),
                name="closed_takedown_knows_no_address",
            ),
            models.CheckConstraint(
                condition=~Q(state="blocked") | Q(blocked_until__isnull=False),
                name="blocked_takedown_has_an_end",
            ),
        ]

    def __str__(self):
        return f"#{self.comment_id}: {self.get_ground_display()}"

    @property
    def is_open(self):
        return self.closed_at is None

    def block(self, *, days, by):
        """Take the text out of sight for `days` (1 to 30) from now; it comes back by itself.

        Return None when the request has been decided on meanwhile.
        """
        if not 1 <= days <= MAX_BLOCK_DAYS:
            raise ValueError(f"A block lasts 1 to {MAX_BLOCK_DAYS} days, not {days}.")
        until = (timezone.now() + timedelta(days=days)).replace(microsecond=0)
        with transaction.atomic():
            if not self._take({self.State.REQUESTED}):
                return None
            self.state, self.blocked_until = self.State.BLOCKED, until
            self.save(update_fields=["state", "blocked_until"])
            self._tell_both()
            reason = _("Until %(date)s") % {"date": date_format(timezone.localtime(until), "Y.m.d")}
            return self.comment.block(self._last_block(), by=by, reason=reason)

    def refuse(self, *, by, reason):
        """Close the request: the comment stays as it is."""
        with transaction.atomic():
            if not self._take({self.State.REQUESTED}):
                return None
            self._close(self.State.REFUSED, tells_writer=False)
            return self.comment.note(_("Takedown refused: %(reason)s") % {"reason": reason}, by=by)

    def restore(self, *, by, reason):
        """End the block before its time: the text is to be read again."""
        with transaction.atomic():
            if not self._take({self.State.BLOCKED}):
                return None
            self._close(self.State.RESTORED)
            return self.comment.block(self._last_block(), by=by, reason=reason)

    def remove(self, *, by, reason):
        """Delete the comment for good."""
        with transaction.atomic():
            if not self._take({self.State.REQUESTED, self.State.BLOCKED}):
                return None
            self._close(self.State.REMOVED)
            self.reason = ""
            return self.comment.delete_by_staff(by=by, reason=reason)

    def end(self):
        """Close the request that has come to its end; tell whether it was still open."""
        with transaction.atomic():
            if not self._take({self.State.REQUESTED, self.State.BLOCKED}):
                return False
            if self.comment.is_deleted:
                self._close(self.State.REMOVED, tells_writer=False)
            else:
                self._close(self.State.ENDED)
            return True

    @property
    def address(self):
        """The requester's address, or "" where none was given; raises sealing.Unreadable."""
        return unseal(self.requester) if self.requester else ""

    def _last_block(self):
        """Return until when requests keep the comment's text out of sight, or None."""
        blocks = self.comment.takedowns.filter(state=self.State.BLOCKED)
        return blocks.aggregate(last=Max("blocked_until"))["last"]

    def _take(self, states):
        """Hold the row until the transaction ends; tell whether it is in one of `states`."""
        # First, as for all that is done to a comment: else who deletes it waits crosswise.
        Thread.lock(self.comment.article)
        stored = Takedown.objects.select_for_update().get(pk=self.pk)
        self.state, self.blocked_until = stored.state, stored.blocked_until
        return stored.state in states

    def _close(self, state, *, tells_writer=True):
        self.state, self.closed_at = state, timezone.now()
        self._tell_requester()
        if tells_writer:
            self._tell_writer()
        self.requester = ""
        self.save(update_fields=["state", "closed_at", "requester"])

    def _tell_both(self):
        self._tell_requester()
        self._tell_writer()

    def _tell_requester(self):
        if self.requester:
            self._tell(Outbox.Kind.TAKEDOWN_REQUESTER, self, "address")

    def _tell_writer(self):
        """Tell the writer where the address is known: where notices of replies were confirmed."""
        for subscription in ReplySubscription.objects.filter(comment=self.comment_id):
            # Not as a subscriber: a comment that is removed ends the subscription.
            self._tell(Outbox.Kind.TAKEDOWN_WRITER, subscription.subscriber, "current_address")

    def _tell(self, kind, owner, name):
        try:
            address = getattr(owner, name)
            Outbox.queue(kind, address, comment=self.comment, context=self._facts())
        except (Unreadable, ValidationError):
            logger.warning("Takedown %s: an address cannot be read, so it is not told.", self.pk)

    def _facts(self):
        """Return what the mails say: what was decided, and until when the text is out of sight."""
        until = self.blocked_until and date_format(timezone.localtime(self.blocked_until), "Y.m.d")
        return {"outcome": self.state, "until": until or ""}
