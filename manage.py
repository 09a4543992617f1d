#!/usr/bin/env python
"""Django's command line for Open UP."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
    # A migration or a new index takes as long as it takes; pages do not.
    os.environ.setdefault("DATABASE_STATEMENT_SECONDS", "0")
    # Django's own command of this name tells Django's version.
    if sys.argv[1:2] == ["version"]:
        sys.argv[1] = "show_version"
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Once the settings are read, it is a fault of the program.
        if settings.configured:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
