"""Uploaded pictures: fixed types by extension, and nothing in them can run."""

from pathlib import Path

from csp.constants import NONE
from csp.decorators import csp
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404
from django.utils._os import safe_join
from django.views.decorators.http import require_safe

from articles.kept import never_kept

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
YEAR_SECONDS = 365 * 24 * 60 * 60


@never_kept
@require_safe
@csp({"default-src": [NONE], "sandbox": True})
def media_file(request, name):
    """Send an uploaded picture; its name is never used again, so it may be kept for a year."""
    try:
        path = Path(safe_join(settings.MEDIA_ROOT, name))
        file = path.open("rb") if path.suffix in TYPES and path.is_file() else None
    except (SuspiciousFileOperation, ValueError, OSError) as error:
        raise Http404 from error
    if file is None:
        raise Http404
    response = FileResponse(file, content_type=TYPES[path.suffix])
    response["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response
