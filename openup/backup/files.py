"""What SQLite and PostgreSQL, database and pictures have in common: files, checks, reasons."""

import errno
import os
import re
import sqlite3
from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection

TOO_OLD = (
    "the backup is older than any that this release can migrate: restore it with commit c6915c7 as"
    " its guide says, run `manage.py migrate` there, and back up with this release"
)


def check_reachable():
    """Raise CommandError with the remedy when PostgreSQL keeps us out."""
    if connection.vendor == "postgresql":
        # A site on SQLite does without psycopg.
        from openup.checks.database import obstacles  # noqa: PLC0415

        for error in obstacles(connection.get_connection_params()):
            raise CommandError(f"{error.msg} {error.hint}")


def give_to_folders_owner(path):
    """Let the site's user have what root restores for it."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def sync(path):
    """Have a file, or a folder's names, on the disk before what follows relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def holders(path):
    """Return {process id: its command} of others that have the file open, as far as we may look.

    Linux alone tells it, and to root only of other users' processes.
    """
    if not path.exists():
        return {}
    wanted = path.stat()
    found = {}
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        process = held.parent.parent
        try:
            if process.name != str(os.getpid()) and os.path.samestat(held.stat(), wanted):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(process.name)] = command.decode(errors="replace").strip()[:80]
        except OSError:
            # Closed meanwhile, or another user's.
            continue
    return found


def reason(error):
    """Return in a few words why something could not be written."""
    # Django's errors have the driver's as their cause.
    for one in (error, error.__cause__):
        if isinstance(one, OSError) and one.errno in {errno.ENOSPC, errno.EDQUOT}:
            return "the disk is full"
        if getattr(one, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return "the disk is full"
    return str(error).strip()


def reason_of_program(stderr):
    """Return in one line what a program of PostgreSQL complains of."""
    if "No space left on device" in stderr:
        return "the disk is full"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(error|ERROR|FATAL|ERREUR|오류)\b", line)]
    return (errors or lines or ["it gave no reason"])[0]
