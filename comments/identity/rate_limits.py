"""How often a party may do something: counters with fixed windows, kept in the database.

A party's window opens with what it spends first, and the count starts again when it is over. A
window that ends later than now plus its length is over too: the clock was wrong when it opened.
"""

import ipaddress
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.identity.keyed_digests import keyed_digests
from comments.models import RateLimit

PRUNE_BATCH = 500
_IS_OVER = "(kept.window_end <= {now} OR kept.window_end > {now} + %(seconds)s)"

_NOW = {
    "sqlite": "CAST(strftime('%%s', 'now') AS INTEGER)",
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM statement_timestamp())) AS BIGINT)",
}


# One statement decides, so that any number of processes agree; the ORM has none that makes a row or
# counts on from what stands in it. A refused try changes nothing: the WHERE leaves the row as it
# is, and no row comes back.
_SPEND = """
    INSERT INTO {table} AS kept (key, spent, window_end)
        VALUES (%(key)s, 1, {now} + %(seconds)s)
    ON CONFLICT (key) DO UPDATE SET
        spent = CASE WHEN {is_over} THEN 1 ELSE kept.spent + 1 END,
        window_end = CASE WHEN {is_over} OR kept.spent + 1 = %(restarts_at)s
                          THEN excluded.window_end ELSE kept.window_end END
    WHERE {is_over} OR kept.spent < %(count)s
    RETURNING spent
"""


class Seconds(Func):
    """The start of the statement by the database's clock, in whole seconds since 1970."""

    arity = 0
    output_field = BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # A template has its own signs of per cent.
        template = _NOW[connection.vendor].replace("%", "%%")
        return super().as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class Limit:
    """At most `count` times within `seconds`, for each party: `parts` says what tells it apart.

    With `restarts` the window begins anew with the last of the allowance, so that who has used it
    up waits for whole `seconds` from then.
    """

    name: str
    count: int
    seconds: int
    parts: tuple[str, ...] = ()
    restarts: bool = False


class LimitReached(Exception):
    """The party has spent its allowance; it has more after `retry_after` seconds."""

    def __init__(self, limit: Limit, retry_after: int) -> None:
        super().__init__(f"{limit.name}: retry after {retry_after} s")
        self.limit = limit
        self.retry_after = retry_after


# In seconds.
MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60
# No window is longer.
LONGEST = DAY

# What a part is: a network (`network_of`), an address in its canonical form, a comment's, link's or
# user's pk, a name as it was typed at the sign-in.

# Posting. The whole site's posts go to review beyond its limit instead of being refused.
POSTS_PER_MINUTE = Limit("posts_per_minute", 5, MINUTE, ("network",))
POSTS_PER_HOUR = Limit("posts_per_hour", 30, HOUR, ("network",))
POSTS_PER_WRITER = Limit("posts_per_writer", 10, HOUR, ("network", "address"))
POSTS_OF_SITE = Limit("posts_of_site", 120, MINUTE, ())
# Guessing a comment's pair; only failures stay spent. Beyond the last one a mailed link alone opens
# the comment, for a day.
GUESSES_PER_COMMENT = Limit("guesses_per_comment", 5, 15 * MINUTE, ("network", "comment"))
GUESSES_PER_NETWORK = Limit("guesses_per_network", 20, DAY, ("network",))
GUESSES_OF_COMMENT = Limit("guesses_of_comment", 100, DAY, ("comment",), restarts=True)
# A submission that repeats another spends no post, so many times; afterwards it counts as one.
REPEATS_PER_NETWORK = Limit("repeats_per_network", 30, HOUR, ("network",))
# Acts with a pair, and edits, those from the commenter's desk included.
ACTS_PER_NETWORK = Limit("acts_per_network", 120, HOUR, ("network",))
EDITS_OF_COMMENT = Limit("edits_of_comment", 10, 10 * MINUTE, ("comment",))
EDITS_OF_COMMENT_A_DAY = Limit("edits_of_comment_a_day", 50, DAY, ("comment",))
# At the commenter's desk.
DESK_ACTS = Limit("desk_acts", 300, HOUR, ("address",))
DESK_PASSWORDS = Limit("desk_passwords", 10, HOUR, ("address",))
# Links by mail.
MAIL_LINKS_PER_WRITER = Limit("mail_links_per_writer", 3, HOUR, ("network", "address"))
MAIL_LINKS_PER_NETWORK = Limit("mail_links_per_network", 10, HOUR, ("network",))
MAIL_LINKS_OF_ADDRESS = Limit("mail_links_of_address", 20, DAY, ("address",))
# Reports and takedown requests.
REPORTS_PER_NETWORK = Limit("reports_per_network", 20, HOUR, ("network",))
TAKEDOWNS_PER_NETWORK = Limit("takedowns_per_network", 5, HOUR, ("network",))
# Pages that a share link shows, and guesses at one.
SHARED_READINGS = Limit("shared_readings", 120, 10 * MINUTE, ("network",))
# Remarks of who has no account.
SHARED_REMARKS = Limit("shared_remarks", 30, HOUR, ("network",))
REMARKS_OF_LINK = Limit("remarks_of_link", 200, DAY, ("link",))
# Sign-in; only failures stay spent.
STAFF_SIGN_IN_PER_PAIR = Limit("staff_sign_in_per_pair", 5, 15 * MINUTE, ("network", "name"))
STAFF_SIGN_IN_PER_NETWORK = Limit("staff_sign_in_per_network", 30, 15 * MINUTE, ("network",))
# Codes of the second step, wrong ones.
STAFF_CODES = Limit("staff_codes", 10, 15 * MINUTE, ("network", "user"))
# To a provider of OpenID Connect and back, each of which may be a session.
OPENID_STEPS = Limit("openid_steps", 120, 10 * MINUTE, ("network",))
# The editor.
EDITOR_UPLOADS = Limit("editor_uploads", 60, 10 * MINUTE, ("user",))
EDITOR_PREVIEWS = Limit("editor_previews", 1200, 10 * MINUTE, ("user",))
REMARKS = Limit("remarks", 120, HOUR, ("user",))
EDITOR_CHECKS = Limit("editor_checks", 1200, 10 * MINUTE, ("user",))
SHARE_LINKS = Limit("share_links", 30, HOUR, ("user",))
LINK_TRIALS = Limit("link_trials", 10, 10 * MINUTE, ("user",))

LIMITS = tuple(each for each in globals().values() if isinstance(each, Limit))


# A limit and the party that spends: (limit, *parts).
Share = tuple[Any, ...]


# An address in its canonical form, not its digest, which changes with the key that is in front: a
# counter's own key keeps it from sight.


def posting(network: str, address: str) -> list[Share]:
    """Return what a new comment spends."""
    return [
        (POSTS_PER_WRITER, network, address),
        (POSTS_PER_MINUTE, network),
        (POSTS_PER_HOUR, network),
    ]


def guessing(network: str, comment_id: int) -> list[Share]:
    """Return what a try with a comment's pair spends until it has proved to be the right one."""
    return [
        (GUESSES_PER_COMMENT, network, comment_id),
        (GUESSES_PER_NETWORK, network),
        (GUESSES_OF_COMMENT, comment_id),
    ]


def editing(comment_id: int) -> list[Share]:
    """Return what an edit spends, with the pair or at the commenter's desk."""
    return [(EDITS_OF_COMMENT, comment_id), (EDITS_OF_COMMENT_A_DAY, comment_id)]


def mail_link(network: str, address: str) -> list[Share]:
    """Return what a mail to an address that anyone may type spends."""
    return [
        (MAIL_LINKS_PER_WRITER, network, address),
        (MAIL_LINKS_PER_NETWORK, network),
        (MAIL_LINKS_OF_ADDRESS, address),
    ]


def spend(limit: Limit, *parts: str | int) -> None:
    """Spend one of the party's allowance or raise LimitReached; `parts` tell who the party is."""
    spend_all([(limit, *parts)])


def spend_all(shares: list[Share]) -> None:
    """Spend every share, or none of them and raise LimitReached when one is used up.

    Must be called outside any transaction: one that is rolled back would give the allowance back.
    Where only failures count, spend first and refund after a success, so that tries made at the
    same moment cannot pass together. Name the limits in the same order everywhere, so that two
    parties never wait for each other, and the one that most share last.
    """
    if settings.BENCHMARK_WITHOUT_LIMITS:
        return
    is_sweeper = False
    with transaction.atomic(durable=True):
        for limit, *parts in shares:
            key, *others = _keys(limit, parts)
            for other in others:
                _carry_over(other, key)
            # When a window opens, one key in sixteen sweeps for all: no timer and no chance.
            is_sweeper |= _spend(limit, key) == 1 and key.startswith("0")
    if is_sweeper:
        prune()


def _spend(limit: Limit, key: str) -> int:
    """Spend one and return how many are spent now; raise LimitReached."""
    now = _NOW[connection.vendor]
    is_over = _IS_OVER.format(now=now)
    sql = _SPEND.format(table=RateLimit._meta.db_table, now=now, is_over=is_over)
    parameters = {
        "key": key,
        "count": limit.count,
        "seconds": limit.seconds,
        "restarts_at": limit.count if limit.restarts else 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    if row is None:
        raise LimitReached(limit, _seconds_left(key))
    spent: int = row[0]
    return spent


def refund(limit: Limit, *parts: str | int) -> None:
    """Give back what the party spent last."""
    refund_all([(limit, *parts)])


def refund_all(shares: list[Share]) -> None:
    """Give back what `spend_all` has spent."""
    if settings.BENCHMARK_WITHOUT_LIMITS:
        return
    with transaction.atomic():
        for limit, *parts in shares:
            spent = RateLimit.objects.filter(key__in=_keys(limit, parts), spent__gt=0)
            spent.filter(window_end__gt=Seconds()).update(spent=F("spent") - 1)


def reached(limits: Iterable[Limit], known: Mapping[str, str | int]) -> list[tuple[Limit, int]]:
    """Return [(limit, seconds left)] of those that whoever is `known` by these parts meets now."""
    found = []
    for limit, keys in _of_party(limits, known):
        live = RateLimit.objects.filter(key__in=keys, spent__gte=limit.count)
        left = live.annotate(left=F("window_end") - Seconds()).filter(left__gt=0)
        if seconds := left.order_by("-left").values_list("left", flat=True).first():
            found.append((limit, seconds))
    return found


def forget(limits: Iterable[Limit], known: Mapping[str, str | int]) -> None:
    """Let the party begin anew with these limits."""
    for _limit, keys in _of_party(limits, known):
        RateLimit.objects.filter(key__in=keys).delete()


def _of_party(
    limits: Iterable[Limit], known: Mapping[str, str | int]
) -> Iterator[tuple[Limit, list[str]]]:
    for limit in limits:
        if limit.parts and known.keys() >= set(limit.parts):
            yield limit, _keys(limit, [known[part] for part in limit.parts])


def prune() -> int:
    """Delete counters whose window is over, at most `PRUNE_BATCH`; return how many."""
    with transaction.atomic():
        # Rows that somebody is just spending from, or pruning too, are left to them.
        is_over = Q(window_end__lte=Seconds()) | Q(window_end__gt=Seconds() + LONGEST)
        over = RateLimit.objects.filter(is_over)
        keys = list(over.select_for_update(skip_locked=True).values_list("key")[:PRUNE_BATCH])
        RateLimit.objects.filter(key__in=[key for (key,) in keys]).delete()
    return len(keys)


def wait_in_words(seconds: int) -> str:
    """Return how long to wait and until when: "3 minutes (14:05)"."""
    if seconds < MINUTE:
        count, text = seconds, ngettext("%(count)s second", "%(count)s seconds", seconds)
    elif seconds < HOUR:
        count = -(-seconds // MINUTE)
        text = ngettext("%(count)s minute", "%(count)s minutes", count)
    else:
        count = -(-seconds // HOUR)
        text = ngettext("%(count)s hour", "%(count)s hours", count)
    now = timezone.localtime()
    until = now + timedelta(seconds=seconds)
    # Rounded up to the minute, so that whoever comes then is let in.
    until = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    form = "%H:%M" if until.date() == now.date() else "%Y.%m.%d %H:%M"
    return _("%(wait)s (%(until)s)") % {
        "wait": text % {"count": count},
        "until": until.strftime(form),
    }


def network_of(address: str) -> str:
    """Return the network that stands for one party: an IPv4 address, or the /64 of an IPv6 one.

    What is no address at all, as on a Unix socket, is one party together.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(ip), 64), strict=False))
        ip = ip.ipv4_mapped
    return f"{ip}/32"


def _keys(limit: Limit, parts: Sequence[str | int]) -> list[str]:
    """Return the counter's key, then those it has where another SECRET_KEY is in front."""
    return keyed_digests("comments.limits", json.dumps([limit.name, *map(str, parts)]))


def _carry_over(other: str, key: str) -> None:
    """Let a counter that began under another SECRET_KEY go on under ours."""
    with suppress(IntegrityError), transaction.atomic():
        RateLimit.objects.filter(key=other).update(key=key)


def _seconds_left(key: str) -> int:
    left = RateLimit.objects.filter(key=key).values_list(F("window_end") - Seconds(), flat=True)
    return max(1, left.first() or 1)
