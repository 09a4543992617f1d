from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.fields import LineField
from articles.models.article import Article
from articles.models.page_version import CONTENT, PageVersion, article_scope
from articles.models.ranking_subject import RankingSubject
from articles.ranking_layout import lay_out
from articles.ranking_rows import faults_of
from articles.text import normalise_line

COLUMN_KEY = RegexValidator(r"\A[a-z][a-z0-9_]{0,29}\Z")


def validate_columns(columns):
    """Refuse anything but a list of {"key", "heading"} with at least one column."""
    if not isinstance(columns, list) or not columns:
        raise ValidationError(_("Give at least one column."))
    for column in columns:
        if not isinstance(column, dict) or set(column) != {"key", "heading"}:
            raise ValidationError(_("A column is a key and a heading."))
        if not isinstance(column["heading"], str) or not column["heading"].strip():
            raise ValidationError(_("A column needs a heading."))
        COLUMN_KEY(column["key"])
    if len({column["key"] for column in columns}) != len(columns):
        raise ValidationError(_("Two columns have the same key."))


class RankingQuerySet(models.QuerySet):
    def for_page(self):
        return self.prefetch_related(Prefetch("periods__entries", RankingEntry.objects.named()))

    def published(self):
        """Keep the series that a published article shows."""
        return self.filter(tables__article__in=Article.objects.published()).distinct()

    def for_subject(self, subject):
        """Keep the series that rank `subject`; load the periods, what it `held`, who shows them.

        A period's `shown_in` are the tables of published articles.
        """
        figures = RankingEntry.objects.filter(period=OuterRef("pk"))
        periods = RankingPeriod.objects.annotate(has_figures=Exists(figures))
        return self.filter(
            pk__in=RankingEntry.objects.filter(subject=subject).values("period__ranking")
        ).prefetch_related(
            Prefetch("periods", periods),
            Prefetch(
                "periods__entries", RankingEntry.objects.filter(subject=subject), to_attr="held"
            ),
            Prefetch("periods__tables", RankingTable.objects.published(), to_attr="shown_in"),
        )


class Ranking(models.Model):
    """A series: the same ranking at several moments."""

    slug = models.SlugField(gettext_lazy("slug"), max_length=80, unique=True, allow_unicode=True)
    title = LineField(gettext_lazy("title"), max_length=200)
    rank_heading = LineField(gettext_lazy("heading of the rank column"), max_length=30)
    columns = models.JSONField(
        gettext_lazy("columns"),
        validators=[validate_columns],
        help_text=gettext_lazy("The first column prints who is ranked; the others hold cells."),
    )

    objects = RankingQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("ranking")
        verbose_name_plural = gettext_lazy("rankings")
        ordering = ["title", "pk"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("articles:ranking_detail", args=[self.slug])

    @property
    def files(self):
        """Return the addresses of the series' files by their kind."""
        kinds = ["csv", "xlsx", "json"]
        return {kind: reverse(f"articles:ranking_{kind}", args=[self.slug]) for kind in kinds}

    @property
    def cell_columns(self):
        return self.columns[1:]

    def store(self):
        """Save the series and make the pages that show it stale."""
        with transaction.atomic():
            self.save()
            self.raise_page_versions()

    def raise_page_versions(self):
        """Make the series' page and the articles that show it stale."""
        articles = self.tables.values_list("article_id", flat=True).distinct()
        PageVersion.raise_for(CONTENT, *map(article_scope, articles))

    def layout(self):
        """Return the table of every period, as `/rankings/<slug>/` shows it."""
        return lay_out(self, list(self.periods.all()), f"ranking-{self.pk}")


class RankingPeriod(models.Model):
    """One moment of a series: a column group of its tables, stored once."""

    ranking = models.ForeignKey(
        Ranking,
        verbose_name=gettext_lazy("ranking"),
        on_delete=models.CASCADE,
        related_name="periods",
    )
    label = LineField(gettext_lazy("label"), max_length=50)
    as_of = models.DateField(gettext_lazy("as of"))

    class Meta:
        verbose_name = gettext_lazy("ranking period")
        verbose_name_plural = gettext_lazy("ranking periods")
        ordering = ["as_of", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ranking", "as_of"], name="one_period_per_date"),
            models.UniqueConstraint(fields=["ranking", "label"], name="one_period_per_label"),
        ]

    def __str__(self):
        return f"{self.ranking.title} {self.label}"

    def check_rows(self, rows):
        """Refuse impossible data, each fault with its row: [EntryRow] in order of position."""
        if faults := list(faults_of(rows, self.label, self.ranking.columns)):
            raise ValidationError(faults)

    def replace_entries(self, rows):
        """Make the period's entries those of `rows`, [EntryRow] in order of position.

        A subject's entry is updated in place, so that what points at it still does.
        """
        self.check_rows(rows)
        with transaction.atomic():
            # Not self.entries.all(), which may have been loaded before an earlier replacement.
            old = RankingEntry.objects.filter(period=self)
            known = {entry.subject_id: entry for entry in old}
            old.exclude(subject__in=[row.subject.pk for row in rows]).delete()
            # Out of the way of the unique positions and ranks while the new ones are given.
            old.update(position=F("position") + 100_000, tied=True)
            entries = []
            for position, row in enumerate(rows, start=1):
                entry = known.get(row.subject.pk) or RankingEntry(period=self, subject=row.subject)
                entry.position, entry.rank, entry.tied = position, row.rank, row.tied
                entry.label = row.label
                entry.cells = {key: normalise_line(str(cell)) for key, cell in row.cells.items()}
                # Both are known to exist; each would be looked up again.
                entry.clean_fields(exclude=["period", "subject"])
                entries.append(entry)
            RankingEntry.objects.bulk_update(
                [entry for entry in entries if entry.pk],
                ["position", "rank", "tied", "label", "cells"],
            )
            RankingEntry.objects.bulk_create([entry for entry in entries if not entry.pk])
            self.ranking.raise_page_versions()


class RankingEntryQuerySet(models.QuerySet):
    def named(self):
        """Load whom each entry ranks, whose page a table links to."""
        return self.select_related("subject")


class RankingEntry(models.Model):
    period = models.ForeignKey(
        RankingPeriod,
        verbose_name=gettext_lazy("ranking period"),
        on_delete=models.CASCADE,
        related_name="entries",
    )
    position = models.PositiveIntegerField(gettext_lazy("position"))
    rank = models.PositiveIntegerField(gettext_lazy("rank"))
    tied = models.BooleanField(gettext_lazy("tied"), default=False)
    subject = models.ForeignKey(
        RankingSubject,
        verbose_name=gettext_lazy("ranking subject"),
        on_delete=models.PROTECT,
        related_name="entries",
    )
    label = LineField(gettext_lazy("label as printed"), max_length=150)
    cells = models.JSONField(gettext_lazy("cells"), default=dict, blank=True)

    objects = RankingEntryQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("ranking entry")
        verbose_name_plural = gettext_lazy("ranking entries")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "position"], name="one_entry_per_position_in_period"
            ),
            models.UniqueConstraint(
                fields=["period", "subject"], name="one_entry_per_subject_in_period"
            ),
            models.UniqueConstraint(
                fields=["period", "rank"],
                condition=Q(tied=False),
                name="one_entry_per_rank_without_tie",
            ),
            models.CheckConstraint(condition=Q(rank__gte=1), name="ranks_begin_at_one"),
        ]

    def __str__(self):
        return f"{self.rank} {self.label}"


class RankingTableQuerySet(models.QuerySet):
    def published(self):
        """Keep the tables of articles that readers may see, with those, the newest first."""
        return (
            self.filter(article__in=Article.objects.published())
            .select_related("article__category")
            .defer("article__body", "article__body_html")
            .order_by("-article__published_at", "-article_id", "pk")
        )


class RankingTable(models.Model):
    """An article's table: the periods of a series that it shows, and where they come from."""

    article = models.ForeignKey(
        "articles.Article",
        verbose_name=gettext_lazy("article"),
        on_delete=models.CASCADE,
        related_name="ranking_tables",
    )
    slug = models.SlugField(
        gettext_lazy("slug"),
        max_length=80,
        allow_unicode=True,
        help_text=gettext_lazy("The body places the table by a line [[ranking:slug]]."),
    )
    ranking = models.ForeignKey(
        Ranking,
        verbose_name=gettext_lazy("ranking"),
        on_delete=models.PROTECT,
        related_name="tables",
    )
    periods = models.ManyToManyField(
        RankingPeriod, verbose_name=gettext_lazy("ranking periods"), related_name="tables"
    )
    caption = LineField(gettext_lazy("caption"), max_length=200)
    source_note = LineField(gettext_lazy("source note"), max_length=300, blank=True)
    source_url = models.URLField(gettext_lazy("source address"), max_length=500, blank=True)

    objects = RankingTableQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("ranking table")
        verbose_name_plural = gettext_lazy("ranking tables")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["article", "slug"], name="one_table_per_slug")
        ]

    def __str__(self):
        return self.caption

    def layout(self):
        """Return the table as the article shows it; periods and entries are loaded before."""
        return lay_out(self.ranking, list(self.periods.all()), f"table-{self.pk}")


LEDGER_REFUSAL = "The ledger of corrections is only ever added to."


class RankingCorrectionQuerySet(models.QuerySet):
    def update(self, **values):
        raise TypeError(LEDGER_REFUSAL)

    def delete(self):
        raise TypeError(LEDGER_REFUSAL)


class RankingCorrection(models.Model):
    """A line of the ledger of corrected figures: a snapshot, so it outlives its entry."""

    ranking = models.ForeignKey(
        Ranking,
        verbose_name=gettext_lazy("ranking"),
        on_delete=models.PROTECT,
        related_name="corrections",
    )
    period_label = models.CharField(gettext_lazy("ranking period"), max_length=50)
    entry_label = models.CharField(gettext_lazy("ranking entry"), max_length=150)
    field = models.CharField(gettext_lazy("field"), max_length=100)
    old = models.CharField(gettext_lazy("old value"), max_length=300)
    new = models.CharField(gettext_lazy("new value"), max_length=300)
    reason = LineField(gettext_lazy("reason"), max_length=300)
    created_at = models.DateTimeField(gettext_lazy("corrected at"), auto_now_add=True)
    corrected_by = models.ForeignKey(
        "auth.User",
        verbose_name=gettext_lazy("corrected by"),
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = RankingCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("ranking correction")
        verbose_name_plural = gettext_lazy("ranking corrections")
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return f"{self.entry_label}: {self.old} → {self.new}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError(LEDGER_REFUSAL)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError(LEDGER_REFUSAL)
