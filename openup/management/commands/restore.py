import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from openup.backup import pictures
from openup.backup.deletions import describe, reapply_deletions
from openup.backup.files import check_reachable, reason
from openup.backup.keys import WITHOUT, compare
from openup.backup.manifest import MEDIA, SETTINGS, Manifest
from openup.pending_migrations import count_pending

# To the microsecond: two restores of one second must not share a place for what they replace.
STAMP_FORMAT = "%Y%m%dT%H%M%S.%fZ"


class Command(BaseCommand):
    help = (
        "Bring a backup's database and pictures back while the site is stopped, and say whether"
        " its keys are here. What it replaces is moved aside, and what was deleted there since is"
        " deleted again."
    )
    # By itself a command may ask the database, which is what cannot be read.
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="the backup, as `back_up` has named it")
        parser.add_argument(
            "--replace", action="store_true", help="move the data that is there aside"
        )
        parser.add_argument(
            "--send-mail",
            action="store_true",
            help="send the mails that waited when the backup was made; otherwise they are dropped",
        )
        parser.add_argument(
            "--keep-deleted",
            action="store_true",
            help="leave as in the backup what was deleted since, where that is what went wrong",
        )
        parser.add_argument(
            "--without-manifest",
            action="store_true",
            help="take a backup of an earlier version, which has no backup.json to be checked by",
        )

    def handle(self, folder, replace, send_mail, keep_deleted, without_manifest, **options):
        self.check(databases=[])
        check_reachable()
        manifest = Manifest.guess(folder) if without_manifest else Manifest.read(folder)
        check_fits(manifest)
        if manifest.has_pictures:
            pictures.check(folder / MEDIA)
        try:
            aside = self.restore(folder, manifest, replace, send_mail)
        except (OSError, sqlite3.Error, Error) as error:
            raise CommandError(f"Nothing was restored: {reason(error)}") from error
        self.migrate()
        if aside and not keep_deleted:
            self.reapply_deletions(aside)
        self.tell_keys(folder, manifest)

    def restore(self, folder, manifest, replace, send_mail):
        if connection.vendor == "sqlite":
            from openup.backup.sqlite import Restoration  # noqa: PLC0415
        else:
            from openup.backup.postgresql import Restoration  # noqa: PLC0415
        stamp = datetime.now(UTC).strftime(STAMP_FORMAT)
        with Restoration(stamp) as restoration:
            restoration.seize()
            if restoration.has_data and not replace:
                raise CommandError(
                    "The database holds data. `--replace` moves it aside and brings the backup"
                    " back; nothing was restored."
                )
            restoration.prepare(folder, manifest, send_mail)
            # Before the database: other pictures do no harm, and none that a text shows is missing.
            count = pictures.unpack(folder / MEDIA, stamp) if manifest.has_pictures else None
            aside = restoration.finish()
        rows = sum(manifest.rows.values())
        checked = f"{rows} rows in {len(manifest.rows)} tables, as when it was made"
        self.stdout.write(f"Database: {checked if rows else 'restored'}")
        told = "none in the backup; those of the bucket stay" if count is None else count
        self.stdout.write(f"Pictures: {told}")
        if aside:
            kind = "the schema " if connection.vendor == "postgresql" else ""
            self.stdout.write(f"What was there before: {kind}{aside}")
        if not send_mail:
            known = f"{manifest.waiting_mails} " if manifest.rows else ""
            self.stdout.write(f"Mails: the {known}that waited in the copy will not be sent")
        return aside

    def migrate(self):
        """Bring the schema of an earlier version up to date."""
        if pending := count_pending():
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write(
                f"Migrations: {pending} applied, since the backup is of an earlier version;"
                " run `manage.py setup_site` as after an update"
            )

    def reapply_deletions(self, aside):
        """Do again what was deleted since the backup, as far as what was replaced can tell."""
        try:
            counts = reapply_deletions(str(aside))
        except (OSError, Error) as error:
            self.stderr.write(
                f"Deleted since the backup: NOT all done again; what was there before cannot be"
                f" read ({reason(error)}). Who deleted a comment since has it back."
            )
            return
        self.stdout.write(f"Deleted since the backup: {describe(counts)}")

    def tell_keys(self, folder, manifest):
        """Say which keys the backup needs, whether they are here, and where the others are."""
        missing = 0
        for key, is_here in compare(manifest.keys):
            name = f"{key['setting']} {key['id'] or key['fingerprint'][:6]}"
            if is_here:
                self.stdout.write(f"Key {name}: here")
                continue
            self.stderr.write(f"Key {name}: NOT here; {WITHOUT[key['setting']]}")
            if key["fingerprint"]:
                missing += 1
            else:
                self.stderr.write("  It was not among the site's keys any more at the backup.")
        if missing and (folder / SETTINGS).is_file():
            self.stderr.write(f"{folder / SETTINGS} holds the backup's keys.")
        elif missing:
            self.stderr.write("The backup holds no keys: bring them from where they are kept.")


def check_fits(manifest):
    """Raise CommandError for a backup that this site cannot take."""
    if manifest.database != connection.vendor:
        words = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise CommandError(
            f"The backup is of {words[manifest.database]}, and DATABASE_URL names"
            f" {words[connection.vendor]}: they cannot be brought into one another; nothing was"
            " restored."
        )
    if unknown := manifest.unknown_migrations():
        raise CommandError(
            f"The backup is of a later version ({unknown[0]}): update the program first; nothing"
            " was restored."
        )
