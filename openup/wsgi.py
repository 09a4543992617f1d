"""The server's entry: `granian --interface wsgi openup.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")

application = get_wsgi_application()

# After Django's set-up, which these need.
from django.conf import settings  # noqa: E402

from openup.pagecache import PageCache  # noqa: E402

if settings.PAGE_CACHE_BYTES:
    application = PageCache(application, settings.PAGE_CACHE_BYTES)
