"""A SQLite database: copied at one moment, brought back by replacing its file as a whole."""

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management.base import CommandError
from django.db import ConnectionHandler, connection

from openup.backup.files import TOO_OLD, give_to_folders_owner, holders, sync
from openup.backup.manifest import DATABASES, count_rows
from openup.checks.squashed_migrations import is_too_old

FILE = DATABASES["sqlite"]
# What SQLite keeps beside a database and applies to whatever file has its name.
COMPANIONS = ("-wal", "-shm", "-journal")
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
DROP_WAITING_MAILS = (
    "UPDATE comments_outbox SET ended_at = CURRENT_TIMESTAMP, outcome = 'dropped',"
    " recipient = '', recipient_digest = '' WHERE ended_at IS NULL",
    "DELETE FROM comments_notice",
)


@contextmanager
def snapshot():
    """Let all reading of the database be of one moment; writers go on."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def dump(folder):
    """Copy what the open snapshot sees, and stop when the copy is not sound."""
    copy_path = folder / FILE
    with closing(sqlite3.connect(copy_path)) as copy:
        connection.connection.backup(copy)
        # A single file, whatever the original's mode.
        copy.execute("PRAGMA journal_mode = DELETE")
    with opened(copy_path) as copy:
        check_integrity(copy, "The site's database is damaged")


@contextmanager
def opened(path):
    """Give a connection of Django's to another file, since our indexes need its functions."""
    values = connection.settings_dict
    # Beside the file there is nothing when it is closed.
    options = values["OPTIONS"] | {"init_command": "PRAGMA journal_mode = DELETE"}
    values = values | {"NAME": str(path), "OPTIONS": options}
    other = ConnectionHandler({"default": values})["default"]
    try:
        yield other
    finally:
        other.close()


def check_integrity(database, what):
    with database.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check(1)")
        (answer,) = cursor.fetchone()
    if answer != "ok":
        raise CommandError(f"{what}: {answer}")


class Restoration:
    """The steps of bringing a copy back; nothing of the site changes before the last."""

    def __init__(self, stamp):
        self.target = Path(connection.settings_dict["NAME"]).absolute()
        self.draft = self.target.with_name(f"{self.target.name}.restoring")
        self.aside = self.target.with_name(f"before-restore-{stamp}")
        self.old = self.turn = None
        self.has_data = False
        connection.close()

    def __enter__(self):
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.turn = os.open(self.target.parent, os.O_RDONLY)
        try:
            fcntl.flock(self.turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self.turn)
            raise CommandError(f"Another restore into {self.target.parent} is running.") from error
        # What a killed one has left.
        self._clear()
        return self

    def __exit__(self, *error):
        if self.old:
            self.old.close()
        self._clear()
        os.close(self.turn)

    def _clear(self):
        for suffix in ("", *COMPANIONS):
            Path(f"{self.draft}{suffix}").unlink(missing_ok=True)

    def seize(self):
        """Keep every other process out of the database; raise CommandError when one is in it."""
        if others := holders(self.target):
            raise CommandError(_in_use(self.target, others))
        if not self.target.exists():
            return
        old = sqlite3.connect(self.target, timeout=0, isolation_level=None)
        try:
            # Leaving WAL mode needs the database for oneself, and ends with all in one file.
            old.execute("PRAGMA journal_mode = DELETE")
            old.execute("BEGIN EXCLUSIVE")
            self.has_data = bool(old.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone())
        except sqlite3.DatabaseError as error:
            old.close()
            code = error.sqlite_errorcode & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise CommandError(_in_use(self.target, {})) from error
            if code not in BROKEN:
                raise CommandError(f"{self.target} cannot be opened: {error}") from error
            self.has_data = True
            return
        self.old = old

    def prepare(self, folder, manifest, send_mail):
        """Make the new file ready beside the old one, and check it."""
        shutil.copyfile(folder / FILE, self.draft)
        with opened(self.draft) as copy:
            check_integrity(copy, f"{folder / FILE} is damaged")
            found = count_rows(copy)
            if manifest.rows and found != manifest.rows:
                raise CommandError(_other_rows(manifest.rows, found))
            if is_too_old(copy):
                raise CommandError(f"Nothing was restored: {TOO_OLD}.")
            with copy.cursor() as cursor:
                if not send_mail and "comments_outbox" in found:
                    for statement in DROP_WAITING_MAILS:
                        cursor.execute(statement)
                cursor.execute("ANALYZE")
        if self.target.exists():
            shutil.copymode(self.target, self.draft)
        give_to_folders_owner(self.draft)
        sync(self.draft)

    def finish(self):
        """Put the new file in the old one's place; return where the old one is, or None."""
        strays = [Path(f"{self.target}{suffix}") for suffix in COMPANIONS]
        strays = [path for path in strays if path.exists()]
        aside = self.aside if self.has_data or strays else None
        if aside:
            aside.mkdir(mode=0o700)
            give_to_folders_owner(aside)
            for path in (self.target, *strays):
                if path.exists():
                    os.link(path, aside / path.name)
            sync(aside)
        for path in strays:
            path.unlink()
        # In one step: there is no moment without a database, and none with half of one.
        os.replace(self.draft, self.target)
        sync(self.target.parent)
        return aside


def _in_use(path, others):
    who = ", ".join(f"{pid} ({command})" for pid, command in others.items())
    return (
        f"A process has {path} open{f': {who}' if who else ''}. Stop the server, the mail worker"
        " and the numbers' process first; nothing was restored."
    )


def _other_rows(expected, found):
    tables = sorted({*expected, *found})
    table = next(table for table in tables if expected.get(table) != found.get(table))
    return (
        f"The table {table} has {found.get(table, 'no')} rows in the copy, and had"
        f" {expected.get(table, 'none')} when it was made: nothing was restored."
    )
