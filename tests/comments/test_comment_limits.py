"""Posting and guessing are bounded as SECURITY.md says, to each party its own, before any hash."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from comments.identity import credentials, rate_limits
from comments.models import Comment, RateLimit
from tests.factories import EMAIL, PASSWORD, make_article, make_comment
from tests.faults.commands import Command
from tests.faults.server import poll_until, url_of

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


def post(article, number=0, network=HERE, **fields):
    fields = {"email": EMAIL, "password": PASSWORD, "body": f"글 {number}", "name": "", **fields}
    address = reverse("comments:comment_create", args=[article.pk])
    return Client(REMOTE_ADDR=network).post(address, fields)


def guess(comment, network=HERE, verb="delete", **pair):
    fields = {"email": EMAIL, "password": "wrong horse key", "body": "고친 글", "version": 1}
    address = reverse(f"comments:comment_{verb}", args=[comment.pk])
    return Client(REMOTE_ADDR=network).post(address, {**fields, **pair})


def statuses(answers):
    return [answer.status_code for answer in answers]


def let_pass(seconds):
    """Move every window as if `seconds` had gone by."""
    RateLimit.objects.update(window_end=F("window_end") - seconds)


def spend(number, *share):
    """Spend `number` of an allowance, as that many others would have."""
    limit, *parts = share
    for _number in range(number):
        rate_limits.spend(limit, *parts)


@pytest.fixture
def cheap_hashes(monkeypatch):
    """Count the hashes instead of computing them; every password but PASSWORD is wrong."""
    calls = []

    def check_pair(digest, stored, address, password):
        calls.append(password)
        return address == EMAIL and password == PASSWORD

    def hash_submission(password, *sameness):
        calls.append(password)
        return f"{password}{sameness}"[:160]

    monkeypatch.setattr(credentials, "check_pair", check_pair)
    monkeypatch.setattr(credentials, "hash_submission", hash_submission)
    return calls


def test_limits_are_those_that_are_promised():
    promised = {
        rate_limits.POSTS_PER_MINUTE: (5, 60),
        rate_limits.POSTS_PER_HOUR: (30, 3600),
        rate_limits.POSTS_PER_WRITER: (10, 3600),
        rate_limits.POSTS_OF_SITE: (120, 60),
        rate_limits.GUESSES_PER_COMMENT: (5, 900),
        rate_limits.GUESSES_PER_NETWORK: (20, 86400),
        rate_limits.GUESSES_OF_COMMENT: (100, 86400),
        rate_limits.REPEATS_PER_NETWORK: (30, 3600),
        rate_limits.ACTS_PER_NETWORK: (120, 3600),
        rate_limits.EDITS_OF_COMMENT: (10, 600),
        rate_limits.EDITS_OF_COMMENT_A_DAY: (50, 86400),
        rate_limits.DESK_ACTS: (300, 3600),
        rate_limits.DESK_PASSWORDS: (10, 3600),
        rate_limits.MAIL_LINKS_PER_WRITER: (3, 3600),
        rate_limits.MAIL_LINKS_PER_NETWORK: (10, 3600),
        rate_limits.MAIL_LINKS_OF_ADDRESS: (20, 86400),
    }

    assert {limit: (limit.count, limit.seconds) for limit in promised} == promised


# Posting


def test_sixth_comment_in_a_minute_is_refused_with_its_text_and_when_to_come_back(cheap_hashes):
    article = make_article()
    answers = [post(article, number) for number in range(6)]

    page = answers[-1].content.decode()
    assert statuses(answers) == [302] * 5 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "글 5</textarea>" in page and EMAIL in page and PASSWORD not in page
    assert re.search(r"\d+(초|분)\(\d\d:\d\d\) 뒤에 다시", page)
    assert 'id="errors"' in page and "no-store" in answers[-1]["Cache-Control"]
    assert len(cheap_hashes) == 5


def test_writer_may_post_again_when_the_minute_is_over(cheap_hashes):
    article = make_article()
    for number in range(6):
        post(article, number)
    let_pass(60)

    assert post(article, 6).status_code == 302


def test_thirty_first_comment_in_an_hour_from_one_network_is_refused(cheap_hashes):
    article = make_article()
    spend(28, rate_limits.POSTS_PER_HOUR, rate_limits.network_of(HERE))
    answers = []
    for number in range(3):
        answers.append(post(article, number, email=f"writer-{number}@example.com"))
        let_pass(60)

    assert statuses(answers) == [302] * 2 + [429]
    assert int(answers[-1]["Retry-After"]) > 60


def test_eleventh_comment_in_an_hour_with_one_address_is_refused_there_alone(cheap_hashes):
    article = make_article()
    answers = []
    for number in range(11):
        let_pass(60 if number % 5 == 0 else 0)
        answers.append(post(article, number))

    assert statuses(answers) == [302] * 10 + [429]
    # Whoever shares the network writes on, and so does the address's owner elsewhere.
    assert post(article, 11, email="other@example.com").status_code == 302
    assert post(article, 12, network=ELSEWHERE).status_code == 302


def test_stranger_cannot_spend_what_the_owner_of_an_address_may_post(cheap_hashes):
    article = make_article()
    for number in range(11):
        let_pass(60 if number % 5 == 0 else 0)
        last = post(article, number, network=ELSEWHERE)
    assert last.status_code == 429

    assert post(article, 21).status_code == 302


def test_addresses_of_one_ipv6_network_share_one_allowance(cheap_hashes):
    article = make_article()
    answers = [post(article, number, network=f"2001:db8:1:2::{number}") for number in range(6)]

    assert statuses(answers) == [302] * 5 + [429]
    assert post(article, 7, network="2001:db8:1:3::1").status_code == 302


def test_forged_forwarding_header_does_not_lift_a_limit(cheap_hashes):
    article = make_article()
    address = reverse("comments:comment_create", args=[article.pk])
    form = {"email": EMAIL, "password": PASSWORD, "name": ""}

    answers = [
        Client(REMOTE_ADDR=HERE, headers={"x-forwarded-for": f"192.0.2.{number}"}).post(
            address, {**form, "body": f"글 {number}"}
        )
        for number in range(6)
    ]

    assert statuses(answers) == [302] * 5 + [429]


def test_form_with_mistakes_spends_nothing(cheap_hashes):
    article = make_article()
    for _number in range(9):
        assert post(article, body="").status_code == 422

    assert post(article).status_code == 302
    assert len(cheap_hashes) == 1


@pytest.mark.parametrize("key", ["", "k" * 32])
def test_repetition_spends_nothing(key):
    article = make_article()
    for _number in range(6):
        assert post(article, submission_key=key).status_code == 302

    answers = [post(article, number) for number in range(1, 6)]

    assert statuses(answers) == [302] * 4 + [429]
    assert Comment.objects.count() == 5


def test_flood_of_the_whole_site_waits_for_review_instead_of_being_refused(cheap_hashes):
    article = make_article()
    spend(119, rate_limits.POSTS_OF_SITE)

    answers = [post(article, number) for number in range(2)]

    assert statuses(answers) == [302, 200]
    assert ">글 1<" not in Client().get(article.get_absolute_url()).content.decode()
    held = Comment.objects.get(state=Comment.State.HELD)
    assert held.hold_reasons[0]["rule"] == gettext("Flood")
    assert "120" in held.hold_reasons[0]["text"]
    let_pass(60)
    assert post(article, 3).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_posts_at_the_same_moment_get_exactly_the_allowance(cheap_hashes):
    article = make_article()

    def send(number):
        try:
            return post(article, number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))

    assert sorted(statuses(answers)) == [302] * 5 + [429] * 11
    assert Comment.objects.count() == 5


SPEND = """
import pathlib, time
from comments.identity import rate_limits
print("ready", flush=True)
while not pathlib.Path({begin!r}).exists():
    time.sleep(0.001)  # between two looks
passed = 0
for _ in range(20):
    try:
        rate_limits.spend_all(rate_limits.posting("203.0.113.7/32", "digest"))
        passed += 1
    except rate_limits.LimitReached:
        pass
print(passed)
"""


@pytest.mark.django_db(transaction=True)
def test_processes_share_one_allowance(tmp_path):
    environment = {"DATABASE_URL": url_of(connections["default"].settings_dict["NAME"])}
    code = SPEND.format(begin=str(tmp_path / "begin"))
    spenders = [Command(environment, "shell", "--no-imports", "-c", code) for _number in range(3)]
    for spender in spenders:
        poll_until(lambda path=spender.output: path.exists() and path.read_text() == "ready\n")
    (tmp_path / "begin").touch()

    done = [spender.wait() for spender in spenders]

    assert [spender.stderr for spender in done] == [""] * 3
    assert sum(int(spender.stdout.split()[-1]) for spender in done) == 5


# Guessing


@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_after_five_failures_the_next_try_is_refused_before_any_hash(cheap_hashes, verb):
    comment = make_comment()
    for _number in range(5):
        assert guess(comment, verb=verb).status_code == 403
    cheap_hashes.clear()

    for pair in ({}, {"password": PASSWORD}, {"email": "no address"}):
        answer = guess(comment, verb=verb, **pair)

        assert answer.status_code == 429 and not cheap_hashes, pair
        assert 840 < int(answer["Retry-After"]) <= 900
        page = answer.content.decode()
        assert "15분(" in page
        comment.refresh_from_db()
        assert comment.body == "잘 읽었습니다." and comment.is_visible


def test_refused_right_and_wrong_pairs_are_answered_alike(cheap_hashes):
    comment = make_comment()
    for _number in range(5):
        guess(comment)

    answers = [guess(comment, password=PASSWORD), guess(comment)]

    # But for the time that is left, which goes by meanwhile.
    right, wrong = (re.sub(r"\d+분\(\d\d:\d\d\)", "", a.content.decode()) for a in answers)
    assert right == wrong
    assert {*answers[0].headers} == {*answers[1].headers}


def test_edit_that_is_refused_keeps_the_text(cheap_hashes):
    comment = make_comment()
    for _number in range(5):
        guess(comment)

    answer = guess(comment, verb="edit", body="아까운 글", password=PASSWORD)

    assert answer.status_code == 429 and "아까운 글" in answer.content.decode()


def test_success_spends_nothing(cheap_hashes):
    comment = make_comment()
    for version in range(1, 10):
        answer = guess(comment, verb="edit", password=PASSWORD, version=version, body=f"{version}")
        assert answer.status_code == 302
    for _number in range(5):
        assert guess(comment).status_code == 403

    assert guess(comment).status_code == 429


def edit(comment, number, **fields):
    """Edit the comment as its writer, who has seen every edit before."""
    version = Comment.objects.get(pk=comment.pk).edit_version
    return guess(
        comment, verb="edit", password=PASSWORD, version=version, body=f"글 {number}", **fields
    )


def test_eleventh_edit_of_a_comment_in_ten_minutes_is_refused_with_its_text(cheap_hashes):
    comment, other = make_comment(), make_comment()
    edits = [edit(comment, number, network=f"203.0.113.{number}") for number in range(10)]

    answer = edit(comment, "아까운 글", network=ELSEWHERE)

    assert statuses(edits) == [302] * 10
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 500
    assert "아까운 글" in answer.content.decode()
    assert comment.revisions.count() == 10
    assert edit(other, 1).status_code == 302
    let_pass(600)
    assert edit(comment, 11).status_code == 302


def test_strangers_wrong_tries_do_not_spend_the_writers_edits(cheap_hashes):
    comment = make_comment()
    for number in range(15):
        assert guess(comment, verb="edit", network=f"203.0.113.{number}").status_code == 403

    assert edit(comment, 1, network=ELSEWHERE).status_code == 302


def test_comment_is_edited_at_most_fifty_times_a_day(cheap_hashes):
    comment = make_comment()
    spend(50, rate_limits.EDITS_OF_COMMENT_A_DAY, comment.pk)

    assert edit(comment, 1).status_code == 429


@pytest.mark.parametrize("verb", ["edit", "delete"])
def test_network_acts_so_often_and_no_password_is_hashed_beyond_it(cheap_hashes, verb):
    comment = make_comment()
    spend(120, rate_limits.ACTS_PER_NETWORK, rate_limits.network_of(HERE))

    assert guess(comment, verb=verb, password=PASSWORD).status_code == 429
    assert not cheap_hashes
    assert guess(comment, ELSEWHERE, verb, password=PASSWORD).status_code == 302


def test_repetitions_beyond_thirty_count_as_comments(cheap_hashes):
    article = make_article()
    spend(30, rate_limits.REPEATS_PER_NETWORK, rate_limits.network_of(HERE))

    answers = [post(article, submission_key="k" * 32) for _number in range(6)]

    assert statuses(answers) == [302] * 5 + [429]
    assert Comment.objects.count() == 1 and len(cheap_hashes) == 5


def test_failures_elsewhere_do_not_keep_the_owner_out(cheap_hashes):
    comment = make_comment()
    for _number in range(7):
        guess(comment, network=ELSEWHERE)

    assert guess(comment, password=PASSWORD).status_code == 302


def test_failures_with_one_comment_do_not_spend_those_with_another(cheap_hashes):
    first, second = make_comment(), make_comment()
    for _number in range(9):
        guess(first)

    # Refused tries are not counted, so the network has spent no more than five of its twenty.
    assert guess(second).status_code == 403
    assert guess(second, password=PASSWORD).status_code == 302


def test_twenty_first_failure_of_a_network_in_a_day_is_refused_for_every_comment(cheap_hashes):
    comments = [make_comment() for _number in range(3)]
    spend(18, rate_limits.GUESSES_PER_NETWORK, rate_limits.network_of(HERE))

    answers = [guess(comment) for comment in comments]

    assert statuses(answers) == [403] * 2 + [429]
    assert int(answers[-1]["Retry-After"]) > 80_000
    assert guess(comments[2], network=ELSEWHERE, password=PASSWORD).status_code == 302


def test_hundred_failures_in_a_day_close_the_pair_of_a_comment_for_a_day(cheap_hashes):
    comment, other = make_comment(), make_comment()
    rate_limits.spend(rate_limits.GUESSES_OF_COMMENT, comment.pk)
    let_pass(20 * 3600)
    spend(98, rate_limits.GUESSES_OF_COMMENT, comment.pk)

    answers = [guess(comment, network=f"192.0.2.{number}") for number in range(2)]

    assert statuses(answers) == [403, 429]
    # A whole day from the last failure, though the first was twenty hours ago.
    assert int(answers[-1]["Retry-After"]) > 86_000
    assert "24시간(" in answers[-1].content.decode()
    assert guess(comment, network="192.0.2.77", password=PASSWORD).status_code == 429
    assert guess(other, network="192.0.2.77", password=PASSWORD).status_code == 302


def test_benchmark_setting_lifts_the_limits(cheap_hashes, settings):
    settings.BENCHMARK_WITHOUT_LIMITS = True
    article = make_article()

    answers = [post(article, number) for number in range(7)]

    assert statuses(answers) == [302] * 7
    assert not RateLimit.objects.exists()
