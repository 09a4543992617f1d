import hashlib
import os
import secrets
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connection, transaction

from articles.desk.pictures import make_lost_renditions, take_up_pictures
from articles.models import Article
from openup.pending_migrations import count_pending

SAMPLE = settings.BASE_DIR / "articles" / "sample"
EDITOR_NAME = "editor"
EDITOR_GROUPS = ["publisher", "moderator", "data steward"]
# No letters or digits that are taken for one another when copied by hand.
EASY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = "Bring database, first content and static files up to date; skip what is done."

    def handle(self, **options):
        check_writable()
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        self.migrate()
        call_command("setup_site", verbosity=0)
        self.load_sample()
        self.take_up_pictures()
        self.create_editor()
        self.collect_static()

    def migrate(self):
        pending = count_pending()
        # Also when none is pending: it makes the permissions that an interrupted run left out.
        call_command("migrate", interactive=False, verbosity=0)
        done = f"{pending} migrations applied" if pending else "up to date"
        self.stdout.write(f"Database: {done}")

    def load_sample(self):
        """Load the sample content into an empty site, all of it or none."""
        if Article.objects.exists():
            return
        with transaction.atomic():
            call_command("import_articles", SAMPLE, stdout=StringIO())
        self.stdout.write(f"Articles: loaded {Article.objects.count()} samples")

    def take_up_pictures(self):
        if count := take_up_pictures():
            self.stdout.write(f"Pictures: {count} taken up in the library")
        if count := make_lost_renditions():
            self.stdout.write(f"Pictures: {count} made anew for readers")

    def create_editor(self):
        """Create the first staff editor and print the password, which is kept nowhere."""
        if User.objects.filter(is_staff=True).exists():
            return
        password = "-".join(
            "".join(secrets.choice(EASY_LETTERS) for _ in range(4)) for _ in range(4)
        )
        with transaction.atomic():
            editor = User.objects.create_user(EDITOR_NAME, password=password, is_staff=True)
            editor.groups.set(Group.objects.filter(name__in=EDITOR_GROUPS))
        self.stdout.write(
            f"Staff editor: name {EDITOR_NAME}, password {password} (shown this once; "
            f"`.venv/bin/python manage.py changepassword {EDITOR_NAME}` sets another)"
        )

    def collect_static(self):
        """Collect the static files when a source or the storage has changed since."""
        if settings.DEBUG:
            return
        mark = Path(settings.STATIC_ROOT) / ".collected"
        digest = digest_static_sources()
        manifest = Path(settings.STATIC_ROOT, staticfiles_storage.manifest_name)
        if manifest.is_file() and mark.is_file() and mark.read_text() == digest:
            self.stdout.write("Static files: up to date")
            return
        self.stdout.write("Static files: collecting")
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.write_text(digest)


def check_writable():
    """Stop before anything is written, rather than at a reader's first comment."""
    paths = [Path(settings.STATIC_ROOT)]
    if not settings.MEDIA_IN_BUCKET:
        paths.append(Path(settings.MEDIA_ROOT))
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():
        database = Path(connection.settings_dict["NAME"]).absolute()
        paths += [database, database.parent, Path(f"{database}-wal"), Path(f"{database}-shm")]
    for path in paths:
        existing = next(part for part in (path, *path.parents) if os.path.exists(part))
        needed = os.W_OK | os.X_OK if existing.is_dir() else os.W_OK
        if not os.access(existing, needed):
            raise CommandError(
                f"No permission to write {existing}: give it to the user that runs the site, "
                f"`sudo chown -R USER '{existing}'`."
            )


def digest_static_sources():
    """Return a digest of every static file's path and content, and of the storage's name."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(path.encode())
            with storage.open(path) as file:
                digest.update(hashlib.file_digest(file.file, "sha256").digest())
    return digest.hexdigest()
