"""Who is locked out is let in again by a command, on what the operator knows of them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from comments.identity import rate_limits
from comments.identity.rate_limits import LIMITS, LimitReached, network_of, spend, spend_all
from comments.models import RateLimit
from openup.staff.sign_in import second_factor
from tests.factories import PASSWORD, make_staff
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db

HOME, OFFICE = "203.0.113.5", "198.51.100.7"
# What the command asks for by name, and what it finds out itself.
KNOWN_PARTS = {"network", "address", "comment", "name", "user"}


@pytest.fixture
def mina():
    return make_staff(username="mina", password=PASSWORD)


def lift(**known):
    told = StringIO()
    call_command("lift_limits", stdout=told, **known)
    return told.getvalue()


def use_up(limit, *parts):
    for _number in range(limit.count):
        spend(limit, *parts)


def is_met(limit, *parts):
    try:
        spend(limit, *parts)
    except LimitReached:
        return True
    return False


def sign_in(client, password, address=HOME):
    fields = {"username": "mina", "password": password}
    return client.post(reverse("admin:login"), fields, REMOTE_ADDR=address, **UNDRAWN)


def test_staff_who_mistyped_signs_in_again_from_the_network_where_it_failed(client, mina):
    for _number in range(5):
        sign_in(client, "wrong")
    assert sign_in(client, PASSWORD).status_code == 200

    told = lift(staff="mina")

    assert told.startswith("staff_sign_in_per_pair, until ")
    assert sign_in(client, PASSWORD).status_code == 302


def test_dry_run_says_what_is_met_and_lifts_nothing(client, mina):
    for _number in range(5):
        sign_in(client, "wrong")

    told = lift(staff="mina", dry_run=True)

    assert "would be lifted" in told
    assert sign_in(client, PASSWORD).status_code == 200


def test_what_else_the_network_of_a_member_of_the_staff_does_is_neither_told_nor_lifted(mina):
    network = network_of(HOME)
    use_up(rate_limits.POSTS_PER_MINUTE, network)
    use_up(rate_limits.STAFF_CODES, network, mina.pk)

    told = lift(staff="mina", network=HOME)

    assert "posts" not in told and "staff_codes" in told
    assert is_met(rate_limits.POSTS_PER_MINUTE, network)
    assert not is_met(rate_limits.STAFF_CODES, network, mina.pk)


def test_wrong_codes_slow_nobody_down_any_more(mina):
    device = TOTPDevice.objects.create(user=mina, name="app", confirmed=True)
    for _number in range(8):
        device.throttle_increment()
    assert second_factor.is_slowed_down(mina)

    told = lift(staff="mina")

    assert "codes of the second step" in told
    assert not second_factor.is_slowed_down(mina)


def test_network_begins_anew_and_its_neighbour_does_not():
    here, there = network_of(HOME), network_of(OFFICE)
    for network in (here, there):
        use_up(rate_limits.POSTS_PER_MINUTE, network)
        use_up(rate_limits.GUESSES_PER_NETWORK, network)

    told = lift(network=HOME)

    assert told.count(": lifted") == 2
    assert not is_met(rate_limits.POSTS_PER_MINUTE, here)
    assert is_met(rate_limits.POSTS_PER_MINUTE, there)


def test_any_address_of_an_ipv6_network_stands_for_it():
    use_up(rate_limits.POSTS_PER_MINUTE, network_of("2001:db8:1:2::3"))

    assert "posts_per_minute" in lift(network="2001:db8:1:2::9/64")


def test_comment_opens_again_with_its_pair_for_everybody_or_for_one_network():
    for _number in range(5):
        spend_all(rate_limits.guessing(network_of(HOME), 7)[:1])
    use_up(rate_limits.GUESSES_OF_COMMENT, 7)

    assert "guesses_of_comment" in lift(comment=7)
    assert is_met(rate_limits.GUESSES_PER_COMMENT, network_of(HOME), 7)
    assert "guesses_per_comment" in lift(comment=7, network=HOME)
    assert not is_met(rate_limits.GUESSES_PER_COMMENT, network_of(HOME), 7)


def test_commenter_is_found_by_the_address_as_it_was_typed():
    use_up(rate_limits.MAIL_LINKS_OF_ADDRESS, "mina@example.com")

    assert "mail_links_of_address" in lift(email="Mina@Example.COM ")
    assert not is_met(rate_limits.MAIL_LINKS_OF_ADDRESS, "mina@example.com")


def test_limit_that_began_under_an_earlier_key_is_found(settings):
    use_up(rate_limits.POSTS_PER_MINUTE, network_of(HOME))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [settings.SECRET_KEY]

    assert "posts_per_minute" in lift(network=HOME)


def test_what_is_not_used_up_is_not_told():
    spend(rate_limits.POSTS_PER_MINUTE, network_of(HOME))

    assert lift(network=HOME) == "No limit is met.\n"
    assert RateLimit.objects.count() == 1


@pytest.mark.parametrize(
    "known", [{}, {"staff": "nobody"}, {"network": "the office"}, {"email": "mina"}]
)
def test_who_is_meant_must_be_said(known):
    with pytest.raises(CommandError):
        lift(**known)


def test_every_party_is_one_that_the_command_can_be_told():
    # A link's own remarks and the whole site's posts are nobody's lock-out.
    told = {part for limit in LIMITS for part in limit.parts} - {"link"}

    assert told == KNOWN_PARTS
    assert len({limit.name for limit in LIMITS}) == len(LIMITS) > 20
