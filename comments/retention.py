"""Delete what has ended: mails, links, counters and sessions whose time is over."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from comments import limits
from comments.models import MailLink, Outbox


def purge():
    """Delete what has ended and return how many rows of each kind went."""
    now = timezone.now()
    kept_since = now - timedelta(days=settings.MAIL_RECORD_DAYS)
    mails, _models = Outbox.objects.filter(ended_at__lt=kept_since).delete()
    links, _models = MailLink.objects.filter(expires_at__lt=now).delete()
    counters = 0
    while pruned := limits.prune():
        counters += pruned
    SessionStore.clear_expired()
    return {"mails": mails, "links": links, "counters": counters}
