import logging
import signal
import threading
import time

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import InterfaceError, InternalError, OperationalError, connection

from articles.desk.waiting_changes import publish_due, seconds_to_next
from articles.models import recheck_coming_releases
from comments.account.notifications import gather, send
from comments.account.retention import purge
from comments.account.review_mails import gather_reviews
from comments.models import Outbox

POLL_SECONDS = 2
# After a failure of the database, so that a locked one is not hammered.
PAUSE_SECONDS = 5
PURGE_SECONDS = 60 * 60
# `manage.py serve_metrics` tells Prometheus when it was touched.
LAST_PASS = settings.METRICS_FOLDER / "last-mail-pass"

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Send the mails that wait, and let changes of articles replace what readers see at their"
        " moment; go on until stopped. What has ended is purged every hour."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--once", action="store_true", help="Send what is due now, purge, and end."
        )

    def handle(self, *, once, **options):
        stop = threading.Event()
        if once:
            recheck_coming_releases()
            publish_due()
            send_due(stop)
            note_pass()
            purge()
            return
        # A mail that is on its way is finished first.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_arguments: stop.set())
        next_purge = 0.0
        while not stop.is_set():
            pause = POLL_SECONDS
            try:
                recheck_coming_releases()
                publish_due()
                send_due(stop)
                note_pass()
                pause = min(pause, seconds_to_next())
                if time.monotonic() >= next_purge:
                    purge()
                    next_purge = time.monotonic() + PURGE_SECONDS
            except (OperationalError, InterfaceError, InternalError) as error:
                logger.warning("The database did not answer: %s.", type(error).__name__)
                pause = PAUSE_SECONDS
            finally:
                # Outside a request nothing else notices that the database was restarted.
                connection.close()
            stop.wait(pause)


def send_due(stop):
    """Queue the notices whose time has come, then send every mail that is due, until stopped."""
    gather()
    gather_reviews()
    while not stop.is_set() and (mail := Outbox.lease()):
        send(mail)


def note_pass():
    """Note that nothing was left to do just now."""
    if settings.METRICS_PORT:
        LAST_PASS.parent.mkdir(parents=True, exist_ok=True)
        LAST_PASS.touch()
