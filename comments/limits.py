"""How often a party may do something: counters with fixed windows, kept in the database.

A party's window opens with what it spends first, and the count starts again when it is over.
"""

import ipaddress
import json
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils.crypto import salted_hmac

from comments.models import RateLimit

PRUNE_BATCH = 500

# The start of the statement by the database's clock, in whole seconds since 1970.
_NOW = {
    "sqlite": "CAST(strftime('%%s', 'now') AS INTEGER)",
    "postgresql": "CAST(FLOOR(EXTRACT(EPOCH FROM statement_timestamp())) AS BIGINT)",
}


@dataclass(frozen=True)
class Limit:
    """At most `count` times within `seconds`, for each party."""

    name: str
    count: int
    seconds: int


class LimitReached(Exception):
    """The party has spent its allowance; it has more after `retry_after` seconds."""

    def __init__(self, limit: Limit, retry_after: int) -> None:
        super().__init__(f"{limit.name}: retry after {retry_after} s")
        self.retry_after = retry_after


# Sign-in: parts are (network, user name) and (network,); only failures stay spent.
STAFF_SIGN_IN_PER_PAIR = Limit("staff_sign_in_per_pair", count=5, seconds=15 * 60)
STAFF_SIGN_IN_PER_NETWORK = Limit("staff_sign_in_per_network", count=30, seconds=15 * 60)
# The editor: the part is the user's pk.
EDITOR_UPLOADS = Limit("editor_uploads", count=60, seconds=10 * 60)
EDITOR_PREVIEWS = Limit("editor_previews", count=1200, seconds=10 * 60)


def spend(limit: Limit, *parts: str | int) -> None:
    """Spend one of the party's allowance or raise LimitReached; `parts` tell who the party is.

    Must be called outside any transaction: one that is rolled back would give the allowance back.
    Where only failures count, spend first and `refund` after a success, so that tries made at the
    same moment cannot pass together.
    """
    key = _key(limit, parts)
    with transaction.atomic(durable=True):
        # One statement decides, so that any number of processes agree. A refused try changes
        # nothing: the WHERE leaves the row as it is, and no row comes back.
        row = _fetch_row(
            """
            INSERT INTO {table} AS kept (key, spent, window_end) VALUES (%s, 1, {now} + %s)
            ON CONFLICT (key) DO UPDATE SET
                spent = CASE WHEN kept.window_end <= {now} THEN 1 ELSE kept.spent + 1 END,
                window_end = CASE WHEN kept.window_end <= {now} THEN excluded.window_end
                                  ELSE kept.window_end END
            WHERE kept.window_end <= {now} OR kept.spent < %s
            RETURNING spent
            """,
            [key, limit.seconds, limit.count],
        )
    if row is None:
        raise LimitReached(limit, _seconds_left(key))
    # When a window opens, one key in sixteen sweeps for all: no timer and no chance is needed.
    if row[0] == 1 and key.startswith("0"):
        prune()


def refund(limit: Limit, *parts: str | int) -> None:
    """Give back what the party spent last."""
    _fetch_row(
        "UPDATE {table} SET spent = spent - 1"
        " WHERE key = %s AND spent > 0 AND window_end > {now} RETURNING spent",
        [_key(limit, parts)],
    )


def prune() -> int:
    """Delete counters whose window is over, at most `PRUNE_BATCH`; return how many."""
    with transaction.atomic():
        # Rows that somebody is just spending from, or pruning too, are left to them.
        over = RateLimit.objects.filter(window_end__lte=RawSQL(_now(), []))  # noqa: S611 - our own
        keys = list(over.select_for_update(skip_locked=True).values_list("key")[:PRUNE_BATCH])
        RateLimit.objects.filter(key__in=[key for (key,) in keys]).delete()
    return len(keys)


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


def _key(limit: Limit, parts: tuple[str | int, ...]) -> str:
    message = json.dumps([limit.name, *map(str, parts)])
    key: str = salted_hmac("comments.limits", message, algorithm="sha256").hexdigest()
    return key


def _seconds_left(key: str) -> int:
    row = _fetch_row("SELECT window_end - {now} FROM {table} WHERE key = %s", [key])
    return max(1, row[0]) if row else 1


def _now() -> str:
    return _NOW[connection.vendor]


def _fetch_row(sql: str, parameters: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(table=RateLimit._meta.db_table, now=_now()), parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
