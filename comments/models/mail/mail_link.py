from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.identity.credentials import canonical_address
from comments.identity.encryption import (
    Unreadable,
    new_token,
    seal_under,
    token_digest,
    unseal_under,
)

LINK_MINUTES = 10
DESK_MINUTES = 60
CONFIRM_HOURS = 24
# Of two machines, at the most.
CLOCKS_DIFFER = timedelta(minutes=1)


def lifetime(purpose):
    return {
        MailLink.Purpose.OPEN_DESK: timedelta(minutes=LINK_MINUTES),
        MailLink.Purpose.DESK: timedelta(minutes=DESK_MINUTES),
        # It opens nothing, and mail may come late.
        MailLink.Purpose.CONFIRM: timedelta(hours=CONFIRM_HOURS),
    }[purpose]


class MailLinkQuerySet(models.QuerySet):
    def over(self):
        """Keep the links whose time is over, or that were issued while the clock was wrong."""
        now = timezone.now()
        longest = max(map(lifetime, MailLink.Purpose)) + CLOCKS_DIFFER
        return self.filter(Q(expires_at__lt=now) | Q(expires_at__gt=now + longest))


class MailLink(models.Model):
    """A link that was mailed, or the desk that it opened, until it is used or its time is over.

    The token is kept as a digest, and the address sealed under it: the row alone opens nothing.
    """

    class Purpose(models.TextChoices):
        OPEN_DESK = "open_desk", _("Opens the commenter's desk")
        DESK = "desk", _("An open desk")
        CONFIRM = "confirm", _("Confirms notices of replies")

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    address = models.TextField(editable=False)
    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    expires_at = models.DateTimeField(_("valid until"), db_index=True)

    objects = MailLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link by mail")
        verbose_name_plural = _("links by mail")

    def __str__(self):
        return f"{self.purpose} {self.expires_at:%Y-%m-%d %H:%M}"

    @classmethod
    def issue(cls, purpose, address, comment=None):
        """Return a new token that leads to `address` for as long as its purpose allows."""
        token = new_token()
        cls.objects.create(
            digest=token_digest(token),
            purpose=purpose,
            address=seal_under(token, address),
            comment=comment,
            expires_at=timezone.now() + lifetime(purpose),
        )
        return token

    @classmethod
    def find(cls, token, purpose):
        """Return the token's link with its `plain_address`, or None when it is not valid (now)."""
        now = timezone.now()
        # Valid for longer than any, it was issued while the clock was wrong.
        link = cls.objects.filter(
            digest=token_digest(token),
            purpose=purpose,
            expires_at__gt=now,
            expires_at__lte=now + lifetime(purpose) + CLOCKS_DIFFER,
        ).first()
        if link:
            try:
                link.plain_address = canonical_address(unseal_under(token, link.address))
            except (Unreadable, ValidationError):
                return None
        return link

    def use_up(self):
        """End the link; tell whether this was the one time that it worked."""
        deleted, _models = MailLink.objects.filter(pk=self.pk).delete()
        return deleted == 1
