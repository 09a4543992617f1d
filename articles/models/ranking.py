from datetime import datetime, time

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.addresses import path_of
from articles.content import share_picture
from articles.content.text import is_plausible, normalise_line
from articles.fields import LineField, ShapedJSONField, WebAddressField
from articles.models.article import Article, public_now
from articles.models.former_address import FormerAddress
from articles.models.page_version import CONTENT, Due, PageVersion
from articles.models.ranking_correction import RankingCorrection
from articles.models.ranking_subject import RankingSubject
from articles.models.search_document import SearchDocument
from articles.rankings.changes import changes_through
from articles.rankings.differences import TOTAL, differences, figure_of, total_figure
from articles.rankings.layout import lay_out
from articles.rankings.row_validation import faults_of
from articles.rankings.spark_line import MOST_PERIODS, spark_line
from articles.rankings.total_validation import normalised_total, total_faults

LABEL_LENGTH = 150
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


def validate_total(total):
    """Refuse anything but {} or a {"label", "cells"} whose cells are texts by key."""
    if not total:
        return
    if not isinstance(total, dict) or set(total) != {"label", "cells"}:
        raise ValidationError(_("A total is a label and cells."))
    if not isinstance(total["label"], str) or not 0 < len(total["label"]) <= LABEL_LENGTH:
        raise ValidationError(_("A total needs a label."))
    cells = total["cells"]
    if not isinstance(cells, dict) or not all(isinstance(cell, str) for cell in cells.values()):
        raise ValidationError(_("A total is a label and cells."))


def repaired_columns(columns):
    try:
        validate_columns(columns)
    except (ValidationError, TypeError):
        return [{"key": "name", "heading": "–"}]
    return columns


def repaired_total(total):
    try:
        validate_total(total)
    except ValidationError:
        return {}
    return total or {}


def repaired_cells(cells):
    if not isinstance(cells, dict):
        return {}
    return {key: str(cell) for key, cell in cells.items() if isinstance(cell, str | int | float)}


class RankingQuerySet(models.QuerySet):
    def for_page(self):
        """Load the series with the figures that readers may see, and their corrections."""
        return self.prefetch_related(
            Prefetch("periods", RankingPeriod.objects.published()),
            Prefetch("periods__entries", RankingEntry.objects.named()),
            "periods__corrections",
        )

    def published(self):
        """Keep the series with a period that readers may see."""
        return self.filter(Exists(RankingPeriod.objects.published().filter(ranking=OuterRef("pk"))))

    def for_subject(self, subject):
        """Keep the series that rank `subject`; load the periods, what it `held`, who shows them.

        A period's `shown_in` are the tables of published articles.
        """
        figures = RankingEntry.objects.filter(period=OuterRef("pk"))
        periods = RankingPeriod.objects.published()
        held = RankingEntry.objects.filter(subject=subject, period__in=periods)
        periods = periods.annotate(has_figures=Exists(figures))
        return self.filter(pk__in=held.values("period__ranking")).prefetch_related(
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
    columns = ShapedJSONField(
        gettext_lazy("columns"),
        repaired=repaired_columns,
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
        return path_of("articles:ranking_detail", self.slug)

    @property
    def is_public(self):
        """Tell whether readers find the series' page; asks the database."""
        return Ranking.objects.published().filter(pk=self.pk).exists()

    def ranks_through(self, subjects, until):
        """Return {subject's key: rank or None of each public period up to the day `until`}.

        Of the newest periods with figures, as many as a spark line shows; asks the database twice.
        """
        figures = RankingEntry.objects.filter(period=OuterRef("pk"))
        periods = self.periods.published().filter(Exists(figures), as_of__lte=until)
        newest = list(periods.order_by("-as_of").values_list("pk", flat=True)[:MOST_PERIODS])
        entries = RankingEntry.objects.filter(period__in=newest, subject__in=subjects)
        held = {(entry.subject_id, entry.period_id): entry.rank for entry in entries}
        return {who: [held.get((who, key)) for key in reversed(newest)] for who in subjects}

    @property
    def files(self):
        """Return the addresses of the series' files by their kind."""
        kinds = ["csv", "xlsx", "json"]
        return {kind: path_of(f"articles:ranking_{kind}", self.slug) for kind in kinds}

    @property
    def cell_columns(self):
        return self.columns[1:]

    def store(self):
        """Save the series and make the pages that show it stale."""
        with transaction.atomic():
            FormerAddress.note(self)
            self.save()
            self.raise_page_versions()
            self.index()

    def index(self):
        """Bring what the search knows of the series and of every period up to date."""
        self.index_title()
        for period in self.periods.prefetch_related("entries"):
            period.index()

    def index_title(self):
        """Bring what the search knows of the series itself up to date."""
        SearchDocument.replace_one(SearchDocument.Kind.RANKING, self)

    def search_document(self):
        """Return what the search is to know of the series itself, if anything."""
        newest = self.periods.order_by("as_of").last()
        if newest is None:
            return None
        return SearchDocument.of(
            SearchDocument.Kind.RANKING,
            self.pk,
            moment=first_moment(newest.as_of),
            title=self.title,
            text=", ".join(column["heading"] for column in self.columns),
            url=self.get_absolute_url(),
            ranking=self,
        )

    def raise_page_versions(self):
        """Make every page stale that may show the series, now and when a period is due."""
        PageVersion.raise_for(CONTENT)
        Due.plan([CONTENT], self.periods.values_list("published_at", flat=True))

    def layout(self):
        """Return the table of every period, as `/rankings/<slug>/` shows it."""
        return lay_out(self, list(self.periods.all()), f"ranking-{self.pk}")

    @property
    def share_lines(self):
        """Return what the picture beside a shared link shows, of a series loaded `for_page`."""
        changes = changes_through(list(self.periods.all()))
        return share_picture.drawn_lines(_("Rankings"), self.title, settings.SITE_NAME, changes)

    @property
    def share_picture_url(self):
        digest = share_picture.digest_of(*self.share_lines)
        return path_of("ranking_picture", self.pk, digest)


def first_moment(day):
    """Return the moment at which a day begins here."""
    return datetime.combine(day, time(), timezone.get_default_timezone())


def shown_in_an_article(column, articles):
    """Return the condition that a table shows the period whose key stands in `column`, where its
    article fulfils `articles`, a condition.

    Looked up table by table: for `__in` SQLite first lists every article.
    """
    return Exists(RankingTable.objects.filter(articles, periods=OuterRef(column)).order_by())


class RankingPeriodQuerySet(models.QuerySet):
    def published(self):
        """Keep what readers may see now: what staff have dated, or a published article shows."""
        is_shown = shown_in_an_article("pk", public_now("article__"))
        return self.filter(Q(published_at__lte=Now()) | is_shown)

    def ever_published(self):
        """Keep what readers may have seen, though its article has been withdrawn since."""
        was_public = Q(
            article__state__in=["published", "withdrawn"], article__published_at__lte=Now()
        )
        is_shown = shown_in_an_article("pk", was_public)
        return self.filter(Q(published_at__lte=Now()) | is_shown)


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
    total = ShapedJSONField(
        gettext_lazy("total"),
        repaired=repaired_total,
        default=dict,
        blank=True,
        validators=[validate_total],
    )
    published_at = models.DateTimeField(
        gettext_lazy("public from"),
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "Readers see the figures from then on, and wherever a published article shows them."
        ),
    )

    objects = RankingPeriodQuerySet.as_manager()

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

    def check_rows(self, rows, total=None):
        """Refuse impossible data, each fault with its row: [EntryRow] in order of position."""
        where = self.label, self.ranking.columns
        if faults := [*faults_of(rows, *where), *total_faults(rows, total, *where)]:
            raise ValidationError(faults)

    def clean(self):
        super().clean()
        for name in ("as_of", "published_at"):
            moment = getattr(self, name)
            if moment and not is_plausible(moment):
                raise ValidationError({name: _("Give a date between 1900 and 2999.")})

    def publish(self, moment):
        """Let readers see the figures from `moment` on; None takes that back."""
        with transaction.atomic():
            self.published_at = moment
            self.save(update_fields=["published_at"])
            self.ranking.raise_page_versions()

    @property
    def was_ever_published(self):
        return RankingPeriod.objects.ever_published().filter(pk=self.pk).exists()

    def replace_entries(self, rows, total=None, *, reason="", by=None):
        """Make the period's entries those of `rows`, [EntryRow] in order of position.

        `total` is as in `ranking_totals`; None leaves it as it is.

        A subject's entry is updated in place, so that what points at it still does. After
        publication every changed figure goes into the ledger with `reason` and the user `by`;
        raises ValidationError where there is none.
        """
        total = normalised_total(self.total if total is None else total)
        self.check_rows(rows, total)
        with transaction.atomic():
            # Not self.entries.all(), which may have been loaded before an earlier replacement.
            old = RankingEntry.objects.filter(period=self)
            known = {entry.subject_id: entry for entry in old}
            before = {subject: figure_of(entry) for subject, entry in known.items()}
            if self.total:
                before[TOTAL] = total_figure(self.total)
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
            after = {entry.subject_id: figure_of(entry) for entry in entries}
            if total:
                after[TOTAL] = total_figure(total)
            self._store_total(total)
            self._record_corrections(before, after, reason, by)
            self.ranking.raise_page_versions()
            self.ranking.index_title()
            self.index()

    def _store_total(self, total):
        if total != self.total:
            self.total = total
            self.clean_fields(exclude=["ranking"])
            self.save(update_fields=["total"])

    def index(self):
        """Bring what the search knows of the period's figures up to date."""
        SearchDocument.replace_one(SearchDocument.Kind.PERIOD, self)

    def search_document(self):
        """Return what the search is to know of the period."""
        entries = sorted(self.entries.all(), key=lambda entry: entry.position)
        lines = (" ".join([entry.label, *entry.cells.values()]) for entry in entries)
        return SearchDocument.of(
            SearchDocument.Kind.PERIOD,
            self.pk,
            moment=first_moment(self.as_of),
            title=f"{self.ranking.title}: {self.label}",
            # The series itself is found by its title.
            name=self.label,
            text=", ".join(lines),
            url=self.ranking.get_absolute_url(),
            period=self,
        )

    def _record_corrections(self, before, after, reason, by):
        changes = list(differences(self.ranking.columns, self.ranking.rank_heading, before, after))
        # What nobody has seen is no correction, nor are a period's first figures.
        if not changes or not before or not self.was_ever_published:
            return
        if not normalise_line(reason):
            raise ValidationError(_("These figures are public: give a reason."), code="reason")
        RankingCorrection.objects.bulk_create(
            [
                RankingCorrection(
                    ranking=self.ranking,
                    period=self,
                    period_label=self.label,
                    reason=reason,
                    corrected_by=by,
                    **vars(change),
                )
                for change in changes
            ]
        )


class RankingEntryQuerySet(models.QuerySet):
    def public(self):
        """Keep what stands in periods that readers may see."""
        is_shown = shown_in_an_article("period", public_now("article__"))
        return self.filter(Q(period__published_at__lte=Now()) | is_shown)

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
    label = LineField(gettext_lazy("label as printed"), max_length=LABEL_LENGTH)
    cells = ShapedJSONField(
        gettext_lazy("cells"), repaired=repaired_cells, default=dict, blank=True
    )

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
            self.filter(Article.objects.is_published("article"))
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
    source_url = WebAddressField(gettext_lazy("source address"), max_length=500, blank=True)

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

    @property
    def changes(self):
        """Return what the table's newest period changed, or None."""
        return changes_through(list(self.periods.all()))

    def sparks(self):
        """Return {subject's key: spark line} of the newest period's entries; asks the database."""
        newest = next((each for each in reversed(self.periods.all()) if each.entries.all()), None)
        if newest is None:
            return {}
        subjects = [entry.subject_id for entry in newest.entries.all()]
        through = self.ranking.ranks_through(subjects, newest.as_of)
        return {who: spark_line(ranks) for who, ranks in through.items()}

    def cell_anchor(self, entry):
        """Return the id that the entry's first cell has in the table's layout."""
        return f"table-{self.pk}-e{entry.pk}"
