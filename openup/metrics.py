"""What Prometheus is told: numbers that every process counts, and what the database knows.

The processes write their numbers to files in METRICS_FOLDER; `manage.py serve_metrics` adds them
up. Further numbers stand beside what they count: `comments/identity/credentials.py`.
"""

import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from articles.models import SearchState
from comments.management.commands.send_mail import LAST_PASS
from comments.models import Outbox
from openup.backup.keys import placed_keys
from openup.search_index import is_outdated

LAST_BACKUP = settings.METRICS_FOLDER / "last-backup"
LAST_DRILL = settings.METRICS_FOLDER / "last-drill"

_PAGES = Counter("openup_pages", "Answers of the page cache, by what it did.", ["answer"])
PAGES_KEPT = _PAGES.labels("kept")
PAGES_UNCHANGED = _PAGES.labels("unchanged")
PAGES_UNCONFIRMED = _PAGES.labels("unconfirmed")
PAGES_UNAVAILABLE = _PAGES.labels("unavailable")
ANSWERS = Counter("openup_answers", "Answers of Django, by class of status.", ["status"])
ANSWER_SECONDS = Histogram(
    "openup_answer_seconds",
    "Time until an answer began, whoever gave it, by kind of request.",
    ["kind"],
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
POSTS_WAITING = Gauge(
    "openup_posts_waiting", "Requests waiting for their turn to write.", multiprocess_mode="livesum"
)
POSTS_REFUSED = Counter(
    "openup_posts_refused", "Requests answered 503 because too many people were writing."
)
PAGE_MAKING_SECONDS = Histogram(
    "openup_page_making_seconds",
    "Time that making a page took; its count is the number of pages made.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
PAGE_CACHE_BYTES = Gauge(
    "openup_page_cache_bytes", "Memory that kept pages take.", multiprocess_mode="livesum"
)
# Which keys a process knows and in which place, 1 being the one in front: so `check_keys` tells
# whether all of them do. A key is named by its id or by its fingerprint.
KEYS = Gauge(
    "openup_keys",
    "Processes that know a key in this place.",
    ["setting", "key", "place"],
    multiprocess_mode="livesum",
)


def tell_keys():
    """Tell which keys this process knows, when it begins to serve."""
    for setting, key, place in placed_keys():
        KEYS.labels(setting, key, place).set(1)


def make_registry():
    """Return what one question of Prometheus is answered from: the processes and the database."""
    registry = CollectorRegistry()
    ProcessesCollector(registry, path=str(settings.METRICS_FOLDER))
    registry.register(DatabaseCollector())
    registry.register(LastTimesCollector())
    return registry


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def ended_processes(pattern):
    """Return the ids of processes that have left files in METRICS_FOLDER and run no more."""
    pids = {int(file.stem.rpartition("_")[2]) for file in settings.METRICS_FOLDER.glob(pattern)}
    return [pid for pid in pids if not is_running(pid)]


def forget_earlier_runs():
    """Remove the numbers of processes that run no more, when a new run begins."""
    for pid in ended_processes("*_*.db"):
        for file in settings.METRICS_FOLDER.glob(f"*_{pid}.db"):
            file.unlink(missing_ok=True)


def count_open(path):
    """Return how often the processes of this user hold the file open, as Linux tells it."""
    target = str(Path(path).resolve())
    count = 0
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        # The file is closed meanwhile, or the process is another user's.
        with suppress(OSError):
            count += os.readlink(held) == target
    return count


class ProcessesCollector(MultiProcessCollector):
    """Adds up what the processes have counted, and what those still running say of now."""

    def collect(self):
        for pid in ended_processes("gauge_live*_*.db"):
            mark_process_dead(pid, str(settings.METRICS_FOLDER))
        return super().collect()


class DatabaseCollector:
    """Asks the database when Prometheus asks us; says so when it is away."""

    def collect(self):
        is_up = GaugeMetricFamily("openup_database_up", "Whether the database answers.")
        try:
            families = [*self.connections(), *self.outbox(), *self.search()]
        except Error:
            families = []
        finally:
            # Each question is asked in a thread of its own.
            connection.close()
        is_up.add_metric([], 1 if families else 0)
        return [is_up, *families]

    def connections(self):
        """Return how many connections are open, by state, and how many may be.

        A file of SQLite has neither states nor a limit; a connection is a process's open file.
        """
        by_state = GaugeMetricFamily(
            "openup_database_connections", "Open connections to the database.", labels=["state"]
        )
        limit = GaugeMetricFamily("openup_database_connections_limit", "As many may be open.")
        with connection.cursor() as cursor:
            if connection.vendor != "postgresql":
                cursor.execute("SELECT 1")
                by_state.add_metric(["open"], count_open(connection.settings_dict["NAME"]))
                return [by_state]
            cursor.execute(
                "SELECT COALESCE(state, 'none'), COUNT(*) FROM pg_stat_activity"
                " WHERE datname = CURRENT_DATABASE() GROUP BY 1"
            )
            for state, count in cursor.fetchall():
                by_state.add_metric([state], count)
            cursor.execute("SELECT CURRENT_SETTING('max_connections')::int")
            limit.add_metric([], cursor.fetchone()[0])
        return [by_state, limit]

    def outbox(self):
        """Return how many mails wait, how many should be sent by now, and how many have failed."""
        mails = GaugeMetricFamily("openup_outbox_mails", "Mails not sent yet.", labels=["state"])
        waiting = Outbox.objects.waiting()
        mails.add_metric(["waiting"], waiting.count())
        # Of one that has been tried and still waits the mail server would have nothing just then.
        mails.add_metric(["failing"], waiting.filter(attempts__gt=0).count())
        mails.add_metric(["due"], Outbox.objects.due().count())
        return [mails]

    def search(self):
        """Return when the search's index was made whole, and whether it is outdated."""
        made_at = SearchState.current().made_at
        made = GaugeMetricFamily(
            "openup_search_made_timestamp_seconds",
            "When the search's index was made.",
            value=made_at.timestamp() if made_at else 0,
        )
        outdated = GaugeMetricFamily(
            "openup_search_outdated",
            "Whether the search's index is empty or another version's.",
            value=int(is_outdated()),
        )
        return [made, outdated]


class LastTimesCollector:
    """Says when something that this machine does by itself last ended well."""

    def collect(self):
        for name, file, text in [
            ("backup", LAST_BACKUP, "When the last backup ended well; 0 for never."),
            ("drill", LAST_DRILL, "When a restored backup was last found sound; 0 for never."),
            ("mail_pass", LAST_PASS, "When the mail worker last had nothing left to do."),
        ]:
            last = file.stat().st_mtime if file.exists() else 0
            yield GaugeMetricFamily(f"openup_{name}_timestamp_seconds", text, value=last)


def note_backup():
    """Note that a backup has ended well just now."""
    _note(LAST_BACKUP)


def note_drill():
    """Note that a backup was restored on trial just now, and was sound."""
    _note(LAST_DRILL)


def _note(file):
    if settings.METRICS_PORT:
        settings.METRICS_FOLDER.mkdir(parents=True, exist_ok=True)
        file.touch()
