"""Bringing back what a revision holds, as far as what it names still exists."""

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from articles.bundle.data import ArticleData, IssueData, LoadError, PageData, RankingData
from articles.bundle.data_to_rows import month_day, store
from articles.bundle.rows_to_data import whole_data
from articles.desk import publishing
from articles.desk.revisions import data_of
from articles.models import (
    Article,
    Category,
    LegacyPath,
    MonthlyIssue,
    Picture,
    Ranking,
    RankingPeriod,
    RankingSubject,
    Revision,
    SubjectAddress,
    Tag,
)


def restore(obj, revision, *, by, note):
    """Store what `revision` holds of `obj` as its newest revision; raises LoadError.

    Return what could not be brought back, as sentences. Nothing is lost: what stood there is a
    revision too.
    """
    with transaction.atomic():
        row = type(obj)._default_manager.select_for_update(no_key=True).get(pk=obj.pk)
        data, left_out = restorable(row, revision)
        reason = note or _("Revision %(number)s restored") % {"number": revision.number}
        about = {"note": note, "restored_number": revision.number}
        store_checked(row, data, Revision.Kind.RESTORED, reason=reason, by=by, **about)
    return left_out


def store_checked(row, data, kind, **about):
    """Store the data of `row` as `store` does, once more fit to be read; raises LoadError."""
    with transaction.atomic():
        store(data, kind, **about)
        if isinstance(row, Article | MonthlyIssue):
            row.refresh_from_db()
            if row.state == "published" and (errors := publishing.errors_of(row)):
                raise LoadError((), publishing.sentences(errors))


def restorable(row, revision):
    """Return the data of `revision` fitted to what exists now, and what was left out of it.

    Whether and when something is public, and its address, stay as they are: those are decisions of
    their own.
    """
    now, data = whole_data(row), data_of(revision)
    match data:
        case ArticleData():
            return _article(row, revision, now, data)
        case IssueData():
            kept = {"month": now.month, "state": now.state, "published_at": now.published_at}
            return replace(data, **kept), []
        case PageData():
            return replace(data, slug=now.slug), []
        case RankingData():
            return _ranking(now, data)
    raise TypeError(type(data).__name__)


def _article(row, revision, now, data):
    fitted, left_out = fitted_article(row, now, data)
    slugs = [table.ranking for table in fitted.tables]
    rankings = Ranking.objects.filter(slug__in=slugs).order_by("pk")
    return fitted, [*_sentences(left_out), *_figures_changed_since(revision, rankings)]


def fitted_article(row, now, data):
    """Return the article's data as far as what they name still exists, and what does not.

    The latter as [(kind, names)]; `now` are the data of what stands in `row`.
    """
    tables, notes = _tables(data)
    tags = Tag.objects.in_bulk(data.tags, field_name="slug")
    notes += _missing(_("tags"), [slug for slug in data.tags if slug not in tags])
    taken = LegacyPath.objects.filter(path__in=data.legacy_paths).exclude(article=row)
    taken = set(taken.values_list("path", flat=True))
    notes += _missing(_("old addresses"), sorted(taken))
    category, month, picture = data.category, data.monthly_issue, data.lead_picture
    if not Category.objects.filter(slug=category).exists():
        notes += _missing(_("category"), [category])
        category = now.category
    if month and not MonthlyIssue.objects.filter(month=month_day(month)).exists():
        notes += _missing(_("monthly issue"), [month])
        month = now.monthly_issue
    if picture and not Picture.objects.filter(name=picture).exists():
        notes += _missing(_("lead picture"), [picture])
        picture = now.lead_picture
    fitted = replace(
        data,
        lead_picture=picture,
        uid=now.uid,
        state=now.state,
        published_at=now.published_at,
        withdrawn_at=now.withdrawn_at,
        category=category,
        monthly_issue=month,
        leads_month=now.leads_month and month == now.monthly_issue,
        tags=tuple(slug for slug in data.tags if slug in tags),
        legacy_paths=tuple(path for path in data.legacy_paths if path not in taken),
        tables=tables,
    )
    return fitted, notes


def _missing(what, names):
    return [(what, ", ".join(names))] if names else []


def _sentences(missing):
    text = _("No longer there, and left as it is now: %(what)s %(names)s")
    return [text % {"what": what, "names": names} for what, names in missing]


def _tables(data):
    """Return the article's tables as far as their series and periods exist, and what does not."""
    rankings = Ranking.objects.in_bulk([table.ranking for table in data.tables], field_name="slug")
    tables, notes = [], []
    for table in data.tables:
        if table.ranking not in rankings:
            notes += _missing(_("ranking"), [table.ranking])
            continue
        stored = RankingPeriod.objects.filter(ranking=rankings[table.ranking])
        known = set(stored.values_list("as_of", flat=True))
        gone = [f"{as_of:%Y.%m.%d}" for as_of in table.periods if as_of not in known]
        notes += _missing(_("ranking periods"), gone)
        tables.append(replace(table, periods=tuple(day for day in table.periods if day in known)))
    return tuple(tables), notes


def _figures_changed_since(revision, rankings):
    """Say which series have changed since: an article brings back where its tables stand only."""
    for ranking in rankings:
        later = Revision.objects.of(ranking).stored().filter(created_at__gt=revision.created_at)
        if later.exclude(kind=Revision.Kind.FOUND).exists():
            text = _(
                "The figures of “%(ranking)s” have changed since and stay as they are now: only"
                " where its table stands is restored."
            )
            yield text % {"ranking": ranking}


def _ranking(now, data):
    """Keep the periods that came later, and what readers see of each."""
    stored = {period.as_of: period for period in now.periods}
    held = {period.as_of: period for period in data.periods}
    later = [period.label for as_of, period in stored.items() if as_of not in held]
    slugs = {entry.subject for period in data.periods for entry in period.entries}
    known = set(RankingSubject.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    moved = SubjectAddress.objects.filter(slug__in=slugs - known)
    renamed = dict(moved.values_list("slug", "subject__slug"))
    periods = {
        as_of: replace(
            period,
            published_at=stored[as_of].published_at if as_of in stored else None,
            entries=tuple(
                replace(entry, subject=renamed.get(entry.subject, entry.subject))
                for entry in period.entries
            ),
        )
        for as_of, period in held.items()
    }
    periods = {**stored, **periods}
    in_order = tuple(periods[as_of] for as_of in sorted(periods))
    text = _("Came later, and stays: %(names)s")
    notes = [text % {"names": ", ".join(later)}] if later else []
    return replace(data, slug=now.slug, periods=in_order), notes
