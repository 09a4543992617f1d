import logging
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from openup.site_copy.copying import MARK, NOT_COLLECTED, REDIRECTS, CopyError, SiteCopy

SHOWN_BROKEN = 50


class Command(BaseCommand):
    help = (
        "Write the public site as files into FOLDER, as an archive that any web server can serve"
        " at the same addresses (docs/moving.md). An earlier copy there is replaced when the new"
        " one is whole."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="a new folder, or an earlier copy")

    def handle(self, *args, folder, **options):
        earlier = folder if folder.exists() else None
        if earlier and not (folder / MARK).is_file() and any(folder.iterdir()):
            raise CommandError(f"{folder} holds files that are no copy of a site; choose another.")
        try:
            staticfiles_storage.url("css/site.css")
        except ValueError as error:
            raise CommandError(NOT_COLLECTED) from error
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            copy = SiteCopy(part, earlier)
            with links_not_logged():
                self.make(copy)
            replace(folder, part)
        except (CopyError, OSError) as error:
            raise CommandError(f"No copy was made: {error}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        self.tell(copy, folder)

    def make(self, copy):
        # Rich draws its bar on a terminal only.
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:
            task = progress.add_task("Copying", total=None)
            for done, known in copy.make():
                progress.update(task, completed=done, total=known)

    def tell(self, copy, folder):
        counts = copy.counts
        kinds = sorted(kind for kind in counts if "/" in kind)
        for kind in kinds:
            self.stdout.write(f"{counts[kind]:>8} {kind}")
        self.stdout.write(f"{counts['redirects']:>8} redirects, for nginx in {REDIRECTS}")
        self.stdout.write(
            f"{counts['files']} files, {counts['bytes'] / 1_000_000:.1f} MB, in {folder};"
            f" {counts['kept']} are those of the earlier copy."
        )
        if copy.broken:
            self.stdout.write(f"{len(copy.broken)} links of the site lead nowhere:")
        for address, page in sorted(copy.broken.items())[:SHOWN_BROKEN]:
            self.stdout.write(f"    {address} (on {page})")


@contextmanager
def links_not_logged():
    """Keep links that lead nowhere out of the log: they are told at the end."""
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def replace(folder, part):
    """Put the new copy in the place of the earlier one, which goes."""
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old)
