import os
from dataclasses import replace

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import Progress

from articles.imports.source import Notes, SourceError
from articles.management.arguments import path
from comments.bundle.data import ThreadLine
from comments.bundle.lines import HEADER, write
from comments.imports import disqus, wordpress
from comments.imports.thread_order import arrange

READERS = {"disqus": disqus.read, "wordpress": wordpress.read}


class Command(BaseCommand):
    help = (
        "Turn an export of Disqus (XML) or WordPress (WXR) into a file of lines"
        " (docs/comments-format.md) for import_comments. The file may hold e-mail addresses, of"
        " which the import keeps digests alone: only you can read it; remove it afterwards."
    )

    def add_arguments(self, parser):
        parser.add_argument("system", choices=READERS)
        parser.add_argument("source", type=path)
        parser.add_argument("file", type=path, help="a new file, or one to replace")
        parser.add_argument(
            "--without-addresses",
            action="store_true",
            help="leave the addresses out: nobody can then manage these comments",
        )

    def handle(self, *args, system, source, file, without_addresses, **options):
        notes = Notes()
        try:
            threads, comments = self.convert(
                READERS[system], source, file, notes, keeps_addresses=not without_addresses
            )
        except (SourceError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        self.stdout.write(
            _("%(threads)s threads with %(comments)s comments in %(file)s")
            % {"threads": threads, "comments": comments, "file": file}
        )
        for sentence, count in notes.counts.items():
            times = ngettext("%(count)s time", "%(count)s times", count) % {"count": count}
            self.stdout.write(f"{times}: {sentence} ({', '.join(notes.examples[sentence])})")

    def convert(self, read, source, file, notes, *, keeps_addresses):
        """Write the file whole or not at all; return how many threads and comments it holds."""
        part = file.with_name(f"{file.name}.part")
        part.unlink(missing_ok=True)
        try:
            counts = self.write(read, source, part, notes, keeps_addresses=keeps_addresses)
            part.replace(file)
        finally:
            # It may hold addresses.
            part.unlink(missing_ok=True)
        return counts

    def write(self, read, source, part, notes, *, keeps_addresses):
        threads = comments = 0
        # Rich draws its bar on a terminal only.
        with (
            Progress(transient=True, disable=not self.stdout.isatty()) as progress,
            progress.open(source, "rb", description=_("Converting")) as xml,
            open(
                os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
            ) as lines,
        ):
            lines.write(f"{HEADER}\n")
            for line in arrange(read(xml, notes), notes):
                is_thread = isinstance(line, ThreadLine)
                threads += is_thread
                comments += not is_thread
                is_kept = is_thread or keeps_addresses
                lines.write(f"{write(line if is_kept else replace(line, email=''))}\n")
        return threads, comments
