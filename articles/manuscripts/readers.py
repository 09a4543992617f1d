"""An old page's file to its draft, by the reader for its kind."""

from pathlib import Path

from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.manuscripts import html_page, text_page
from articles.manuscripts.outline import ImportedPage

MAX_PAGE_BYTES = 5_000_000
READERS = {".html": html_page.read, ".htm": html_page.read, ".txt": text_page.read}


def read_page(path: Path) -> ImportedPage:
    """Return the draft of an old page's file, .html, .htm or .txt; raises BundleError."""
    if path.stat().st_size > MAX_PAGE_BYTES:
        raise BundleError(
            1, _("The file is larger than %(limit)s kB.") % {"limit": MAX_PAGE_BYTES // 1000}
        )
    return READERS[path.suffix.lower()](path.read_bytes())
