"""What a comment said before an edit stays readable until it is removed or the comment deleted."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from articles.content.word_diff import ADDED, REMOVED, SAME, word_changes
from comments.models import Comment, CommentRevision
from tests.comments.test_comment_life import at_once
from tests.factories import EMAIL, PASSWORD, make_article, make_comment, make_staff

PAIR = {"email": EMAIL, "password": PASSWORD}


def edit(client, comment, body, **fields):
    version = Comment.objects.values_list("edit_version", flat=True).get(pk=comment.pk)
    address = reverse("comments:comment_edit", args=[comment.pk])
    response = client.post(address, {**PAIR, "body": body, "version": version, **fields})
    assert response.status_code == 302
    comment.refresh_from_db()


def history_of(client, comment, query=""):
    response = client.get(f"/comments/{comment.pk}/history/{query}")
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def remove(client, comment, version, **fields):
    address = reverse("comments:comment_revision_remove", args=[comment.pk, version])
    return client.post(address, {**PAIR, **fields})


def marks(page, version, tag):
    return [node.text_content() for node in page.cssselect(f"#version-{version} {tag}")]


@pytest.mark.django_db
def test_edit_keeps_the_earlier_text_with_its_date_and_shows_what_changed(client):
    comment = make_comment(body="열린 모형이 널리 쓰인다", name="도담")
    edit(client, comment, "열린 모형이 더 널리 쓰였다", name="가람")

    page = history_of(client, comment)

    assert [item.get("id") for item in page.cssselect(".versions > li")] == [
        "version-2",
        "version-1",
    ]
    assert len(page.cssselect(".versions time")) == 2
    assert marks(page, 2, "ins") == ["[넣은 말: 더 ]", "[넣은 말: 쓰였다]"]
    assert marks(page, 2, "del") == ["[뺀 말: 쓰인다]"]
    assert not marks(page, 1, "ins, #version-1 del")
    assert page.cssselect("#version-1 .by bdi")[0].text == "도담"
    assert [name.text for name in page.cssselect("#version-2 .by bdi")] == ["가람", "도담"]


@pytest.mark.django_db
def test_thread_leads_from_an_edited_comment_to_its_history(client):
    comment = make_comment(body="처음 글")
    address = comment.article.get_absolute_url()
    assert "/history/" not in client.get(address).content.decode()

    edit(client, comment, "고친 글")

    page = html.fromstring(client.get(address).content.decode())
    [link] = page.cssselect(".edited")
    assert (link.text, link.get("href")) == ("수정됨", f"/comments/{comment.pk}/history/")


@pytest.mark.django_db
def test_comment_changed_after_an_answer_says_so_beside_both(client):
    comment = make_comment(body="표가 틀렸습니다")
    early = make_comment(comment.article, parent=comment, body="어디가요?")
    edit(client, comment, "표가 맞습니다")
    late = make_comment(comment.article, parent=comment, body="네")

    with CaptureQueriesContext(connection) as queries:
        page = html.fromstring(client.get(comment.article.get_absolute_url()).content.decode())

    assert page.cssselect(f"#comment-{comment.pk} .edited")[0].text == "답글 뒤에 수정됨"
    assert "(수정 전 댓글)" in page.cssselect(f"#comment-{early.pk} .by")[0].text_content()
    assert "(수정 전 댓글)" not in page.cssselect(f"#comment-{late.pk} .by")[0].text_content()
    [link] = page.cssselect(f"#comment-{early.pk} .by a[href*=history]")
    assert link.get("href") == f"/comments/{comment.pk}/history/?page=1#version-1"
    assert not [query for query in queries if "commentrevision" in query["sql"]]


@pytest.mark.django_db
def test_reply_knows_the_version_that_its_writer_saw(client):
    comment = make_comment(body="처음 글")
    form = client.get(reverse("comments:comment_reply", args=[comment.pk])).context["form"]
    edit(client, comment, "고친 글")

    address = reverse("comments:comment_reply", args=[comment.pk])
    client.post(address, {**PAIR, "body": "답글", "version": form["version"].value()})
    client.post(address, {**PAIR, "body": "앞선 답글", "version": 99})
    client.post(address, {**PAIR, "body": "모르는 답글"})

    replies = Comment.objects.filter(parent=comment).order_by("pk")
    assert [reply.answered_version for reply in replies] == [1, 2, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["x", "0", "-1", "9" * 30])
def test_malformed_version_is_refused_with_the_text_kept(client, version):
    comment = make_comment()

    response = client.post(
        reverse("comments:comment_reply", args=[comment.pk]),
        {**PAIR, "body": "남겨 둘 답글", "version": version},
    )

    assert response.status_code == 422
    assert "남겨 둘 답글" in response.content.decode()


@pytest.mark.django_db
def test_comment_without_replies_is_only_edited(client):
    comment = make_comment()
    reply = make_comment(comment.article, parent=comment)
    reply.delete_by_author()

    edit(client, comment, "고친 글")

    assert "답글 뒤에" not in client.get(comment.article.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_saving_the_same_text_again_is_no_edit(client):
    comment = make_comment(body="같은 글")

    edit(client, comment, "같은 글")

    assert comment.edit_version == 1 and not comment.edited_at
    assert not CommentRevision.objects.exists()


@pytest.mark.django_db
def test_long_history_has_fixed_pages_and_the_same_queries(client):
    comment = make_comment(body="글 1")
    for number in range(2, 14):
        Comment.objects.get(pk=comment.pk).edit(body=f"글 {number}", name="", version=number - 1)

    def shown(query):
        with CaptureQueriesContext(connection) as queries:
            page = history_of(client, comment, query)
        numbers = [item.get("id") for item in page.cssselect(".versions > li")]
        return numbers, len([query for query in queries if "revision" in query["sql"]])

    def versions(*numbers):
        return [f"version-{number}" for number in numbers]

    assert shown("") == shown("?page=3") == shown("?page=99") == (versions(13, 12, 11), 1)
    assert shown("?page=2") == (versions(10, 9, 8, 7, 6), 1)
    assert shown("?page=1") == (versions(5, 4, 3, 2, 1), 1)
    assert marks(history_of(client, comment, "?page=2"), 6, "del") == ["[뺀 말: 5]"]


@pytest.mark.django_db
def test_author_removes_an_earlier_text_with_the_pair(client):
    comment = make_comment(body="전화는 010-1234-5678", name="본명")
    edit(client, comment, "전화는 지웠습니다", name="")
    edit(client, comment, "전화는 지웠습니다!", name="")

    response = remove(client, comment, 1)

    query = f"?page=1&comment={comment.pk}#version-1"
    assert response["Location"] == f"/comments/{comment.pk}/history/{query}"
    page = history_of(client, comment).text_content()
    assert "010" not in page and "본명" not in page and "지워졌습니다" in page
    assert "전화는 지웠습니다[넣은 말: !]" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM comments_commentrevision")
        assert "010-1234" not in repr(cursor.fetchall())
    assert remove(client, comment, 1).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pair", "status"),
    [
        ({"password": "wrong horse key"}, 403),
        ({"email": "x@example.com"}, 403),
        ({"email": ""}, 422),
    ],
)
def test_nobody_else_removes_an_earlier_text(client, pair, status):
    comment = make_comment(body="처음 글")
    edit(client, comment, "고친 글")

    assert remove(client, comment, 1, **pair).status_code == status
    assert CommentRevision.objects.get().body == "처음 글"


@pytest.mark.django_db
def test_guesses_at_a_removal_are_bounded_like_any_other(client):
    comment = make_comment(body="처음 글")
    edit(client, comment, "고친 글")
    for _number in range(5):
        assert remove(client, comment, 1, password="wrong horse key").status_code == 403

    assert remove(client, comment, 1).status_code == 429
    assert CommentRevision.objects.get().body == "처음 글"


@pytest.mark.django_db
def test_what_it_says_now_is_no_earlier_text(client):
    comment = make_comment()

    assert remove(client, comment, 1).status_code == 404
    assert remove(client, comment, 7).status_code == 404


@pytest.mark.django_db
def test_staff_remove_an_earlier_text_and_leave_an_event(admin_client, client):
    comment = make_comment(body="남의 주민등록번호")
    edit(client, comment, "고친 글")
    address = reverse("admin:comments_commentrevision_remove", args=[comment.pk, 1])

    assert "남의 주민등록번호" in admin_client.get(address).content.decode()
    assert admin_client.post(address, {"reason": ""}).status_code == 200
    assert CommentRevision.objects.get().body
    response = admin_client.post(address, {"reason": "개인정보"})

    assert response.status_code == 302
    assert CommentRevision.objects.get().body == ""
    [event] = comment.moderation_events.all()
    assert (event.action, event.reason) == ("remove_revision", "개인정보")
    assert "(지워짐)" in admin_client.get(response["Location"]).content.decode()


@pytest.mark.django_db
def test_staff_without_the_permission_remove_nothing(client):
    comment = make_comment(body="처음 글")
    edit(client, comment, "고친 글")
    client.force_login(make_staff("comments.view_comment", "articles.change_article"))
    address = reverse("admin:comments_commentrevision_remove", args=[comment.pk, 1])

    assert client.get(address).status_code == 403
    assert client.post(address, {"reason": "왜"}).status_code == 403
    assert CommentRevision.objects.get().body == "처음 글"


@pytest.mark.django_db
def test_deleting_wipes_every_earlier_text(client):
    comment = make_comment(body="처음 글")
    make_comment(comment.article, parent=comment)
    edit(client, comment, "고친 글")

    comment.delete_by_author()

    assert not CommentRevision.objects.exists()
    assert client.get(f"/comments/{comment.pk}/history/").status_code == 404
    assert remove(client, comment, 1).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["hide", "hold", "block", "withdraw"])
def test_history_is_out_of_sight_with_its_comment(client, admin_user, act):
    comment = make_comment(body="처음 글")
    edit(client, comment, "고친 글")
    if act == "block":
        comment.block(timezone.now() + timedelta(days=1), by=admin_user, reason="침해")
    elif act == "withdraw":
        type(comment.article).objects.update(state="withdrawn")
    else:
        getattr(comment, act)(by=admin_user, reason="까닭")

    for address in ("history/", "history/1/remove/"):
        page = client.get(f"/comments/{comment.pk}/{address}").content.decode()
        assert "처음 글" not in page and "고친 글" not in page


@pytest.mark.django_db
def test_history_shows_texts_as_texts(client):
    comment = make_comment(body="<b>처음</b> <script>alert(1)</script>", name="<i>이름")
    edit(client, comment, '</div><img src=x onerror="alert(1)">', name='"><svg onload=alert(1)>')

    page = client.get(f"/comments/{comment.pk}/history/").content.decode()
    form = client.get(f"/comments/{comment.pk}/history/1/remove/").content.decode()

    for text in (page, form):
        [main] = html.fromstring(text).cssselect("main")
        assert not {"b", "i", "img", "svg", "script"} & {node.tag for node in main.iter()}
        assert "<script>alert" not in text


@pytest.mark.django_db(transaction=True)
def test_removing_and_editing_at_once_lose_nothing():
    comment = make_comment(make_article(), body="글 1")
    comment.edit(body="글 2", name="", version=1)

    def act(number):
        mine = Comment.objects.get(pk=comment.pk)
        if number % 2:
            mine.remove_revision(1)
        else:
            mine.edit(body="글 3", name="", version=2)

    at_once(act, [0, 1])

    bodies = CommentRevision.objects.order_by("version").values_list("body", flat=True)
    assert list(bodies) == ["", "글 2"]
    assert Comment.objects.get(pk=comment.pk).body == "글 3"


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "새 글", [(ADDED, "새 글")]),
        ("같은 글", "같은 글", [(SAME, "같은 글")]),
        (
            "GPT-4가 앞선다",
            "GPT-5가 앞선다",
            [(SAME, "GPT-"), (REMOVED, "4"), (ADDED, "5"), (SAME, "가 앞선다")],
        ),
        (
            "첫 줄\n둘째 줄",
            "첫 줄\n\n둘째 줄",
            [(SAME, "첫 줄"), (REMOVED, "\n"), (ADDED, "\n\n"), (SAME, "둘째 줄")],
        ),
    ],
)
def test_changes_are_told_by_words(before, after, pieces):
    assert word_changes(before, after) == pieces


texts = st.text(st.sampled_from("가나 다\nab1.👩‍💻\ud7ff"), max_size=80) | st.text(max_size=80)


@given(before=texts, after=texts)
def test_pieces_make_up_both_texts(before, after):
    pieces = word_changes(before, after)

    assert "".join(text for kind, text in pieces if kind != ADDED) == before
    assert "".join(text for kind, text in pieces if kind != REMOVED) == after


def test_texts_made_to_be_hard_to_compare_are_given_up():
    """Compared to the end, these take seconds and give thousands of pieces."""
    hard = "".join(chr(0x4E00 + number // 2) if number % 2 else "\u9000" for number in range(5000))
    other = "".join(chr(0x4E00 + number) for number in range(5000))

    pieces = word_changes(hard, other)

    assert "".join(text for kind, text in pieces if kind != REMOVED) == other
    assert len(pieces) < 100
