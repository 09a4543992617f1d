"""Plain data to rows of the database: each file's in one transaction, or not at all."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from articles.bundle import rows_to_data
from articles.bundle.data import (
    ArticleData,
    Data,
    IssueData,
    LoadError,
    PageData,
    Path,
    PicturesData,
    RankingData,
    SubjectsData,
    TableData,
    TaxonomyData,
)
from articles.desk import publishing, revisions
from articles.desk.publishing_checks import TEXT_ERRORS
from articles.models import (
    CONTENT,
    Article,
    Category,
    EntryRow,
    LegacyPath,
    MonthlyIssue,
    MonthlyIssueItem,
    PageVersion,
    Picture,
    Ranking,
    RankingPeriod,
    RankingSubject,
    RankingTable,
    Reference,
    Revision,
    SitePage,
    SubjectAddress,
    Tag,
    recheck_releases,
)
from articles.models.ranking_heads import heads_of, record_renamed
from articles.old_addresses import normalise_address

CREATED = "created"
CHANGED = "changed"
UNCHANGED = "unchanged"


def load(data: Data) -> str:
    """Store `data` of a file and return CREATED, CHANGED or UNCHANGED; raises LoadError.

    Nothing is written, and no page version raised, when the database says the same already.
    """
    with transaction.atomic():
        outcome = store(data, Revision.Kind.IMPORTED, reason=_("Read anew from a file"))
        row = row_of(data) if isinstance(data, ArticleData | IssueData) else None
        if row and row.state == "published":
            # Links may lead to what a later file brings.
            for error in publishing.errors_of(row):
                if error.code in TEXT_ERRORS:
                    path = ("body",) if error.row is None else (error.field, error.row)
                    raise LoadError(path, error.text)
    return outcome


def store(
    data: Data,
    kind: Revision.Kind,
    *,
    reason: str,
    by: Any = None,
    pk: int | None = None,
    **about: Any,
) -> str:
    """Store `data` as `load` does, and keep a revision of that `kind`; raises LoadError.

    The user `by` has corrected public figures for the `reason`; a row that is not there gets the
    key `pk`, which one that was deleted had; `about` is what `record` takes.
    """
    with transaction.atomic():
        before = stored(data)
        if before == data:
            return UNCHANGED
        if row := row_of(data):
            revisions.record_found(row)
        match data:
            case RankingData():
                _store_ranking(data, reason, by, pk)
            case PageData():
                _store_page(data, pk)
            case IssueData():
                _store_issue(data, pk)
            case ArticleData():
                _store_article(data)
            case TaxonomyData():
                _store_taxonomy(data)
            case PicturesData():
                _store_pictures(data)
            case SubjectsData():
                _store_subjects(data)
        if stored(data) == before:
            # The models' own clean-up made the file the same as what is stored.
            transaction.set_rollback(True)
            return UNCHANGED
        if row := row_of(data):
            revisions.record(row, kind, by=by, **about)
    return CREATED if before is None else CHANGED


def row_of(data: Data) -> models.Model | None:
    """Return the row of what has a file of its own, and so revisions, or None."""
    match data:
        case PageData():
            return SitePage.objects.filter(slug=data.slug).first()
        case RankingData():
            return Ranking.objects.filter(slug=data.slug).first()
        case IssueData():
            return MonthlyIssue.objects.filter(month=month_day(data.month)).first()
        case ArticleData():
            return Article.objects.filter(uid=data.uid).first()
    return None


def stored(data: Data) -> Any:
    """Return what the database says of what `data` names, in its form; None when of nothing.

    What waits in the trash is not there.
    """
    match data:
        case TaxonomyData():
            categories = _by_slug(Category, data.categories)
            tags = _by_slug(Tag, data.tags)
            if not categories and not tags:
                return None
            return TaxonomyData(
                tuple(map(rows_to_data.category_data, categories)),
                tuple(map(rows_to_data.tag_data, tags)),
            )
        case PicturesData():
            found = Picture.objects.in_bulk(
                [each.name for each in data.pictures], field_name="name"
            )
            known = [found[each.name] for each in data.pictures if each.name in found]
            return PicturesData(tuple(map(rows_to_data.picture_data, known))) if known else None
        case SubjectsData():
            subjects = _by_slug(RankingSubject, data.subjects)
            return (
                SubjectsData(tuple(map(rows_to_data.subject_data, subjects))) if subjects else None
            )
        case _:
            row = row_of(data)
            is_there = row and not (isinstance(row, Article) and row.trashed_at)
            return rows_to_data.whole_data(row) if is_there else None


def month_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _by_slug(model: type[models.Model], records: tuple) -> list:
    """Return the rows that `records` name, in their order."""
    rows = model.objects.in_bulk([record.slug for record in records], field_name="slug")
    return [rows[record.slug] for record in records if record.slug in rows]


def _check(instance: models.Model, path: Path = (), exclude: tuple[str, ...] = ()) -> None:
    """Refuse what the model refuses, at the first field it names."""
    try:
        instance.full_clean(exclude=exclude)
    except ValidationError as error:
        raise refusal(error, path) from error


def refusal(error: ValidationError, path: Path = ()) -> LoadError:
    if not hasattr(error, "error_dict"):
        return LoadError(path, " ".join(error.messages))
    faults = error.message_dict
    fields = [field for field in faults if field != "__all__"]
    sentences = [
        (f"{field}: " if field != "__all__" else "") + " ".join(messages)
        for field, messages in faults.items()
    ]
    return LoadError((*path, *fields[:1]), " ".join(sentences))


def _find(model: type[models.Model], path: Path, **lookup) -> models.Model:
    row = model.objects.filter(**lookup).first()
    if row is None:
        raise LoadError(
            path,
            _("There is no %(kind)s “%(name)s”.")
            % {"kind": model._meta.verbose_name, "name": next(iter(lookup.values()))},
        )
    return row


# Taxonomy, site pages and subjects


def _store_taxonomy(data: TaxonomyData) -> None:
    for key, model, records in (
        ("categories", Category, data.categories),
        ("tags", Tag, data.tags),
    ):
        for number, record in enumerate(records):
            row = model.objects.filter(slug=record.slug).first() or model(slug=record.slug)
            row.name = record.name
            if model is Category:
                row.position = record.position
            _check(row, (key, number))
            row.store()


def _store_pictures(data: PicturesData) -> None:
    for number, record in enumerate(data.pictures):
        path = ("pictures", number)
        picture = _find(Picture, (*path, "name"), name=record.name)
        if rows_to_data.picture_data(picture) == record:
            continue
        for name, value in vars(record).items():
            setattr(picture, name, value)
        _check(picture, path)
        picture.store()


def _store_page(data: PageData, pk: int | None) -> None:
    page = SitePage.objects.filter(slug=data.slug).first() or SitePage(pk=pk, slug=data.slug)
    page.title, page.position, page.body = data.title, data.position, data.body
    _check(page)
    page.store()


def _store_subjects(data: SubjectsData) -> None:
    for number, record in enumerate(data.subjects):
        subject = RankingSubject.objects.filter(slug=record.slug).first()
        subject = subject or RankingSubject(slug=record.slug)
        subject.name, subject.country = record.name, record.country
        subject.aliases = list(record.aliases)
        _check(subject, (number,))
        subject.save()
        subject.addresses.exclude(slug__in=record.former_slugs).delete()
        for slug in record.former_slugs:
            if not subject.addresses.filter(slug=slug).exists():
                address = SubjectAddress(subject=subject, slug=slug)
                _check(address, (number, "former_slugs"))
                address.save()
        subject.index()
    PageVersion.raise_for(CONTENT)


# Rankings


def _store_ranking(data: RankingData, reason: str, by: Any, pk: int | None) -> None:
    ranking = Ranking.objects.filter(slug=data.slug).first() or Ranking(pk=pk, slug=data.slug)
    heads = heads_of(ranking) if ranking.pk else {}
    ranking.title, ranking.rank_heading = data.title, data.rank_heading
    ranking.columns = [{"key": each.key, "heading": each.heading} for each in data.columns]
    _check(ranking)
    ranking.store()
    periods = {period.as_of: period for period in ranking.periods.all()}
    for as_of in periods.keys() - {period.as_of for period in data.periods}:
        if periods[as_of].tables.exists():
            raise LoadError(
                ("periods",),
                _("An article shows the period %(label)s, which the file does not hold.")
                % {"label": periods[as_of].label},
            )
        if periods[as_of].was_ever_published:
            raise LoadError(
                ("periods",),
                _("The period %(label)s has been public, and the file does not hold it.")
                % {"label": periods[as_of].label},
            )
        periods[as_of].delete()
    for number, record in enumerate(data.periods):
        path = ("periods", number)
        period = periods.get(record.as_of) or RankingPeriod(ranking=ranking, as_of=record.as_of)
        period.label = record.label
        # A file that says nothing of it does not hide what staff have made public.
        period.published_at = record.published_at or period.published_at
        _check(period, path)
        period.save()
        rows = []
        for place, entry in enumerate(record.entries):
            subject = _find(
                RankingSubject, (*path, "entries", place, "subject"), slug=entry.subject
            )
            rows.append(EntryRow(entry.rank, subject, entry.label, dict(entry.cells), entry.tied))
        try:
            total = record.total and {"label": record.total.label, "cells": record.total.cells}
            period.replace_entries(rows, total or {}, reason=reason, by=by)
        except ValidationError as error:
            raise refusal(error, (*path, "entries")) from error
    record_renamed(ranking, heads, reason, by)
    ranking.raise_page_versions()
    recheck_releases(ranking)


# Monthly issues


def _store_issue(data: IssueData, pk: int | None) -> None:
    month = month_day(data.month)
    issue = MonthlyIssue.objects.filter(month=month).first() or MonthlyIssue(pk=pk, month=month)
    issue.title, issue.state = data.title, data.state
    if data.published_at or data.state != MonthlyIssue.State.PUBLISHED:
        issue.published_at = data.published_at
    _check(issue)
    issue.store()
    for number, item in enumerate(data.items):
        row = MonthlyIssueItem(
            issue=issue,
            position=number + 1,
            category=item.category,
            headline=item.headline,
            body=item.body,
        )
        try:
            row.clean_fields()
            row.clean()
        except ValidationError as error:
            raise LoadError(("items", number), refusal(error).message) from error
    issue.replace_items([(item.category, item.headline, item.body) for item in data.items])
    recheck_releases(issue)


# Articles


def _store_article(data: ArticleData) -> None:
    article = Article.objects.filter(uid=data.uid).first() or Article(uid=data.uid)
    if not data.category:
        raise LoadError((), _("The key %(key)s is missing.") % {"key": "category"})
    article.category = _find(Category, ("category",), slug=data.category)
    issue = None
    if data.monthly_issue:
        issue = _find(MonthlyIssue, ("monthly_issue",), month=month_day(data.monthly_issue))
    elif data.leads_month:
        raise LoadError(("leads_month",), _("The article belongs to no monthly issue."))
    article.monthly_issue = issue
    for name in ("title", "slug", "kicker", "byline", "summary", "body", "state", "kogl"):
        setattr(article, name, getattr(data, name))
    if data.published_at or data.state not in {"published", "withdrawn"}:
        article.published_at = data.published_at
    article.withdrawn_at = data.withdrawn_at
    # A file says that the article is there.
    article.trashed_at = None
    article.lead_picture = None
    if data.lead_picture:
        article.lead_picture = _find(Picture, ("lead_picture",), name=data.lead_picture)
    article.comment_policy = data.comment_policy
    article.comments_open_days = data.comments_open_days
    article.comments_close_at = data.comments_close_at
    _check(article)
    article.store()
    tags = [_find(Tag, ("tags", number), slug=slug) for number, slug in enumerate(data.tags)]
    article.tags.set(tags)
    known = rows_to_data.article_data(article)
    if known.references != data.references:
        _store_references(article, data)
    if known.legacy_paths != data.legacy_paths:
        _store_legacy_paths(article, data)
    if known.tables != data.tables:
        _store_tables(article, data.tables)
    _store_lead(article, issue, data.leads_month)
    recheck_releases(article)


def _store_references(article: Article, data: ArticleData) -> None:
    """Bring the references up to date; one that is there stays the row that open forms name."""
    left = {}
    for reference in article.references.all():
        left.setdefault(reference.url or reference.title, reference)
    article.references.exclude(pk__in=[reference.pk for reference in left.values()]).delete()
    for number, record in enumerate(data.references):
        reference = left.pop(record.url or record.title, None) or Reference(article=article)
        for name, value in {**vars(record), "position": number + 1}.items():
            setattr(reference, name, value)
        _check(reference, ("references", number))
        reference.save()
    for reference in left.values():
        reference.delete()


def _store_legacy_paths(article: Article, data: ArticleData) -> None:
    article.legacy_paths.exclude(path__in=data.legacy_paths).delete()
    kept = set(article.legacy_paths.values_list("path", flat=True))
    for number, path in enumerate(map(normalise_address, data.legacy_paths)):
        if path not in kept:
            legacy = LegacyPath(article=article, path=path)
            _check(legacy, ("legacy_paths", number))
            legacy.save()
            kept.add(path)


def _store_tables(article: Article, records: tuple[TableData, ...]) -> None:
    """Bring the article's tables up to date; all are made anew where their order changes.

    It is that of their rows; one that stays is the row that open forms name.
    """
    wanted = [record.slug for record in records]
    article.ranking_tables.exclude(slug__in=wanted).delete()
    stored = {table.slug: table for table in article.ranking_tables.all()}
    if [*stored] != wanted[: len(stored)]:
        article.ranking_tables.all().delete()
        stored = {}
    for number, record in enumerate(records):
        path = ("tables", number)
        table = stored.get(record.slug) or RankingTable(article=article, slug=record.slug)
        table.ranking = _find(Ranking, (*path, "ranking"), slug=record.ranking)
        table.caption = record.caption
        table.source_note, table.source_url = record.source_note, record.source_url
        _check(table, path)
        table.save()
        periods = []
        for place, as_of in enumerate(record.periods):
            periods.append(
                _find(RankingPeriod, (*path, "periods", place), as_of=as_of, ranking=table.ranking)
            )
        table.periods.set(periods)


def _store_lead(article: Article, issue: MonthlyIssue | None, leads: bool) -> None:
    """Make the article lead its month, or no longer lead any."""
    for led in article.led_issues.all():
        if not leads or led != issue:
            led.lead_article = None
            led.store()
    if leads and issue.lead_article_id != article.pk:
        issue.lead_article = article
        issue.store()
