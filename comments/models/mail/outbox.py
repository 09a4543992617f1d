import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.identity.credentials import canonical_address, email_digest
from comments.identity.encryption import seal, unseal

# A worker that died gives its mail back after this; sending one takes no longer (EMAIL_TIMEOUT).
LEASE = timedelta(minutes=2)
BACK_OFF_MINUTES = (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60)
# A minute more: the clocks of two machines differ.
LONGEST_PAUSE = timedelta(minutes=max(BACK_OFF_MINUTES) + 1)
MAX_TRIES = len(BACK_OFF_MINUTES) + 1


class OutboxQuerySet(models.QuerySet):
    def waiting(self):
        """Keep the mails that are neither sent nor given up."""
        return self.filter(ended_at__isnull=True)

    def due(self):
        """Keep what is to be sent now.

        What is put off for longer than any pause is due too: the clock was wrong at that moment.
        """
        now = timezone.now()
        return self.waiting().filter(Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST_PAUSE))

    def drop(self):
        """Give up what waits, forget whom it was for, and return how many mails there were."""
        return self.waiting().update(
            ended_at=timezone.now(),
            outcome=Outbox.Outcome.DROPPED,
            recipient="",
            recipient_digest="",
        )


class Outbox(models.Model):
    """A mail to send; it commits with what it tells of, and forgets its recipient when it ends.

    It holds no text of a commenter: `templates/emails/<kind>.txt` says it all, with links.
    """

    class Kind(models.TextChoices):
        """The label is the mail's subject."""

        DESK_LINK = "desk_link", _("The link to your comments")
        CONFIRM = "confirm", _("Please confirm: notices of replies")
        REPLIES = "replies", _("New replies to your comments")
        STAFF_NOTICE = "staff_notice", _("New comments on articles you follow")
        STAFF_PASSWORD = "staff_password", _("Your new password")
        TAKEDOWN_REQUESTER = "takedown_requester", _("Your request to take a comment down")
        TAKEDOWN_WRITER = "takedown_writer", _("A request to take your comment down")
        REVIEW_ASKED = "review_asked", _("Somebody asks you to review a text")
        REVIEW_ANSWERED = "review_answered", _("Your text has been reviewed")

    class Outcome(models.TextChoices):
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Nothing to tell any more")
        FAILED = "failed", _("Given up")

    kind = models.CharField(_("kind"), max_length=32, choices=Kind)
    # Encrypted. Empty where a subscriber's own address is used, and in every mail that has ended.
    recipient = models.TextField(editable=False, blank=True)
    # To find what waits for an address when its owner has everything erased.
    recipient_digest = models.CharField(max_length=90, editable=False, blank=True, db_index=True)
    subscriber = models.ForeignKey(
        "comments.Subscriber",
        verbose_name=_("subscriber"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="mails",
    )
    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # Further facts for the template: numbers, dates, words of the staff; never a commenter's.
    context = models.JSONField(_("context"), default=dict, blank=True)
    # One for all tries, so that a mail which arrives twice is known for the same.
    message_key = models.CharField(max_length=32, editable=False)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    # When it is tried next: a lease moves it ahead, and so does a failure.
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="")
                | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="ended_mail_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(recipient="", recipient_digest=""),
                name="ended_mail_has_no_recipient",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=Q(ended_at__isnull=True), name="mail_waiting"
            )
        ]

    def __str__(self):
        return f"{self.kind} #{self.pk}"

    @classmethod
    def queue(cls, kind, address, *, comment=None, context=None):
        """Note a mail in the transaction of what it tells of; raise ValidationError for no address.

        `context` goes to the template beside `comment`; it holds no text of a commenter.
        """
        address = canonical_address(address)
        return cls.objects.create(
            kind=kind,
            recipient=seal(address),
            recipient_digest=email_digest(address),
            comment=comment,
            context=context or {},
            message_key=secrets.token_hex(16),
        )

    @classmethod
    def queue_for(cls, subscriber, kind):
        return cls.objects.create(
            kind=kind, subscriber=subscriber, message_key=secrets.token_hex(16)
        )

    @classmethod
    def lease(cls):
        """Return a mail that is due, for this worker alone until the lease ends, or None."""
        if not cls.objects.due().exists():
            return None
        with transaction.atomic():
            due = cls.objects.due().order_by("due_at", "pk")
            mail = due.select_for_update(skip_locked=True).first()
            if mail:
                mail.attempts += 1
                mail.due_at = timezone.now() + LEASE
                mail.save(update_fields=["attempts", "due_at"])
        return mail

    @property
    def address(self):
        """The canonical address it goes to; raises sealing.Unreadable, ValidationError."""
        if self.subscriber:
            return self.subscriber.current_address
        return canonical_address(unseal(self.recipient))

    @property
    def message_id(self):
        return f"<{self.message_key}@{settings.MAIL_DOMAIN}>"

    def end(self, outcome):
        """Forget the recipient for good."""
        self._leased().update(
            recipient="", recipient_digest="", ended_at=timezone.now(), outcome=outcome
        )

    def put_off(self):
        """Try again later, or give up after the last try."""
        if self.attempts >= MAX_TRIES:
            return self.end(self.Outcome.FAILED)
        minutes = BACK_OFF_MINUTES[self.attempts - 1]
        self._leased().update(due_at=timezone.now() + timedelta(minutes=minutes))

    def _leased(self):
        # Another worker has it by now if this one took longer than its lease.
        return Outbox.objects.waiting().filter(pk=self.pk, attempts=self.attempts)
