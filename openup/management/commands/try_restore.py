import logging
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from openup.backup import pictures
from openup.backup.drill import Drill, Stopwatch
from openup.backup.files import check_reachable, reason
from openup.backup.manifest import FILE, MEDIA
from openup.management.commands.restore import check_fits
from openup.metrics import note_drill

ENCRYPTED = ".tar.age"

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Restore a backup on trial, into a scratch database and folder that are emptied afterwards:"
        " count its rows, look for its pictures, start the site on it and ask that for pages."
        " Nothing of the running site is touched."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "folder", type=Path, help="a backup, or where the backups lie: then the newest is taken"
        )
        parser.add_argument(
            "--database",
            help="the scratch database, which is EMPTIED; PostgreSQL's alone (…_drill)",
        )
        parser.add_argument(
            "--identity", type=Path, help="take the newest encrypted copy, and decrypt it with this"
        )

    def handle(self, folder, database, identity, **options):
        check_reachable()
        database = database or f"{connection.settings_dict['NAME']}_drill"
        try:
            with (
                tempfile.TemporaryDirectory(prefix="openup-drill-") as scratch,
                scratch_database(database),
            ):
                text = self.try_restore(folder, Path(scratch), database, identity)
        except (OSError, Error) as error:
            raise CommandError(f"The trial has failed: {reason(error)}") from error
        note_drill()
        logger.info(text)
        self.stdout.write(text)

    def try_restore(self, folder, scratch, database, identity):
        backup = newest_backup(folder, ENCRYPTED if identity else "")
        watch = Stopwatch()
        if identity:
            backup = decrypt(backup, identity, scratch)
        drill = Drill(backup, scratch, database)
        check_fits(drill.manifest)
        if drill.manifest.has_pictures:
            pictures.check(backup / MEDIA)
        drill.restore()
        restoring = watch.seconds()
        known = drill.check_pictures()
        pages = drill.show_pages()
        rows = drill.manifest.rows
        return (
            f"The backup {backup.name} is sound: {sum(rows.values())} rows in {len(rows)} tables"
            f" ({rows.get('comments_comment', 0)} comments) and {known} pictures restored in"
            f" {restoring}; a site started on it showed {pages} pages in {watch.seconds()}"
        )


def newest_backup(folder, ending):
    """Return the newest backup in `folder`, or the one that it is."""
    if (folder / FILE).is_file() or (ending and folder.name.endswith(ending)):
        return folder
    found = sorted(folder.glob(f"????-??-??T??????Z{ending}"))
    if not found:
        raise CommandError(f"{folder} holds no backup{' that is encrypted' if ending else ''}.")
    return found[-1]


def decrypt(file, identity, scratch):
    """Return the folder of a backup that lay encrypted in `file`."""
    with subprocess.Popen(
        ["age", "--decrypt", "--identity", identity, file], stdout=subprocess.PIPE
    ) as age:
        tar = subprocess.run(
            ["tar", "--extract", "--directory", scratch], stdin=age.stdout, check=False
        )
    if age.returncode != 0 or tar.returncode != 0:
        raise CommandError(f"{file} cannot be decrypted with {identity}.")
    return scratch / file.name.removesuffix(ENCRYPTED)


@contextmanager
def scratch_database(name):
    """Have the scratch database empty, before and after; SQLite's is a file in a folder."""
    if connection.vendor != "postgresql":
        yield
        return
    from openup.backup.postgresql import empty  # noqa: PLC0415

    empty(name)
    try:
        yield
    finally:
        empty(name)
