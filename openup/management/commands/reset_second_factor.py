from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from openup.staff.sign_in import second_factor


class Command(BaseCommand):
    help = (
        "Take the second step of signing in away from a member of the staff who has lost the phone"
        " and the recovery codes; where it is required, the next sign-in leads to a new one."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, username, **options):
        user = User.objects.filter(username=username).first()
        if not user:
            raise CommandError(_("Nobody of the staff is called %(name)s.") % {"name": username})
        if second_factor.remove(user):
            self.stdout.write(_("%(name)s signs in with the password alone now.") % {"name": user})
        else:
            self.stdout.write(_("%(name)s had no second step.") % {"name": user})
