"""The search's index made anew, while everybody goes on writing."""

from dataclasses import replace
from hashlib import sha256
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from articles.models import AnotherRun, Article, SearchDocument, SearchState
from articles.search import tokens
from articles.search.queries import Query, find
from openup import search_index
from openup.management.commands import setup_site
from openup.search_index import Source, is_outdated, rebuild
from tests.factories import make_article, make_comment, make_issue, make_ranking

pytestmark = pytest.mark.django_db


def found(text):
    return sorted((each.kind, each.object_id) for each in find(Query(text)).documents)


def begun():
    state = SearchState.current()
    state.begin()
    return state


def run(command, **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def one_at_a_time(monkeypatch):
    sources = [replace(source, at_once=1) for source in search_index.SOURCES]
    monkeypatch.setattr(search_index, "SOURCES", sources)


@pytest.fixture
def thread(one_at_a_time):
    article = make_article(title="여러 댓글", body="본문")
    return [make_comment(article, body=f"처음{number}") for number in range(4)]


def steps_until(kind, state):
    """Make the index anew up to the first object of the kind."""
    steps = rebuild(state)
    while state.last_kind != kind or not state.last_object:
        next(steps)
    return steps


def test_everything_is_found_as_before():
    article = make_article(title="여름 글", body="본문")
    comment = make_comment(article, body="여름 댓글")
    make_issue(items=[("정책", "여름 소식", "본문")])
    make_ranking(title="여름 순위")
    before = found("여름")

    run("rebuild_search")

    assert found("여름") == before
    assert {kind for kind, _number in before} >= {"article", "comment"}
    assert ("comment", comment.pk) in before


def test_what_is_written_meanwhile_is_right_at_the_end(thread):
    done, edited, deleted, _last = thread
    steps = steps_until("comment", begun())
    for comment in (done, edited):
        comment.edit(body=f"나중{comment.pk}", name="", version=comment.edit_version)
    deleted.delete_by_author()
    new = make_comment(done.article, body="새것")

    for _step in steps:
        pass

    assert found("처음2") == []
    assert found("처음0") == found("처음1") == []
    for comment in (done, edited):
        assert found(f"나중{comment.pk}") == [("comment", comment.pk)]
    assert found("새것") == [("comment", new.pk)]
    assert found("처음3") == [("comment", thread[3].pk)]


def test_what_changes_while_a_batch_is_cut_is_read_again(thread, monkeypatch):
    changed = thread[1]

    class ChangedMeanwhile(Source):
        def batch(self, after):
            rows = super().batch(after)
            if [row.pk for row in rows] == [changed.pk] and changed.body != "나중":
                changed.edit(body="나중", name="", version=changed.edit_version)
                changed.refresh_from_db()
            return rows

    *others, comments = search_index.SOURCES
    monkeypatch.setattr(search_index, "SOURCES", [*others, ChangedMeanwhile(**vars(comments))])

    run("rebuild_search")

    assert found("나중") == [("comment", changed.pk)]
    assert found("처음1") == []


def test_interrupted_run_goes_on_where_it_was(thread):
    state = begun()
    steps = steps_until("comment", state)
    steps.close()
    # What it has done is not looked at again: this would be.
    Article.objects.update(title="고친 제목")

    said = run("rebuild_search")

    assert "going on" in said
    assert found("고친") == []
    assert all(found(f"처음{number}") for number in range(4))
    assert not SearchState.current().is_interrupted


def test_interrupted_run_is_begun_again_when_asked(thread):
    steps_until("comment", begun()).close()
    Article.objects.update(title="고친 제목")

    run("rebuild_search", anew=True)

    assert found("고친") == [("article", thread[0].article_id)]


def test_second_run_ends_the_first(thread):
    steps = steps_until("comment", begun())
    run("rebuild_search", anew=True)

    with pytest.raises(AnotherRun):
        next(steps)


def test_document_of_what_is_gone_goes(thread):
    SearchDocument.add(
        [
            SearchDocument.of(
                "comment", 10**6, moment=thread[0].created_at, text="유령", url="/", article=None
            )
        ]
    )
    assert found("유령")

    run("rebuild_search")

    assert found("유령") == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_held_between_two_batches(thread):
    for _done in rebuild(begun()):
        assert not connection.in_atomic_block


# Noticed by itself


def test_new_site_is_up_to_date():
    run("setup_site")

    assert not is_outdated()


@pytest.mark.parametrize("why", ["earlier version", "empty", "never told"])
def test_set_up_brings_an_index_up_to_date(why):
    run("setup_site")
    article = make_article(title="여름 글", body="본문")
    if why == "empty":
        SearchDocument.take_out(kind="article")
    else:
        SearchState.objects.update(version=0 if why == "earlier version" else None)
    assert is_outdated()

    run("setup_site")

    assert not is_outdated()
    assert found("여름") == [("article", article.pk)]


def test_set_up_of_a_large_site_says_what_to_run(monkeypatch, settings):
    settings.LANGUAGE_CODE = "en"
    make_article()
    monkeypatch.setattr(setup_site, "REBUILT_AT_ONCE", 0)

    assert "run `manage.py rebuild_search`" in run("setup_site", verbosity=0)
    assert is_outdated()


def test_tokens_that_change_have_another_version():
    texts = [
        "우리는 .NET과 C++, R&D를 3.14에서",
        "딥시크 V3·K리그 GPT-4o",
        "ㅋㅂㄴㅌㅅ 한국(Korea)의 日本 カナ",
    ]
    made = [(tokens.fold(text), tokens.initials(tokens.fold(text))) for text in texts]
    digest = sha256()
    for folded, initials in made:
        digest.update(f"{folded} {initials} {sorted(tokens.tokens(folded))}".encode())

    # Whoever comes here by a change of tokens: raise VERSION, and write both down.
    assert (tokens.VERSION, digest.hexdigest()[:8]) == (3, "f54e261d")
