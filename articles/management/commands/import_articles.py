from collections import Counter

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import Progress

from articles.bundle.data_to_rows import CHANGED, CREATED, UNCHANGED
from articles.management.arguments import path
from articles.management.source_files import REFUSED, find, take
from articles.manuscripts.save_drafts import ARTICLE, ISSUE

LONG_RUN_FILES = 20


class Command(BaseCommand):
    help = (
        "Import content: files of a bundle (docs/bundle-format.md) and saved pages of the old site."
        " Each file is taken over whole or not at all; the same file again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=path, help="files or folders")
        parser.add_argument("--category", default="", help="slug of the category of old pages")
        parser.add_argument(
            "--replace",
            action="append_const",
            dest="overwrite",
            const=ARTICLE,
            help="let an old page replace its article, whatever was edited there",
        )
        parser.add_argument(
            "--replace-issue",
            action="append_const",
            dest="overwrite",
            const=ISSUE,
            help="let an old page replace its month's issue, whatever was edited there",
        )

    def handle(self, *args, paths, category, overwrite, **options):
        sources = find(paths)
        counts = Counter()
        # Rich draws its bar on a terminal only.
        is_long = len(sources) > LONG_RUN_FILES
        with Progress(transient=True, disable=not (is_long and self.stdout.isatty())) as progress:
            for source in progress.track(sources, description=_("Importing")):
                report = take(source, category, frozenset(overwrite or ()))
                counts[report.outcome] += 1
                self.write_report(report)
        words = outcome_words()
        self.stdout.write(", ".join(f"{words[key]} {counts[key]}" for key in words))
        if counts[REFUSED]:
            raise CommandError(
                ngettext(
                    "%(count)s file was refused.",
                    "%(count)s files were refused.",
                    counts[REFUSED],
                )
                % {"count": counts[REFUSED]}
            )

    def write_report(self, report):
        self.stdout.write(f"{outcome_words()[report.outcome]}  {report.path}")
        for line, sentence in report.notes:
            place = f"{report.path}:{line}" if line else f"{report.path}"
            self.stdout.write(f"    {place}: {sentence}")


def outcome_words():
    return {
        CREATED: _("created"),
        CHANGED: _("changed"),
        UNCHANGED: _("unchanged"),
        REFUSED: _("refused"),
    }
