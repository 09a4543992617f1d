"""Threads leave as lines without a trace of who wrote them, and come back the same."""

import io
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles.models import LegacyPath, RankingEntry
from comments.bundle.data import CommentLine, Fault, LineError, Revision, ThreadLine
from comments.bundle.lines import HEADER, parse, read_lines, write
from comments.bundle.lines_to_rows import MAX_SENTENCES, recount
from comments.identity import credentials
from comments.models import Comment, CommentRevision, FigureReport, Thread
from tests.factories import (
    EMAIL,
    make_article,
    make_category,
    make_comment,
    make_issue,
    make_ranking,
    make_staff,
    make_table,
)

pytestmark = pytest.mark.django_db
AT = "2020-05-06T07:08:09+09:00"


def export(tmp_path, *options):
    file = tmp_path / "out.jsonl"
    call_command("export_comments", file, *options, stdout=io.StringIO())
    return file


def run_import(*files):
    """Return what the import prints, and how it ends when it refuses a thread."""
    out = io.StringIO()
    try:
        call_command("import_comments", *files, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def write_file(tmp_path, *lines):
    file = tmp_path / "in.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join([HEADER, *texts]) + "\n", encoding="utf-8")
    return file


def thread_of(article, **fields):
    return {"thread": {"uid": article.uid}, **fields}


def line(number, **fields):
    return {"id": f"old:{number}", "created_at": AT, "body": f"글 {number}", **fields}


def wipe():
    """Delete every thread, replies and what they answer at once."""
    Thread.objects.all().delete()
    for model in (CommentRevision, FigureReport, Comment):
        model.objects.all()._raw_delete(DEFAULT_DB_ALIAS)


def numbers():
    """Return what the counts and numbers of every comment are."""
    return list(
        Comment.objects.order_by("article", "path").values_list(
            "root_number", "reply_number", "branch_count", "depth", "reply_count", "path"
        )
    )


def fill(article):
    """Write a thread that holds one of everything, and return its comments."""
    staff = make_staff(username="mina")
    root = make_comment(article, name="미나", body="첫 글 & <b>")
    reply = make_comment(article, parent=root)
    deep = make_comment(article, parent=reply)
    held = make_comment(article, parent=deep, body="기다리는 글")
    Comment.objects.filter(pk=held.pk).update(state="held")
    hidden = make_comment(article)
    Comment.objects.filter(pk=hidden.pk).update(state="hidden")
    tombstone = make_comment(article)
    answer = make_comment(article, parent=tombstone, body="답")
    tombstone.delete_by_author()
    entry = RankingEntry.objects.order_by("pk").first()
    report = make_comment(article, kind="figure_error", ranking_entry=entry)
    report.figure_report.decide("accepted", by=staff, answer="고쳤습니다.")
    make_comment(article, issue_item=article.monthly_issue.items.get())
    make_comment(article, staff=staff, email_digest="", password="")
    Comment.objects.filter(pk=answer.pk).update(
        blocked_until=timezone.now() + timedelta(days=3), edit_version=3, edited_at=timezone.now()
    )
    CommentRevision.objects.create(
        comment=answer, version=1, body="처음", written_at=timezone.now()
    )
    CommentRevision.objects.create(
        comment=answer, version=2, written_at=timezone.now(), removed_at=timezone.now()
    )
    Thread.objects.filter(pk=article.pk).update(pinned=root)
    recount(Thread.objects.get(pk=article.pk))


@pytest.fixture
def article():
    issue = make_issue()
    article = make_article(monthly_issue=issue)
    issue.lead_article = article
    issue.store()
    make_table(article, make_ranking())
    return article


def test_export_into_an_empty_site_and_out_again_is_the_same(tmp_path, article):
    fill(article)
    before, places = export(tmp_path).read_bytes(), numbers()
    wipe()

    said = run_import(tmp_path / "out.jsonl")

    assert "만든 댓글 10" in said
    assert export(tmp_path).read_bytes() == before
    assert numbers() == places


def test_export_into_the_same_site_changes_nothing(tmp_path, article):
    fill(article)
    file = export(tmp_path)
    before = list(Comment.objects.order_by("pk").values())

    run_import(file)

    assert list(Comment.objects.order_by("pk").values()) == before


def test_export_tells_nothing_of_who_wrote(tmp_path, article):
    fill(article)
    make_comment(article, staff=make_staff(username="mina@example.org"), email_digest="")

    text = export(tmp_path).read_text()

    assert EMAIL not in text
    assert "@" not in text
    for password, digest in Comment.objects.exclude(email_digest="").values_list(
        "password", "email_digest"
    ):
        assert password not in text
        assert digest.partition(":")[2] not in text


def test_export_of_one_article_holds_that_alone(tmp_path, article):
    make_comment(article)
    make_comment(body="다른 글의 댓글")

    text = export(tmp_path, "--article", article.uid).read_text()

    assert "다른 글의 댓글" not in text
    assert len(text.splitlines()) == 3


def test_failed_export_leaves_the_earlier_file(tmp_path, article):
    make_comment(article)
    before = export(tmp_path).read_bytes()
    (tmp_path / "out.jsonl.part").mkdir()

    with pytest.raises(CommandError):
        export(tmp_path)

    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_import_keeps_replies_dates_and_states_and_invents_no_password(tmp_path, article):
    file = write_file(
        tmp_path,
        thread_of(article),
        line(1, name="가람", email="Garam@Example.com"),
        line(2, parent="old:1", state="hidden"),
        line(3, parent="old:2", state="held", created_at="2021-01-01T00:00:00+00:00"),
        line(4, state="deleted", body="지운 글"),
        line(5, parent="old:4"),
    )

    run_import(file)

    root, reply, held, gone, below = Comment.objects.order_by("imported_from")
    assert (reply.parent, held.parent, below.parent) == (root, reply, gone)
    assert root.created_at == datetime(2020, 5, 5, 22, 8, 9, tzinfo=UTC)
    assert [c.state for c in (reply, held, gone)] == ["hidden", "held", "deleted"]
    assert gone.body == ""
    assert credentials.digest_matches(root.email_digest, "garam@example.com")
    assert not any(Comment.objects.values_list("password", flat=True))
    assert Thread.objects.get().comment_count == 2
    assert (root.reply_count, gone.reply_count, gone.branch_count) == (0, 1, 1)


def test_address_is_kept_nowhere_and_never_printed(tmp_path, article):
    address = "canary.address@example.com"
    said = run_import(write_file(tmp_path, thread_of(article), line(1, email=address)))
    said += run_import(write_file(tmp_path, thread_of(article), line(2, email="no@addr@ess")))

    assert "no@addr@ess" not in said
    assert address not in said
    assert address not in json.dumps(list(Comment.objects.values()), default=str)
    assert Comment.objects.get(imported_from="old:2").email_digest == ""


def test_second_import_adds_only_what_is_new(tmp_path, article):
    run_import(write_file(tmp_path, thread_of(article), line(1), line(2, parent="old:1")))
    make_comment(article, parent=Comment.objects.get(imported_from="old:1"))
    make_comment(article)
    changed = line(1, body="다른 글")

    said = run_import(
        write_file(
            tmp_path,
            thread_of(article),
            *(changed, line(2, parent="old:1"), line(3, parent="old:1"), line(4)),
            line(5, parent="old:2"),
        )
    )

    assert "만든 댓글 3, 이미 있는 댓글 2" in said
    assert Comment.objects.get(imported_from="old:1").body == "글 1"
    assert Comment.objects.count() == 7
    places = numbers()
    recount(Thread.objects.get())
    assert numbers() == places
    root = Comment.objects.get(imported_from="old:1")
    assert (root.branch_count, root.reply_count) == (4, 3)
    assert Thread.objects.get().comment_count == 7


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "올바른 JSON"),
        ("[]", "JSON 객체"),
        ('{"id": NaN}', "올바른 JSON"),
        ("[" * 100_000, "올바른 JSON"),
        ('{"id": 1' + "0" * 5_000 + "}", "올바른 JSON"),
        (line(2, body=""), "내용을 입력"),
        (line(2, body="\u200b\u3164"), "내용을 입력"),
        (line(2, body=["글"]), "body"),
        (line(2, body="가" * 50_001), "50,000"),
        (line(2, created_at="어제"), "created_at"),
        (line(2, created_at="2020-01-01T00:00:00"), "created_at"),
        (line(2, created_at="2999-01-01T00:00:00+00:00"), "미래"),
        (line(2, created_at="0001-01-01T00:00:00+14:00"), "created_at"),
        (line(2, id="no-source"), "id"),
        (line(2, id="old:" + "1" * 200), "id"),
        (line(2, id="old:\u0000"), "id"),
        (line(2, parent="old:3"), "앞에"),
        (line(2, parent="old:2"), "앞에"),
        (line(1), "두 번"),
        (line(2, state="spam"), "state"),
        (line(2, password="x"), "password"),
        (line(2, version=0), "version"),
        (line(2, version=True), "version"),
        (line(2, version=2**31), "version"),
        (line(2, revisions=[{"version": 1, "written_at": AT, "body": "글"}]), "이전 내용"),
        (line(2, about={"month": "2025-13", "item": 1}), "about"),
        ({"created_at": AT, "body": "글"}, "id"),
        ({"id": "old:2", "body": "글"}, "created_at"),
    ],
)
def test_bad_line_is_named_and_nothing_of_its_thread_is_kept(tmp_path, article, bad, reason):
    other = make_article()
    file = write_file(
        tmp_path, thread_of(article), line(1), bad, line(9), thread_of(other), line(7)
    )

    said = run_import(file)

    assert f"{file}:4: " in said
    assert reason in said
    assert list(Comment.objects.values_list("imported_from", flat=True)) == ["old:7"]
    assert not Thread.objects.filter(pk=article.pk).exists()


def test_bad_bytes_are_a_bad_line(tmp_path, article):
    file = write_file(tmp_path, thread_of(article), line(1))
    file.write_bytes(file.read_bytes() + '{"id": "old:2", "body": "글"}\n'.encode("euc-kr"))

    assert "UTF-8" in run_import(file)
    assert not Comment.objects.exists()


def test_many_bad_lines_are_counted_and_a_few_shown(tmp_path, article):
    file = write_file(tmp_path, thread_of(article), *["{"] * 1_000)

    said = run_import(file)

    assert said.count("올바른 JSON") == MAX_SENTENCES
    assert f"{1_000 - MAX_SENTENCES}" in said


def test_line_that_never_ends_is_passed_by(tmp_path, article, monkeypatch):
    monkeypatch.setattr("comments.bundle.lines.MAX_LINE_BYTES", 300)
    file = write_file(tmp_path, thread_of(article), line(1, body="가" * 1_000), line(2))

    lines = dict(read_lines(file.open("rb")))

    assert isinstance(lines[3], Fault)
    assert isinstance(lines[4], CommentLine)


@pytest.mark.parametrize("first", ["", "{}", '{"format": "openup-comments", "version": 2}', "\xff"])
def test_file_without_the_header_is_refused(tmp_path, first):
    file = tmp_path / "in.jsonl"
    file.write_bytes(first.encode("latin-1"))

    assert "openup-comments" in run_import(file)


def test_file_that_is_missing_is_said_to_be(tmp_path):
    assert "nowhere" in run_import(tmp_path / "nowhere")


def test_comments_before_any_thread_are_refused(tmp_path):
    assert ":2: " in run_import(write_file(tmp_path, line(1)))


def test_id_of_another_articles_comment_is_refused(tmp_path, article):
    run_import(write_file(tmp_path, thread_of(article), line(1)))

    said = run_import(write_file(tmp_path, thread_of(make_article()), line(1)))

    assert "다른 글" in said
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(
    ("thread", "is_found"),
    [
        ({"uid": "the-uid"}, True),
        ({"uid": "other", "path": "/pages/11/254"}, True),
        ({"path": "/pages/11/254/"}, True),
        ({"path": "/articles/{pk}/open-models/"}, True),
        ({"path": "/articles/{pk}/"}, True),
        ({"path": "/articles/{pk}/another/"}, False),
        ({"path": "/%EC%98%9B/%EA%B8%80"}, True),
        ({"slug": "open-models"}, True),
        ({"slug": "twice"}, False),
        ({"uid": "other", "path": "/nowhere", "slug": ""}, False),
        ({}, False),
    ],
)
def test_article_is_found_by_uid_old_path_address_or_slug(tmp_path, thread, is_found):
    article = make_article(uid="the-uid", slug="open-models")
    make_article(slug="twice")
    make_article(slug="twice", category=make_category())
    LegacyPath.objects.create(path="/pages/11/254", article=article)
    LegacyPath.objects.create(path="/옛/글", article=article)
    thread = {name: value.format(pk=article.pk) for name, value in thread.items()}

    run_import(write_file(tmp_path, {"thread": thread}, line(1)))

    assert Comment.objects.filter(article=article).exists() == is_found
    assert Comment.objects.exists() == is_found


def test_reserved_and_long_names_and_unknown_accounts_are_told(tmp_path, article):
    file = write_file(
        tmp_path,
        thread_of(article),
        line(1, name="관리자"),
        line(2, name="가" * 40),
        line(3, staff="nobody"),
        line(4, about={"ranking": "x", "as_of": "2025-01-01", "subject": "y"}),
    )

    said = run_import(file)

    assert [said.count(f"{file}:{number}: ") for number in (3, 4, 5, 6)] == [1, 1, 1, 1]
    reserved, long, staff, _about = Comment.objects.order_by("imported_from")
    assert (reserved.name, long.name, staff.staff) == ("", "가" * 30, None)


def test_import_stands_at_once_on_every_page_that_shows_it(read, tmp_path, article):
    beside = make_article(monthly_issue=article.monthly_issue)
    pages = [article.get_absolute_url(), beside.get_absolute_url()]
    assert not [path for path in pages if "댓글 1" in read(path).text]
    feed = read("/comments/feed/").body
    about = {"month": "2025-10", "item": 1}

    run_import(write_file(tmp_path, thread_of(article), line(1, about=about)))

    assert [path for path in pages if "댓글 1" in read(path).text] == pages
    assert read("/comments/feed/").body != feed


def test_imported_texts_are_found_and_hidden_ones_are_not(client, tmp_path, article):
    shown, hidden = line(1, body="두루미가 보인다"), line(2, body="두루미가 숨는다", state="hidden")
    run_import(write_file(tmp_path, thread_of(article), shown, hidden))

    content = client.get("/search/", {"q": "두루미"}).content.decode()

    assert "보인다" in content
    assert "숨는다" not in content


def test_markup_in_an_imported_text_stays_text(client, tmp_path, article):
    payload = "<script>alert(1)</script>"
    run_import(write_file(tmp_path, thread_of(article), line(1, body=payload, name=payload[:30])))

    content = client.get(article.get_absolute_url()).content.decode()

    assert "<script>alert" not in content
    assert "&lt;script&gt;alert" in content


def test_long_chain_and_wide_branch_are_written_like_posted_ones(tmp_path, article):
    chain = [line(n, parent=f"old:{n - 1}") for n in range(2, 40)]
    wide = [line(n, parent="old:1") for n in range(100, 160)]

    run_import(write_file(tmp_path, thread_of(article), line(1), *chain, *wide))
    make_comment(article, parent=Comment.objects.get(imported_from="old:39"))

    assert Comment.objects.get(imported_from="old:1").branch_count == 99
    assert max(Comment.objects.values_list("depth", flat=True)) == 5
    assert len(set(Comment.objects.values_list("path", flat=True))) == 100


def test_memory_holds_a_part_of_a_thread_at_a_time(tmp_path, article, monkeypatch):
    monkeypatch.setattr("comments.bundle.lines_to_rows.AT_ONCE", 7)
    lines = [line(n, parent=f"old:{n // 2}" if n > 1 else None) for n in range(1, 50)]

    said = run_import(write_file(tmp_path, thread_of(article), *lines))

    assert "만든 댓글 49" in said
    assert Comment.objects.get(imported_from="old:1").branch_count == 48


# Every thread, whatever its shape, comes back as it was.

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=40
).map(lambda text: f"글{text}")
moments = st.datetimes(datetime(1990, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))


@st.composite
def threads(draw):
    lines = []
    for number in range(draw(st.integers(1, 12))):
        state = draw(st.sampled_from(["published", "published", "held", "hidden", "deleted"]))
        parents = st.sampled_from(["", *(each.id for each in lines)])
        is_gone = state == "deleted"
        kind = draw(st.sampled_from(["comment", "comment", "figure_error"]))
        version = draw(st.integers(1, 3))
        earlier = () if is_gone else range(1, version)
        lines.append(
            CommentLine(
                id=f"old:{number}",
                parent=draw(parents) if number else "",
                created_at=draw(moments),
                name="" if is_gone else draw(st.sampled_from(["", "미나", "가람 <b>"])),
                body="" if is_gone else draw(texts),
                state=state,
                kind=kind,
                version=version,
                edited_at=draw(st.none() | moments),
                answered_version=draw(st.none() | st.integers(1, 3)),
                revisions=tuple(Revision(n, draw(moments), "", draw(texts)) for n in earlier),
            )
        )
    return lines


class RoundTrip(TestCase):
    @settings(max_examples=25)
    @given(threads())
    def test_thread_comes_back_as_it_was(self, lines):
        article = make_article()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            file = folder / "in.jsonl"
            file.write_text("\n".join([HEADER, write(ThreadLine(article.uid)), *map(write, lines)]))
            run_import(file)
            once, places = export(folder).read_text(), numbers()
            wipe()
            run_import(folder / "out.jsonl")

            assert Comment.objects.count() == len(lines)
            assert FigureReport.objects.count() == sum(each.kind != "comment" for each in lines)
            assert export(folder).read_text() == once
            assert numbers() == places
            thread = Thread.objects.get()
            assert thread.comment_count == sum(each.state == "published" for each in lines)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_line_or_a_fault(raw):
    try:
        parse(raw)
    except LineError as error:
        assert str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "parent", "thread", "about", "outcome", "revisions", "created_at", "body", "pinned"]
)


@given(st.dictionaries(names, json_values))
def test_any_values_are_a_line_or_a_fault(fields):
    try:
        parse(json.dumps(fields).encode())
    except LineError as error:
        assert str(error)
