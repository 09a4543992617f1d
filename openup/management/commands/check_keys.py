from collections import Counter

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Value
from django.db.models.functions import Left, StrIndex
from django_otp.plugins.otp_static.models import StaticToken
from prometheus_client import CollectorRegistry

from comments.identity.encryption import key_number
from comments.models import Comment, Outbox, Subscriber, Takedown
from openup.backup.keys import DIGEST_KEYS, MAIL_KEYS, SECRET_KEY, placed_keys
from openup.metrics import ProcessesCollector

UNKNOWN = "none of the keys"


class Command(BaseCommand):
    help = (
        "Say what is kept under each key, and whether all processes on this machine know the keys"
        " as the settings name them; fail where they do not, so that the next step of a rotation"
        " waits. Keys are told by id or fingerprint."
    )

    def handle(self, **options):
        kept = {DIGEST_KEYS: digests(), MAIL_KEYS: sealed(), SECRET_KEY: recovery_codes()}
        keys = placed_keys()
        for setting, counts in kept.items():
            self.stdout.write(setting)
            names = [key for of, key, _place in keys if of == setting]
            for name in [*names, *sorted(counts.keys() - set(names))]:
                self.tell(name, names, counts.get(name, Counter()))
        self.check_processes(keys)

    def tell(self, name, names, counts):
        where = "in front" if name == names[0] else "known" if name in names else "NOT KNOWN"
        told = [f"{count} {what}" for what, count in sorted(counts.items()) if count]
        self.stdout.write(f"  {name} ({where}): {', '.join(told) or 'nothing'}")

    def check_processes(self, keys):
        running = known_to_processes()
        if not running:
            self.stdout.write(
                "Processes: none tells its keys (it takes METRICS_PORT): restart all of them."
            )
            return
        for setting, key, place in keys:
            # Each process has one in front.
            total = sum(running[each] for each in running if (each[0], each[2]) == (setting, "1"))
            if running[setting, key, str(place)] < total:
                raise CommandError(
                    f"Not all of {total:.0f} processes know {setting} {key} in place {place}:"
                    " reload or restart them."
                )
        self.stdout.write(f"Processes: {total:.0f}, and all of them know these keys in this order.")


def digests():
    """Return {key id: counts} of what is found by the digest of an address."""
    found = {}
    waiting = Outbox.objects.waiting()
    for what, rows, column in [
        ("comments", Comment.objects.all(), "email_digest"),
        ("subscribers", Subscriber.objects.all(), "email_digest"),
        ("mails", waiting, "recipient_digest"),
    ]:
        key_id = Left(column, StrIndex(column, Value(":")) - 1)
        digested = rows.filter(**{f"{column}__contains": ":"}).order_by()
        for key, count in digested.values_list(key_id).annotate(count=Count("pk")):
            found.setdefault(key, Counter())[what] = count
    return found


def sealed():
    """Return {fingerprint: counts} of the addresses that are encrypted.

    A link by mail is sealed by its own token, and ends within a day.
    """
    names = [key for setting, key, _place in placed_keys() if setting == MAIL_KEYS]
    found = {}
    for what, rows in [
        ("subscribers", Subscriber.objects.values_list("sealed_address", flat=True)),
        ("mails", Outbox.objects.waiting().values_list("recipient", flat=True)),
        ("takedown requests", Takedown.objects.values_list("requester", flat=True)),
    ]:
        for text in filter(None, rows.iterator()):
            number = key_number(text)
            name = UNKNOWN if number is None else names[number]
            found.setdefault(name, Counter())[what] += 1
    return found


def recovery_codes():
    """Return {fingerprint: counts}; sessions and links for a password end by themselves."""
    found = {}
    rows = StaticToken.objects.values_list("device__name").annotate(count=Count("pk"))
    for name, count in rows.order_by():
        # Codes of an earlier version do not say.
        key = name.partition(" ")[2] or "a key of before"
        found.setdefault(key, Counter())["recovery codes"] += count
    return found


def known_to_processes():
    """Return Counter {(setting, key, place): processes} of those that run on this machine."""
    registry = CollectorRegistry()
    if settings.METRICS_PORT and settings.METRICS_FOLDER.is_dir():
        ProcessesCollector(registry, path=str(settings.METRICS_FOLDER))
    return Counter(
        {
            (sample.labels["setting"], sample.labels["key"], sample.labels["place"]): sample.value
            for family in registry.collect()
            if family.name == "openup_keys"
            for sample in family.samples
        }
    )
