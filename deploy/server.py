"""Granian, from releases in folders of their own: `python -m deploy.server`, granian's options.

Where the folder of the service is a link to a release, each worker begins with the release that it
leads to at that moment, and stays with it: with templates and modules that are read later, too. Not
in the package `openup`, which a worker would inherit from the first release.

Granian's workers end without closing their connections, so SQLite's write-ahead log would stay
behind: it is truncated when the server has ended.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from granian.cli import entrypoint

# As it was called: by way of the link, if there is one.
FOLDER = Path(sys.executable).parent.parent.parent
STARTED_FROM = Path(__file__).resolve().parents[1]
SERVER = os.getpid()


def begin_with_the_release():
    """Have a worker, which Granian forks, find all that it loads in the link's release of now."""
    if os.getppid() != SERVER:
        return
    release = FOLDER.resolve()
    sys.path[:] = [moved(path, release) for path in sys.path]
    sys.executable = moved(sys.executable, release)
    os.chdir(release)


def moved(path, release):
    """Return the path within the release instead of the link or the first release."""
    for old in (FOLDER, STARTED_FROM):
        if Path(path).is_relative_to(old):
            return str(release / Path(path).relative_to(old))
    return path


def truncate_log():
    """Bring SQLite's write-ahead log into the database: what is left is one file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
    # Not while the server runs: its first process has no use for the settings.
    from django.conf import settings  # noqa: PLC0415

    database = settings.DATABASES["default"]
    path = Path(database["NAME"]).absolute()
    if database["ENGINE"] != "django.db.backends.sqlite3" or not path.is_file():
        return
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main():
    if FOLDER.resolve() == STARTED_FROM:
        os.register_at_fork(after_in_child=begin_with_the_release)
    try:
        entrypoint()
    finally:
        try:
            truncate_log()
        except sqlite3.Error as error:
            sys.stderr.write(f"SQLite's write-ahead log could not be truncated: {error}\n")


if __name__ == "__main__":
    main()
