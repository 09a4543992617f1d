"""Which build this is: the same on every machine that runs the same code with the same settings."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

FOLDERS = ["openup", "articles", "comments", "templates", "locale", "locale-django"]
KINDS = {".py", ".html", ".txt", ".mo", ".json"}
# Settings that public pages show, that decide what they show, or that change their headers.
NAMES = [
    *("SITE_URL", "SITE_NAME", "OFFICIAL_BANNER", "LANGUAGE_CODE", "TIME_ZONE"),
    *("CONTENT_SECURITY_POLICY", "SECURE_HSTS_SECONDS", "SECURE_REFERRER_POLICY"),
    *("SHOW_MOST_READ", "COMMENTS_CLOSE_AFTER_DAYS"),
]


def build_id():
    """Return a digest of what pages are made with beside the database; a deploy changes it."""
    digest = hashlib.sha256()
    for name in NAMES:
        digest.update(f"{name}={getattr(settings, name)!r}\n".encode())
    manifest = getattr(staticfiles_storage, "manifest_name", "")
    files = [settings.BASE_DIR / "requirements.txt", Path(settings.STATIC_ROOT, manifest)]
    for folder in FOLDERS:
        files += sorted(
            path for path in (settings.BASE_DIR / folder).rglob("*") if path.suffix in KINDS
        )
    for path in files:
        if path.is_file():
            # A manifest's name is its release's folder, which machines may call otherwise.
            digest.update(f"{'' if path.name == manifest else path.name}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
