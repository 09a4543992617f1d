import re
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT_DAYS = 30
MOST_OF_A_USER = 50
# The form of a row, or one of several forms of what has never been saved.
FORM_KEY = re.compile(r"[a-z]{1,40}-(?:[1-9]\d{0,18}|new-[0-9a-f]{32})")
WRITER = re.compile(r"[0-9a-f]{32}")


class WorkingCopyQuerySet(models.QuerySet):
    def of_form(self, form):
        """Keep what belongs to a form's key; `article-new` stands for all that are new."""
        if form.endswith("-new"):
            return self.filter(form__startswith=f"{form}-")
        return self.filter(form=form)

    def write(self, user, form, *, writer, replaces, data):
        """Put `data` in the place of the writer's own copy, or of the one that it has been offered.

        Return whether it did: not where another window of the user's writes on the same form.
        """
        values = {"writer": writer, "data": data, "saved_at": timezone.now()}
        own = self.filter(user=user, form=form, writer__in=[writer, replaces])
        if own.update(**values):
            return True
        try:
            with transaction.atomic():
                self.create(user=user, form=form, **values)
        except IntegrityError:
            return False
        older = self.filter(user=user).order_by("-saved_at", "-pk")[MOST_OF_A_USER:]
        self.filter(pk__in=[copy.pk for copy in older.only("pk")]).delete()
        return True

    def drop(self, user, sent):
        """Delete the copy that a form was sent with, `form:writer:replaces`: it is saved now."""
        form, *writers = sent.split(":")
        if FORM_KEY.fullmatch(form) and all(map(WRITER.fullmatch, filter(None, writers))):
            self.filter(user=user, form=form, writer__in=writers).delete()

    def ended(self):
        return self.filter(saved_at__lt=timezone.now() - timedelta(days=KEPT_DAYS))


class WorkingCopy(models.Model):
    """What somebody has typed into a form and not saved: nobody else ever sees it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    form = models.CharField(max_length=80)
    # The window that writes it: another of the same person's must not write over it unseen.
    writer = models.CharField(max_length=32)
    # JSON as the browser sent it, which reads it again; nothing here looks into it.
    data = models.TextField()
    saved_at = models.DateTimeField(_("saved at"))

    objects = WorkingCopyQuerySet.as_manager()

    class Meta:
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "form"], name="one_working_copy_of_a_form")
        ]
        indexes = [models.Index(fields=["saved_at"], name="working_copy_ends")]

    def __str__(self):
        return self.form
