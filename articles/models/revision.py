"""What staff have saved, each time whole."""

import zlib

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.fields import LineField
from articles.models.article import Article
from articles.models.monthly_issue import MonthlyIssue
from articles.models.ranking import Ranking
from articles.models.taxonomy import SitePage

REVISION_REFUSAL = "What has been saved is kept: a revision may only be named."


class RevisionQuerySet(models.QuerySet):
    def of(self, obj):
        """Keep the revisions of a stored article, monthly issue, site page or ranking."""
        return self.filter(model=Revision.model_of(obj), object_id=obj.pk)

    def stored(self):
        """Leave out what was only proposed or set aside: the rows have never said it."""
        return self.exclude(kind__in=[Revision.Kind.PROPOSED, Revision.Kind.SET_ASIDE])

    def newest(self):
        """Return the newest of an object's revisions, ready to be read, or None."""
        return self.select_related("base").order_by("-number").first()

    def left_aside_by(self, user):
        """Return what `user` has set aside of an object and saved nothing since, or None."""
        own = self.filter(author=user).defer("data")
        aside = own.filter(kind=Revision.Kind.SET_ASIDE).order_by("-number").first()
        if aside and not own.stored().filter(number__gt=aside.number).exists():
            return aside
        return None

    def for_listing(self):
        """Load what a list shows, newest first; the data, which are long, stay where they are."""
        return self.defer("data").order_by("-number")

    # The database refuses more by triggers.
    def update(self, **values):
        if values.keys() - {"name", "author"}:
            raise TypeError(REVISION_REFUSAL)
        return super().update(**values)


class Revision(models.Model):
    """One saved state of an article, a monthly issue, a site page or a ranking's figures.

    `data` are the bundle's data of it as canonical JSON, compressed. Most revisions differ little,
    so they are compressed with an earlier one, `base`, as the dictionary; to read one never takes
    more than two texts.
    """

    class Model(models.TextChoices):
        """What has revisions, by Django's name of the model."""

        ARTICLE = "article", Article._meta.verbose_name
        MONTHLY_ISSUE = "monthlyissue", MonthlyIssue._meta.verbose_name
        SITE_PAGE = "sitepage", SitePage._meta.verbose_name
        RANKING = "ranking", Ranking._meta.verbose_name

    class Kind(models.TextChoices):
        SAVED = "saved", _("Saved")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RESTORED = "restored", _("Restored")
        IMPORTED = "imported", _("Imported")
        RELEASED = "released", _("Released")
        # What somebody had written when another saved first, and the two of them in one.
        SET_ASIDE = "set_aside", _("Set aside")
        JOINED = "joined", _("Joined")
        # A change of a public article, which readers do not see.
        PROPOSED = "proposed", _("Proposed")
        # What stood there when the row was deleted; it can be brought back.
        DELETED = "deleted", _("Deleted")
        # What stood there before a save and had come about without one.
        FOUND = "found", _("As found")

    model = models.CharField(_("kind of content"), max_length=16, choices=Model)
    # No foreign key: what has been saved outlives the row.
    object_id = models.BigIntegerField(_("key"))
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("occasion"), max_length=16, choices=Kind)
    note = LineField(_("what was changed, and why"), max_length=300, blank=True)
    name = LineField(_("name"), max_length=100, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("saved by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # Outlives the user.
    author_name = models.CharField(_("saved by"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("saved at"), auto_now_add=True)
    # [[name of the data's field, what was added, what was removed]], for the list.
    changes = models.JSONField(_("changes"), default=list, blank=True)
    # The number of the revision that was brought back, that what is set aside was written upon, or
    # that has been joined with what stood there.
    restored_number = models.PositiveIntegerField(_("restored from"), null=True, blank=True)
    base = models.ForeignKey(
        "self", verbose_name=_("base"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    data = models.BinaryField(_("data"))

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["model", "object_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "object_id", "number"], name="one_revision_per_number"
            )
        ]

    def __str__(self):
        return f"{self.number}. {self.name}".rstrip(". ")

    @staticmethod
    def model_of(obj):
        return Revision.Model(obj._meta.model_name)

    def text(self):
        """Return the JSON text of what was saved."""
        if self.base is None:
            return _unpacked(self.data, b"").decode()
        return _unpacked(self.data, self.base.text().encode()).decode()

    def pack(self, text, earlier):
        """Take `text` in, as a difference from the revision `earlier` where that is shorter."""
        whole = zlib.compress(text.encode(), level=9)
        base = earlier and (earlier.base or earlier)
        packed = _packed(text.encode(), base.text().encode()) if base else whole
        # As soon as the difference is no small one, what follows is compared with this text.
        if 2 * len(packed) < len(whole):
            self.base, self.data = base, packed
        else:
            self.base, self.data = None, whole


def _packed(text, dictionary):
    packer = zlib.compressobj(level=9, zdict=dictionary)
    return packer.compress(text) + packer.flush()


def _unpacked(data, dictionary):
    reader = zlib.decompressobj(zdict=dictionary)
    return reader.decompress(bytes(data)) + reader.flush()
