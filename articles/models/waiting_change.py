from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article
from articles.models.page_version import CONTENT, Due
from articles.models.revision import Revision


class WaitingChangeQuerySet(models.QuerySet):
    def scheduled(self):
        return self.filter(publish_at__isnull=False)

    def stopped(self):
        return self.exclude(stopped_because="")

    def for_review(self):
        return self.filter(publish_at__isnull=True, stopped_because="")

    def due(self):
        """Keep those whose moment has come, by the database's clock, the oldest first."""
        return self.filter(publish_at__lte=Now()).order_by("publish_at", "pk")


class WaitingChange(models.Model):
    """The next text of a public article, which readers do not see yet.

    The text is a revision, and none of it stands in the article's rows: so nothing public knows of
    it. It waits for review; with `publish_at` somebody who may publish has agreed. One waits for an
    article; who proposes another puts it in its place, and the revision stays.
    """

    article = models.OneToOneField(
        Article,
        verbose_name=_("article"),
        on_delete=models.CASCADE,
        related_name="waiting_change",
    )
    revision = models.ForeignKey(
        Revision, verbose_name=_("revision"), on_delete=models.CASCADE, related_name="+"
    )
    # What readers saw when it was written: it replaces that and nothing else.
    replaces = models.ForeignKey(
        Revision, verbose_name=_("replaces"), on_delete=models.CASCADE, related_name="+"
    )
    publish_at = models.DateTimeField(_("replaces the public text at"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # Why it does not go on: what a reviewer has answered, or what was in its way at its moment.
    stopped_because = models.TextField(_("stopped because"), blank=True)

    objects = WaitingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiting change")
        verbose_name_plural = _("waiting changes")
        ordering = ["article"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(publish_at__isnull=True) | models.Q(stopped_because=""),
                name="stopped_change_has_no_moment",
            )
        ]

    def __str__(self):
        return str(self.article)

    @property
    def status(self):
        """Say where the change stands."""
        if self.publish_at:
            when = date_format(timezone.localtime(self.publish_at), "DATETIME_FORMAT")
            return gettext("At %(when)s this replaces the public text.") % {"when": when}
        if self.stopped_because:
            return gettext("It does not go on: %(reason)s") % {"reason": self.stopped_because}
        return gettext("It waits for review.")

    @property
    def short_status(self):
        """Say the same where there is little room."""
        if self.publish_at:
            when = date_format(timezone.localtime(self.publish_at), "SHORT_DATETIME_FORMAT")
            return gettext("Change at %(when)s") % {"when": when}
        if self.stopped_because:
            return gettext("Change stopped")
        return gettext("Change waits for review")

    def schedule(self, moment, *, by):
        """Let the change replace the public text at `moment`."""
        with transaction.atomic():
            self.publish_at, self.approved_by, self.stopped_because = moment, by, ""
            self.save(update_fields=["publish_at", "approved_by", "stopped_because"])
            # From then on every cached page is asked for anew.
            Due.plan([CONTENT], [moment])

    def stop(self, because):
        """Let the change wait without a moment; `because` is why, or "" without a reason."""
        self.publish_at, self.approved_by, self.stopped_because = None, None, because
        self.save(update_fields=["publish_at", "approved_by", "stopped_because"])
