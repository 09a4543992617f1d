"""The mails of the outbox: gathered, written and sent."""

import logging
import traceback
from datetime import timedelta
from email.header import Header
from email.utils import quote
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from comments.identity.credentials import digests
from comments.identity.encryption import Unreadable
from comments.models import Comment, MailLink, Notice, Outbox, ReplySubscription, Subscriber
from comments.models.mail.outbox import MAX_TRIES

# An address gets at most one mail in this time; what comes meanwhile waits for the next.
GATHER = timedelta(minutes=30)
SUBSCRIBERS_AT_ONCE = 100
COMMENTS_PER_MAIL = 20

logger = logging.getLogger(__name__)


def gather():
    """Queue one mail for each subscriber with news who has heard nothing for `GATHER`."""
    now = timezone.now()
    is_quiet = Q(last_mailed_at__isnull=True) | Q(last_mailed_at__lte=now - GATHER)
    # Mailed in the future: the clock was wrong then.
    is_quiet |= Q(last_mailed_at__gt=now + GATHER)
    due = Subscriber.objects.filter(
        is_quiet,
        pk__in=Notice.objects.values("subscriber"),
    )
    for pk in due.values_list("pk", flat=True).order_by("pk")[:SUBSCRIBERS_AT_ONCE]:
        with transaction.atomic():
            # Asked again under a lock: another worker may be at it.
            subscriber = due.select_for_update(skip_locked=True).filter(pk=pk).first()
            if subscriber:
                kind = Outbox.Kind.STAFF_NOTICE if subscriber.user_id else Outbox.Kind.REPLIES
                Outbox.queue_for(subscriber, kind)
                subscriber.last_mailed_at = timezone.now()
                subscriber.save(update_fields=["last_mailed_at"])


def send(mail):
    """Send a leased mail, put it off, or end it when there is nothing to tell or nobody to hear.

    A worker killed between the sending and the note of it sends the mail a second time, under the
    same Message-ID: once too often rather than never.
    """
    if mail.attempts > MAX_TRIES:
        # No try of it ended: whatever it is, the worker died of it.
        logger.error("Mail %s is given up: no try of it came to an end.", mail.pk)
        return mail.end(Outbox.Outcome.FAILED)
    try:
        message, notices = _write(mail)
        if message is None:
            return mail.end(Outbox.Outcome.DROPPED)
        message.send()
    except (Unreadable, ValidationError):
        logger.warning("Mail %s has no readable recipient and is given up.", mail.pk)
        return mail.end(Outbox.Outcome.FAILED)
    except SMTPRecipientsRefused as refusal:
        # Never the refusal itself: it names the address.
        codes = [code for code, _text in refusal.recipients.values()]
        logger.warning("Mail %s: the recipient was refused (%s).", mail.pk, codes)
        return mail.end(Outbox.Outcome.FAILED) if min(codes) >= 500 else mail.put_off()
    except (SMTPException, OSError) as error:
        logger.warning("Mail %s could not be sent: %s.", mail.pk, type(error).__name__)
        return mail.put_off()
    except (OperationalError, InterfaceError, InternalError):
        # The database is away, for all mails: the worker waits for it.
        raise
    except Exception as error:  # noqa: BLE001
        # Whatever a library makes of one mail's address or text: the other mails leave all the
        # same. Where it was raised, and never what it says: that may name the address.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} at {frame.filename}:{frame.lineno}"
        logger.error("Mail %s could not be made or sent: %s.", mail.pk, place)
        return mail.put_off()
    with transaction.atomic():
        Notice.objects.filter(pk__in=notices).delete()
        mail.end(Outbox.Outcome.SENT)


class _Mail(EmailMessage):
    """A mail from the site's name, whose head is folded as strict programs want it.

    With the field's name before it, each line of encoded words stays below the 78 columns of
    RFC 5322 (2.1.1); as Django writes them they are as long as RFC 2047 allows, and the first
    begins on a line of its own.
    """

    def message(self, **options):
        message = super().message(**options)
        del message["Subject"], message["From"]
        message["Subject"] = _encoded(self.subject)
        name = _encoded(settings.SITE_NAME)
        if name == settings.SITE_NAME:
            name = f'"{quote(name)}"'
        message["From"] = f"{name} <{settings.MAIL_FROM}>"
        return message


def _encoded(text):
    """Return `text` as words of RFC 2047 with spaces between them, or as it is if it is ASCII."""
    if text.isascii():
        return text
    return Header(text, "utf-8", maxlinelen=66).encode(linesep="")


def _write(mail):
    """Return the message and the keys of the notices it tells of; no message when there is none."""
    if mail.kind in {Outbox.Kind.REPLIES, Outbox.Kind.STAFF_NOTICE} and not mail.subscriber:
        return None, []
    address = mail.address
    context = WRITERS.get(mail.kind, _plain)(mail, address)
    if context is None:
        return None, []
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    if mail.subscriber:
        stop_url = absolute(reverse("comments:notices_stop", args=[mail.subscriber.stop_token]))
        context["stop_url"] = stop_url
        # One click, without a page in between (RFC 8058).
        headers["List-Unsubscribe"] = f"<{stop_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    facts = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, **mail.context}
    body = render_to_string(f"emails/{mail.kind}.txt", facts | context)
    subject = f"[{settings.SITE_NAME}] {Outbox.Kind(mail.kind).label}"
    message = _Mail(subject, body, settings.MAIL_FROM, [address], headers=headers)
    return message, context.get("notices", [])


def absolute(path):
    """Return a path as an address; the host is the site's own, whoever asked and however."""
    return settings.SITE_URL + path


def _plain(mail, address):
    return {"comment_url": absolute(mail.comment.get_permalink()) if mail.comment else ""}


def _desk_link(mail, address):
    """Give a new link, at the moment of sending, to an address that has written or subscribed."""
    digest_list = digests(address)
    is_known = (
        Comment.objects.filter(email_digest__in=digest_list).exists()
        or Subscriber.objects.filter(email_digest__in=digest_list).exists()
    )
    if not is_known:
        return None
    token = MailLink.issue(MailLink.Purpose.OPEN_DESK, address)
    return {"link": absolute(reverse("comments:mine_open", args=[token]))}


def _confirm(mail, address):
    comment = mail.comment
    if comment is None or comment.is_deleted:
        return None
    if ReplySubscription.objects.filter(comment=comment).exists():
        return None
    token = MailLink.issue(MailLink.Purpose.CONFIRM, address, comment)
    return {
        "link": absolute(reverse("comments:notices_confirm", args=[token])),
        "article": comment.article,
    }


def _replies(mail, address):
    return _tell(mail.subscriber, {Comment.State.PUBLISHED})


def _staff_notice(mail, address):
    if not (mail.subscriber.user.is_active and mail.subscriber.user.is_staff):
        return None
    return _tell(mail.subscriber, {Comment.State.PUBLISHED, Comment.State.HELD})


def _tell(subscriber, states):
    """Return the news by article, with links and without their texts; None when all have gone."""
    notices = list(subscriber.notices.select_related("comment__article").order_by("pk"))
    news = [notice.comment for notice in notices if notice.comment.state in states]
    if not news:
        # They were hidden meanwhile; else they would ask for a mail again and again.
        subscriber.notices.filter(pk__in=[notice.pk for notice in notices]).delete()
        return None
    articles = {}
    for comment in news[:COMMENTS_PER_MAIL]:
        articles.setdefault(comment.article, []).append(comment)
    return {
        "articles": [
            {
                "title": article.full_title,
                "comments": [
                    {
                        "url": absolute(comment.get_permalink()),
                        "is_held": comment.state == Comment.State.HELD,
                    }
                    for comment in comments
                ],
            }
            for article, comments in articles.items()
        ],
        "count": len(news),
        "more_count": max(0, len(news) - COMMENTS_PER_MAIL),
        "notices": [notice.pk for notice in notices],
    }


def _takedown(mail, address):
    """Give the mail its link while the comment has a place."""
    has_place = mail.comment is not None and not mail.comment.is_deleted
    return {"comment_url": absolute(mail.comment.get_permalink()) if has_place else ""}


def _staff_password(mail, address):
    """Give links to a new password; django.contrib.auth takes each once, within its time."""
    users = User.objects.filter(email__iexact=address, is_active=True, is_staff=True)
    links = []
    # Without a second step the page would refuse them (openup/staff/sign_in/new_password.py).
    for user in users.filter(totpdevice__confirmed=True).distinct().order_by("pk"):
        key = urlsafe_base64_encode(force_bytes(user.pk))
        token = default_token_generator.make_token(user)
        links.append(absolute(reverse("password_reset_confirm", args=[key, token])))
    return {"links": links} if links else None


WRITERS = {
    Outbox.Kind.DESK_LINK: _desk_link,
    Outbox.Kind.CONFIRM: _confirm,
    Outbox.Kind.REPLIES: _replies,
    Outbox.Kind.STAFF_NOTICE: _staff_notice,
    Outbox.Kind.STAFF_PASSWORD: _staff_password,
    Outbox.Kind.TAKEDOWN_REQUESTER: _takedown,
    Outbox.Kind.TAKEDOWN_WRITER: _takedown,
}
