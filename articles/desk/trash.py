"""What staff have deleted: it waits, can be brought back, and goes for good in the end."""

from contextlib import suppress
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, RestrictedError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from articles.bundle.data import LoadError
from articles.bundle.data_to_rows import month_day, row_of, store
from articles.desk import publishing
from articles.desk.revisions import DamagedRevisionError, data_of, record, record_found
from articles.models import Article, MonthlyIssue, Ranking, Release, Revision, SitePage
from articles.models.article import TRASH_DAYS
from articles.models.review import UNPUBLISHED_STATES

# On these occasions readers may have seen an article.
_PUBLIC = [Revision.Kind.PUBLISHED, Revision.Kind.WITHDRAWN, Revision.Kind.RELEASED]
_UNTOLD = [Revision.Kind.FOUND, Revision.Kind.IMPORTED]
# Their rows go at once; what a revision holds brings them back.
_KEPT_AS_REVISION = (MonthlyIssue, SitePage, Ranking)


def own_drafts(user):
    """Return the drafts that `user` has begun, as far as readers have never seen them.

    A draft may have a date, of its manuscript: it tells only where something came about untold.
    """
    revisions = Revision.objects.filter(model=Revision.Model.ARTICLE, object_id=OuterRef("pk"))
    begun = revisions.filter(number=1, author=user).exclude(kind=Revision.Kind.FOUND)
    untold = revisions.filter(number__gt=1, kind__in=_UNTOLD)
    drafts = Article.objects.filter(state__in=UNPUBLISHED_STATES)
    return drafts.filter(Exists(begun)).exclude(
        Exists(revisions.filter(kind__in=_PUBLIC)) | Q(Exists(untold), published_at__isnull=False)
    )


def put_in_trash(article):
    """Delete an article for now; its newest revision holds what it was."""
    with transaction.atomic():
        # The release that held it may just have been taken off the schedule.
        article.refresh_from_db()
        record_found(article)
        article.put_in_trash()


def take_out_of_trash(article, *, by):
    """Bring an article back as its newest revision says that it was; return what forbids that.

    What readers may no longer find as it is, such as a text whose picture has gone, is back
    withdrawn.
    """
    newest = Revision.objects.of(article).stored().newest()
    state = Article.State.DRAFT
    if newest:
        # What cannot be read says nothing of readers.
        with suppress(DamagedRevisionError):
            state = data_of(newest).state
    errors = publishing.errors_of(article) if state == Article.State.PUBLISHED else []
    with transaction.atomic():
        article.take_out_of_trash(article.state if errors else state)
        if errors:
            record(article, by=by, note=_("Taken out of the trash."))
    return errors


# Months, site pages and series


def record_deleted(obj, *, by):
    """Keep what is about to be deleted, and which articles belong to a month, as revisions."""
    if isinstance(obj, MonthlyIssue):
        # As the release of the month holds them: it, the articles, the issue.
        Release.objects.filter(issue=obj).lock()
        for article in obj.articles.order_by("pk"):
            record_found(article)
    record(obj, Revision.Kind.DELETED, by=by)


def deleted_revisions(model):
    """Return the revisions with which rows of `model` were deleted that can be brought back."""
    rows = model._default_manager.filter(pk=OuterRef("object_id"))
    deleted = Revision.objects.filter(model=Revision.Model(model._meta.model_name))
    deleted = deleted.filter(~Exists(rows), kind=Revision.Kind.DELETED)
    later = deleted.filter(object_id=OuterRef("object_id"), number__gt=OuterRef("number"))
    return deleted.filter(~Exists(later)).select_related("base")


def bring_back(revision, *, by):
    """Make a deleted row anew, with its key, as its revision holds it; raises LoadError.

    Return the row, and what forbids that readers find it: such a month is back as a draft.
    """
    data = data_of(revision)
    with transaction.atomic():
        if row_of(data):
            raise LoadError((), _("Another one has taken its address since."))
        reason = _("Taken out of the trash.")
        about = {"pk": revision.object_id, "note": reason, "restored_number": revision.number}
        store(data, Revision.Kind.RESTORED, reason=reason, by=by, **about)
        row = row_of(data)
        errors = []
        if isinstance(row, MonthlyIssue):
            _give_back_articles(row)
            row.refresh_from_db()
            errors = publishing.errors_of(row) if row.state == row.State.PUBLISHED else []
        if errors:
            row.state = row.State.DRAFT
            row.store()
            record(row, by=by, note=reason)
    return row, errors


def _give_back_articles(issue):
    """Put the articles into their month again that were in it when it was deleted."""
    for article in Article.objects.filter(monthly_issue=None):
        newest = Revision.objects.of(article).stored().newest()
        with suppress(DamagedRevisionError):
            data = newest and data_of(newest)
            if data and data.monthly_issue and month_day(data.monthly_issue) == issue.month:
                article.monthly_issue = issue
                article.store()
                if data.leads_month:
                    issue.lead_article = article
                    issue.store()


def empty_trash():
    """Delete for good what has waited long enough, and return how much went.

    An article whose comments were moderated stays in the trash: the records of moderation are kept.
    """
    count = 0
    for article in Article.objects.trash_ended():
        revisions = Revision.objects.of(article)
        try:
            with transaction.atomic():
                article.delete()
                # First those that are compressed with others.
                revisions.filter(base__isnull=False).delete()
                revisions.delete()
        except (DatabaseError, ProtectedError, RestrictedError):
            continue
        count += 1
    ended = Now() - timedelta(days=TRASH_DAYS)
    for model in _KEPT_AS_REVISION:
        for deleted in deleted_revisions(model).filter(created_at__lt=ended):
            revisions = Revision.objects.filter(model=deleted.model, object_id=deleted.object_id)
            revisions.filter(base__isnull=False).delete()
            revisions.delete()
            count += 1
    return count
