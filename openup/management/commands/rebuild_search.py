from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.progress import Progress

from articles.models import AnotherRun, SearchDocument, SearchState
from openup.search_index import count, rebuild


class Command(BaseCommand):
    help = (
        "Make the search's index anew, while the site runs, after the way it is made has changed or"
        " rows were loaded. What was interrupted goes on where it was."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--anew", action="store_true", help="begin again what an earlier run has not ended"
        )

    def handle(self, anew, **options):
        state = SearchState.current()
        if state.is_interrupted and not anew:
            begun_at = timezone.localtime(state.begun_at)
            self.stdout.write(f"Search: going on with what was begun at {begun_at:%Y-%m-%d %H:%M}")
        else:
            state.begin()
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:
            task = progress.add_task("Search", total=count())
            try:
                for done in rebuild(state):
                    progress.advance(task, done)
            except AnotherRun:
                raise CommandError("Another rebuild_search is running: it goes on.") from None
        self.stdout.write(f"Search: {SearchDocument.objects.count()} documents")
