"""A mailed link opens all that an address has written, to its owner alone, once."""

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from comments.identity import credentials, rate_limits
from comments.identity.encryption import seal_under
from comments.models import Comment, MailLink, Outbox, RateLimit, ReplySubscription, Subscriber
from tests.factories import EMAIL, PASSWORD, make_article, make_comment

pytestmark = pytest.mark.django_db

ASK = "/comments/mine/"
NEW_PASSWORD = "new horse key"


def ask(client, email=EMAIL, **extra):
    return client.post(ASK, {"email": email}, **extra)


def send_due():
    call_command("send_mail", "--once", stdout=StringIO())


def mailed_link(number=-1):
    """Return the path of the link in a mail."""
    return re.search(r"http://testserver(/comments/\S+)", mail.outbox[number].body)[1]


def open_desk(client, email=EMAIL):
    """Return the path of the opened desk's list."""
    ask(client, email)
    send_due()
    return client.post(mailed_link())["Location"]


def key_of(desk):
    return desk.split("/")[3]


def at(desk, name, *arguments):
    return reverse(f"comments:mine_{name}", args=[key_of(desk), *arguments])


# The way in


def test_link_by_mail_opens_all_comments_of_the_address_and_no_others(client):
    mine = [make_comment(body="첫 글"), make_comment(body="둘째 글", email="Mina@Example.COM")]
    make_comment(body="남의 글", email="other@example.com")

    response = client.get(open_desk(client))

    page = response.content.decode()
    assert "첫 글" in page and "둘째 글" in page and "남의 글" not in page
    assert [comment.pk for comment in response.context["page"]] == [mine[1].pk, mine[0].pk]


def test_comments_under_an_older_digest_key_are_there_too(client, settings):
    comment = make_comment(body="예전 열쇠의 글")
    settings.EMAIL_DIGEST_KEYS = [("newest", b"n" * 32), *settings.EMAIL_DIGEST_KEYS]
    make_comment(body="새 열쇠의 글")

    page = client.get(open_desk(client)).content.decode()

    assert "예전 열쇠의 글" in page and "새 열쇠의 글" in page
    assert not Comment.objects.get(pk=comment.pk).email_digest.startswith("newest")


def test_link_whose_row_holds_no_address_is_closed(client):
    make_comment()
    desk = open_desk(client)
    assert client.get(desk).status_code == 200

    for address in ["", "broken", seal_under(key_of(desk), "=?utf-8?q?mina?=@example.com")]:
        MailLink.objects.update(address=address)

        assert client.get(desk).status_code == 410


def test_desk_opened_while_the_clock_was_wrong_is_closed(client):
    make_comment()
    desk = open_desk(client)
    MailLink.objects.update(expires_at=F("expires_at") + timedelta(days=2))

    assert client.get(desk).status_code == 410
    call_command("purge", stdout=StringIO())
    assert not MailLink.objects.exists()


def test_answer_is_the_same_whether_the_address_is_known_or_not(client):
    make_comment()

    answers = [ask(client, email) for email in (EMAIL, "stranger@example.com")]
    pages = [client.get(answer["Location"]) for answer in answers]

    assert {answer.status_code for answer in answers} == {302}
    # But for the second in which each was given.
    known, unknown = ({**answer.headers, "Expires": ""} for answer in answers)
    assert known == unknown
    assert pages[0].content == pages[1].content
    # Both are queued: that is all that asking ever does.
    assert Outbox.objects.waiting().count() == 2


def test_asking_runs_the_same_statements_whether_the_address_is_known_or_not(client):
    make_comment()
    ask(client, "warm@example.com")

    statements = []
    for email in (EMAIL, "stranger@example.com"):
        with CaptureQueriesContext(connection) as queries:
            ask(client, email)
        statements.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries])

    assert statements[0] == statements[1]


def test_nothing_is_sent_to_an_address_that_has_written_nothing(client):
    ask(client, "stranger@example.com")

    send_due()

    assert not mail.outbox and Outbox.objects.get().outcome == "dropped"
    assert not MailLink.objects.exists()


@pytest.mark.parametrize("email", ["", "mina", "mіna@example.com", "a@b", "x" * 300])
def test_bad_address_is_explained_and_kept(client, email):
    response = ask(client, email)

    assert response.status_code == 422 and not Outbox.objects.exists()
    assert 'id="id_email_error"' in response.content.decode()


@pytest.mark.parametrize(
    ("requests", "queued"),
    [
        ([(EMAIL, "203.0.113.7")] * 4, 3),
        ([(f"a{n}@example.com", "203.0.113.7") for n in range(11)], 10),
        ([(EMAIL, f"203.0.113.{n // 3}") for n in range(21)], 20),
    ],
)
def test_beyond_its_limits_the_answer_is_the_same_and_nothing_is_sent(client, requests, queued):
    answers = [ask(client, email, REMOTE_ADDR=network) for email, network in requests]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/comments/mine/sent/")
    }
    assert Outbox.objects.count() == queued


def test_strangers_requests_do_not_keep_the_owner_from_a_link(client):
    make_comment()
    for _number in range(9):
        ask(client, REMOTE_ADDR="203.0.113.66")

    ask(client, REMOTE_ADDR="198.51.100.7")

    assert Outbox.objects.count() == 4


def test_looking_ahead_does_not_use_the_link_up_and_it_works_once(client):
    make_comment()
    ask(client)
    send_due()
    link = mailed_link()

    for _number in range(5):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    first, second = client.post(link), client.post(link)

    assert first.status_code == 302 and client.get(first["Location"]).status_code == 200
    assert second.status_code == 410 and client.get(link).status_code == 410


def test_link_and_desk_are_over_when_their_time_is(client):
    make_comment()
    ask(client)
    send_due()
    MailLink.objects.update(expires_at=F("expires_at") - timedelta(minutes=10))
    assert client.post(mailed_link()).status_code == 410
    RateLimit.objects.all().delete()

    desk = open_desk(client)
    MailLink.objects.update(expires_at=F("expires_at") - timedelta(minutes=60))

    assert client.get(desk).status_code == 410


def test_times_are_those_that_are_promised(client):
    make_comment()
    ask(client)
    send_due()
    assert timedelta(minutes=9) < MailLink.objects.get().expires_at - timezone.now()
    assert MailLink.objects.get().expires_at - timezone.now() <= timedelta(minutes=10)

    client.post(mailed_link())

    assert MailLink.objects.get().expires_at - timezone.now() <= timedelta(minutes=60)


def test_mailed_token_is_no_key_of_a_desk_and_the_key_is_no_link(client):
    make_comment()
    desk = open_desk(client)
    ask(client)
    send_due()

    assert client.get(at(mailed_link() + "comments/", "list")).status_code == 410
    assert client.post(f"/comments/mine/{key_of(desk)}/").status_code == 410
    assert client.get(desk).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 43, "sent-", "-" * 200])
def test_made_up_tokens_open_nothing(client, token):
    for path in (f"/comments/mine/{token}/", f"/comments/mine/{token}/comments/"):
        assert client.get(path).status_code == 410
        assert client.post(path).status_code == 410


def test_database_alone_gives_neither_the_token_nor_the_address(client):
    make_comment()
    desk = open_desk(client)
    ask(client)
    send_due()

    stored = repr(list(MailLink.objects.values()))

    assert EMAIL not in stored
    assert key_of(desk) not in stored and key_of(mailed_link()) not in stored


def test_pages_of_the_desk_are_never_kept_nor_named_to_others_and_set_no_cookie(client):
    comment = make_comment()
    desk = open_desk(client)
    ask(client)
    send_due()
    paths = [ASK, "/comments/mine/sent/", mailed_link(), desk]
    paths += [at(desk, name) for name in ("password_all", "download", "erase")]
    paths += [at(desk, name, comment.pk) for name in ("edit", "password", "delete")]

    for path in paths:
        response = client.get(path)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies
        if "html" in response["Content-Type"]:
            assert 'name="robots" content="noindex"' in response.content.decode()


def test_log_names_no_token_and_no_address(client, log_lines):
    comment = make_comment()
    desk = open_desk(client)
    client.post(at(desk, "edit", comment.pk), {"body": "", "name": "", "version": 1})
    client.get(at(desk, "edit", 999_999))
    client.post(f"/comments/mine/{key_of(mailed_link())}/")

    lines = [str(line) for line in log_lines()]

    assert len(lines) >= 3
    for line in lines:
        assert key_of(desk) not in line and key_of(mailed_link()) not in line
        assert EMAIL not in line


def test_forged_host_does_not_get_into_the_mail(client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "evil.example"]
    make_comment()
    ask(client, headers={"host": "evil.example"})

    send_due()

    assert "http://testserver/comments/mine/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].message().as_string()


def test_mail_holds_nothing_that_a_commenter_wrote(client):
    make_comment(body="카나리아", name="카나리아")
    ask(client)

    send_due()

    assert "카나리아" not in mail.outbox[0].body + mail.outbox[0].subject


# Inside


def test_editing_changes_the_text_in_the_thread(client):
    comment = make_comment(body="처음 글", name="미나")
    desk = open_desk(client)

    response = client.post(
        at(desk, "edit", comment.pk), {"name": "", "body": "고친 글", "version": 1}
    )

    assert response["Location"] == f"{desk}?done=edited-{comment.pk}#done"
    page = client.get(comment.article.get_absolute_url()).content.decode()
    assert "고친 글" in page and "처음 글" not in page and "익명" in page


def test_edit_that_cannot_be_is_explained_with_the_text_kept(client):
    comment = make_comment(body="처음 글")
    desk = open_desk(client)

    for fields, status in (
        ({"body": ""}, 422),
        ({"body": "글" * 5001}, 422),
        ({"name": "운영자"}, 422),
        ({"version": 7}, 409),
    ):
        typed = {"name": "미나", "body": "아까운 글 </textarea><b>", "version": 1, **fields}
        response = client.post(at(desk, "edit", comment.pk), typed)

        assert response.status_code == status
        if "body" not in fields:
            assert "아까운 글 &lt;/textarea&gt;" in response.content.decode()
        assert Comment.objects.get(pk=comment.pk).body == "처음 글"


def test_text_that_arrives_after_the_desk_has_closed_is_given_back(client):
    comment = make_comment()
    desk = open_desk(client)
    MailLink.objects.update(expires_at=timezone.now())

    response = client.post(
        at(desk, "edit", comment.pk), {"body": "아까운 글", "name": "", "version": 1}
    )

    assert response.status_code == 410 and "아까운 글" in response.content.decode()


def test_list_says_what_was_done_to_which_comment(client):
    comment, other = make_comment(body="처음 글"), make_comment()
    desk = open_desk(client)
    acts = [
        ("edit", {"name": "", "body": "고친 글", "version": 1}, "댓글을 수정했습니다."),
        ("password", {"password": NEW_PASSWORD}, "비밀번호를 바꾸었습니다."),
        ("notices", {"want": "1"}, "이제부터 답글이 달리면 메일로 알려 드립니다."),
        ("notices", {"want": "0"}, "이제 답글 알림을 보내지 않습니다."),
    ]
    for verb, fields, said in acts:
        response = client.post(at(desk, verb, comment.pk), fields)
        page = html.fromstring(client.get(response["Location"]).content.decode())
        assert page.cssselect(f"#comment-{comment.pk} #done > [role=status]")[0].text == said

    response = client.post(at(desk, "delete", other.pk))
    page = html.fromstring(client.get(response["Location"]).content.decode())
    assert page.cssselect("main > #done > [role=status]")[0].text == "댓글을 삭제했습니다."


def test_new_password_replaces_the_old_one(client):
    comment, other = make_comment(), make_comment()
    desk = open_desk(client)

    response = client.post(at(desk, "password", comment.pk), {"password": NEW_PASSWORD})

    assert response["Location"] == f"{desk}?done=password-{comment.pk}#done"
    stored = Comment.objects.get(pk=comment.pk)
    digest, hashed = stored.email_digest, stored.password
    assert credentials.check_pair(digest, hashed, EMAIL, NEW_PASSWORD)
    assert not credentials.check_pair(digest, hashed, EMAIL, PASSWORD)
    assert credentials.verify_password(Comment.objects.get(pk=other.pk).password, PASSWORD)


def test_new_password_for_all_leaves_other_writers_alone(client):
    mine = [make_comment(), make_comment()]
    theirs = make_comment(email="other@example.com")
    desk = open_desk(client)

    client.post(at(desk, "password_all"), {"password": NEW_PASSWORD})

    for comment in mine:
        comment.refresh_from_db()
        assert credentials.verify_password(comment.password, NEW_PASSWORD)
    before = theirs.password
    theirs.refresh_from_db()
    assert theirs.password == before


def test_weak_password_is_refused_and_not_shown_again(client):
    comment = make_comment()
    before = comment.password
    desk = open_desk(client)

    for password in ["", "short", "password1", "mina1234", "x" * 300]:
        response = client.post(at(desk, "password", comment.pk), {"password": password})

        comment.refresh_from_db()
        assert response.status_code == 422 and comment.password == before
        assert not password or f'value="{password}"' not in response.content.decode()


def test_comment_without_a_password_is_managed_too(client):
    imported = make_comment(body="옮겨 온 글")
    Comment.objects.update(password="", imported_from="disqus:1")
    desk = open_desk(client)

    assert "옮겨 온 글" in client.get(desk).content.decode()
    client.post(at(desk, "delete", imported.pk))
    assert Comment.objects.get(pk=imported.pk).is_deleted


def test_comment_closed_to_guessing_is_still_opened_by_the_link(client):
    comment = make_comment()
    for _number in range(6):
        client.post(
            reverse("comments:comment_delete", args=[comment.pk]),
            {"email": EMAIL, "password": "wrong horse key"},
        )
    desk = open_desk(client)

    client.post(at(desk, "delete", comment.pk))

    assert Comment.objects.get(pk=comment.pk).is_deleted


def test_deleting_wipes_a_comment_in_any_state_after_a_page_that_asks(client):
    article = make_article()
    comments = [make_comment(article, body=f"지울 글 {number}") for number in range(3)]
    desk = open_desk(client)

    for comment, state in zip(comments, ["published", "held", "hidden"], strict=True):
        Comment.objects.filter(pk=comment.pk).update(state=state)
        assert client.get(at(desk, "delete", comment.pk)).status_code == 200
        assert Comment.objects.get(pk=comment.pk).body == comment.body
        client.post(at(desk, "delete", comment.pk))

        assert Comment.objects.get(pk=comment.pk).body == ""
        assert comment.body not in client.get(desk).content.decode()


def test_desk_of_one_address_does_not_reach_another_ones_comments(client):
    make_comment()
    theirs = make_comment(email="other@example.com", body="남의 글")
    desk = open_desk(client)
    fields = {"body": "내 글", "name": "", "version": 1, "password": NEW_PASSWORD, "want": "1"}

    for name in ["edit", "password", "delete", "notices"]:
        assert client.post(at(desk, name, theirs.pk), fields).status_code == 404

        stored = Comment.objects.get(pk=theirs.pk)
        assert stored.body == "남의 글" and stored.is_visible
        assert credentials.verify_password(stored.password, PASSWORD)


def test_list_costs_the_same_queries_for_few_and_for_many(client):
    article = make_article()
    make_comment(article)
    desk = open_desk(client)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(desk).status_code == 200
        return len(captured)

    few = queries()
    parent = None
    for number in range(30):
        parent = make_comment(make_article() if number % 3 else article, body=f"글 {number}")
    ReplySubscription.begin(EMAIL, parent)

    assert queries() == few
    assert len(client.get(f"{desk}?page=2").context["page"]) == 11


def test_download_holds_everything_and_nothing_of_others(client):
    article = make_article(title="글의 제목")
    comment = make_comment(article, body="내 글 </b>", name="미나")
    make_comment(article, email="other@example.com", body="남의 글", parent=comment)
    comment.edit(body="고친 내 글", name="미나", version=1)

    response = client.get(at(open_desk(client), "download"))

    assert response["Content-Disposition"] == 'attachment; filename="my-comments.json"'
    data = json.loads(response.content)
    assert data["email"] == EMAIL and len(data["comments"]) == 1
    row = data["comments"][0]
    assert row["text"] == "고친 내 글" and row["article"]["title"].endswith("글의 제목")
    assert "남의 글" not in response.content.decode()
    assert row["state"] == "published" and row["hears_of_replies"] is False


def test_erasing_leaves_nothing_of_the_address_anywhere(read, client):
    article = make_article()
    mine = [make_comment(article, body="지울 글", name="미나"), make_comment(body="지울 글")]
    held = make_comment(make_article(comment_policy="reviewed"), body="지울 글")
    reply = make_comment(article, parent=mine[0], email="other@example.com", body="남을 답글")
    ReplySubscription.begin(EMAIL, mine[0])
    digests = credentials.digests(EMAIL)
    desk = open_desk(client)
    ask(client)
    assert "지울 글" in read(article.get_absolute_url()).text

    assert "되돌릴 수 없습니다" in client.get(at(desk, "erase")).content.decode()
    response = client.post(at(desk, "erase"))

    assert response.status_code == 200
    rows = Comment.objects.filter(pk__in=[*(comment.pk for comment in mine), held.pk])
    assert {row.state for row in rows} == {"deleted"}
    stored = repr([list(model.objects.values()) for model in (Comment, Subscriber, Outbox)])
    assert "지울 글" not in stored and "미나" not in stored
    assert not any(digest in stored for digest in digests)
    assert not Subscriber.objects.exists() and not ReplySubscription.objects.exists()
    page = read(article.get_absolute_url()).text
    assert "지울 글" not in page and "남을 답글" in page and "삭제된 댓글입니다" in page
    assert Comment.objects.get(pk=reply.pk).is_visible
    assert client.get(desk).status_code == 410
    # Asked for again, there is nothing to open.
    sent = len(mail.outbox)
    ask(client)
    send_due()
    assert len(mail.outbox) == sent


def test_erasing_a_second_time_is_no_harm():
    comment = make_comment()
    mine = Comment.objects.filter(pk=comment.pk)

    mine.erase()
    mine.erase()

    assert mine.get().is_deleted and mine.get().edit_version == 2


def test_leaving_closes_the_desk(client):
    make_comment()
    desk = open_desk(client)

    assert client.get(at(desk, "leave")).status_code == 302
    assert client.get(desk).status_code == 200
    client.post(at(desk, "leave"))

    assert client.get(desk).status_code == 410


def test_reading_an_address_changes_nothing(client):
    comment = make_comment()
    ReplySubscription.begin(EMAIL, comment)
    desk = open_desk(client)

    for name in ["erase", "leave", "notices_all"]:
        client.get(at(desk, name))

        assert Comment.objects.get().is_visible and ReplySubscription.objects.exists()
        assert client.get(desk).status_code == 200


def test_another_site_cannot_act_even_with_the_key(client):
    comment = make_comment()
    desk = open_desk(client)
    path = at(desk, "delete", comment.pk)

    evil = Client(headers={"sec-fetch-site": "cross-site", "origin": "https://evil.example"})
    own = Client(headers={"sec-fetch-site": "same-origin", "origin": "null"})

    assert evil.post(path).status_code == 403 and Comment.objects.get().is_visible
    assert own.post(path).status_code == 302 and Comment.objects.get().is_deleted


# Limits


def spend(number, limit, *parts):
    for _number in range(number):
        rate_limits.spend(limit, *parts)


def test_desk_counts_edits_of_a_comment_with_those_of_its_pair(client):
    comment = make_comment()
    desk = open_desk(client)
    spend(10, rate_limits.EDITS_OF_COMMENT, comment.pk)

    answer = client.post(at(desk, "edit", comment.pk), {"body": "아까운 글", "version": 1})

    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert "아까운 글" in answer.content.decode()
    assert not comment.revisions.exists()


def test_desk_bounds_new_passwords_before_any_hash(client, monkeypatch):
    comment = make_comment()
    desk = open_desk(client)
    spend(10, rate_limits.DESK_PASSWORDS, EMAIL)
    monkeypatch.delattr(credentials, "hash_password")

    answer = client.post(at(desk, "password", comment.pk), {"password": NEW_PASSWORD})

    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0


def test_desk_bounds_all_acts(client):
    comment = make_comment()
    desk = open_desk(client)
    spend(300, rate_limits.DESK_ACTS, EMAIL)

    for act in ["edit", "delete", "notices", "password", "erase", "download"]:
        is_of_all = act in {"erase", "download"}
        address = at(desk, act, *([] if is_of_all else [comment.pk]))
        send = client.get if act == "download" else client.post
        answer = send(address, {"body": "아까운 글"})

        assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
        assert Comment.objects.get().body == comment.body
    assert client.get(desk).status_code == 200
