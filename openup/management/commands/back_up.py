import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from openup.backup import pictures
from openup.backup.files import check_reachable, reason
from openup.backup.keys import settings_not_in_file
from openup.backup.manifest import MEDIA, SETTINGS, Manifest
from openup.metrics import note_backup

NAME_FORMAT = "%Y-%m-%dT%H%M%SZ"
UNFINISHED = ".unfinished"


class Command(BaseCommand):
    help = (
        "Copy database, pictures and settings with their keys into a new folder below FOLDER,"
        " while the site runs; `restore` brings them back."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="where the backups lie, one folder each")
        parser.add_argument(
            "--keep-days", type=int, help="delete the backups in FOLDER that are older"
        )
        parser.add_argument(
            "--without-pictures",
            action="store_true",
            help="leave the pictures out, since their bucket keeps versions or is copied elsewhere",
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="leave the settings file out, since its keys are kept elsewhere",
        )

    def handle(self, folder, keep_days, without_pictures, without_keys, **options):
        if keep_days is not None and keep_days < 1:
            raise CommandError("--keep-days must be 1 or more.")
        missing = [] if without_keys else settings_not_in_file(settings.ENV_FILE)
        if missing:
            raise CommandError(
                f"No backup was made: {', '.join(missing)} would be missing, since the environment"
                " gives them and not a settings file. Keep them where the backup is kept, and add"
                " --without-keys."
            )
        check_reachable()
        os.umask(0o077)
        now = datetime.now(UTC)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            backup = make_backup(folder, now, without_pictures, without_keys)
            if keep_days is not None:
                delete_older(folder, now - timedelta(days=keep_days))
        except (OSError, sqlite3.Error, Error) as error:
            raise CommandError(f"The backup could not be written: {reason(error)}") from error
        note_backup()
        self.stdout.write(f"Backup: {backup}")
        if without_pictures:
            self.stdout.write("Its pictures are not in it: a copy of the bucket has to be made.")
        if without_keys:
            self.stdout.write("Its keys are not in it: keep the settings elsewhere.")


def make_backup(folder, now, without_pictures, without_keys):
    """Return the folder of a new backup; under its name there is a whole one or none."""
    backup = folder / now.strftime(NAME_FORMAT)
    draft = backup.with_suffix(UNFINISHED)
    draft.mkdir()
    try:
        manifest = dump_database(draft)
        manifest.has_pictures = not without_pictures
        if not without_pictures:
            # After the database: whatever the copied texts show was there before them.
            pictures.pack(draft / MEDIA)
        if not without_keys:
            shutil.copyfile(settings.ENV_FILE, draft / SETTINGS)
        manifest.write(draft)
        draft.rename(backup)
    except BaseException:
        shutil.rmtree(draft)
        raise
    return backup


def dump_database(folder):
    """Write one consistent moment of the database, and return what is told of it."""
    if connection.vendor == "sqlite":
        from openup.backup.sqlite import dump, snapshot  # noqa: PLC0415
    else:
        from openup.backup.postgresql import dump, snapshot  # noqa: PLC0415
    with snapshot():
        manifest = Manifest.of_database()
        dump(folder)
    return manifest


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
