from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import Progress

from articles.management.arguments import path
from comments.bundle.data import LineError
from comments.bundle.lines import read_lines
from comments.bundle.lines_to_rows import load


class Command(BaseCommand):
    help = (
        "Import threads from files of lines (docs/comments-format.md). Each thread is taken over"
        " whole or not at all; a comment that is here already is left as it is. Of an e-mail"
        " address its digest alone is kept; nobody gets a password: these comments are managed by"
        " the link that is mailed to the address."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=path)

    def handle(self, *args, files, **options):
        created = known = refused = 0
        for file in files:
            try:
                for report in self.read(file):
                    created += report.created
                    known += report.known
                    refused += bool(report.fault_count)
                    self.write_report(file, report)
            except (LineError, OSError) as error:
                raise CommandError(f"{file}: {error}") from error
        self.stdout.write(
            _("Comments created: %(created)s, here already: %(known)s")
            % {"created": created, "known": known}
        )
        if refused:
            raise CommandError(
                ngettext(
                    "%(count)s thread was refused.", "%(count)s threads were refused.", refused
                )
                % {"count": refused}
            )

    def read(self, file):
        # Rich draws its bar on a terminal only.
        with (
            Progress(transient=True, disable=not self.stdout.isatty()) as progress,
            progress.open(file, "rb", description=_("Importing")) as lines,
        ):
            yield from load(read_lines(lines))

    def write_report(self, file, report):
        outcome = _("refused") if report.fault_count else _("created %(count)s")
        outcome %= {"count": report.created}
        self.stdout.write(f"{outcome}  {file}:{report.number}  {report.name}")
        for number, sentence in [*report.faults, *report.notes]:
            self.stdout.write(f"    {file}:{number}: {sentence}")
        left = report.fault_count + report.note_count - len(report.faults) - len(report.notes)
        if left:
            self.stdout.write(
                "    "
                + ngettext("and %(count)s more", "and %(count)s more", left) % {"count": left}
            )
