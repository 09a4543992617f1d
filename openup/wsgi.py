"""The server's entry: `granian --interface wsgi openup.wsgi:application`."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.wsgi import get_wsgi_application
from django.db import connection

from openup.metrics_folder import reserve, use_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")

# Before anything counts: this process's numbers go where `manage.py serve_metrics` finds them.
is_counted = bool(settings.METRICS_PORT) and use_folder(settings.METRICS_FOLDER)

django = get_wsgi_application()

# What stands around Django asks models, so it follows Django's own start.
from openup.checks.squashed_migrations import TOO_OLD, is_too_old  # noqa: E402
from openup.middleware.charset import CharsetGuard  # noqa: E402
from openup.version import running_build, tell_build  # noqa: E402
from openup.writer_queue import Gate  # noqa: E402

running_build()
if settings.METRICS_PORT:
    from openup.metrics import tell_keys

    tell_keys()
    tell_build()
    if is_counted:
        reserve(settings.METRICS_FOLDER)
    else:
        logging.getLogger(__name__).error("METRICS_FOLDER has no room: nothing is counted here.")

manifest = getattr(staticfiles_storage, "manifest_name", None)
if manifest and not staticfiles_storage.exists(manifest):
    sys.exit(
        "The static files of this release are not collected: `manage.py collectstatic --no-input`"
    )
if is_too_old(connection):
    sys.exit(TOO_OLD)
connection.close()

application = Gate(django, settings.POSTS_AT_ONCE, settings.POSTS_WAITING, settings.SERVER_THREADS)

if settings.PAGE_CACHE_BYTES or settings.KEPT_PARTS:
    from openup.pagecache import PageCache

    application = PageCache(application, settings.PAGE_CACHE_BYTES, settings.KEPT_PARTS)

# Before the kept pages, so that a request is refused whether or not its page is kept.
application = CharsetGuard(application, django)

if settings.METRICS_PORT:
    from openup.middleware.timed_answers import TimedAnswers

    application = TimedAnswers(application)


# What is being answered may still be.
END_SECONDS = 20


def end_with(server):
    """End this worker when the process that started it has died.

    Killed by force, it cannot end its workers: they would go on holding the port, and serving what
    the next start has replaced.
    """
    server.join()
    os.kill(os.getpid(), signal.SIGTERM)
    # A worker that was just starting may not have heard; one that did is gone before.
    time.sleep(END_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if server := multiprocessing.parent_process():
    threading.Thread(target=end_with, args=[server], daemon=True).start()
