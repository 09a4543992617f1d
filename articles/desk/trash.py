"""What staff have deleted: it waits, can be brought back, and goes for good in the end."""

from contextlib import suppress

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, RestrictedError

from articles.desk.revisions import DamagedRevisionError, data_of, record_found
from articles.models import Article, Revision

# On these occasions readers may have seen an article.
_PUBLIC = [Revision.Kind.PUBLISHED, Revision.Kind.WITHDRAWN, Revision.Kind.RELEASED]
_UNTOLD = [Revision.Kind.FOUND, Revision.Kind.IMPORTED]


def own_drafts(user):
    """Return the drafts that `user` has begun, as far as readers have never seen them.

    A draft may have a date, of its manuscript: it tells only where something came about untold.
    """
    revisions = Revision.objects.filter(model=Revision.Model.ARTICLE, object_id=OuterRef("pk"))
    begun = revisions.filter(number=1, author=user).exclude(kind=Revision.Kind.FOUND)
    untold = revisions.filter(number__gt=1, kind__in=_UNTOLD)
    drafts = Article.objects.filter(state__in=[Article.State.DRAFT, Article.State.IN_REVIEW])
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


def take_out_of_trash(article):
    """Bring an article back as its newest revision says that it was."""
    newest = Revision.objects.of(article).stored().newest()
    state = Article.State.DRAFT
    if newest:
        # What cannot be read says nothing of readers.
        with suppress(DamagedRevisionError):
            state = data_of(newest).state
    article.take_out_of_trash(state)


def empty_trash():
    """Delete for good what has waited long enough, and return how many articles went.

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
    return count
