"""Granian, and what is left to do when it has ended: `python -m openup.server`, granian's options.

Its workers end without closing their connections, so SQLite's write-ahead log would stay behind.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from granian.cli import entrypoint


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
    try:
        entrypoint()
    finally:
        try:
            truncate_log()
        except sqlite3.Error as error:
            sys.stderr.write(f"SQLite's write-ahead log could not be truncated: {error}\n")


if __name__ == "__main__":
    main()
