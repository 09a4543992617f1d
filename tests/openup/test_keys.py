"""Keys that are replaced: in two steps, between which processes differ, and nobody is refused."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils.crypto import get_random_string

from comments.identity import rate_limits
from comments.models import Comment, Outbox, Report, Subscriber
from comments.threads.forms import may_be_mailed
from openup.management.commands import check_keys
from openup.staff.sign_in import second_factor
from tests.factories import EMAIL, PASSWORD, make_article, make_comment, make_staff

pytestmark = pytest.mark.django_db

LIMIT = rate_limits.Limit("tried", count=3, seconds=60)
NETWORK = "203.0.113.7/32"
FIRST, SECOND = ("k1", b"1" * 32), ("k2", b"2" * 32)


@pytest.fixture
def secret_keys(settings):
    """Return what puts the site's next key in front, or takes it back."""
    old, new = settings.SECRET_KEY, get_random_string(60)

    def put_in_front(is_new, known=True):
        settings.SECRET_KEY = new if is_new else old
        settings.SECRET_KEY_FALLBACKS = [old if is_new else new] if known else []

    return put_in_front


def post(article, **fields):
    url = reverse("comments:comment_create", args=[article.pk])
    data = {"email": EMAIL, "password": PASSWORD, "body": "같은 글", **fields}
    return Client().post(url, data)


def checked():
    out = StringIO()
    call_command("check_keys", stdout=out)
    return out.getvalue()


# SECRET_KEY


def test_limits_go_on_under_a_new_secret_key_and_between_processes_that_differ(secret_keys):
    rate_limits.spend(LIMIT, NETWORK)
    for is_new in (True, False):
        secret_keys(is_new)
        rate_limits.spend(LIMIT, NETWORK)
    secret_keys(True)

    with pytest.raises(rate_limits.LimitReached):
        rate_limits.spend(LIMIT, NETWORK)


def test_what_was_spent_under_the_old_secret_key_is_given_back(secret_keys):
    for _number in range(LIMIT.count):
        rate_limits.spend(LIMIT, NETWORK)
    secret_keys(True)

    rate_limits.refund(LIMIT, NETWORK)

    rate_limits.spend(LIMIT, NETWORK)


def test_recovery_codes_open_as_long_as_their_key_is_known(secret_keys):
    user = make_staff()
    first, second, *_codes = second_factor.new_recovery_codes(user)
    secret_keys(True)
    assert second_factor.try_code(user, first)
    assert not second_factor.try_code(user, first)

    secret_keys(True, known=False)

    assert not second_factor.try_code(user, second)


def test_staff_stay_signed_in_under_a_new_secret_key(secret_keys):
    client = Client()
    client.force_login(make_staff("articles.view_article"))
    secret_keys(True)

    assert client.get(reverse("admin:index")).status_code == 200


def test_network_reports_a_comment_once_under_both_secret_keys(secret_keys):
    comment = make_comment()
    for is_new in (False, True):
        secret_keys(is_new)
        Report(comment=comment, reason=Report.Reason.SPAM).file(NETWORK)

    assert comment.reports.count() == 1


# EMAIL_DIGEST_KEYS: k1, then k1 and k2 everywhere, then k2 in front here and k1 there


@pytest.mark.parametrize("order", [[FIRST, SECOND], [SECOND, FIRST]])
def test_right_pair_is_right_whichever_key_is_in_front(settings, order):
    settings.EMAIL_DIGEST_KEYS = order
    comment = make_comment(email=EMAIL, password=PASSWORD)
    settings.EMAIL_DIGEST_KEYS = order[::-1]

    url = reverse("comments:comment_delete", args=[comment.pk])
    response = Client().post(url, {"email": EMAIL, "password": PASSWORD})

    assert response.status_code == 302


def test_submission_that_arrives_at_both_kinds_of_processes_is_one_comment(settings):
    article = make_article()
    for order in ([FIRST, SECOND], [SECOND, FIRST]):
        settings.EMAIL_DIGEST_KEYS = order
        post(article, submission_key="k" * 32)

    assert Comment.objects.count() == 1


def test_address_has_one_allowance_at_both_kinds_of_processes(settings):
    mailed = []
    for number in range(rate_limits.MAIL_LINKS_PER_WRITER.count + 1):
        settings.EMAIL_DIGEST_KEYS = [FIRST, SECOND] if number % 2 else [SECOND, FIRST]
        mailed.append(may_be_mailed(NETWORK, EMAIL))

    assert mailed == [True] * (len(mailed) - 1) + [False]


# The command


def test_command_counts_what_is_under_each_key(settings):
    settings.EMAIL_DIGEST_KEYS = [FIRST]
    make_comment()
    settings.EMAIL_DIGEST_KEYS = [SECOND, FIRST]
    settings.MAIL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for _number in range(2):
        Outbox.queue(Outbox.Kind.DESK_LINK, EMAIL)
    Subscriber.for_address(EMAIL)
    settings.MAIL_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.MAIL_ENCRYPTION_KEYS]

    lines = [line.strip() for line in checked().splitlines()]

    assert "k2 (in front): 2 mails, 1 subscribers" in lines
    assert "k1 (known): 1 comments" in lines
    assert sum(line.endswith("(in front): nothing") for line in lines) == 2
    assert sum(line.endswith("(known): 2 mails, 1 subscribers") for line in lines) == 1


def test_command_tells_of_a_key_that_was_dropped_too_early(settings):
    settings.EMAIL_DIGEST_KEYS = [FIRST]
    make_comment()
    settings.EMAIL_DIGEST_KEYS = [SECOND]

    assert "k1 (NOT KNOWN): 1 comments" in checked()


def test_command_tells_of_recovery_codes_under_the_old_secret_key(secret_keys):
    second_factor.new_recovery_codes(make_staff())
    secret_keys(True)

    assert "(known): 10 recovery codes" in checked()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({("k1", "1"): 2}, "2 processes know EMAIL_DIGEST_KEYS k2 in place 2"),
        ({("k1", "1"): 2, ("k2", "2"): 1}, "2 processes know EMAIL_DIGEST_KEYS k2 in place 2"),
        ({("k1", "1"): 1, ("k2", "1"): 1, ("k1", "2"): 1, ("k2", "2"): 1}, "k1 in place 1"),
    ],
    ids=["before the reload", "half of them reloaded", "half of them a step further"],
)
def test_command_fails_while_processes_differ(settings, monkeypatch, told, words):
    settings.EMAIL_DIGEST_KEYS = [FIRST, SECOND]
    running = {("EMAIL_DIGEST_KEYS", *key): count for key, count in told.items()}
    monkeypatch.setattr(check_keys, "known_to_processes", lambda: check_keys.Counter(running))

    with pytest.raises(CommandError, match=words):
        checked()
