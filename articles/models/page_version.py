from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

CONTENT = "content"
CONVERSATION = "conversation"
SITE = "site"
# Comments that wait: no page shows them, but the search's index made anew must notice them.
WAITING = "waiting"


def article_scope(article_id):
    """Return the scope of one article's page and its thread."""
    return f"article:{article_id}"


# Versions begin at the database's clock, so that none comes twice when a backup is restored: a
# browser may still hold the page of the version that was lost.
_MILLISECONDS = {
    "sqlite": "CAST((JULIANDAY('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000 AS BIGINT)",
}


class PageVersion(models.Model):
    """Which state a scope's pages show, growing with each change; no form ever saves this row."""

    scope = models.CharField(_("scope"), max_length=64, primary_key=True)
    version = models.PositiveBigIntegerField(_("version"))

    class Meta:
        verbose_name = _("page version")
        verbose_name_plural = _("page versions")

    def __str__(self):
        return f"{self.scope} {self.version}"

    @classmethod
    def raise_for(cls, *scopes):
        """Make the pages of `scopes` stale, in the transaction that changes what they show.

        Rows are taken in sorted order, so that two changes never wait for each other. In SQL: no
        upsert of the ORM makes the greater of what stands there and what comes, and two statements
        would leave a moment between them.
        """
        if transaction.get_autocommit():
            raise transaction.TransactionManagementError(
                "PageVersion.raise_for belongs in the transaction of the change."
            )
        scopes = sorted(set(scopes))
        table = cls._meta.db_table
        rows = ", ".join([f"(%s, {_MILLISECONDS[connection.vendor]})"] * len(scopes))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (scope, version) VALUES {rows}"  # noqa: S608 - names of ours alone
                f" ON CONFLICT (scope) DO UPDATE SET version = CASE"
                f" WHEN {table}.version < excluded.version THEN excluded.version"
                f" ELSE {table}.version + 1 END",
                scopes,
            )


class DueQuerySet(models.QuerySet):
    def passed(self):
        return self.filter(at__lte=Now())


class Due(models.Model):
    """A moment at which the pages of a scope change by themselves."""

    scope = models.CharField(_("scope"), max_length=64)
    at = models.DateTimeField(_("at"))

    objects = DueQuerySet.as_manager()

    class Meta:
        verbose_name = _("due moment")
        verbose_name_plural = _("due moments")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "at"], name="due_once_per_scope_and_moment")
        ]

    def __str__(self):
        return f"{self.scope} {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def plan(cls, scopes, moments):
        """Note that the pages of `scopes` change at each of `moments` (None is passed over).

        A moment that was planned and has been moved stays: a page made once too often is right.
        """
        cls.objects.bulk_create(
            [cls(scope=scope, at=at) for scope in sorted(set(scopes)) for at in moments if at],
            ignore_conflicts=True,
        )
