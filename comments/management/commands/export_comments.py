from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import Progress

from articles.management.arguments import path
from articles.models import Article
from comments.bundle.data import ThreadLine
from comments.bundle.export import threads
from comments.bundle.lines import HEADER, write
from comments.models import Comment


class Command(BaseCommand):
    help = (
        "Write all threads into a file of lines (docs/comments-format.md) that import_comments"
        " reads again. It holds names and texts, hidden and waiting ones too, but nothing of the"
        " addresses and passwords."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=path, help="a new file, or one to replace")
        parser.add_argument(
            "--article", action="append", default=[], help="portable id (uid) of an article"
        )

    def handle(self, *args, file, article, **options):
        articles = Article.objects.filter(uid__in=article) if article else Article.objects.all()
        try:
            count = self.write(file, articles)
        except OSError as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(
            ngettext("%(count)s comment in %(file)s", "%(count)s comments in %(file)s", count)
            % {"count": count, "file": file}
        )

    def write(self, file: Path, articles):
        """Write the file whole or not at all, and return how many comments it holds."""
        part = file.with_name(f"{file.name}.part")
        count = 0
        # Rich draws its bar on a terminal only.
        with (
            Progress(transient=True, disable=not self.stdout.isatty()) as progress,
            part.open("w", encoding="utf-8", newline="\n") as lines,
        ):
            total = Comment.objects.filter(article__in=articles).count()
            task = progress.add_task(_("Exporting"), total=total)
            lines.write(f"{HEADER}\n")
            for line in threads(articles):
                lines.write(f"{write(line)}\n")
                if not isinstance(line, ThreadLine):
                    count += 1
                    progress.update(task, completed=count)
        part.replace(file)
        return count
