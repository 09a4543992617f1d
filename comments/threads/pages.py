"""The pages of a thread and of one branch: a few queries each, whatever the thread holds."""

import re
from dataclasses import dataclass, field, fields
from operator import attrgetter

from django.core.paginator import Paginator
from django.db.models import Count, Max, Value
from django.utils.cache import add_never_cache_headers

from articles.models import Article
from articles.open_data.provenance import absolute
from comments.models import Comment, Thread
from comments.models.comment import ThreadComment, load_anchors
from comments.models.thread import REPLIES_PER_PAGE, page_of

OLDEST, NEWEST = "oldest", "newest"
# What a writer has just done and to which comment, as the address says it that a form leads to.
OUTCOME = re.compile("(posted|mailed|edited|deleted)-([1-9][0-9]{0,14})", re.ASCII)

# Querysets ask nothing until they are walked through. These are the same for every article and put
# together once: for a page that takes as long as to ask the database.
_THREADS = Article.objects.order_by().values_list(
    *("thread__root_total", "thread__comment_count", "thread__pinned"),
    "monthly_issue__lead_article",
)
# What a thread draws, in no order.
_DRAWN = (
    Comment.objects.drawn()
    .with_block()
    .order_by()
    .values_list(*(column.name for column in fields(ThreadComment)))
)
# In two halves, so that each is read from an index of its own.
_VISIBLE = Comment.objects.filter(state=Comment.State.PUBLISHED).order_by()
_ENTRY_COUNTS = (
    _VISIBLE.filter(ranking_entry__isnull=False)
    .values_list(Value("entry"), "ranking_entry")
    .annotate(Count("pk"))
)
_ITEM_COUNTS = (
    _VISIBLE.filter(issue_item__isnull=False)
    .values_list(Value("item"), "issue_item")
    .annotate(Count("pk"))
)


@dataclass
class Branch:
    """A root with the replies that the page shows below it, in the order of drawing."""

    root: Comment
    replies: list

    @property
    def more_count(self):
        """Return how many replies show on the branch's further pages only."""
        return self.root.branch_count - sum(reply.is_visible for reply in self.replies)


@dataclass
class ThreadPage:
    """Page `number` of `last`; newest first walks the same pages backwards."""

    thread: Thread
    branches: list
    number: int
    last: int
    order: str = OLDEST
    pinned: Comment | None = None
    # How many comments that show speak of what the article shows: {anchor's key: count}.
    anchor_counts: dict = field(default_factory=dict)
    is_beyond_end: bool = False
    # What was done to a comment that the page does not show: "deleted", or nothing.
    outcome: str = ""

    @property
    def comment_count(self):
        return f"{self.thread.comment_count:,}"

    @property
    def is_newest_first(self):
        return self.order == NEWEST

    @property
    def is_first(self):
        return self.number == (self.last if self.is_newest_first else 1)

    @property
    def links(self):
        """Return (number, address) of pages to choose from; a gap between them is (None, None)."""
        pages = Paginator(range(self.last), 1)
        shown = list(pages.get_elided_page_range(self.number, on_each_side=2, on_ends=1))
        if self.is_newest_first:
            shown.reverse()
        return [
            (None, None) if number == pages.ELLIPSIS else (number, self.address_of(number))
            for number in shown
        ]

    @property
    def following(self):
        """Return the address of the page that goes on from here, or None."""
        number = self.number + (-1 if self.is_newest_first else 1)
        return self.address_of(number) if 1 <= number <= self.last else None

    def address_of(self, number):
        """Return a page's address, relative to the thread's own; one address for each page."""
        if self.is_newest_first:
            return f"?order={NEWEST}" + (f"&page={number}" if number < self.last else "")
        return f"?page={number}" if number > 1 else "./"

    def series(self, path):
        """Return the one address of what the page shows, and of the pages before and after it.

        They are the same in both orders; None where there is none.
        """

        def address(number):
            return absolute(f"{path}?page={number}" if number > 1 else path)

        return {
            "canonical_url": address(self.number),
            "previous_url": address(self.number - 1) if self.number > 1 else None,
            "next_url": address(self.number + 1) if self.number < self.last else None,
        }


def answer_with(page, response):
    """Return the answer that shows `page`; one beyond the end is not to be cached."""
    if page.is_beyond_end:
        # The last page once more, for any number: kept, it would crowd out what is read.
        add_never_cache_headers(response)
    return response


def note_outcome(page, text):
    """Let the page say what its reader has just done, where that can be seen in it."""
    if not (match := OUTCOME.fullmatch(text)):
        return
    outcome, pk = match[1], int(match[2])
    shown = (comment for branch in page.branches for comment in (branch.root, *branch.replies))
    comment = next((comment for comment in shown if comment.pk == pk), None)
    is_deletion = outcome == "deleted"
    if comment is None:
        page.outcome = outcome if is_deletion else ""
    elif comment.is_deleted if is_deletion else comment.is_readable:
        comment.outcome = outcome


def read_page_number(text):
    """Return the page number that a query asks for, or None where it asks for none."""
    return int(text) if text.isdecimal() and len(text) < 16 else None


def article_page(article_id, query):
    """Return the page of the article's thread that `query` asks for: a few queries."""
    thread, lead_id = find_thread(article_id)
    order = NEWEST if query.get("order") == NEWEST else OLDEST
    asked = read_page_number(query.get("page", ""))
    if asked is None:
        asked = thread.last_page if order == NEWEST else 1
    number = min(max(asked, 1), thread.last_page)
    comments = in_order(thread_rows(_DRAWN.filter(article=article_id).in_page(number)))
    link_answers(comments)
    load_anchors(comments)
    branches = []
    for comment in comments:
        if branches and branches[-1].root.root_number == comment.root_number:
            branches[-1].replies.append(comment)
        else:
            branches.append(Branch(comment, []))
    if order == NEWEST:
        branches.reverse()
    page = ThreadPage(thread, branches, number, thread.last_page, order)
    page.anchor_counts = counts_by_anchor(rows_of=article_id, items_of=lead_id)
    page.is_beyond_end = asked > thread.last_page
    if thread.pinned_id and page.is_first:
        page.pinned = pinned_of(thread)
    note_outcome(page, query.get("done", ""))
    return page


def find_thread(article_id):
    """Return the article's thread, and the key of the article that leads its month, or None.

    A thread that nobody has begun is made without being saved.
    """
    found = _THREADS.filter(pk=article_id)
    root_total, count, pinned_id, lead_id = next(iter(found), [None] * 4)
    counts = {"root_total": root_total or 0, "comment_count": count or 0}
    return Thread(pk=article_id, pinned_id=pinned_id, **counts), lead_id


def counts_by_anchor(*, rows_of=None, items_of=None):
    """Return {anchor's key: how many comments that show speak of it}, in one query.

    Of the rows of one article, and of the items of the month that another one leads, or the same:
    their comments belong to it. Both are keys; there may be none.
    """
    counts = _ENTRY_COUNTS.filter(article=rows_of)
    if items_of:
        # In no order: Django 6.1 would ask for the model's own of both halves together.
        counts = counts.union(_ITEM_COUNTS.filter(article=items_of), all=True).order_by()
    return {f"{kind}-{key}": count for kind, key, count in counts}


def thread_rows(drawn):
    """Return the rows of a queryset made of _DRAWN; `load_anchors` brings what they speak of."""
    return [ThreadComment(*row) for row in drawn]


def pinned_of(thread):
    """Return the comment that stands above the thread, or None while it may not be read."""
    rows = thread_rows(_DRAWN.filter(pk=thread.pinned_id))
    return next((comment for comment in rows if comment.is_readable), None)


def branch_page(root, query):
    """Return the page of the root's branch that `query` asks for: two or three queries."""
    siblings = Comment.objects.filter(article=root.article_id, root_number=root.root_number)
    last = page_of(siblings.aggregate(last=Max("reply_number"))["last"], REPLIES_PER_PAGE)
    asked = read_page_number(query.get("page", "")) or 1
    number = min(max(asked, 1), last)
    replies = in_order(thread_rows(_DRAWN.in_branch(root, number)))
    link_answers([root, *replies])
    load_anchors([root, *replies])
    page = ThreadPage(None, [Branch(root, replies)], number, last, is_beyond_end=asked > last)
    note_outcome(page, query.get("done", ""))
    return page


def in_order(comments):
    """Return the comments in the order of drawing.

    Asked for an order, SQLite walks the whole thread by it and passes the index of numbers by.
    """
    return sorted(comments, key=attrgetter("path"))


def link_answers(comments):
    """Tell each reply what it answers, and each comment whether it was changed after an answer.

    What is answered on another page is loaded by one query, as far as it is named here.
    """
    known = {comment.pk: comment for comment in comments}
    missing = {comment.parent_id for comment in comments} - known.keys() - {None}
    if missing:
        named = Comment.objects.with_block().only("name", "state", "edit_version", "reply_number")
        known |= named.in_bulk(missing)
    for comment in comments:
        comment.answered = answered = known.get(comment.parent_id)
        if comment.answers_earlier_text and comment.is_readable:
            answered.is_changed_after_answer = True
