from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.page_version import WAITING, PageVersion
from articles.search import sqlite_index
from articles.search.tokens import VERSION


class AnotherRun(Exception):
    """Another process makes the index anew at the same time."""


class SearchState(models.Model):
    """By which version of the tokens the search's index was made, and how far its remaking is.

    There is one row, or none where nothing was ever told.
    """

    ONLY = 1

    # Of the whole index; an object that is saved meanwhile is indexed by the program that runs.
    version = models.PositiveSmallIntegerField(null=True)
    made_at = models.DateTimeField(null=True)
    # While it is made anew: by which version, since when, and the last object that is done.
    next_version = models.PositiveSmallIntegerField(null=True)
    begun_at = models.DateTimeField(null=True)
    last_kind = models.CharField(max_length=16, blank=True, db_default="")
    last_object = models.BigIntegerField(db_default=0)

    class Meta:
        verbose_name = _("state of the search")
        verbose_name_plural = _("states of the search")

    def __str__(self):
        return f"version {self.version}"

    @classmethod
    def current(cls):
        """Return the row, unsaved where there is none."""
        return cls.objects.filter(pk=cls.ONLY).first() or cls(pk=cls.ONLY)

    @property
    def is_current(self):
        return self.version == VERSION

    @property
    def is_interrupted(self):
        """Tell whether somebody has begun what this program can go on with."""
        return self.next_version == VERSION

    @transaction.atomic
    def begin(self):
        """Begin to make the index anew, from the first object."""
        # So that there is a row to hold, too, before the first comment ever waits.
        PageVersion.raise_for(WAITING)
        if connection.vendor == "sqlite":
            sqlite_index.begin_next()
        self.next_version, self.begun_at = VERSION, timezone.now()
        self.last_kind, self.last_object = "", 0
        self.save()

    def note(self, kind, last_object):
        """Note how far it is, in the transaction that has brought it there; raise AnotherRun."""
        changed = self._row().update(last_kind=kind, last_object=last_object)
        if not changed:
            raise AnotherRun
        self.last_kind, self.last_object = kind, last_object

    def _row(self):
        """Return the row if it is still as this object knows it."""
        return SearchState.objects.filter(
            begun_at=self.begun_at, last_kind=self.last_kind, last_object=self.last_object
        ).exclude(next_version=None)

    @transaction.atomic
    def end(self):
        """Let the new index take the old one's place; raise AnotherRun."""
        if not self._row().update(version=VERSION, made_at=timezone.now(), next_version=None):
            raise AnotherRun
        if connection.vendor == "sqlite":
            sqlite_index.end_next()
