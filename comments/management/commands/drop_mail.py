from django.core.management.base import BaseCommand

from comments.models import Notice, Outbox


class Command(BaseCommand):
    help = (
        "Give up the mails that wait, and the notices that were to become mails, after PostgreSQL"
        " was recovered to an earlier moment: some went out since. `restore` does it by itself."
    )

    def handle(self, **options):
        mails = Outbox.objects.drop()
        notices, _models = Notice.objects.all().delete()
        self.stdout.write(f"mails: {mails}")
        self.stdout.write(f"notices: {notices}")
