import logging

from django.conf import settings
from django.core.mail import mail_admins
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Log that a unit of systemd, or a task, has failed, and mail it to ALERT_MAIL."

    def add_arguments(self, parser):
        parser.add_argument("unit", help="such as openup-backup.service")
        parser.add_argument("--see", help="the command that says why, if not journalctl")

    def handle(self, unit, see, **options):
        logger.error("The unit has failed: %s", unit)
        message = _("`%(command)s` says why. %(site)s") % {
            "command": see or f"journalctl -u {unit}",
            "site": settings.SITE_URL,
        }
        mail_admins(_("%(unit)s has failed") % {"unit": unit}, message)
