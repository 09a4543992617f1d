"""A comment is posted, edited and deleted with the same pair, without a cookie or a script."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from comments.identity import credentials
from comments.models import Comment, RateLimit, Thread
from tests.factories import EMAIL, PASSWORD, make_article, make_comment

pytestmark = pytest.mark.django_db

FORM = {"name": "", "email": EMAIL, "password": PASSWORD, "body": "첫 댓글입니다."}


def post(client, article, /, **fields):
    return client.post(reverse("comments:comment_create", args=[article.pk]), {**FORM, **fields})


def edit(client, comment, /, **fields):
    fields = {**FORM, "version": comment.edit_version, **fields}
    return client.post(reverse("comments:comment_edit", args=[comment.pk]), fields)


def delete(client, comment, **fields):
    pair = {"email": EMAIL, "password": PASSWORD, **fields}
    return client.post(reverse("comments:comment_delete", args=[comment.pk]), pair)


def test_posting_leads_to_the_comment_in_its_article(client):
    article = make_article()

    response = post(client, article, name="미나")

    comment = Comment.objects.get()
    assert response.status_code == 302
    assert response["Location"] == (
        f"{article.get_absolute_url()}?comment={comment.pk}&done=posted-{comment.pk}#done"
    )
    page = client.get(response["Location"]).content.decode()
    assert "첫 댓글입니다." in page and "미나" in page and f'id="comment-{comment.pk}"' in page
    assert not response.cookies


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("application/x-www-form-urlencoded", "한글".encode("euc-kr")),
        ("application/x-www-form-urlencoded", b"%C7%D1%B1%DB"),
        ("application/x-www-form-urlencoded", b"%ED%A0%80"),
        ("multipart/form-data; boundary=b", "한글".encode("euc-kr")),
    ],
)
def test_text_in_another_encoding_is_refused(client, content_type, text):
    address = reverse("comments:comment_create", args=[make_article().pk])
    data = f"email={EMAIL}&password={PASSWORD}&body=".encode() + text
    if content_type.startswith("multipart"):
        head = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
        fields = [(name, value.encode()) for name, value in FORM.items() if name != "body"]
        parts = [head.format(name).encode() + value for name, value in [*fields, ("body", text)]]
        data = b"\r\n".join(parts) + b"\r\n--b--\r\n"

    response = client.post(address, data, content_type=content_type)

    assert response.status_code == 400
    assert not Comment.objects.exists()


def test_sign_that_stands_for_what_could_not_be_read_may_be_typed(client):
    article = make_article()

    response = post(client, article, body="깨진 글자 \ufffd 를 보았습니다.")

    assert response.status_code == 302
    assert "\ufffd" in Comment.objects.get().body


def test_comment_without_a_name_is_anonymous(client):
    article = make_article()

    post(client, article)

    assert "익명" in client.get(article.get_absolute_url()).content.decode()


def test_address_is_nowhere_in_the_database_or_the_pages(client):
    article = make_article()

    post(client, article, email="Canary.Bird@Example.com")

    page = client.get(article.get_absolute_url()).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM comments_comment")
        stored = repr(cursor.fetchall())
    for text in (page, stored):
        assert "canary" not in text.lower()


BAD_FIELDS = [
    ({"email": ""}, "email"),
    ({"email": "mina"}, "email"),
    ({"email": "mіna@example.com"}, "email"),  # a Cyrillic letter
    ({"password": ""}, "password"),
    ({"password": "short"}, "password"),
    ({"password": "x" * 300}, "password"),
    ({"password": "mina1234"}, "password"),
    ({"body": ""}, "body"),
    ({"body": "ㅤ \u200b"}, "body"),
    ({"body": "가" * 5001}, "body"),
    ({"name": "운영자"}, "name"),
    ({"name": "가" * 31}, "name"),
]


def test_bad_field_is_explained_beside_it_and_nothing_typed_is_lost(client):
    article = make_article()

    for fields, field in BAD_FIELDS:
        lost = "잃어버리면 안 되는 글 </textarea><script>alert(1)</script>"
        typed = {**FORM, "body": lost, **fields}
        response = post(client, article, **typed)

        assert response.status_code == 422
        assert response.context["form"].errors[field]
        page = response.content.decode()
        assert f'id="id_{field}_error"' in page and 'aria-invalid="true"' in page
        assert "<script>alert" not in page
        if "body" not in fields:
            assert "잃어버리면 안 되는 글" in page
        if typed["password"]:
            assert typed["password"] not in page
        assert not Comment.objects.exists()


def test_text_is_shown_as_text_and_only_web_addresses_become_links(client):
    article = make_article()

    post(client, article, body='<b>굵게</b> javascript:alert(1) https://example.org/a?b=1&c="x')

    page = client.get(article.get_absolute_url()).content.decode()
    assert "<b>굵게" not in page and "&lt;b&gt;굵게" in page
    assert 'href="https://example.org/a?b=1&amp;c=' in page
    assert 'href="javascript' not in page


def test_editing_with_the_pair_changes_the_text_and_says_so(client):
    comment = make_comment(body="처음 글")

    response = edit(client, comment, body="고친 글")

    page = client.get(response["Location"]).content.decode()
    assert "고친 글" in page and "처음 글" not in page and "수정됨" in page


def test_wrong_pair_changes_nothing_and_keeps_what_was_typed(client):
    comment = make_comment(body="처음 글")

    for pair in (
        {"password": "wrong horse key"},
        {"email": "other@example.com"},
        {"email": "not an address"},
        {"password": "x" * 5000},
        {"password": "\ud7a4"},
    ):
        RateLimit.objects.all().delete()
        edited = edit(client, comment, **{"body": "남의 글 </textarea><script>", **pair})
        deleted = delete(client, comment, **pair)

        assert (edited.status_code, deleted.status_code) == (403, 403)
        assert "남의 글 &lt;/textarea&gt;" in edited.content.decode()
        comment.refresh_from_db()
        assert comment.body == "처음 글" and comment.is_visible


def test_wrong_address_and_wrong_password_are_answered_alike(client):
    comment = make_comment()

    answers = [
        edit(client, comment, **pair).content.decode().replace(next(iter(pair.values())), "")
        for pair in ({"password": "wrong horse key"}, {"password": "other horse key"})
    ]
    stranger = edit(client, comment, email="other@example.com").content.decode()

    assert answers[0] == answers[1]
    assert stranger.replace("other@example.com", EMAIL) == answers[0]


@pytest.mark.parametrize("field", ["email", "password"])
def test_missing_half_of_the_pair_is_a_refusal(client, field):
    comment = make_comment()

    assert delete(client, comment, **{field: ""}).status_code == 422
    comment.refresh_from_db()
    assert comment.is_visible


def test_pair_of_one_comment_does_not_open_another(client):
    article = make_article()
    mine = make_comment(article, email="a@example.com", password="first horse key")
    other = make_comment(article, email="b@example.com", password="second horse key")

    response = delete(client, other, email="a@example.com", password="first horse key")

    assert response.status_code == 403
    assert (
        delete(client, mine, email="a@example.com", password="first horse key").status_code == 302
    )


def test_forms_change_only_the_fields_they_name(client):
    article, elsewhere = make_article(), make_article()
    extra = {"state": "hidden", "article": elsewhere.pk, "created_at": "2001-01-01", "depth": "5"}

    post(client, article, **extra)
    comment = Comment.objects.get()
    edit(client, comment, body="고친 글", **extra)

    comment.refresh_from_db()
    assert (comment.article_id, comment.state, comment.depth) == (article.pk, "published", 1)
    assert comment.created_at.year != 2001


def test_edit_from_a_stale_page_is_refused_with_both_texts(client):
    comment = make_comment(body="처음 글")
    edit(client, comment, body="다른 창에서 고친 글")

    response = edit(client, comment, body="이 창에서 쓴 글")

    page = response.content.decode()
    assert response.status_code == 409
    assert "이 창에서 쓴 글" in page and "다른 창에서 고친 글" in page
    again = edit(client, Comment.objects.get(), body="이 창에서 쓴 글")
    assert again.status_code == 302


def test_deleting_wipes_the_comment_for_good(client):
    comment = make_comment(body="지울 글", name="미나")

    response = delete(client, comment)

    assert response.status_code == 302
    stored = Comment.objects.filter(pk=comment.pk).values().get()
    assert "지울 글" not in repr(stored) and "미나" not in repr(stored)
    assert stored["email_digest"] == stored["password"] == ""
    page = client.get(comment.article.get_absolute_url()).content.decode()
    assert "지울 글" not in page and f'id="comment-{comment.pk}"' not in page
    assert client.get(reverse("comments:comment_edit", args=[comment.pk])).status_code == 404


def test_deleted_comment_with_replies_leaves_a_tombstone_until_they_go(client):
    comment = make_comment(body="지울 글")
    reply = make_comment(comment.article, parent=comment, body="답글")
    delete(client, comment)
    page = client.get(comment.article.get_absolute_url()).content.decode()
    assert "삭제된 댓글입니다" in page and "답글" in page and "지울 글" not in page

    delete(client, reply)

    page = client.get(comment.article.get_absolute_url()).content.decode()
    assert "삭제된 댓글입니다" not in page


def test_deleting_leads_past_every_cache_to_where_the_comment_was(client):
    article = make_article()
    comment, other = [make_comment(article) for _ in range(51)][-1], make_comment(article)
    make_comment(article, parent=comment)

    places = [delete(client, each)["Location"] for each in (comment, other)]

    page = f"{article.get_absolute_url()}?page=2&comment="
    assert places == [f"{page}{each.pk}&done=deleted-{each.pk}#done" for each in (comment, other)]
    assert "삭제된 댓글입니다" in client.get(places[0]).content.decode()


def test_deleting_a_reply_beyond_the_first_hundred_leads_to_its_thread(client):
    root = make_comment()
    reply = make_comment(root.article, parent=root)
    Comment.objects.filter(pk=reply.pk).update(reply_number=101)

    response = delete(client, reply)

    address = root.article.get_absolute_url()
    assert response["Location"] == f"{address}?comment={reply.pk}&done=deleted-{reply.pk}#done"


def said_at(client, address):
    """Return what the page says of what was just done, and the text of the element it stands in."""
    page = html.fromstring(client.get(address).content.decode())
    (place,) = page.cssselect("#done[tabindex]")
    (said,) = place.cssselect("[role=status]")
    return said, " ".join(place.text_content().split())


def test_writer_reads_at_the_comment_itself_what_was_done(client):
    article = make_article()
    post(client, article, body="여러 답을 받을 글")
    comment = Comment.objects.get()
    make_comment(article, parent=comment, body="남의 답글")

    said, own = said_at(client, comment.get_outcome_url("posted"))
    assert " ".join(said.text_content().split()) == "댓글을 등록했습니다. 수정 · 삭제"
    assert [link.get("href") for link in said.cssselect("a")] == [
        f"/comments/{comment.pk}/{verb}/" for verb in ("edit", "delete")
    ]
    assert "여러 답을 받을 글" in own and "남의 답글" not in own

    response = edit(client, comment, body="고친 글")
    assert "댓글을 수정했습니다." in said_at(client, response["Location"])[1]

    comment.refresh_from_db()
    response = delete(client, comment)
    said, own = said_at(client, response["Location"])
    assert said.text == "댓글을 삭제했습니다." and "삭제된 댓글입니다." in own


def test_writer_reads_that_a_comment_without_replies_is_gone(client):
    response = delete(client, make_comment())

    assert said_at(client, response["Location"])[1] == "댓글을 삭제했습니다."


def test_writer_is_told_to_confirm_the_notices(client):
    response = post(client, make_article(), is_notified="on")
    held = post(client, make_article(comment_policy="reviewed"), is_notified="on")

    assert "받은 메일에서 확인해 주세요" in said_at(client, response["Location"])[1]
    assert "받은 메일에서 확인해 주세요" in held.content.decode()


@pytest.mark.parametrize("outcome", ["posted", "edited", "mailed", "deleted", "<b>"])
def test_address_makes_no_page_say_what_cannot_be_seen_in_it(client, outcome, admin_user):
    article = make_article()
    comment, other = make_comment(article), make_comment(make_article())
    make_comment(article, parent=comment)
    if outcome != "deleted":
        comment.hide(by=admin_user, reason="규칙")
    address, plain = article.get_absolute_url(), client.get(article.get_absolute_url()).content

    pages = [client.get(f"{address}?done={outcome}-{comment.pk}").content]
    if outcome != "deleted":
        pages.append(client.get(f"{address}?done={outcome}-{other.pk}").content)

    assert set(pages) == {plain}


def test_edit_never_revives_a_deleted_comment(client):
    comment = make_comment()
    stale = Comment.objects.get(pk=comment.pk)
    delete(client, comment)

    assert edit(client, stale, body="되살린 글").status_code == 404


def test_reply_hangs_under_its_parent_and_deep_ones_stay_bounded(client):
    article = make_article()
    parent = make_comment(article)
    for number in range(9):
        response = client.post(
            reverse("comments:comment_reply", args=[parent.pk]),
            {**FORM, "body": f"{parent.pk}에게"},
            REMOTE_ADDR=f"198.51.100.{number}",
        )
        assert response.status_code == 302
        child = Comment.objects.order_by("-pk").first()
        assert child.parent_id == parent.pk
        parent = child

    assert list(Comment.objects.order_by("path").values_list("depth", flat=True)) == [
        *(1, 2, 3, 4, 5, 5, 5, 5, 5, 5)
    ]
    assert client.get(article.get_absolute_url()).status_code == 200


def test_thread_is_drawn_with_each_reply_under_its_parent(client):
    article = make_article()
    first, second = make_comment(article), make_comment(article)
    late = make_comment(article, parent=first)
    later = make_comment(article, parent=first)
    nested = make_comment(article, parent=late)

    page = client.get(article.get_absolute_url()).content.decode()

    drawn = [int(number) for number in re.findall(r'<li id="comment-(\d+)"', page)]
    assert drawn == [first.pk, late.pk, nested.pk, later.pk, second.pk]


def test_reply_to_a_comment_of_another_state_is_refused(client):
    gone = make_comment()
    delete(client, gone)

    response = client.post(reverse("comments:comment_reply", args=[gone.pk]), FORM)

    assert response.status_code == 404


def test_count_on_the_page_follows_posting_deleting_and_hiding(client, admin_user):
    article = make_article()
    comments = [make_comment(article) for _number in range(3)]
    delete(client, comments[0])
    comments[1].hide(by=admin_user, reason="광고")

    assert Thread.objects.get(article=article).comment_count == 1
    assert "댓글 1" in " ".join(client.get(article.get_absolute_url()).content.decode().split())


def test_hidden_comment_is_not_shown_and_restoring_brings_it_back(client, admin_user):
    comment = make_comment(body="가려질 글")
    address = comment.article.get_absolute_url()

    comment.hide(by=admin_user, reason="비방")
    assert "가려질 글" not in client.get(address).content.decode()
    assert client.get(reverse("comments:comment_edit", args=[comment.pk])).status_code == 404
    comment.restore(by=admin_user, reason="오해")

    assert "가려질 글" in client.get(address).content.decode()
    assert [event.reason for event in comment.moderation_events.all()] == ["비방", "오해"]


def test_every_change_changes_the_page_of_the_article(read, client, admin_user):
    comment = make_comment()
    page = comment.article.get_absolute_url()
    before = read(page).body
    for change in (
        lambda: edit(client, comment, body="고친 글"),
        lambda: Comment.objects.get(pk=comment.pk).hide(by=admin_user, reason="가림"),
        lambda: Comment.objects.get(pk=comment.pk).restore(by=admin_user, reason="되돌림"),
        lambda: make_comment(comment.article, parent=comment),
        lambda: delete(client, comment),
    ):
        change()
        after = read(page).body
        assert after != before
        before = after


def test_closed_article_refuses_and_gives_the_text_back(client):
    article = make_article(comment_policy="closed")

    response = post(client, article, body="아까운 글")

    assert response.status_code == 403
    assert "아까운 글" in response.content.decode()
    assert not Comment.objects.exists()


def test_article_whose_comments_have_ended_refuses(client):
    article = make_article(comments_close_at=timezone.now() - timedelta(minutes=1))

    assert post(client, article).status_code == 403


def test_reviewed_article_holds_a_comment_until_staff_approve_it(client, admin_user):
    article = make_article(comment_policy="reviewed")

    response = post(client, article, body="기다리는 글")

    assert response.status_code == 200
    assert "기다리는 글" not in client.get(article.get_absolute_url()).content.decode()
    Comment.objects.get().approve(by=admin_user)
    assert "기다리는 글" in client.get(article.get_absolute_url()).content.decode()


def test_edit_of_an_approved_comment_waits_for_review_again(client, admin_user):
    article = make_article(comment_policy="reviewed")
    post(client, article, body="점잖은 글")
    Comment.objects.get().approve(by=admin_user)

    edit(client, Comment.objects.get(), body="거친 글")

    page = client.get(article.get_absolute_url()).content.decode()
    assert "거친 글" not in page and "점잖은 글" not in page


@pytest.mark.parametrize("key", ["", "k" * 32])
def test_repeated_submission_is_one_comment(client, key):
    article = make_article()

    first = post(client, article, submission_key=key)
    second = post(client, article, submission_key=key)

    assert Comment.objects.count() == 1
    assert first["Location"] == second["Location"]


@pytest.mark.parametrize("key", ["", "k" * 32])
def test_stranger_who_repeats_a_submission_learns_nothing(client, key):
    article = make_article()
    post(client, article, submission_key=key)

    response = post(client, article, submission_key=key, password="a stranger's key")

    assert response.status_code == 302
    assert Comment.objects.count() == 2


def test_same_key_and_password_with_another_text_is_refused_with_the_text(client):
    article = make_article()
    post(client, article, submission_key="k" * 32)

    response = post(client, article, submission_key="k" * 32, body="다른 글")

    assert response.status_code == 422
    assert "다른 글" in response.content.decode()
    assert Comment.objects.count() == 1


def test_repetition_after_an_edit_of_ones_own_leads_to_the_comment(client):
    article = make_article()
    first = post(client, article, submission_key="k" * 32)
    edit(client, Comment.objects.get(), body="고친 글")
    edit(client, Comment.objects.get(), body="또 고친 글")

    again = post(client, article, submission_key="k" * 32)

    assert (again.status_code, again["Location"]) == (302, first["Location"])
    assert Comment.objects.get().body == "또 고친 글"


def test_repetition_after_the_first_text_was_removed_leads_to_the_comment(client):
    article = make_article()
    post(client, article, submission_key="k" * 32)
    edit(client, Comment.objects.get(), body="고친 글")
    Comment.objects.get().remove_revision(1)

    assert post(client, article, submission_key="k" * 32).status_code == 302
    assert Comment.objects.count() == 1


def test_repetition_after_the_comment_was_deleted_brings_nothing_back(client):
    article = make_article()
    post(client, article, submission_key="k" * 32)
    Comment.objects.get().delete_by_author()

    again = post(client, article, submission_key="k" * 32)

    assert again.status_code == 409 and "삭제" in again.content.decode()
    assert Comment.objects.get().is_deleted
    # Whoever means it sends the form that has come back.
    key = again.context["form"]["submission_key"].value()
    assert post(client, article, submission_key=key).status_code == 302
    assert Comment.objects.filter(state="published").count() == 1


def test_deleted_comment_is_known_to_who_wrote_it_alone(client):
    article = make_article()
    post(client, article, submission_key="k" * 32)
    Comment.objects.get().delete_by_author()

    assert (
        post(client, article, submission_key="k" * 32, password="another horse key").status_code
        == 302
    )


def test_deleted_comments_submission_is_forgotten_after_a_day(client):
    article = make_article()
    post(client, article, submission_key="k" * 32)
    comment = Comment.objects.get()
    comment.delete_by_author()
    assert comment.submission_key != "k" * 32
    Comment.objects.update(created_at=timezone.now() - timedelta(days=2))

    call_command("purge", stdout=StringIO())

    assert Comment.objects.get().submission_key is None


def test_two_comments_of_one_new_password_can_both_be_deleted(settings):
    article = make_article()
    first = make_comment(article, submission_key="k" * 32, password=PASSWORD)
    settings.EMAIL_DIGEST_KEYS = [("newest", bytes(32)), *settings.EMAIL_DIGEST_KEYS]
    second = make_comment(article, submission_key="k" * 32, password=PASSWORD)
    Comment.objects.update(password="one hash for both")

    first.delete_by_author()
    second.delete_by_author()

    assert {comment.is_deleted for comment in Comment.objects.all()} == {True}


def test_same_key_with_another_text_is_refused_after_an_edit_too(client):
    article = make_article()
    post(client, article, submission_key="k" * 32)
    edit(client, Comment.objects.get(), body="고친 글")

    response = post(client, article, submission_key="k" * 32, body="다른 글")

    assert response.status_code == 422 and "다른 글" in response.content.decode()


def test_writer_who_repeats_a_hidden_comment_is_told_that_it_is_hidden(client, admin_user):
    article = make_article()
    post(client, article)
    Comment.objects.get().hide(by=admin_user, reason="비방")

    page = post(client, article).content.decode()

    assert "숨겨진 댓글입니다" in page and "기다리" not in page
    assert Comment.objects.count() == 1


def test_comment_that_waits_has_no_public_address(client):
    comment = make_comment(make_article(comment_policy="reviewed"))

    for name in ("detail", "edit", "delete", "reply"):
        response = client.get(reverse(f"comments:comment_{name}", args=[comment.pk]))
        assert response.status_code == 404


def test_same_text_later_or_to_another_parent_is_a_new_comment(client):
    article = make_article()
    post(client, article)
    parent = Comment.objects.get()
    client.post(reverse("comments:comment_reply", args=[parent.pk]), FORM)
    assert Comment.objects.count() == 2

    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    post(client, article)

    assert Comment.objects.count() == 3


class CountingHasher:
    """The product's argon2 hasher, with a count of what it computed."""

    def __init__(self, hasher):
        self.hasher, self.calls = hasher, 0

    def hash(self, *args, **kwargs):
        self.calls += 1
        return self.hasher.hash(*args, **kwargs)

    def verify(self, *args, **kwargs):
        self.calls += 1
        return self.hasher.verify(*args, **kwargs)

    def check_needs_rehash(self, stored):
        return self.hasher.check_needs_rehash(stored)


def test_every_path_costs_exactly_one_hash(client, monkeypatch):
    article = make_article()
    comment = make_comment(article)
    hasher = CountingHasher(credentials._HASHER)
    monkeypatch.setattr(credentials, "_HASHER", hasher)
    for send in (
        lambda: post(client, article, body="새 글"),
        lambda: post(client, article, body="새 글"),
        lambda: post(client, article, body="새 글", password="a stranger's key"),
        lambda: edit(client, comment, password="wrong horse key"),
        lambda: edit(client, comment, email="other@example.com"),
        lambda: edit(client, comment, email="no address"),
        lambda: edit(client, comment, password="x" * 9000),
        lambda: edit(client, comment, body="고친 글"),
        lambda: delete(client, comment, password="wrong horse key"),
        lambda: delete(Client(REMOTE_ADDR="198.51.100.7"), comment),
    ):
        hasher.calls = 0
        send()
        assert hasher.calls == 1


@pytest.mark.parametrize("character", ["글", "\U0001f600", "\u1112\u1161\u11ab"])
def test_text_of_the_greatest_length_is_posted_in_any_script(client, character):
    assert post(client, make_article(), body=character * 5000).status_code == 302


@pytest.mark.parametrize("length", [5001, 20_000])
def test_text_that_is_too_long_comes_back_with_its_length(client, length):
    response = post(client, make_article(), body="글" * length)

    assert response.status_code == 422
    assert (
        f"{length:,}자" in response.content.decode() and "글" * length in response.content.decode()
    )


def test_oversized_request_is_refused_in_words(client):
    response = post(client, make_article(), body="가" * 100_000)

    assert response.status_code == 413


FROM_ELSEWHERE = [
    ({"sec-fetch-site": "same-origin"}, 302),
    ({"sec-fetch-site": "none"}, 302),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"origin": "http://testserver"}, 302),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({}, 302),
]


def test_cross_site_post_is_refused_and_the_text_given_back():
    article = make_article()

    for number, (headers, status) in enumerate(FROM_ELSEWHERE):
        before = Comment.objects.count()
        response = Client(headers=headers, REMOTE_ADDR=f"198.51.100.{number}").post(
            reverse("comments:comment_create", args=[article.pk]),
            {**FORM, "body": f"옮겨 온 글 {number}"},
        )

        assert response.status_code == status
        assert Comment.objects.count() - before == (status == 302)


def test_comment_form_pages_are_never_kept(client):
    comment = make_comment()

    for name in ("edit", "delete", "reply"):
        response = client.get(reverse(f"comments:comment_{name}", args=[comment.pk]))
        assert "no-store" in response["Cache-Control"]


def at_once(function, numbers):
    """Return what `function` gives for each number, each in a thread with its own connection."""

    def run(number):
        try:
            return function(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, numbers))


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_posts_at_once_make_one_row_and_fifty_equal_answers():
    article = make_article()

    answers = at_once(
        lambda number: post(
            Client(REMOTE_ADDR=f"198.51.100.{number}"), article, submission_key="k" * 32
        )["Location"],
        range(50),
    )

    assert Comment.objects.count() == 1
    assert len(set(answers)) == 1


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_get_numbers_of_their_own():
    article = make_article()
    root = make_comment(article)

    def write(number):
        make_comment(article, body=f"글 {number}")
        make_comment(article, parent=root, body=f"답글 {number}")

    at_once(write, range(12))

    assert Comment.objects.count() == 25
    assert Comment.objects.values("path").distinct().count() == 25
    assert Thread.objects.get().comment_count == 25
    assert Comment.objects.get(pk=root.pk).reply_count == 12
