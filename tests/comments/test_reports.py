from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from comments.identity.rate_limits import REPORTS_PER_NETWORK, TAKEDOWNS_PER_NETWORK
from comments.models import Comment, Report, Takedown
from tests.factories import (
    let_come,
    make_article,
    make_comment,
    make_report,
    make_staff,
    make_takedown,
)

pytestmark = pytest.mark.django_db
State = Comment.State


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def report_address(comment):
    return reverse("comments:comment_report", args=[comment.pk])


def takedown_address(comment):
    return reverse("comments:takedown_create", args=[comment.pk])


def report(client, comment, network="192.0.2.1", **data):
    data = {"reason": "spam", **data}
    return client.post(report_address(comment), data, REMOTE_ADDR=network)


def block(comment, days=7):
    """Take the comment's text out of sight for `days` from now."""
    make_takedown(comment).block(days=days, by=make_staff())
    comment.refresh_from_db()
    return comment


# Reports


def test_reader_reports_a_comment_without_an_account(client):
    comment = make_comment()

    response = report(client, comment, reason="abuse", text="  욕이 있어요 ")

    found = Report.objects.get()
    assert response.status_code == 200
    assert "Your report has arrived" in response.content.decode()
    assert (found.comment, found.reason, found.text) == (comment, "abuse", "욕이 있어요")
    assert not response.cookies


def test_network_reports_a_comment_once_and_is_thanked_the_same(client):
    comment, other = make_comment(), make_comment()

    first, second = report(client, comment), report(client, comment, reason="abuse")
    report(client, comment, network="192.0.2.2")
    report(client, other)

    assert first.content == second.content
    assert comment.reports.count() == 2
    assert other.reports.count() == 1


def test_networks_of_one_house_are_one_network(client):
    comment = make_comment()

    report(client, comment, network="2001:db8::1")
    report(client, comment, network="2001:db8::2")

    assert comment.reports.count() == 1


def test_network_is_kept_as_a_digest_that_says_nothing_about_other_comments(client):
    comment, other = make_comment(), make_comment()
    report(client, comment)
    report(client, other)

    first, second = Report.objects.values_list("network_digest", flat=True)

    assert first != second
    assert "192.0.2" not in first


def test_reports_alone_hide_nothing(client):
    comment = make_comment()
    for number in range(10):
        report(client, comment, network=f"192.0.2.{number}")

    comment.refresh_from_db()

    assert comment.state == State.PUBLISHED


def test_as_many_reports_as_the_operator_says_hold_the_comment(client, settings):
    settings.REPORTS_THAT_HIDE = 3
    comment = make_comment()

    for number in range(3):
        comment.refresh_from_db()
        assert comment.state == State.PUBLISHED
        report(client, comment, network=f"192.0.2.{number}")

    comment.refresh_from_db()
    assert comment.state == State.HELD
    assert comment.hold_reasons == [{"rule": "Reports", "text": "3 reports"}]
    event = comment.moderation_events.get()
    assert (event.action, event.moderator) == ("hold", None)


def test_reports_that_were_dismissed_do_not_count_again(client, settings):
    settings.REPORTS_THAT_HIDE = 2
    comment = make_comment()
    report(client, comment)
    comment.dismiss_reports(by=make_staff())

    report(client, comment, network="192.0.2.9")

    comment.refresh_from_db()
    assert comment.state == State.PUBLISHED


@pytest.mark.parametrize(
    ("data", "field"),
    [({"reason": ""}, "reason"), ({"reason": "x"}, "reason"), ({"text": "가" * 501}, "text")],
)
def test_report_that_says_too_little_or_too_much_comes_back_with_its_text(client, data, field):
    response = report(client, make_comment(), **{"text": "남길 글", **data})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert data.get("text", "남길 글") in response.content.decode()
    assert not Report.objects.exists()


@pytest.mark.parametrize("make_address", [report_address, takedown_address])
def test_empty_form_is_refused(client, make_address):
    assert client.post(make_address(make_comment()), {}).status_code == 422


@pytest.mark.parametrize(
    ("make_address", "limit", "model", "data"),
    [
        (report_address, REPORTS_PER_NETWORK, Report, {"reason": "spam", "text": "남길 글"}),
        (
            takedown_address,
            TAKEDOWNS_PER_NETWORK,
            Takedown,
            {"ground": "privacy", "reason": "남길 글"},
        ),
    ],
)
def test_network_that_tells_too_much_is_refused_with_its_text_and_when_to_come_back(
    client, make_address, limit, model, data
):
    comments = [make_comment() for _number in range(limit.count + 1)]
    for comment in comments[:-1]:
        assert client.post(make_address(comment), data).status_code == 200

    response = client.post(make_address(comments[-1]), data)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "남길 글" in response.content.decode()
    assert model.objects.count() == limit.count
    stranger = client.post(make_address(comments[-1]), data, REMOTE_ADDR="192.0.2.77")
    assert stranger.status_code == 200


@pytest.mark.parametrize("make_address", [report_address, takedown_address])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_readers_cannot_see_cannot_be_reported(client, make_address, method):
    hidden, draft = make_comment(), make_comment()
    hidden.hide(by=make_staff(), reason="광고")
    draft.article.state = "draft"
    draft.article.store()
    held = make_comment(make_article(comment_policy="reviewed"))

    for comment in (hidden, draft, held):
        response = getattr(client, method)(make_address(comment), {"reason": "spam"})
        assert response.status_code == 404


@pytest.mark.parametrize("make_address", [report_address, takedown_address])
def test_other_sites_cannot_report_for_a_reader(client, make_address):
    comment = make_comment()

    response = client.post(
        make_address(comment), {"reason": "spam"}, HTTP_SEC_FETCH_SITE="cross-site"
    )

    assert response.status_code == 403


# Takedowns


def test_anyone_asks_for_a_comment_to_be_taken_down(client):
    comment = make_comment()

    response = client.post(
        takedown_address(comment), {"ground": "defamation", "reason": "사실과 다릅니다."}
    )

    found = Takedown.objects.get()
    assert "Your request has arrived" in response.content.decode()
    assert (found.ground, found.reason, found.state) == (
        *("defamation", "사실과 다릅니다.", "requested"),
    )
    comment.refresh_from_db()
    assert comment.blocked_until is None


@pytest.mark.parametrize("data", [{"ground": ""}, {"reason": " "}, {"reason": "가" * 2001}])
def test_request_without_a_right_or_a_reason_comes_back(client, data):
    data = {"ground": "privacy", "reason": "까닭", **data}

    response = client.post(takedown_address(make_comment()), data)

    assert response.status_code == 422
    assert not Takedown.objects.exists()


# A text that is blocked gets out nowhere


def blocked_until(comment):
    return timezone.localtime(comment.blocked_until).strftime("%Y.%m.%d")


@pytest.mark.parametrize(
    "name",
    ["comment_edit", "comment_reply", "comment_report", "takedown_create", "comment_delete"],
)
def test_blocked_text_and_its_writer_are_out_of_every_page_of_its_own(client, name):
    comment = block(make_comment(name="두루미", body="가려야 할 글"))

    page = client.get(reverse(f"comments:{name}", args=[comment.pk])).content.decode()

    assert "가려야 할 글" not in page and "두루미" not in page
    assert blocked_until(comment) in page


def test_blocked_text_is_out_of_the_front_page(client):
    comment = block(make_comment(body="가려야 할 글"))

    assert "가려야 할 글" not in client.get("/").content.decode()
    assert comment.state == State.PUBLISHED


def test_blocked_text_takes_no_replies(client):
    comment = block(make_comment())

    response = client.post(
        reverse("comments:comment_reply", args=[comment.pk]),
        {"email": "a@example.com", "password": "right horse key", "body": "답글"},
    )

    assert response.status_code == 403
    assert Comment.objects.count() == 1


def test_pages_follow_a_block_and_its_end(read):
    comment = make_comment(body="가려야 할 글")
    pages = [comment.article.get_absolute_url(), "/comments/feed/"]
    assert [path for path in pages if "가려야 할 글" in read(path).text] == pages

    comment = block(comment)
    assert not [path for path in pages if "가려야 할 글" in read(path).text]

    let_come(comment.blocked_until)
    assert [path for path in pages if "가려야 할 글" in read(path).text] == pages


def test_block_ends_by_itself(client):
    comment = block(make_comment(body="가려야 할 글"))
    past = timezone.now() - timedelta(seconds=1)
    Comment.objects.update(blocked_until=past)
    Takedown.objects.update(blocked_until=past)

    assert "가려야 할 글" in client.get("/").content.decode()
    assert client.get(reverse("comments:comment_edit", args=[comment.pk])).status_code == 200
    assert Takedown.objects.close_ended() == 1
    assert Takedown.objects.get().state == Takedown.State.ENDED


def test_reports_leave_with_a_staff_decision_but_stay_in_its_history():
    comment = make_report(make_comment()).comment
    comment.hide(by=make_staff(), reason="광고")

    assert Report.objects.count() == 1
    assert not Report.objects.open().exists()


def test_report_asks_for_more_in_its_own_words_and_not_the_desks(client, settings):
    settings.LANGUAGE_CODE = "ko"

    page = client.get(report_address(make_comment())).content.decode()

    assert "자세한 내용" in page and "고쳐 쓸" not in page
