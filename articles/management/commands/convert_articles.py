import shutil

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.progress import Progress

from articles.imports.hugo import Hugo
from articles.imports.jekyll import Jekyll
from articles.imports.records import Report
from articles.imports.source import SourceError
from articles.imports.wordpress import WordPress
from articles.imports.write_bundle import REPORT, BundleWriter
from articles.management.arguments import path

SITES = {"hugo": Hugo, "jekyll": Jekyll}


class Command(BaseCommand):
    help = (
        "Turn the articles of another system into a bundle to look at, for import_articles:"
        " WordPress (an export, WXR, or a folder of them), Hugo or Jekyll (the site's folder)."
        " No database is asked and nothing is fetched (docs/moving.md)."
    )

    def add_arguments(self, parser):
        parser.add_argument("system", choices=["wordpress", "hugo", "jekyll"])
        parser.add_argument("source", type=path)
        parser.add_argument("folder", type=path, help="a folder that is not there yet, or empty")
        parser.add_argument(
            "--uploads", type=path, help="WordPress: a copy of the folder wp-content/uploads"
        )
        parser.add_argument(
            "--category",
            default="",
            help="slug of a category of this site for all; those of the source become tags",
        )
        parser.add_argument(
            "--licence",
            default="none",
            choices=["none", "type0", "type1", "type2", "type3", "type4", "ai"],
            help="the mark of 공공누리 (KOGL) that all of them bear",
        )
        parser.add_argument(
            "--pages", action="store_true", help="make the source's pages pages of this site"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="write nothing: tell what would come"
        )

    def handle(self, *args, system, source, folder, dry_run, licence, uploads, **options):
        part = folder.with_name(f"{folder.name}.part")
        check_folders(source, uploads, folder, part)
        report = Report()
        writer = BundleWriter(None if dry_run else part, report, licence)
        try:
            if not dry_run:
                part.mkdir(parents=True)
            self.convert(system, source, report, writer, uploads, **options)
            if not dry_run:
                if folder.exists():
                    folder.rmdir()
                part.rename(folder)
        except (SourceError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error
        finally:
            if not dry_run:
                shutil.rmtree(part, ignore_errors=True)
        self.tell(report, writer.counts)
        if dry_run:
            self.stdout.write(_("This was a dry run: nothing has been written."))
        else:
            self.stdout.write(
                _("Look at %(folder)s, and at %(report)s there; then: manage.py %(command)s")
                % {"folder": folder, "report": REPORT, "command": f"import_articles {folder}"}
            )
        if report.comments:
            self.stdout.write(
                _("After that the comments: manage.py %(command)s")
                % {"command": f"convert_comments wordpress {source} FILE, import_comments FILE"}
            )

    def convert(self, system, source, report, writer, uploads, *, category, pages, **options):
        # Rich draws its bar on a terminal only.
        with Progress(transient=True, disable=not self.stdout.isatty()) as progress:

            def opened(file):
                return progress.open(file, "rb", description=_("Converting"))

            if system == "wordpress":
                if uploads and (uploads / "uploads").is_dir():
                    # wp-content itself was copied.
                    uploads /= "uploads"
                reader = WordPress(
                    exports(source),
                    uploads,
                    report,
                    opened,
                    takes_pages=pages,
                    category=category,
                )
            else:
                reader = SITES[system](source, report, takes_pages=pages, category=category)
            for record in reader.read():
                writer.add(record)
            writer.finish(reader.terms)

    def tell(self, report, counts):
        for text, key in (
            (_("articles: %(count)s"), "articles"),
            (_("    published: %(count)s"), "published"),
            (_("    scheduled: %(count)s"), "scheduled"),
            (_("    drafts: %(count)s"), "draft"),
            (_("pages: %(count)s"), "pages"),
            (_("categories: %(count)s"), "categories"),
            (_("tags: %(count)s"), "tags"),
            (_("old addresses: %(count)s"), "addresses"),
            (_("pictures: %(count)s"), "pictures"),
            (_("    missing: %(count)s"), "missing"),
            (_("    not fit: %(count)s"), "unfit"),
        ):
            self.stdout.write(text % {"count": counts[key]})
        if report.comments:
            self.stdout.write(
                _("comments, which convert_comments takes: %(count)s") % {"count": report.comments}
            )
        for sentence, count in report.notes.counts.most_common():
            times = ngettext("%(count)s time", "%(count)s times", count) % {"count": count}
            self.stdout.write(f"{times}: {sentence} ({', '.join(report.notes.examples[sentence])})")


def check_folders(source, uploads, folder, part):
    for path_given in filter(None, (source, uploads)):
        if not path_given.exists():
            text = _("There is no such file or folder: %(path)s")
            raise CommandError(text % {"path": path_given})
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(
            _("%(folder)s holds something already; name a folder that is not there yet.")
            % {"folder": folder}
        )
    if part.exists():
        raise CommandError(
            _("%(folder)s is left from a run that was broken off; delete it first.")
            % {"folder": part}
        )


def exports(source):
    """Return the files of an export, which WordPress may have parted."""
    files = sorted(source.glob("*.xml")) if source.is_dir() else [source]
    if not files:
        raise CommandError(_("%(folder)s holds no .xml file.") % {"folder": source})
    return files
