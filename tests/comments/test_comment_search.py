"""Comments are found as long as readers see them."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import SearchDocument
from articles.search.queries import PAGE_SIZE, Query, find
from comments.models import Comment
from openup.search_page import FEW_RESULTS
from tests.factories import make_article, make_comment, make_staff

pytestmark = pytest.mark.django_db


def found(words):
    return [document.object_id for document in find(Query(words)).documents]


def test_comment_is_found_and_leads_to_its_place(client):
    comment = make_comment(body="흥미로운 통계입니다.")

    response = client.get("/search/", {"q": "통계"})

    html = response.content.decode()
    assert found("통계") == [comment.pk]
    assert f'href="{comment.get_permalink()}"' in html
    assert "흥미로운 <mark>통계</mark>입니다." in html


def test_page_of_many_comments_asks_for_their_texts_at_once(client):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert "낱말" in client.get("/search/", {"q": "낱말"}).content.decode()
        return len(queries)

    # More than those for which the page looks for another spelling.
    for _number in range(FEW_RESULTS + 1):
        make_comment(body="낱말")
    few = asked()
    for _number in range(PAGE_SIZE):
        make_comment(body="낱말")

    assert asked() == few


def test_edited_comment_is_found_by_its_new_text_only():
    comment = make_comment(body="처음 낱말")
    comment.edit(body="나중 표현", name="", version=comment.edit_version)

    assert found("낱말") == []
    assert found("표현") == [comment.pk]


@pytest.mark.parametrize("end", ["delete", "hide", "block", "withdraw"])
def test_what_readers_do_not_see_is_not_found(end):
    comment, staff = make_comment(body="비밀 낱말"), make_staff()
    if end == "delete":
        comment.delete_by_author()
    elif end == "hide":
        comment.hide(by=staff, reason="까닭")
    elif end == "block":
        comment.block(timezone.now() + timedelta(days=1), by=staff, reason="까닭")
    else:
        comment.article.withdrawn_at = timezone.now()
        comment.article.store()

    assert found("낱말") == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": Comment.State.HIDDEN},
        {"state": Comment.State.HELD},
        {"blocked_until": timezone.now() + timedelta(days=1)},
    ],
)
def test_text_that_went_out_of_sight_after_it_was_found_is_not_shown(client, change):
    comment = make_comment(body="비밀 낱말")
    # As somebody else changes it between the finding and the showing.
    Comment.objects.filter(pk=comment.pk).update(**change)

    page = client.get("/search/", {"q": "낱말"}).content.decode()

    assert found("낱말") == [comment.pk]
    assert "비밀" not in page and comment.get_permalink() not in page


def test_text_that_was_edited_after_it_was_found_is_shown_as_it_is_now(client):
    comment = make_comment(body="비밀 낱말")
    Comment.objects.filter(pk=comment.pk).update(body="나중 표현")

    page = client.get("/search/", {"q": "낱말"}).content.decode()

    assert "나중 표현" in page
    assert "비밀" not in page


def test_held_comment_is_not_found():
    make_comment(make_article(comment_policy="reviewed"), body="비밀 낱말")

    assert found("낱말") == []


def test_deleted_text_leaves_nothing_in_the_index():
    comment = make_comment(body="비밀 낱말")

    comment.delete_by_author()

    assert not SearchDocument.objects.filter(object_id=comment.pk, kind="comment").exists()


def test_rebuilt_index_finds_the_same():
    comment = make_comment(make_article(title="낱말 글", body="본문"), body="처음 낱말")
    before = found("낱말")

    call_command("rebuild_search", verbosity=0)

    assert found("낱말") == before == [comment.article_id, comment.pk]
