"""The product's settings, with what only tests need."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2)
os.environ.setdefault("EMAIL_DIGEST_KEYS", "new:" + "1f" * 32 + ",old:" + "2e" * 32)
os.environ.setdefault("MAIL_ENCRYPTION_KEYS", "N" * 43 + "=," + "o" * 43 + "=")
os.environ.setdefault("EMAIL_URL", f"file://{tempfile.gettempdir()}/openup-test-mail")
os.environ.setdefault("SITE_URL", "http://testserver")
os.environ.setdefault("REQUIRE_SECOND_FACTOR", "0")
os.environ["OPENUP_ENV_FILE"] = os.devnull

from openup.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# For its command `flush`.
INSTALLED_APPS = [*INSTALLED_APPS, "tests"]  # noqa: F405
MIDDLEWARE = [*MIDDLEWARE, "tests.sent_forms.UndrawnMiddleware"]  # noqa: F405
SILENCED_SYSTEM_CHECKS = ["openup.E003"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in production: threads of one test wait for each other as real requests do.
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": os.path.join(tempfile.gettempdir(), f"openup-test-{os.getpid()}.sqlite3")
    }
    # What the tests write need not survive a power failure; a process that is killed loses nothing.
    DATABASES["default"]["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"  # noqa: F405
