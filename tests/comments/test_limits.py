"""A limit lets through exactly what it allows, to each party its own, whoever tries at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import F

from comments.identity import rate_limits
from comments.identity.rate_limits import Limit, LimitReached
from comments.models import RateLimit

pytestmark = pytest.mark.django_db

THREE = Limit("three", count=3, seconds=600)
PARTY = ("203.0.113.7/32", "mina")


def spend_all(limit, *parts):
    for _ in range(limit.count):
        rate_limits.spend(limit, *parts)


def is_refused(limit, *parts):
    try:
        rate_limits.spend(limit, *parts)
    except LimitReached:
        return True
    return False


def let_windows_end():
    """Move every window into the past, as if its seconds had gone by."""
    RateLimit.objects.update(window_end=F("window_end") - 10_000_000)


@pytest.mark.parametrize(
    "limit",
    [
        THREE,
        Limit("once", count=1, seconds=1_000),
        rate_limits.STAFF_SIGN_IN_PER_PAIR,
        rate_limits.STAFF_SIGN_IN_PER_NETWORK,
        rate_limits.EDITOR_UPLOADS,
        rate_limits.EDITOR_PREVIEWS,
    ],
)
def test_limit_refuses_the_next_try_and_says_when_to_come_back(limit):
    spend_all(limit, *PARTY)

    for _ in range(3):
        with pytest.raises(LimitReached) as error:
            rate_limits.spend(limit, *PARTY)
        assert limit.seconds - 60 < error.value.retry_after <= limit.seconds


def test_staff_limits_are_those_that_are_promised():
    promised = {
        rate_limits.STAFF_SIGN_IN_PER_PAIR: (5, 900),
        rate_limits.STAFF_SIGN_IN_PER_NETWORK: (30, 900),
        rate_limits.EDITOR_UPLOADS: (60, 600),
        rate_limits.EDITOR_PREVIEWS: (1200, 600),
    }

    assert {limit: (limit.count, limit.seconds) for limit in promised} == promised


@pytest.mark.parametrize(
    "other",
    [
        ("203.0.113.8/32", "mina"),
        ("203.0.113.7/32", "juno"),
        ("203.0.113.7/32",),
        ("203.0.113.7/32", "mina", ""),
        ('203.0.113.7/32", "mina',),
        ("203.0.113.7/32mina", ""),
        (),
    ],
)
def test_one_party_cannot_spend_what_is_another_ones(other):
    spend_all(THREE, *other)

    assert is_refused(THREE, *other)
    assert not is_refused(THREE, *PARTY)


def test_limits_of_two_names_are_counted_apart():
    spend_all(THREE, *PARTY)

    assert not is_refused(Limit("four", count=4, seconds=600), *PARTY)


def test_number_and_its_digits_are_the_same_party():
    spend_all(THREE, 7)

    assert is_refused(THREE, "7")


def test_allowance_is_new_when_the_window_is_over():
    spend_all(THREE, *PARTY)
    let_windows_end()

    spend_all(THREE, *PARTY)

    assert is_refused(THREE, *PARTY)
    assert RateLimit.objects.count() == 1


@pytest.mark.parametrize("limit", [THREE, rate_limits.GUESSES_OF_COMMENT])
def test_window_of_a_clock_that_was_wrong_is_over(limit):
    spend_all(limit, *PARTY)
    RateLimit.objects.update(window_end=F("window_end") + 2 * rate_limits.DAY)

    assert not is_refused(limit, *PARTY)

    window = RateLimit.objects.get()
    rate_limits.refund(limit, *PARTY)
    spend_all(limit, *PARTY)
    with pytest.raises(LimitReached) as error:
        rate_limits.spend(limit, *PARTY)
    assert window.spent == 1 and error.value.retry_after <= limit.seconds


def test_window_of_a_clock_that_was_wrong_is_pruned():
    rate_limits.spend(THREE, *PARTY)
    RateLimit.objects.update(window_end=F("window_end") + 2 * rate_limits.DAY)

    rate_limits.prune()

    assert not RateLimit.objects.exists()


def test_refused_tries_neither_count_nor_keep_the_window_open():
    spend_all(THREE, *PARTY)
    before = RateLimit.objects.values().get()

    assert is_refused(THREE, *PARTY) and is_refused(THREE, *PARTY)

    assert RateLimit.objects.values().get() == before


def test_refund_gives_one_back():
    spend_all(THREE, *PARTY)

    rate_limits.refund(THREE, *PARTY)

    assert not is_refused(THREE, *PARTY)
    assert is_refused(THREE, *PARTY)


def test_refund_never_gives_more_than_was_spent():
    rate_limits.spend(THREE, *PARTY)

    for _ in range(3):
        rate_limits.refund(THREE, *PARTY)

    spend_all(THREE, *PARTY)
    assert is_refused(THREE, *PARTY)


def test_refund_without_a_window_does_nothing():
    rate_limits.refund(THREE, *PARTY)

    assert not RateLimit.objects.exists()


def test_table_holds_nothing_of_the_parties():
    rate_limits.spend(THREE, *PARTY)

    key = RateLimit.objects.get().key
    assert len(bytes.fromhex(key)) == 32
    assert "203.0.113.7" not in key and "mina" not in key


def test_prune_deletes_only_what_is_over():
    for number in range(20):
        rate_limits.spend(THREE, "old", number)
    let_windows_end()
    rate_limits.spend(THREE, "new")
    kept = rate_limits._keys(THREE, ("new",))[0]

    deleted = rate_limits.prune()

    assert deleted == 20 - (20 if kept.startswith("0") else 0)
    assert [row.key for row in RateLimit.objects.all()] == [kept]


def test_new_windows_sweep_the_old_ones():
    rate_limits.spend(THREE, "old")
    let_windows_end()
    sweeper = next(n for n in range(10_000) if rate_limits._keys(THREE, (n,))[0].startswith("0"))

    rate_limits.spend(THREE, sweeper)

    assert [row.key for row in RateLimit.objects.all()] == [rate_limits._keys(THREE, (sweeper,))[0]]


@pytest.mark.django_db(transaction=True)
def test_spending_inside_a_transaction_is_refused_as_a_mistake():
    with transaction.atomic(), pytest.raises(RuntimeError):
        rate_limits.spend(THREE, *PARTY)


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_get_exactly_the_allowance():
    limit = Limit("ten", count=10, seconds=600)
    threads = 4
    barrier = Barrier(threads)

    def try_eight_times():
        try:
            barrier.wait()
            return [is_refused(limit, *PARTY) for _ in range(8)]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        tries = [pool.submit(try_eight_times) for _ in range(threads)]
        refused = [is_ for one in tries for is_ in one.result()]

    assert (refused.count(False), refused.count(True)) == (10, 22)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("203.0.113.7:80", "unknown"),
    ],
)
def test_network_stands_for_one_party(address, network):
    assert rate_limits.network_of(address) == network
