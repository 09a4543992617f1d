"""What `backup.json` says of the other files of a backup, for `restore` to check them by."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from comments.models import Notice, Outbox
from openup.backup.keys import dropped_digest_keys, keys_in_use

FILE = "backup.json"
FORMAT = 1
MEDIA = "media.tar"
SETTINGS = "settings.env"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


@dataclass
class Manifest:
    database: str
    # {table: rows}; {} where it is unknown.
    rows: dict
    # ["app.name"]
    migrations: list
    waiting_mails: int
    keys: list
    # {file: SHA-256}
    files: dict
    format: int = FORMAT
    # Without them, whoever made the backup keeps them elsewhere.
    has_pictures: bool = True

    @classmethod
    def of_database(cls):
        """Tell of the database as it is in the transaction that is open."""
        rows = count_rows(connection)
        applied = MigrationRecorder(connection).applied_migrations()
        return cls(
            database=connection.vendor,
            rows=rows,
            migrations=sorted(f"{app}.{name}" for app, name in applied),
            waiting_mails=count_waiting_mails(rows),
            keys=keys_in_use() + dropped_digest_keys(rows),
            files={},
        )

    @classmethod
    def read(cls, folder):
        """Return the manifest of a whole backup; raise CommandError for any other folder."""
        try:
            text = (folder / FILE).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise CommandError(_no_manifest(folder)) from error
        try:
            manifest = cls(**json.loads(text))
            manifest._check_values()
        except (ValueError, TypeError, AttributeError) as error:
            raise CommandError(f"{folder / FILE} is damaged: nothing was restored.") from error
        for name, digest in manifest.files.items():
            if not (folder / name).is_file() or digest_file(folder / name) != digest:
                raise CommandError(
                    f"{folder / name} is missing or not what was backed up: nothing was restored."
                )
        return manifest

    def _check_values(self):
        if self.format != FORMAT:
            raise CommandError(
                f"The backup has format {self.format}, this version reads {FORMAT}: update first."
            )
        names = {DATABASES[self.database]} if self.database in DATABASES else {None}
        tables = {**self.rows}
        if (
            not names <= {*self.files} <= names | {MEDIA, SETTINGS}
            or (MEDIA in self.files) != self.has_pictures
            or not all(re.fullmatch(r"\w+", name, re.ASCII) for name in tables)
            or not all(type(count) is int for count in tables.values())
        ):
            raise ValueError("not what back_up writes")

    @classmethod
    def guess(cls, folder):
        """Return what can be told of a backup that was made before there were manifests."""
        found = [vendor for vendor, name in DATABASES.items() if (folder / name).is_file()]
        if len(found) != 1 or not (folder / MEDIA).is_file():
            raise CommandError(f"{folder} holds no backup.")
        return cls(database=found[0], rows={}, migrations=[], waiting_mails=0, keys=[], files={})

    def write(self, folder):
        self.files = {path.name: digest_file(path) for path in sorted(folder.iterdir())}
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / FILE).write_text(f"{text}\n", encoding="utf-8")

    def unknown_migrations(self):
        """Return the backup's migrations that this version of the program has not."""
        loader = MigrationLoader(None)
        # One that replaces others counts for them.
        known = {*loader.disk_migrations}
        for migration in loader.disk_migrations.values():
            known.update(migration.replaces)
        return [name for name in self.migrations if tuple(name.split(".", 1)) not in known]


def _no_manifest(folder):
    if any((folder / name).exists() for name in DATABASES.values()):
        return (
            f"{folder} has no {FILE}: the backup is not whole, or an earlier version made it. For"
            " one of an earlier version, whose rows cannot be counted, add --without-manifest."
        )
    return f"{folder} holds no backup: name the folder that `back_up` printed."


def digest_file(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count_rows(database):
    """Return {table: rows} of all tables; what the database keeps for itself is left out."""
    with database.cursor() as cursor:
        tables = [
            table
            for table in database.introspection.table_names(cursor)
            if not table.startswith("sqlite_")
        ]
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT COUNT(*) FROM {database.ops.quote_name(table)}")  # noqa: S608 - names of ours alone
            counts[table] = cursor.fetchone()[0]
    return counts


def count_waiting_mails(tables):
    """Return how many mails wait, and how many notices that will become mails."""
    models = {Outbox: Outbox.objects.waiting(), Notice: Notice.objects.all()}
    return sum(rows.count() for model, rows in models.items() if model._meta.db_table in tables)
