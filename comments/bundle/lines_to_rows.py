"""Threads from lines into the database: each whole or not at all, and each comment once."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from articles.models import CONVERSATION, Article, Due, LegacyPath, PageVersion, article_scope
from articles.old_addresses import normalise_address
from comments.bundle.comment_from_line import CommentMaker, Place, make_report, make_revisions
from comments.bundle.data import CommentLine, Fault, Line, LineError, ThreadLine
from comments.bundle.export import own_source
from comments.models import Comment, CommentRevision, FigureReport, Thread

AT_ONCE = 500
MAX_SENTENCES = 20


class Made(NamedTuple):
    """A line, its comment, and the earlier texts of that."""

    line: CommentLine
    comment: Comment
    revisions: list[CommentRevision]


@dataclass
class Report:
    """What became of the thread whose line has this number; `notes` and `faults` are sentences."""

    number: int
    name: str
    created: int = 0
    known: int = 0
    notes: list[tuple[int, str]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    note_count: int = 0
    fault_count: int = 0

    def note(self, number: int, sentence: str) -> None:
        self.note_count += 1
        if len(self.notes) < MAX_SENTENCES:
            self.notes.append((number, sentence))

    def refuse(self, number: int, sentence: str) -> None:
        self.fault_count += 1
        if len(self.faults) < MAX_SENTENCES:
            self.faults.append((number, sentence))


def load(lines: Iterable[tuple[int, Line]]) -> Iterator[Report]:
    """Take the threads over and yield a report on each.

    A thread with a faulty line is left out whole; a comment that came before is left as it is. At
    most AT_ONCE lines are held, and of each comment of one thread its place.
    """
    thread = None
    for is_thread, numbered in groupby(lines, key=lambda each: isinstance(each[1], ThreadLine)):
        if is_thread:
            # Of threads in a row only the last has comments.
            *_empty, thread = numbered
        elif thread:
            yield load_thread(*thread, numbered)
        else:
            yield stray(*next(numbered))


def stray(number: int, line: Line) -> Report:
    """Report a line that no thread begins before."""
    report = Report(number, "")
    reason = line.reason if isinstance(line, Fault) else _("No thread begins before it.")
    report.refuse(number, reason)
    return report


def load_thread(number: int, line: ThreadLine, comments: Iterator[tuple[int, Line]]) -> Report:
    report = Report(number, line.name)
    article = find_article(line)
    if article is None:
        report.refuse(number, _("No article here is the one that the thread belongs to."))
        return report
    report.name = article.full_title
    with transaction.atomic():
        loading = _Loading(article, report)
        while batch := list(islice(comments, AT_ONCE)):
            loading.take(batch)
        if report.fault_count:
            report.created = 0
            transaction.set_rollback(True)
        else:
            loading.finish(line)
    return report


_ARTICLE_PATH = re.compile(r"/articles/(\d{1,15})(?:/([^/]*))?/?", re.ASCII)


def find_article(line: ThreadLine) -> Article | None:
    """Return the article that a thread belongs to: by its uid, an old path, its own path, its slug.

    A number alone may be another article's on another site, so the slug beside it has to agree; a
    slug that several articles have names none.
    """
    articles = Article.objects.defer("body", "body_html")
    if line.uid and (found := articles.filter(uid=line.uid).first()):
        return found
    address = normalise_address(line.path)
    old = LegacyPath.objects.find(address)
    # Of `view.do?nttId=8` nobody knows that it is the page `view.do`.
    if old and ("?" in old.path or "?" not in address):
        return articles.filter(pk=old.article_id).first()
    path = address.partition("?")[0]
    if match := _ARTICLE_PATH.fullmatch(path):
        named = articles.filter(pk=match[1], **({"slug": match[2]} if match[2] else {}))
        if found := named.first():
            return found
    same = list(articles.filter(slug=line.slug).order_by("pk")[:2]) if line.slug else []
    return same[0] if len(same) == 1 else None


class _Loading:
    """One thread on its way into the database, within the transaction that holds it."""

    def __init__(self, article, report):
        self.report = report
        self.article = article
        self.thread = Thread.lock(article)
        self.maker = CommentMaker(article, self.thread, report.note)
        self.places: dict[str, Place] = {}
        self.seen: set[str] = set()
        self.elsewhere: set[str] = set()
        self.scopes = {article.scope, CONVERSATION}

    def take(self, batch):
        """Check a batch of lines, and write them as long as every line was sound."""
        self._look_up([line for _number, line in batch if isinstance(line, CommentLine)])
        made = []
        for number, line in batch:
            try:
                if isinstance(line, Fault):
                    raise LineError(line.reason)
                self._check_id(line)
                if line.id in self.places:
                    self.report.known += 1
                    continue
                parent = self._parent_of(line)
                comment = self.maker.make(number, line, parent)
                revisions = make_revisions(line, comment)
            except LineError as error:
                self.report.refuse(number, str(error))
                continue
            self.places[line.id] = Place.of(comment)
            made.append(Made(line, comment, revisions))
        if not self.report.fault_count:
            self._write(made)

    def _look_up(self, lines):
        """Find the comments that are here already, by the id they brought along or their own."""
        ids = {line.id for line in lines} | {line.parent for line in lines}
        ids -= self.places.keys() | {""}
        known = Comment.objects.filter(imported_from__in=ids).only(*Place.FIELDS, "imported_from")
        for comment in known.order_by("pk"):
            if comment.article_id == self.article.pk:
                self.places[comment.imported_from] = Place.of(comment)
            else:
                self.elsewhere.add(comment.imported_from)
        written_at = {line.id: line.created_at for line in lines}
        numbers = {}
        for name in ids:
            source, _colon, number = name.rpartition(":")
            if source == own_source() and re.fullmatch(r"[1-9][0-9]{0,17}", number, re.ASCII):
                numbers[int(number)] = name
        own = Comment.objects.filter(article=self.article, pk__in=numbers).only(*Place.FIELDS)
        for comment in own.order_by("pk"):
            # The key may be another comment's since; the moment tells.
            if written_at.get(numbers[comment.pk], comment.created_at) == comment.created_at:
                self.places[numbers[comment.pk]] = Place.of(comment)

    def _check_id(self, line):
        if line.id in self.seen:
            raise LineError(_("The id stands twice in the thread."))
        self.seen.add(line.id)
        if line.id in self.elsewhere:
            raise LineError(_("The id is that of a comment on another article."))

    def _parent_of(self, line):
        if not line.parent:
            return None
        if line.parent not in self.places:
            raise LineError(_("The comment that it answers does not stand before it."))
        return self.places[line.parent]

    def _write(self, made):
        """Write the comments of a batch, parents before the replies that need their keys."""
        waiting = made
        while waiting:
            wave, waiting = waiting, []
            ready = []
            for each in wave:
                parent = each.line.parent
                each.comment.parent_id = self.places[parent].pk if parent else None
                is_ready = each.comment.parent_id or not parent
                (ready if is_ready else waiting).append(each)
            Comment.objects.bulk_create([each.comment for each in ready])
            for each in ready:
                self.places[each.line.id] = Place.of(each.comment)
        self.report.created += len(made)
        self._write_parts(made)

    def _write_parts(self, made):
        revisions = [revision for each in made for revision in each.revisions]
        CommentRevision.objects.bulk_create(revisions, AT_ONCE)
        FigureReport.objects.bulk_create(
            make_report(each.line, each.comment) for each in made if each.comment.is_figure_report
        )
        for each in made:
            if not each.comment.is_deleted:
                each.comment.index()
        blocks = [each.comment.blocked_until for each in made]
        Due.plan([self.article.scope, CONVERSATION], blocks)
        if items := {each.comment.issue_item_id for each in made} - {None}:
            articles = Article.objects.filter(monthly_issue__items__in=items)
            self.scopes.update(map(article_scope, articles.values_list("pk", flat=True)))

    def finish(self, line):
        """Count what shows, pin what was pinned, and make the pages that show the thread stale."""
        if line.pinned in self.places and not self.thread.pinned_id:
            self.thread.pinned_id = self.places[line.pinned].pk
        if self.report.created:
            self.thread.save(update_fields=["root_total", "pinned"])
            recount(self.thread)
            PageVersion.raise_for(*self.scopes)


def recount(thread):
    """Count anew what shows in the thread, in each of its branches and below each comment."""
    rows = Comment.objects.filter(article=thread.article_id).order_by(
        # Replies before what they answer.
        "-root_number",
        "-reply_number",
    )
    below, branch, shown, changed = Counter(), 0, 0, []
    columns = ("pk", "parent_id", "state", "reply_count", "branch_count")
    for pk, parent, state, *counts in rows.values_list(*columns).iterator(AT_ONCE):
        replies = below.pop(pk, 0)
        is_shown = state == Comment.State.PUBLISHED
        shown += is_shown
        branch += is_shown and parent is not None
        if parent is not None:
            below[parent] += is_shown or replies > 0
        now = [replies, 0 if parent else branch]
        branch = branch if parent else 0
        if now != counts:
            changed.append(Comment(pk=pk, reply_count=now[0], branch_count=now[1]))
    Comment.objects.bulk_update(changed, ["reply_count", "branch_count"], batch_size=AT_ONCE)
    thread.comment_count = shown
    thread.save(update_fields=["comment_count"])
