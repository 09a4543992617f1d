"""Delete what has ended: mails, links, counters and sessions whose time is over.

And let what was deleted be gone from SQLite's files too.
"""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from articles.desk.pictures import sweep_pictures
from articles.desk.trash import empty_trash
from articles.models import AuditAddress, Presence, SearchDocument, ShareLink, WorkingCopy
from comments.identity import rate_limits
from comments.models import (
    Comment,
    MailLink,
    Outbox,
    PersonalDataView,
    Report,
    Subscriber,
    Takedown,
)
from comments.models.comment.author_actions import REMEMBER_DELETED

REPORT_DAYS = 90
TAKEDOWN_DAYS = 365
# 개인정보의 안전성 확보조치 기준 제8조: a year at the least. The triggers of 0010 know it too.
VIEW_DAYS = 2 * 365


def purge():
    """Delete what has ended and return how many rows of each kind went."""
    now = timezone.now()
    kept_since = now - timedelta(days=settings.MAIL_RECORD_DAYS)
    mails, _models = Outbox.objects.filter(ended_at__lt=kept_since).delete()
    links, _models = MailLink.objects.over().delete()
    counters = 0
    while pruned := rate_limits.prune():
        counters += pruned
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    articles = empty_trash()
    # Of an article that was deleted, with all its comments.
    Subscriber.forget_those_without_subscription()
    # So that an older key of MAIL_ENCRYPTION_KEYS has ended too, once this has run.
    Subscriber.reseal()
    Presence.objects.ended().delete()
    AuditAddress.ended().delete()
    ShareLink.objects.ended().delete()
    copies, _models = WorkingCopy.objects.ended().delete()
    counts = {"mails": mails, "links": links, "counters": counters, "working copies": copies}
    counts["articles in the trash"] = articles
    counts["pictures"] = sweep_pictures()
    counts |= purge_moderation(now)
    SearchDocument.forget_removed()
    truncate_log()
    return counts


def purge_moderation(now):
    """Close takedowns that ended by themselves, and delete what moderation needs no more."""
    Takedown.objects.close_ended()
    # What came in while the comment was being deleted may quote it.
    of_deleted = Q(comment__state=Comment.State.DELETED)
    Report.objects.filter(of_deleted).exclude(text="").update(text="")
    Takedown.objects.filter(of_deleted).exclude(reason="").update(reason="")
    reports, _models = Report.objects.filter(
        ~Q(closed_by=None) | of_deleted,
        created_at__lt=now - timedelta(days=REPORT_DAYS),
    ).delete()
    Comment.objects.filter(
        state=Comment.State.DELETED,
        submission_key__isnull=False,
        created_at__lt=now - REMEMBER_DELETED,
    ).update(submission_key=None)
    takedowns, _models = Takedown.objects.filter(
        closed_at__lt=now - timedelta(days=TAKEDOWN_DAYS)
    ).delete()
    # By the database's clock, by which its trigger refuses to let go of a newer one.
    views, _models = PersonalDataView.objects.filter(
        viewed_at__lt=Now() - timedelta(days=VIEW_DAYS)
    ).delete()
    return {"reports": reports, "takedowns": takedowns, "views": views}


def truncate_log():
    """Empty SQLite's write-ahead log: it holds the pages of before, of what is deleted too.

    Where a reader is in its way after all, the next hour does it.
    """
    if connection.vendor == "sqlite" and transaction.get_autocommit():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
