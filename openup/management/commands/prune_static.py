import json
from pathlib import Path
from time import time

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError

from openup.backends.static_storage import HASHED, MANIFESTS

LAST_RELEASES = 3
DAY_SECONDS = 24 * 60 * 60


class Command(BaseCommand):
    help = (
        "Delete the collected static files that neither the last three releases nor any of the last"
        " 30 days name; to be run after an update."
    )

    def add_arguments(self, parser):
        parser.add_argument("--keep-days", type=int, default=30, help="30 by default")

    def handle(self, keep_days, **options):
        if keep_days < 1:
            raise CommandError("--keep-days must be 1 or more.")
        oldest = time() - keep_days * DAY_SECONDS
        root = Path(settings.STATIC_ROOT)
        manifests = sorted(root.glob(MANIFESTS), key=_moment, reverse=True)
        own = root / getattr(staticfiles_storage, "manifest_name", "")
        ended = [
            path for path in manifests[LAST_RELEASES:] if path != own and _moment(path) < oldest
        ]
        named = set()
        for path in set(manifests) - set(ended):
            named.update(json.loads(path.read_text())["paths"].values())
        # What is being collected now is in no manifest yet.
        gone = [
            path
            for path in root.rglob("*")
            if _plain_name(path, root) not in named and HASHED.search(path.name)
            and path.is_file() and _moment(path) < oldest
        ]  # fmt: skip
        for path in [*gone, *ended]:
            path.unlink(missing_ok=True)
        self.stdout.write(f"Static files: {len(gone)} deleted, of {len(ended)} releases")


def _moment(path):
    return path.stat().st_mtime


def _plain_name(path, root):
    """Return the name that a manifest has for the file, or for its compressed form."""
    name = path.relative_to(root).as_posix()
    return name.removesuffix(".br").removesuffix(".gz")
