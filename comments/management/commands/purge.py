from django.core.management.base import BaseCommand

from comments.account.retention import purge


class Command(BaseCommand):
    help = "Delete what has ended: records of mails, links, counters of limits, staff sessions."

    def handle(self, **options):
        for kind, count in purge().items():
            self.stdout.write(f"{kind}: {count}")
