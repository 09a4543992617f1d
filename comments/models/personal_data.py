from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonalDataView(models.Model):
    """Which member of the staff looked at whose personal data, and when.

    Only ever added to: triggers refuse to change one, or to remove it within two years.
    """

    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("staff"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    # What was looked at, such as "takedown 12"; never the data themselves.
    subject = models.CharField(_("what was looked at"), max_length=100)
    viewed_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("view of personal data")
        verbose_name_plural = _("views of personal data")
        ordering = ["-viewed_at", "-pk"]

    def __str__(self):
        return f"{self.viewer}: {self.subject}"
