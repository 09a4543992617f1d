"""The staff find every comment by the search's index, and readers none that they may not see."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from articles.models import SearchDocument, SearchState
from articles.search.for_staff import proposed_documents
from articles.search.queries import Query, find
from comments.models import Comment
from openup.search_index import Source, rebuild
from tests.factories import make_article, make_comment, make_staff

pytestmark = pytest.mark.django_db

CHANGELIST = reverse("admin:comments_comment_changelist")


@pytest.fixture
def moderator(client):
    user = make_staff("comments.view_comment", "comments.moderate_comment", username="수아")
    client.force_login(user)
    return user


@pytest.fixture
def listed(client, moderator):
    def listed(words, **asked):
        response = client.get(CHANGELIST, {"q": words, **asked})
        return [comment.pk for comment in response.context["cl"].result_list]

    return listed


def read(words, **filters):
    """Return the comments that readers find."""
    return [document.object_id for document in find(Query(words, **filters)).documents]


def make_unseen(how, staff, **fields):
    """Return a comment that no reader may see."""
    if how == "held":
        return make_comment(make_article(comment_policy="reviewed"), **fields)
    comment = make_comment(make_article(), **fields)
    if how == "hidden":
        comment.hide(by=staff, reason="까닭")
    elif how == "held again":
        comment.hold(by=None, reason="까닭")
    elif how == "edited and held":
        comment.article.comment_policy = "reviewed"
        body, comment.body = comment.body, "앞선 글"
        Comment.objects.filter(pk=comment.pk).update(body="앞선 글")
        comment.edit(body=body, name=comment.name, version=comment.edit_version)
    elif how == "hidden and blocked":
        comment.block(timezone.now() + timedelta(days=1), by=staff, reason="까닭")
        comment.hide(by=staff, reason="까닭")
        comment.block(None, by=staff, reason="까닭")
    elif how == "blocked":
        comment.block(timezone.now() + timedelta(days=1), by=staff, reason="까닭")
    else:
        comment.article.state = how
        if how == "draft":
            comment.article.published_at = None
        comment.article.store()
    return comment


UNSEEN = [
    *("held", "hidden", "held again", "edited and held", "hidden and blocked", "blocked"),
    *("withdrawn", "draft"),
]


@pytest.mark.parametrize("rebuilt", [False, True])
@pytest.mark.parametrize("how", UNSEEN)
def test_what_no_reader_may_see_is_found_by_the_staff_alone(
    client, moderator, listed, how, rebuilt
):
    comment = make_unseen(how, moderator, name="두루미", body="비밀 낱말")
    if rebuilt:
        call_command("rebuild_search", verbosity=0)

    assert listed("낱말") == listed("두루미") == [comment.pk]
    for words in ("낱말", "두루미", '"비밀 낱말"'):
        for kind in ("", "comment"):
            assert read(words, kind=kind) == []
        assert not client.get("/search/", {"q": words}).context["results"]


@pytest.mark.parametrize("how", ["held", "hidden"])
def test_what_readers_see_again_they_find_again(moderator, listed, how):
    comment = make_unseen(how, moderator, body="비밀 낱말")
    comment.restore(by=moderator, reason="까닭")

    assert read("낱말") == listed("낱말") == [comment.pk]


def test_deleted_comment_is_found_by_nobody(moderator, listed):
    for how in ("held", "hidden", "blocked"):
        make_unseen(how, moderator, name="두루미", body="비밀 낱말").delete_by_staff(
            by=moderator, reason="까닭"
        )

    assert listed("낱말") == listed("두루미") == read("낱말") == []
    assert not SearchDocument.objects.filter(kind="comment").exists()


def test_readers_do_not_find_comments_by_their_writers(listed):
    comment = make_comment(name="두루미", body="흰 새")

    assert read("두루미") == []
    assert listed("두루미") == [comment.pk]


def test_text_of_a_writer_of_that_name_is_found_all_the_same():
    comment = make_comment(name="두루미", body="두루미는 흰 새")

    assert read("두루미") == [comment.pk]


def test_many_that_readers_may_not_see_hide_none_that_they_may(moderator, monkeypatch):
    monkeypatch.setattr("articles.search.queries.FIRST_LOOK", 1)
    monkeypatch.setattr("articles.search.queries.BATCHES", (2, 2))
    article = make_article()
    seen = make_comment(article, body="비밀 낱말")
    for number in range(8):
        make_comment(article, body=f"비밀 낱말 {number}").hide(by=moderator, reason="까닭")

    assert read("낱말") == [seen.pk]


# What the staff's words find


@pytest.mark.parametrize(
    "words",
    [
        *("모형", "열린", "린", "모형은", "K리그", "gpt-4o", "3.14", '"열린 모형"', "모형 열린"),
        *("두루미", "루미", "kim", "두루미 모형", "ㅋㅋ", "spam.example", "열린\u3000모형"),
        *("\u1106\u1169\u1112\u1167\u11bc", "http://spam.example/열린?a=1"),
        " ".join(f"낱말{number}" for number in range(10)),
    ],
)
def test_words_of_text_and_name_are_found(listed, words):
    many = " ".join(f"낱말{number}" for number in range(12))
    text = f"열린 모형과 K리그, GPT-4o는 3.14 ㅋㅋ http://spam.example/열린?a=1 {many}"
    comment = make_comment(name="흰두루미 Kim", body=text)
    make_comment(name="다른 이", body="다른 글")

    assert listed(words) == [comment.pk]


@pytest.mark.parametrize(
    "words",
    ["형모", "GPT-4", "AI", '"모형 열린"', "없는말", "모형 없는말", '"이름 열린"', "!?", "%"],
)
def test_other_words_are_not(listed, words):
    make_comment(name="이름", body="열린 모형과 GPT-4o, maintain")

    assert listed(words) == []


def test_what_is_found_is_filtered_sorted_and_shown_page_by_page(moderator, listed, monkeypatch):
    monkeypatch.setattr("comments.admin.comment.CommentAdmin.list_per_page", 2)
    article = make_article()
    names = ["나", "가", "라", "다"]
    comments = [make_comment(article, name=name, body="열린 모형") for name in names]
    make_comment(article, name="마", body="다른 글").hide(by=moderator, reason="까닭")
    for comment in comments[2:]:
        comment.hide(by=moderator, reason="까닭")
    first, second, third, fourth = (comment.pk for comment in comments)

    assert listed("모형") == [fourth, third]
    assert listed("모형", p=2) == [second, first]
    assert listed("모형", state__exact="hidden") == [fourth, third]
    assert listed("모형", state__exact="published") == [second, first]
    assert listed("모형", o=3) == [second, first]
    assert listed("모형", o=3, p=2) == [fourth, third]


@pytest.mark.parametrize("words", ["모형", "두루미", "모형 두루미"])
def test_what_very_many_hold_is_found_too(moderator, listed, monkeypatch, words):
    monkeypatch.setattr("articles.search.for_staff.MOST_KEYS", 2)
    article = make_article()
    made = [make_comment(article, name="두루미", body=f"열린 모형 {number}") for number in range(4)]
    make_comment(article, name="두루미", body="다른 글").delete_by_author()
    made[0].hide(by=moderator, reason="까닭")
    keys = [comment.pk for comment in reversed(made)]

    assert listed(words) == keys
    assert listed(words, state__exact="hidden") == keys[-1:]


def test_who_only_answers_finds_their_own(client):
    answering = make_staff("comments.answer_comment", username="답")
    article = make_article()
    make_comment(article, body="열린 모형")
    own = Comment(article=article, staff=answering, name="편집부", body="모형에 대한 답").post()
    client.force_login(answering)

    shown = client.get(CHANGELIST, {"q": "모형"}).context["cl"].result_list

    assert [comment.pk for comment in shown] == [own.pk]


def test_edited_name_is_found_in_place_of_the_former_one(listed):
    comment = make_comment(name="두루미", body="낱말")
    comment.edit(body="낱말", name="따오기", version=comment.edit_version)

    assert listed("두루미") == []
    assert listed("따오기") == listed("낱말 따오기") == [comment.pk]


def test_comment_that_is_hidden_just_after_an_edit_is_found_by_its_new_text(moderator, listed):
    comment = make_comment(name="두루미", body="처음")
    as_opened = Comment.objects.get(pk=comment.pk)
    comment.edit(body="나중", name="따오기", version=comment.edit_version)
    as_opened.hide(by=moderator, reason="까닭")

    assert listed("나중 따오기") == [comment.pk]
    assert listed("처음") == []


def test_comment_that_comes_to_wait_while_the_index_is_made_anew_is_found(listed):
    article = make_article(comment_policy="reviewed")
    make_comment(article, body="처음")
    state = SearchState.current()
    state.begin()
    steps = rebuild(state)
    while state.last_kind != "comment":
        next(steps)
    comment = make_comment(article, body="비밀 낱말")
    for _step in steps:
        pass

    assert listed("낱말") == [comment.pk]
    assert read("낱말") == []


def test_comment_that_comes_to_wait_while_its_batch_is_cut_is_read_again(listed, monkeypatch):
    article = make_article(comment_policy="reviewed")
    make_comment(article, body="처음")
    come = []
    batch = Source.batch

    def batch_and_a_comment(self, after):
        rows = batch(self, after)
        if self.kind == "comment" and not come:
            come.append(make_comment(article, body="비밀 낱말").pk)
        return rows

    monkeypatch.setattr(Source, "batch", batch_and_a_comment)
    call_command("rebuild_search", verbosity=0)

    assert listed("낱말") == come
    assert read("낱말") == []


def test_no_text_is_read_that_the_index_does_not_propose():
    make_comment(name="두루미", body="열린 모형")
    proposed = proposed_documents(["두루미", "모형"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Of one row it would read all.
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = proposed.explain()

    if connection.vendor == "postgresql":
        assert "articles_searchdocument_comments" in plan
        assert "articles_searchdocument_writers" in plan
        assert "Seq Scan" not in plan
    else:
        assert "articles_searchindex VIRTUAL TABLE" in plan
        assert "SCAN articles_searchdocument" not in plan


@pytest.mark.parametrize("act", ["pin", "unpin", "remove a former text"])
def test_what_leaves_a_text_as_it_is_leaves_the_search_as_it_is(moderator, listed, act):
    comment = make_comment(name="두루미", body="비밀 처음")
    comment.edit(body="비밀 중간", name="두루미", version=1)
    if act == "unpin":
        comment.pin(by=moderator)
    as_opened = Comment.objects.get(pk=comment.pk)
    comment.edit(body="나중", name="따오기", version=2)
    comment.block(timezone.now() + timedelta(days=1), by=moderator, reason="까닭")

    if act == "remove a former text":
        as_opened.remove_revision(1, by=moderator, reason="까닭")
    else:
        getattr(as_opened, act)(by=moderator)

    assert listed("비밀") == listed("두루미") == []
    assert listed("나중 따오기") == [comment.pk]
    assert read("비밀") == read("나중") == []
