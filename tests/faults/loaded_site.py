"""What the processes of `tests.faults.commands` are forked from: a site that has been loaded.

Nothing here opens the database: forked processes could not share the connection.
"""

import io
from importlib import import_module

import django
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

django.setup()
for name in (
    *("openup.backup.postgresql", "openup.backup.sqlite"),
    *("openup.management.commands.back_up", "openup.management.commands.restore"),
    *("tests.factories", "tests.faults.commands"),
):
    import_module(name)
# The migrations' files, and what the checks of every command read: addresses, templates, the admin.
MigrationLoader(None)
call_command("check", stdout=io.StringIO())
