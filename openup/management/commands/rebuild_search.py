from django.core.management.base import BaseCommand
from django.db import connection, transaction
from rich.progress import Progress

from articles.models import Article, MonthlyIssue, Ranking, RankingSubject, SearchDocument
from comments.models import Comment

BATCH = 500


class Command(BaseCommand):
    help = "Make the search's index anew, after the way it is made has changed or rows were loaded."

    def handle(self, **options):
        sources = [
            Article.objects.all(),
            MonthlyIssue.objects.all(),
            Ranking.objects.all(),
            RankingSubject.objects.all(),
            Comment.objects.filter(state=Comment.State.PUBLISHED).select_related("article"),
        ]
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:
            task = progress.add_task("Search", total=sum(rows.count() for rows in sources))
            # Until all is done, readers find what they found before.
            with transaction.atomic():
                empty_index()
                for rows in sources:
                    for row in rows.order_by("pk").iterator(BATCH):
                        row.index()
                        if isinstance(row, Article):
                            row.note_mentions()
                        progress.advance(task)
        self.stdout.write(f"Search: {SearchDocument.objects.count()} documents")


def empty_index():
    """Remove every document, and what documents that went with their article have left behind."""
    SearchDocument.objects.all().delete()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO articles_searchindex (articles_searchindex) VALUES ('delete-all')"
            )
