from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.revision import Revision

# A page that is looked at says so every ten seconds; one that has said nothing for so long is
# closed, or nobody looks at it.
GONE_AFTER = timedelta(seconds=30)
# Whoever comes back within this time has had it open all along.
SAME_SITTING = timedelta(minutes=10)
# Nobody looks at so many forms; who asks for any number of rows is at the newest alone.
MOST_OF_A_USER = 50


class PresenceQuerySet(models.QuerySet):
    def at(self, model, object_id):
        """Keep who is at the forms of a row, its model by Django's name."""
        return self.filter(model=model, object_id=object_id)

    def note(self, user, model, object_id):
        """Note that `user` has a form of the row open now."""
        now = timezone.now()
        was_away = When(seen_at__lt=now - SAME_SITTING, then=now)
        values = {"opened_at": Case(was_away, default=F("opened_at")), "seen_at": now}
        if self.at(model, object_id).filter(user=user).update(**values):
            return
        try:
            with transaction.atomic():
                self.create(user=user, model=model, object_id=object_id, opened_at=now, seen_at=now)
        except IntegrityError:
            # Another window of the same person's was faster.
            return
        older = self.filter(user=user).order_by("-seen_at", "-pk")[MOST_OF_A_USER:]
        self.filter(pk__in=[each.pk for each in older.only("pk")]).delete()

    def here(self):
        """Keep who is there now, the longest first."""
        lately = self.filter(seen_at__gte=timezone.now() - GONE_AFTER)
        return lately.select_related("user").order_by("opened_at", "pk")

    def ended(self):
        return self.filter(seen_at__lt=timezone.now() - SAME_SITTING)


class Presence(models.Model):
    """Who has a row's form open: no lock, for it ends by itself when the page says nothing more."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    model = models.CharField(max_length=16, choices=Revision.Model)
    object_id = models.BigIntegerField()
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "object_id", "user"], name="one_presence_at_a_row"
            )
        ]

    def __str__(self):
        return f"{self.model}-{self.object_id}"
