"""How a comment is drawn, to the byte: a page does it a hundred times."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation
from lxml import html

from comments.models import Comment
from comments.threads.pages import Branch, link_answers
from comments.threads.rendering import draw_branches

MOMENT = timezone.datetime(2025, 10, 28, 0, 5, tzinfo=timezone.get_fixed_timezone(0))
WHOLE = (
    '<ol class="comments">\n'
    '<li id="comment-7" class="depth-1">\n'
    '<p class="by"><span id="by-7"><bdi>&lt;b&gt;100%(pk)s {0}&amp;&quot;&#x27;</bdi> '
    '<a href="/comments/7/"><time datetime="2025-10-28T09:05:00+09:00">2025.10.28 09:05</time></a>'
    '</span> <a class="edited" href="/comments/7/history/">수정됨</a></p>\n'
    '<div class="text"><p>100%</p></div>\n'
    '<div class="actions">'
    '<a href="/comments/7/reply/" aria-labelledby="to-reply by-7" data-version="3">답글</a>'
    '<details><summary aria-labelledby="to-more by-7">더보기</summary>'
    '<a href="/comments/7/edit/">수정</a>'
    '<a href="/comments/7/delete/">삭제</a>'
    '<a href="/comments/7/report/">신고</a></details>'
    "</div></li>\n</ol>"
)


def draw(comment, *replies, takes_comments=True):
    link_answers([comment, *replies])
    article = SimpleNamespace(takes_comments=takes_comments)
    page = SimpleNamespace(thread=True, branches=[Branch(comment, list(replies))])
    return draw_branches(page, article)


def unsaved(pk=7, **fields):
    given = {"name": "독자", "body_html": "<p>글</p>", "created_at": MOMENT, "root_number": 1}
    return Comment(id=pk, **given | fields)


def test_comment_is_drawn_to_the_byte():
    comment = unsaved(
        name="<b>100%(pk)s {0}&\"'", body_html="<p>100%</p>", edit_version=3, edited_at=MOMENT
    )

    assert draw(comment) == WHOLE


def test_nothing_is_offered_that_the_comment_does_not_allow():
    assert "to-reply" not in draw(unsaved(), takes_comments=False)
    assert "to-more" in draw(unsaved(), takes_comments=False)
    of_staff = draw(unsaved(staff_id=1))
    assert of_staff.count('<a href="/comments/7/') == 2 and "to-reply" in of_staff
    assert '</bdi> <span class="badge">' in of_staff
    assert '<span class="badge">' not in draw(unsaved(name="운영자"))


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "held"},
        {"state": "hidden"},
        {"state": "deleted"},
        {"blocked_until": timezone.now() + timedelta(days=30)},
    ],
)
def test_what_may_not_be_read_shows_its_place_alone(fields):
    reply = unsaved(8, parent_id=7, reply_number=1, body_html="<p>그래도</p>")
    comment = unsaved(name="비밀", body_html="<p>숨긴 글</p>", branch_count=1, **fields)

    drawn = draw(comment, reply)

    assert '<li id="comment-7" class="depth-1">\n<p class="gone">' in drawn
    assert "숨긴 글" not in drawn and "비밀" not in drawn and "/comments/7/" not in drawn
    assert "<p>그래도</p>" in drawn


def replies_to(root, count):
    return [
        unsaved(root.pk + number, parent_id=root.pk, reply_number=number)
        for number in range(1, count + 1)
    ]


def test_replies_beyond_the_third_are_folded_with_their_count():
    root = unsaved(branch_count=5)
    *few, fourth, fifth = replies_to(root, 5)

    page = html.fromstring(draw(root, *few, fourth, fifth))
    (fold,) = page.cssselect("details.branch > details")

    assert fold.get("open") is None and fold.cssselect("summary")[0].text == "답글 2개 더 보기"
    folded = [item.get("id") for item in fold.cssselect("li")]
    assert folded == [f"comment-{fourth.pk}", f"comment-{fifth.pk}"]
    assert "details>\n<details" not in draw(root, *few)


def test_what_opens_replies_is_named_by_whose_they_are():
    root = unsaved(branch_count=4)

    page = html.fromstring(draw(root, *replies_to(root, 4)))

    for summary in page.cssselect("summary[id]"):
        own, whose = summary.get("aria-labelledby").split()
        assert own == summary.get("id") and page.cssselect(f"#{whose}")[0].text_content()
    gone = draw(unsaved(state="deleted", branch_count=1), *replies_to(root, 1))
    assert "<summary>" in gone


def test_fold_is_open_where_its_writer_reads_what_was_done():
    root = unsaved(branch_count=4)
    replies = replies_to(root, 4)
    replies[-1].outcome = "posted"

    page = html.fromstring(draw(root, *replies))

    assert page.cssselect("details.branch > details[open] #done > [role=status]")


def test_words_of_the_links_are_those_of_the_language():
    with translation.override("en"):
        html = draw(unsaved(name=""))

    assert ">Reply</a>" in html and "<bdi>Anonymous</bdi>" in html
