from django.db import models
from django.utils.translation import gettext_lazy as _


class RateLimit(models.Model):
    """How much of one limit one party has spent; `identity.rate_limits` alone touches it.

    The key is a keyed digest, so no address, network or user name stands here.
    """

    key = models.CharField(max_length=64, primary_key=True)
    spent = models.PositiveIntegerField()
    # Seconds since 1970 by the database's clock.
    window_end = models.BigIntegerField()

    class Meta:
        verbose_name = _("rate limit")
        verbose_name_plural = _("rate limits")
        ordering = ["window_end", "key"]
        indexes = [models.Index(fields=["window_end"], name="rate_limit_window_end")]

    def __str__(self):
        return f"{self.key[:8]}: {self.spent}"
