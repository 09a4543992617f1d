import ipaddress
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from articles.models import AuditEvent
from comments.identity.credentials import canonical_address
from comments.identity.rate_limits import (
    LIMITS,
    STAFF_CODES,
    STAFF_SIGN_IN_PER_NETWORK,
    STAFF_SIGN_IN_PER_PAIR,
    forget,
    network_of,
    reached,
)
from openup.staff.sign_in import second_factor
from openup.staff.sign_in.forms import typed_name

OF_SIGN_IN = (STAFF_SIGN_IN_PER_PAIR, STAFF_SIGN_IN_PER_NETWORK, STAFF_CODES)
OF_STAFF = (*OF_SIGN_IN, *(limit for limit in LIMITS if limit.parts == ("user",)))
FAILURES = (AuditEvent.Act.SIGN_IN_FAILED, AuditEvent.Act.CODE_FAILED)


class Command(BaseCommand):
    help = (
        "Lift the limits that somebody meets at this moment, and say which ones: of a member of the"
        " staff, a network, a comment, a commenter's address, or of two of them together."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--staff",
            metavar="NAME",
            help="sign-in, codes and the editor; from the networks where it failed just now,"
            " unless --network names one",
        )
        parser.add_argument("--network", metavar="ADDRESS", help="an address, IPv4 or IPv6")
        parser.add_argument("--comment", type=int, metavar="ID", help="wrong pairs and edits")
        parser.add_argument("--email", metavar="ADDRESS", help="a commenter's, as it was typed")
        parser.add_argument("--dry-run", action="store_true", help="say only what would be lifted")

    def handle(self, *, staff, network, comment, email, dry_run, **options):
        if not (staff or network or comment is not None or email):
            raise CommandError("Who? Give --staff, --network, --comment or --email.")
        known = {}
        if network:
            known["network"] = parsed(network)
        if comment is not None:
            known["comment"] = comment
        if email:
            known["address"] = canonical(email)
        done = "would be lifted" if dry_run else "lifted"
        count = 0
        for limits, party in self.parties(staff, known):
            met = reached(limits, party)
            for limit, seconds in met:
                until = timezone.localtime() + timedelta(seconds=seconds)
                self.stdout.write(f"{limit.name}, until {until:%Y-%m-%d %H:%M}: {done}")
            if not dry_run:
                forget([limit for limit, _seconds in met], party)
            count += len(met)
        if staff and second_factor.is_slowed_down(self.user):
            count += 1
            self.stdout.write(f"codes of the second step, slowed down: {done}")
            if not dry_run:
                second_factor.forget_failures(self.user)
        if not count:
            self.stdout.write("No limit is met.")

    def parties(self, staff, known):
        """Return [(limits, what the party is known by)]."""
        if not staff:
            return [(LIMITS, known)]
        self.user = User.objects.filter(username=staff).first()
        if not self.user:
            raise CommandError("Nobody of the staff is called that.")
        known |= {"name": typed_name(staff), "user": self.user.pk}
        if "network" in known:
            return [(OF_STAFF, known)]
        networks = failed_networks(self.user)
        own = [limit for limit in OF_STAFF if "network" not in limit.parts]
        return [
            (own, known),
            *((OF_SIGN_IN, known | {"network": network}) for network in networks),
        ]


def parsed(address):
    try:
        return network_of(str(ipaddress.ip_interface(address).ip))
    except ValueError as error:
        raise CommandError("--network takes an address such as 203.0.113.5.") from error


def canonical(email):
    try:
        return canonical_address(email)
    except ValidationError as error:
        raise CommandError("--email takes an e-mail address.") from error


def failed_networks(user):
    """Return the networks that failed as this user while a limit of the sign-in can last."""
    since = timezone.now() - timedelta(seconds=max(limit.seconds for limit in OF_SIGN_IN))
    failed = AuditEvent.objects.filter(user_key=user.pk, act__in=FAILURES, at__gte=since)
    addresses = failed.order_by().values_list("origin__address", flat=True).distinct()
    return sorted({network_of(address) for address in addresses if address})
