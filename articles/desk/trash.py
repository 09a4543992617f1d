"""What staff have deleted: it waits, can be brought back, and goes for good in the end."""

from django.db import DatabaseError, transaction
from django.db.models import ProtectedError, RestrictedError

from articles.desk.revisions import data_of, record_found
from articles.models import Article, Revision


def is_own_draft(article, user):
    """Tell whether `user` has begun the article, and readers have never seen it."""
    is_draft = article.state in {"draft", "in_review"} and article.published_at is None
    first = Revision.objects.of(article).filter(number=1, author=user)
    return is_draft and first.exclude(kind=Revision.Kind.FOUND).exists()


def put_in_trash(article):
    """Delete an article for now; its newest revision holds what it was."""
    with transaction.atomic():
        # The release that held it may just have been taken off the schedule.
        article.refresh_from_db()
        record_found(article)
        article.put_in_trash()


def take_out_of_trash(article):
    """Bring an article back as its newest revision says that it was."""
    newest = Revision.objects.of(article).select_related("base").order_by("-number").first()
    article.take_out_of_trash(data_of(newest).state if newest else Article.State.DRAFT)


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
