from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

AUDIT_REFUSAL = "What was done at the desk stays written down."
# 개인정보의 안전성 확보조치 기준 제8조: who was in, and from which address, for two years at the
# least where many are concerned. The address goes then, the rest stays.
ADDRESS_DAYS = 2 * 365


class AuditEventQuerySet(models.QuerySet):
    # The database refuses both too, by triggers.
    def update(self, **values):
        raise TypeError(AUDIT_REFUSAL)

    def delete(self):
        raise TypeError(AUDIT_REFUSAL)


class AuditEvent(models.Model):
    """What somebody did at the desk. It points at no row, so it outlives them all."""

    class Act(models.TextChoices):
        SIGN_IN = "sign_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Failed to sign in")
        SIGN_OUT = "sign_out", _("Signed out")
        CODE = "code", _("Passed the second step")
        CODE_FAILED = "code_failed", _("Failed the second step")
        SECOND_FACTOR = "second_factor", _("Changed the second step")
        ADD = "add", _("Added something")
        CHANGE = "change", _("Changed something")
        DELETE = "delete", _("Deleted something")
        RIGHTS = "rights", _("Gave or took rights")
        PERSONAL_DATA = "personal_data", _("Saw personal data")
        FORM = "form", _("Did something else")

    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)
    act = models.CharField(_("act"), max_length=16, choices=Act)
    user_key = models.BigIntegerField(null=True, editable=False)
    # At that time. Empty where nobody of the staff is called what was typed, which is not kept.
    username = models.CharField(_("who"), max_length=150, blank=True)
    # "articles.article" and its key, and what it was called then.
    model = models.CharField(_("kind"), max_length=100, blank=True)
    object_key = models.CharField(_("key"), max_length=64, blank=True)
    object_name = models.CharField(_("what"), max_length=200, blank=True)
    # The page's name (a URL's), a sentence, rights that were given and taken.
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("act at the desk")
        verbose_name_plural = _("acts at the desk")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["-at"], name="audit_newest")]

    def __str__(self):
        return f"{self.username} {self.get_act_display()} {self.object_name}".strip()

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError(AUDIT_REFUSAL)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError(AUDIT_REFUSAL)


class AuditAddress(models.Model):
    """The address that an act came from, beside the record, since it does not stay as long."""

    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, primary_key=True, related_name="origin"
    )
    address = models.CharField(_("network address"), max_length=45)

    class Meta:
        verbose_name = _("address of an act")
        verbose_name_plural = _("addresses of acts")

    def __str__(self):
        return self.address

    @classmethod
    def ended(cls):
        """Return those that have been kept for long enough, by the database's clock."""
        return cls.objects.filter(event__at__lt=Now() - timedelta(days=ADDRESS_DAYS))
