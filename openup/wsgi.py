"""The server's entry: `granian --interface wsgi openup.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")

application = get_wsgi_application()
