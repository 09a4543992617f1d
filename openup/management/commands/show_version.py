from django.core.management.base import BaseCommand

from openup import version


class Command(BaseCommand):
    help = "Tell version, build and migrations of Open UP; `manage.py version` does the same."
    requires_system_checks = ()

    def handle(self, **options):
        self.stdout.write("\n".join(version.lines()))
