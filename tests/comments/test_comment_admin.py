import pytest
from django.test import Client
from django.urls import reverse

from comments.admin.comment import MAX_AT_ONCE
from comments.models import Comment, Thread
from tests.factories import EMAIL, make_article, make_comment, make_report, make_staff
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db

CHANGELIST = reverse("admin:comments_comment_changelist")
State = Comment.State


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def moderator(client):
    user = make_staff("comments.view_comment", "comments.moderate_comment", username="수아")
    client.force_login(user)
    return user


def detail_address(comment):
    return reverse("admin:comments_comment_change", args=[comment.pk])


def moderation_address(action, *comments):
    query = "&".join(f"comment={comment.pk}" for comment in comments)
    return f"{reverse('admin:comments_comment_moderate', args=[action])}?{query}"


def events_of(comment):
    return list(comment.moderation_events.values_list("action", "reason", "moderator__username"))


# Reading


def test_list_begins_with_what_came_in_last(client, moderator):
    first, imported_later = make_comment(), make_comment()
    Comment.objects.filter(pk=imported_later.pk).update(created_at="2020-01-01T00:00:00Z")

    shown = client.get(CHANGELIST).context["cl"].result_list

    assert [comment.pk for comment in shown] == [imported_later.pk, first.pk]


def test_list_shows_state_name_article_and_the_start_of_the_text(client, moderator):
    article = make_article(title="열린 모형")
    make_comment(article, name="민아", body="가나다 " * 40)
    make_comment(article, body="이름 없이", email="other@example.com").hide(
        by=moderator, reason="광고"
    )

    content = client.get(CHANGELIST).content.decode()

    for text in ("민아", "Anonymous", "열린 모형", "Hidden by staff", "Published", "가나다 가나다"):
        assert text in content
    assert "가나다 " * 40 not in content


def test_list_is_filtered_by_state(client, moderator):
    make_comment(body="보이는 글")
    make_comment(body="숨긴 글").hide(by=moderator, reason="광고")

    content = client.get(f"{CHANGELIST}?state__exact=hidden").content.decode()

    assert "숨긴 글" in content
    assert "보이는 글" not in content


def test_search_looks_in_texts_and_names_in_any_normal_form(client, moderator):
    make_comment(name="민아", body="열린 모형을 잘 읽었습니다")
    make_comment(name="다른", body="다른 글")

    for words in ("모형", "민아", "\u1106\u1169\u1112\u1167\u11bc"):
        content = client.get(CHANGELIST, {"q": words}).content.decode()

        assert "열린 모형을" in content
        assert "다른 글" not in content


def test_page_of_a_comment_shows_its_text_its_branch_and_its_moderation(client, moderator):
    root = make_comment(name="민아", body="뿌리")
    comment = make_comment(root.article, parent=root, body="<b>답글</b>\n둘째 줄")
    make_comment(root.article, parent=comment, body="그 답글")
    comment.hide(by=moderator, reason="광고입니다")

    content = client.get(detail_address(comment)).content.decode()

    for text in ("뿌리", "&lt;b&gt;답글&lt;/b&gt;\n둘째 줄", "그 답글", "광고입니다", "수아"):
        assert text in content
    assert "<b>답글" not in content


def test_text_that_looks_like_markup_is_only_text_in_the_list_and_when_moderating(
    client, moderator
):
    comment = make_comment(name="<i>이름", body="<script>alert(1)</script>")

    for address in (CHANGELIST, moderation_address("hide", comment)):
        content = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in content
        assert "<script>alert(1)" not in content
        assert "<i>이름" not in content


def test_neither_digest_nor_password_is_ever_shown(client, moderator):
    comment = make_comment()
    secrets = (comment.email_digest, comment.password, EMAIL, comment.email_digest[-20:])
    addresses = (CHANGELIST, detail_address(comment), moderation_address("hide", comment))

    pages = [client.get(address).content.decode() for address in addresses]

    assert not [secret for secret in secrets for page in pages if secret in page]


def test_visible_comment_has_a_link_to_its_place_on_the_site(client, moderator):
    comment = make_comment()

    content = client.get(detail_address(comment)).content.decode()

    assert f'href="{comment.get_absolute_url()}"' in content


def test_comment_that_readers_cannot_see_has_no_link_to_the_site(client, moderator):
    hidden, unpublished = make_comment(), make_comment()
    hidden.hide(by=moderator, reason="광고")
    unpublished.article.state = "draft"
    unpublished.article.store()

    for comment in (hidden, unpublished):
        content = client.get(detail_address(comment)).content.decode()
        assert f"#comment-{comment.pk}" not in content


def test_dismissing_is_offered_only_where_a_report_waits(client, moderator):
    quiet, reported = make_comment(), make_report().comment
    dismissed = make_report().comment
    dismissed.dismiss_reports(by=moderator)

    offered = [
        moderation_address("dismiss", comment)
        in client.get(detail_address(comment)).content.decode()
        for comment in (quiet, reported, dismissed)
    ]

    assert offered == [False, True, False]


def test_deleted_comment_is_shown_as_deleted(client, moderator):
    comment = make_comment()
    comment.delete_by_author()

    for address in (CHANGELIST, detail_address(comment)):
        assert "(deleted)" in client.get(address).content.decode()


def test_list_costs_the_same_however_long_it_is(client, moderator, django_assert_num_queries):
    make_comment()
    client.get(CHANGELIST)
    # Session, user, its app for codes, two for permissions, the filtered count, the page.
    with django_assert_num_queries(7):
        client.get(CHANGELIST)
    for _number in range(20):
        make_comment()

    with django_assert_num_queries(7):
        client.get(CHANGELIST)


def test_page_of_a_comment_costs_the_same_in_a_long_thread(
    client, moderator, django_assert_max_num_queries
):
    root = make_comment()
    for number in range(20):
        make_comment(root.article, parent=root, body=f"답글 {number}")
    root.hide(by=moderator, reason="광고")

    with django_assert_max_num_queries(16):
        response = client.get(detail_address(root))

    assert len(response.context["branch"]) == 6


# Acting


@pytest.mark.parametrize(
    ("before", "action", "after", "count"),
    [
        (State.PUBLISHED, "hide", State.HIDDEN, 0),
        (State.HELD, "hide", State.HIDDEN, 0),
        (State.HIDDEN, "restore", State.PUBLISHED, 1),
        (State.HELD, "approve", State.PUBLISHED, 1),
    ],
)
def test_moderating_changes_the_comment_and_records_who_and_why(
    client, moderator, before, action, after, count
):
    comment = make_comment(make_article(comment_policy="reviewed"))
    if before != State.HELD:
        comment.approve(by=moderator)
    if before == State.HIDDEN:
        comment.hide(by=moderator, reason="광고")

    response = client.post(moderation_address(action, comment), {"reason": "  까닭  입니다 "})

    comment.refresh_from_db()
    assert response["Location"] == detail_address(comment)
    assert comment.state == after
    assert events_of(comment)[-1] == (action, "까닭 입니다", "수아")
    assert Thread.objects.get(article=comment.article).comment_count == count


def test_hiding_takes_the_text_off_the_articles_page(read, client, moderator):
    comment = make_comment(body="가려질 글")
    page = comment.article.get_absolute_url()
    assert "가려질 글" in read(page).text

    client.post(moderation_address("hide", comment), {"reason": "광고"})

    assert "가려질 글" not in read(page).text


def test_without_a_fitting_reason_nothing_happens(client, moderator):
    published, hidden = make_comment(), make_comment()
    hidden.hide(by=moderator, reason="광고")

    for comment, state, action in ((published, "published", "hide"), (hidden, "hidden", "restore")):
        for reason in ("", "   ", "가" * 301):
            address = moderation_address(action, comment)
            response = client.post(address, {"reason": reason}, **UNDRAWN)

            comment.refresh_from_db()
            assert response.status_code == 200
            assert response.context["form"].errors["reason"]
            assert comment.state == state


def test_approving_needs_no_reason(client, moderator):
    comment = make_comment(make_article(comment_policy="reviewed"))

    client.post(moderation_address("approve", comment), {"reason": ""})

    comment.refresh_from_db()
    assert comment.state == State.PUBLISHED


def test_asking_for_the_reason_changes_nothing(client, moderator):
    comment = make_comment()

    client.get(moderation_address("hide", comment) + "&reason=x")

    comment.refresh_from_db()
    assert comment.state == State.PUBLISHED


def test_several_comments_are_chosen_in_the_list_and_hidden_together(client, moderator):
    first, second, other = (make_comment() for _number in range(3))
    chosen = {"action": "hide_selected", "_selected_action": [first.pk, second.pk]}

    asked = client.post(CHANGELIST, chosen)
    done = client.post(asked["Location"], {"reason": "광고"}, follow=True)

    states = dict(Comment.objects.values_list("pk", "state"))
    assert states == {first.pk: "hidden", second.pk: "hidden", other.pk: "published"}
    assert "2 comments hidden." in done.content.decode()


def test_comments_to_which_an_action_does_not_apply_stay_as_they_are(client, moderator):
    visible, hidden, deleted = (make_comment() for _number in range(3))
    hidden.hide(by=moderator, reason="광고")
    deleted.delete_by_author()
    address = moderation_address("restore", visible, hidden, deleted)

    page = client.get(address)
    client.post(address, {"reason": "착오"})

    assert page.context["left_count"] == 2
    states = dict(Comment.objects.values_list("pk", "state"))
    assert states == {visible.pk: "published", hidden.pk: "published", deleted.pk: "deleted"}
    assert events_of(visible) == []


def test_too_many_comments_at_once_are_refused(client, moderator):
    first = make_comment()
    Comment.objects.bulk_create(
        Comment(article=first.article, root_number=number, path=f"{number:09d}")
        for number in range(2, MAX_AT_ONCE + 2)
    )
    chosen = {"action": "hide_selected", "_selected_action": [first.pk], "select_across": "1"}

    response = client.post(CHANGELIST, chosen, follow=True)

    assert f"Choose at most {MAX_AT_ONCE} comments at once." in response.content.decode()


def test_moderating_what_is_not_there_says_so(client, moderator):
    address = reverse("admin:comments_comment_moderate", args=["hide"])

    for query in ("", "?comment=x", "?comment=999", "?comment=" + "9" * 40, "?comment=²"):
        response = client.post(address + query, {"reason": "광고"})

        assert "There is no comment left to which this applies." in response.content.decode()


def test_no_other_operation_can_be_asked_for(client, moderator):
    comment = make_comment()

    for action in ("delete_by_author", "post", "edit", "HIDE"):
        response = client.post(moderation_address(action, comment), {"reason": "광고"})

        comment.refresh_from_db()
        assert response.status_code == 404
        assert comment.state == State.PUBLISHED


# Who may


def test_moderator_may_not_add_rewrite_or_delete(client, moderator):
    comment = make_comment(body="그대로")

    assert client.post(reverse("admin:comments_comment_add")).status_code == 403
    assert client.post(detail_address(comment), {"body": "바뀜"}).status_code == 403
    delete = reverse("admin:comments_comment_delete", args=[comment.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    client.post(
        CHANGELIST,
        {"action": "delete_selected", "_selected_action": [comment.pk], "post": "yes"},
    )
    comment.refresh_from_db()
    assert comment.body == "그대로"


def test_visitor_is_led_to_the_sign_in(client):
    comment = make_comment()
    acts = [moderation_address(action, comment) for action in ("hide", "restore", "approve")]
    addresses = (CHANGELIST, detail_address(comment), *acts)

    for address in addresses:
        for response in (client.get(address), client.post(address, {"reason": "광고"})):
            assert response["Location"].startswith(reverse("admin:login"))
    comment.refresh_from_db()
    assert comment.state == State.PUBLISHED


def test_editor_sees_no_comments_and_moderates_none(client):
    comment = make_comment()
    client.force_login(make_staff("articles.change_article", "articles.view_article"))

    for address in (CHANGELIST, detail_address(comment), moderation_address("hide", comment)):
        assert client.get(address).status_code == 403
        assert client.post(address, {"reason": "광고"}).status_code == 403
    assert events_of(comment) == []


def test_who_may_only_view_cannot_moderate(client):
    comment = make_comment()
    client.force_login(make_staff("comments.view_comment"))

    listed = client.get(CHANGELIST)
    shown = client.get(detail_address(comment))

    assert listed.status_code == shown.status_code == 200
    assert "hide_selected" not in listed.content.decode()
    assert "moderate/hide" not in shown.content.decode()
    assert client.post(moderation_address("hide", comment), {"reason": "x"}).status_code == 403
    client.post(CHANGELIST, {"action": "hide_selected", "_selected_action": [comment.pk]})
    assert events_of(comment) == []


def test_forged_post_without_a_token_is_refused(moderator):
    comment = make_comment()
    client = Client(enforce_csrf_checks=True)
    client.force_login(moderator)

    response = client.post(moderation_address("hide", comment), {"reason": "광고"})

    assert response.status_code == 403
    assert events_of(comment) == []
