from itertools import chain

from django.core.management.base import BaseCommand

from articles.content.uploads import STORED_NAME, UNUSED_DAYS, sweep
from articles.models import Article, MonthlyIssueItem, SitePage


class Command(BaseCommand):
    help = f"Remove uploaded pictures that no text has named for {UNUSED_DAYS} days; run it daily."

    def handle(self, **options):
        removed = sweep(named_pictures())
        for name in removed:
            self.stdout.write(name)
        self.stdout.write(f"{len(removed)} pictures removed.")


def named_pictures():
    """Return the names of the pictures that any text names, published or not."""
    bodies = (
        model.objects.values_list("body", flat=True).iterator()
        for model in (Article, MonthlyIssueItem, SitePage)
    )
    return {name for body in chain.from_iterable(bodies) for name in STORED_NAME.findall(body)}
