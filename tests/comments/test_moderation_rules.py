from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from comments.models import Comment, ModerationRule, Thread
from comments.moderation.rule_rehearsal import rehearse
from tests.factories import make_article, make_comment, make_rule

pytestmark = pytest.mark.django_db
State = Comment.State
LONG = "이 글은 여러 곳에 똑같이 붙이는 글입니다"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def held(comment):
    """Return the texts of the reasons for which the comment is held, or None."""
    if comment.state != State.HELD:
        return None
    return [reason["text"] for reason in comment.hold_reasons]


@pytest.mark.parametrize(
    ("rule", "body", "reason"),
    [
        ({"kind": "words", "terms": "카지노\n토토"}, "ㅋㅏㅈㅣ노 오세요", "“카지노”"),
        ({"kind": "pattern", "terms": r"\d{3}-\d{4}"}, "전화 010-1234", "“010-1234”"),
        ({"kind": "links", "count": 2}, "http://a.kr https://b.kr", "2 links"),
        (
            {"kind": "new_address", "count": 1},
            "처음",
            "No comment with this e-mail has appeared before.",
        ),
    ],
)
def test_rule_holds_what_it_describes_and_says_why(rule, body, reason):
    make_rule(name="규칙", is_active=True, **rule)

    comment = make_comment(body=body)

    assert comment.hold_reasons == [{"rule": "규칙", "text": reason}]
    assert comment.state == State.HELD
    assert Thread.objects.get(article=comment.article).comment_count == 0


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ({"kind": "words", "terms": "카지노"}, "카메라와 지도"),
        ({"kind": "pattern", "terms": r"\d{3}-\d{4}"}, "전화 주세요"),
        ({"kind": "links", "count": 2}, "https://a.kr 하나"),
        ({"kind": "repeat", "count": 1, "minutes": 60}, LONG),
        ({"kind": "speed", "count": 2, "minutes": 10}, "둘째 글"),
    ],
)
def test_rule_lets_other_comments_through(rule, body):
    make_comment(body="먼저 쓴 글")
    make_rule(is_active=True, **rule)

    assert make_comment(body=body).state == State.PUBLISHED


def test_same_text_is_held_whoever_writes_it_and_short_ones_are_not():
    make_rule(kind="repeat", count=1, minutes=60, is_active=True)
    make_comment(body=LONG)
    make_comment(body="감사합니다")

    assert held(make_comment(body=f"{LONG}!!", email="other@example.com")) == [
        "The same text has come 1 time before."
    ]
    assert held(make_comment(body="감사합니다", email="other@example.com")) is None


def test_many_comments_in_a_short_time_are_held():
    make_rule(kind="speed", count=2, minutes=10, is_active=True)
    first, second = make_comment(body="하나"), make_comment(body="둘")

    assert held(make_comment(body="셋")) == ["2 comments with this e-mail within 10 minutes"]
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert held(make_comment(body="넷")) is None
    assert held(first) is held(second) is None


def test_known_address_is_let_through_by_the_rule_about_new_ones():
    make_comment()
    make_rule(kind="new_address", count=1, is_active=True)

    assert held(make_comment(body="둘째")) is None
    assert held(make_comment(body="셋째", email="new@example.com")) is not None


def test_rule_that_is_off_holds_nothing():
    make_rule(kind="words", terms="카지노")

    assert make_comment(body="카지노").state == State.PUBLISHED


def test_edit_is_held_like_a_new_comment():
    make_rule(kind="words", terms="카지노", is_active=True)
    comment = make_comment(body="좋은 글")

    comment.edit(body="카지노 광고", name="", version=1)

    comment.refresh_from_db()
    assert held(comment) == ["“카지노”"]
    assert Thread.objects.get(article=comment.article).comment_count == 0


def test_edit_of_a_name_is_looked_at_too():
    make_rule(kind="words", terms="카지노", is_active=True)

    assert held(make_comment(name="카지노왕", body="안녕하세요")) == ["“카지노”"]


# What a rule may be


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "words", "terms": " \n "}, "terms"),
        ({"kind": "words", "terms": "★★"}, "terms"),
        ({"kind": "words", "terms": "\n".join(f"낱말{n}" for n in range(501))}, "terms"),
        ({"kind": "pattern", "terms": ""}, "terms"),
        ({"kind": "pattern", "terms": "("}, "terms"),
        ({"kind": "pattern", "terms": "(a)\\1"}, "terms"),
        ({"kind": "pattern", "terms": "(?<=a)b"}, "terms"),
        ({"kind": "pattern", "terms": "((a{1000}){1000})"}, "terms"),
        ({"kind": "pattern", "terms": "가" * 501}, "terms"),
        ({"kind": "links"}, "count"),
        ({"kind": "links", "count": 0}, "count"),
        ({"kind": "speed", "count": 3}, "minutes"),
        ({"kind": "repeat", "count": 3, "minutes": 0}, "minutes"),
        ({"kind": "repeat", "count": 3, "minutes": 90 * 24 * 60 + 1}, "minutes"),
    ],
)
def test_rule_that_cannot_work_is_refused_at_its_field(fields, field):
    with pytest.raises(ValidationError) as caught:
        ModerationRule(name="규칙", **fields).full_clean()

    assert field in caught.value.message_dict


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){20}", "(가+)+나"])
def test_patterns_that_never_end_elsewhere_answer(pattern):
    make_rule(kind="pattern", terms=pattern, is_active=True)

    comment = make_comment(body="a" * 2_000 + "가" * 3_000)

    assert comment.pk


# Rehearsal


def test_rule_cannot_be_switched_on_before_it_is_rehearsed():
    rule = ModerationRule(name="규칙", kind="words", terms="카지노")
    rule.store()

    with pytest.raises(ValidationError):
        rule.switch_on()
    with pytest.raises(IntegrityError), transaction.atomic():
        ModerationRule.objects.update(is_active=True)
    rehearse(rule)
    rule.switch_on()

    assert ModerationRule.objects.active().get() == rule


def test_changed_rule_is_off_until_it_is_rehearsed_again():
    rule = make_rule(kind="words", terms="카지노", is_active=True)

    rule.terms = "토토"
    rule.store()

    rule.refresh_from_db()
    assert not rule.is_active
    assert rule.rehearsal == {}
    with pytest.raises(ValidationError):
        rule.switch_on()


def test_renamed_rule_stays_on():
    rule = make_rule(kind="words", terms="카지노", is_active=True)

    rule.name = "다른 이름"
    rule.store()

    assert ModerationRule.objects.active().get() == rule


def test_rehearsal_shows_what_the_rule_would_have_held_and_holds_nothing():
    good = make_comment(body="좋은 글")
    caught = make_comment(body="ㅋㅏ지노 광고")
    old = make_comment(body="카지노, 오래전")
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=91))
    gone = make_comment(body="카지노, 지운 글")
    gone.delete_by_author()
    rule = make_rule(kind="words", terms="카지노")

    outcome = rehearse(rule)

    assert (outcome["compared"], outcome["caught"]) == (2, 1)
    assert outcome["samples"] == [[caught.pk, "“카지노”"]]
    assert outcome["by_state"] == {"published": 1}
    assert outcome["is_cut"] is False
    assert {good.state, caught.state} == {State.PUBLISHED}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # Of five comments of one writer: those that would have been too many, or the first.
        ({"kind": "speed", "count": 3, "minutes": 60}, 2),
        ({"kind": "new_address", "count": 2}, 2),
        ({"kind": "repeat", "count": 1, "minutes": 60}, 4),
    ],
)
def test_rehearsal_counts_as_the_rule_itself_would_have(rule, expected):
    article = make_article()
    for _number in range(5):
        make_comment(article, body=LONG)

    assert rehearse(make_rule(**rule))["caught"] == expected


def test_rehearsal_knows_addresses_from_before_its_days():
    old = make_comment(body="오래전")
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=200))
    make_comment(body="요즘")

    assert rehearse(make_rule(kind="new_address", count=1))["caught"] == 0


def test_rehearsal_is_bounded_in_comments_samples_and_queries(
    monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr("comments.moderation.rule_rehearsal.REHEARSED_AT_MOST", 50)
    article = make_article()
    Comment.objects.bulk_create(
        Comment(article=article, root_number=number, path=f"{number:09d}", body=f"카지노 {number}")
        for number in range(1, 53)
    )
    rule = make_rule(kind="words", terms="카지노")

    with django_assert_max_num_queries(3):
        outcome = rehearse(rule)

    assert outcome["compared"] == outcome["caught"] == 50
    assert outcome["is_cut"] is True
    assert len(outcome["samples"]) == 20
