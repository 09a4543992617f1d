from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string
from django.test import RequestFactory

# What a proxy answers with when the application cannot, or is not to be bothered.
PAGES = ("400", "413", "503", "maintenance", "read_only")


class Command(BaseCommand):
    help = (
        "Write the error pages that the proxy sends by itself into the folder errors beside the"
        " static files; to be run after collectstatic."
    )

    def handle(self, **options):
        folder = Path(settings.STATIC_ROOT).parent / "errors"
        folder.mkdir(exist_ok=True)
        for name in PAGES:
            # The pages of errors ask no database.
            page = render_to_string(f"{name}.html", request=RequestFactory().get("/"))
            draft = folder / f"{name}.html.new"
            draft.write_text(page, encoding="utf-8")
            draft.replace(folder / f"{name}.html")
        self.stdout.write(f"Error pages: {folder}")
