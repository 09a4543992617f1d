import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

NAME_FORMAT = "%Y-%m-%dT%H%M%SZ"
UNFINISHED = ".unfinished"


class Command(BaseCommand):
    help = (
        "Copy database, pictures and settings with their keys into a new folder below FOLDER,"
        " while the site runs."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where the backups lie, one folder each")
        parser.add_argument(
            "--keep-days", type=int, help="delete the backups in FOLDER that are older"
        )

    def handle(self, folder, keep_days, **options):
        if keep_days is not None and keep_days < 1:
            raise CommandError("--keep-days must be 1 or more.")
        os.umask(0o077)
        now = datetime.now(UTC)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            backup = make_backup(folder, now)
            if keep_days is not None:
                delete_older(folder, now - timedelta(days=keep_days))
        except OSError as error:
            raise CommandError(f"The backup could not be written: {error}") from error
        self.stdout.write(f"Backup: {backup}")


def make_backup(folder, now):
    """Return the folder of a new backup; under its name there is a whole one or none."""
    backup = folder / now.strftime(NAME_FORMAT)
    draft = backup.with_suffix(UNFINISHED)
    draft.mkdir()
    try:
        # The pictures after the database: whatever the copied texts show was there before them.
        dump_database(draft)
        with tarfile.open(draft / "media.tar", "w") as archive:
            if settings.MEDIA_ROOT.exists():
                archive.add(settings.MEDIA_ROOT, arcname="media")
        if settings.ENV_FILE.is_file():
            shutil.copyfile(settings.ENV_FILE, draft / "settings.env")
        draft.rename(backup)
    except BaseException:
        shutil.rmtree(draft)
        raise
    return backup


def dump_database(folder):
    """Write one consistent moment of the database."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / "database.sqlite3")) as copy:
            connection.connection.backup(copy)
        return
    arguments, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    command = ["pg_dump", *arguments[1:], "--format=custom", "--no-owner", "--no-privileges"]
    command += ["--file", str(folder / "database.dump")]
    done = subprocess.run(
        command, check=False, capture_output=True, env=os.environ | (env or {}), text=True
    )
    if done.returncode != 0:
        raise CommandError(f"pg_dump failed:\n{done.stderr}")


def delete_older(folder, moment):
    """Delete the backups made before `moment`, and what interrupted ones have left."""
    for path in folder.iterdir():
        name = path.name.removesuffix(UNFINISHED)
        try:
            made_at = datetime.strptime(name, NAME_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            continue
        if made_at < moment:
            shutil.rmtree(path)
