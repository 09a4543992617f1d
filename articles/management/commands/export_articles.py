from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import Progress

from articles.bundle.export import ExportError, export
from articles.management.arguments import path


class Command(BaseCommand):
    help = (
        "Write all content into a folder as files (docs/bundle-format.md) that import_articles"
        " reads again. An earlier export in the folder is brought up to date."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=path, help="an empty folder or an earlier export")

    def handle(self, *args, folder, **options):
        count = 0
        # Rich draws its bar on a terminal only.
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:
            try:
                for _name in progress.track(export(folder), description=_("Exporting")):
                    count += 1
            except (ExportError, OSError) as error:
                raise CommandError(f"{folder}: {error}") from error
        self.stdout.write(
            ngettext("%(count)s file in %(folder)s", "%(count)s files in %(folder)s", count)
            % {"count": count, "folder": folder}
        )
