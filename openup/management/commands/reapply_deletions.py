from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from openup.backup.deletions import describe, reapply_deletions
from openup.backup.files import check_reachable, reason


class Command(BaseCommand):
    help = (
        "Do again what was deleted after the backup or the moment that was brought back, as the"
        " database of before tells it, while the site is stopped. `restore` does it by itself."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "place",
            help="where the database of before is: the folder or the schema that `restore` has"
            " printed, or the port of another PostgreSQL server on the same host",
        )

    def handle(self, place, **options):
        check_reachable()
        try:
            counts = reapply_deletions(place)
        except (OSError, Error) as error:
            raise CommandError(f"Not all was done again: {reason(error)}") from error
        self.stdout.write(f"Deleted since the backup: {describe(counts)}")
