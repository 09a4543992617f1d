"""One comment from its line: its text by the site's own rules, and its place in the thread."""

from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.content.text import normalise_line
from articles.models import MonthlyIssueItem, RankingEntry
from comments.bundle.data import ItemAnchor, LineError
from comments.identity.credentials import email_digest
from comments.models import Comment, CommentRevision, FigureReport
from comments.models.comment import placement
from comments.moderation.text_folding import digest_text
from comments.threads.anchors import Anchor
from comments.threads.text import MAX_NAME_CHARACTERS, body_to_html, clean_body, clean_name

# Other systems let people write more than we do.
MAX_BODY_CHARACTERS = 50_000
MAX_ANSWER_CHARACTERS = 300
# Clocks differ.
MAX_AHEAD = timedelta(days=1)
ANCHORS_REMEMBERED = 1_000


class Place(NamedTuple):
    """Where a comment stands; `pk` is None until it is written."""

    pk: int | None
    path: str
    depth: int
    root_number: int

    FIELDS = ("article", "created_at", "path", "depth", "root_number")

    @classmethod
    def of(cls, comment):
        return cls(comment.pk, comment.path, comment.depth, comment.root_number)


class CommentMaker:
    """Makes the comments of one thread, which is locked; `note` is told what was left out."""

    def __init__(self, article, thread, note):
        self.article, self.thread, self.note = article, thread, note
        # The last number given: below each path, and in each branch.
        self.last_below: dict[str, int] = {}
        self.last_in_branch: dict[int, int] = {}
        # Few name many comments: remembered for the thread only, since rows may change after it.
        self.staff = lru_cache(ANCHORS_REMEMBERED)(find_staff)
        self.anchor = lru_cache(ANCHORS_REMEMBERED)(self._find_anchor)

    def make(self, number, line, parent):
        """Return the unsaved comment of a line, its place given; raise LineError.

        `parent` is the Place of what it answers, or None.
        """
        if line.created_at > timezone.now() + MAX_AHEAD:
            raise LineError(_("It was written in the future."))
        comment = Comment(
            article=self.article,
            imported_from=line.id,
            created_at=line.created_at,
            state=line.state,
            kind=line.kind,
            edited_at=line.edited_at,
            edit_version=line.version,
            answered_version=line.answered_version,
            blocked_until=line.blocked_until,
            **(self.anchor(line.about) if line.about else Anchor()).columns,
        )
        if line.about and not comment.anchor:
            self.note(number, _("What it speaks of does not stand in the article here."))
        if not comment.is_deleted:
            self._fill(comment, number, line)
        self._place(comment, parent)
        return comment

    def _fill(self, comment, number, line):
        comment.body = checked_body(line.body)
        comment.body_html = body_to_html(comment.body)
        comment.text_digest = digest_text(comment.body)
        comment.name = self._name(number, line.name)
        comment.email_digest = self._digest(number, line.email)
        if line.staff:
            comment.staff = self.staff(line.staff)
            if comment.staff is None:
                self.note(number, _("Nobody of the staff here has the name of its account."))

    def _name(self, number, raw):
        name = normalise_line(raw)
        if len(name) > MAX_NAME_CHARACTERS:
            self.note(number, _("The name was too long and has been cut."))
        try:
            return clean_name(name[:MAX_NAME_CHARACTERS])
        except ValidationError:
            self.note(number, _("The name is kept for the staff and has been left out."))
            return ""

    def _digest(self, number, address):
        try:
            return email_digest(address) if address else ""
        except ValidationError:
            # Never the address itself: what is reported may be kept.
            self.note(number, _("The e-mail address is none, so nobody can manage the comment."))
            return ""

    def _find_anchor(self, about):
        if isinstance(about, ItemAnchor):
            items = MonthlyIssueItem.objects.filter(
                issue__month=about.month, position=about.item, issue__lead_article=self.article
            )
            return Anchor(item=items.first())
        entries = RankingEntry.objects.filter(
            period__in=self.article.ranking_tables.values("periods"),
            period__ranking__slug=about.ranking,
            period__as_of=about.as_of,
            subject__slug=about.subject,
        )
        return Anchor(entry=entries.first())

    def _place(self, comment, parent):
        """Give the comment its numbers and its path, as `Comment.post` would."""
        if parent is None:
            self.thread.root_total += 1
            placement.place_root(comment, self.thread.root_total)
            self.last_in_branch[comment.root_number] = 0
        else:
            root, above = parent.root_number, placement.path_above(parent)
            if root not in self.last_in_branch:
                last = self._branch(root).aggregate(last=Max("reply_number"))["last"]
                self.last_in_branch[root] = last
            if above not in self.last_below:
                self.last_below[above] = placement.last_place_below(self._branch(root), above)
            self.last_in_branch[root] += 1
            self.last_below[above] += 1
            numbers = self.last_in_branch[root], self.last_below[above]
            placement.place_reply(comment, parent, *numbers)
        self.last_below[comment.path] = 0

    def _branch(self, root):
        return Comment.objects.filter(article=self.article, root_number=root)


def checked_body(raw):
    try:
        return clean_body(raw, MAX_BODY_CHARACTERS)
    except ValidationError as error:
        raise LineError(f"body: {' '.join(error.messages)}") from error


def find_staff(name):
    return get_user_model().objects.filter(username=name, is_staff=True).first()


def make_revisions(line, comment):
    """Return the unsaved earlier texts of a comment, none of a deleted one; raise LineError."""
    if comment.is_deleted:
        return []
    versions = [revision.version for revision in line.revisions]
    if len(set(versions)) < len(versions) or any(version >= line.version for version in versions):
        raise LineError(_("The versions of the earlier texts lie below the comment's, each once."))
    return [make_revision(revision, comment) for revision in line.revisions]


def make_revision(revision, comment):
    is_kept = revision.removed_at is None
    return CommentRevision(
        comment=comment,
        version=revision.version,
        written_at=revision.written_at,
        removed_at=revision.removed_at,
        name=normalise_line(revision.name)[:MAX_NAME_CHARACTERS] if is_kept else "",
        body=checked_body(revision.body) if is_kept else "",
    )


def make_report(line, comment):
    """Return the unsaved report of a wrong figure that belongs to a written comment."""
    if line.outcome is None:
        return FigureReport(comment=comment)
    return FigureReport(
        comment=comment,
        state=line.outcome.state,
        answer=normalise_line(line.outcome.answer)[:MAX_ANSWER_CHARACTERS],
        decided_at=line.outcome.decided_at,
    )
