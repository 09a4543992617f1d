"""A comment's history: what it said when, and what each edit changed."""

from dataclasses import dataclass

from articles.content.word_diff import word_changes
from comments.models import CommentRevision
from comments.models.revision import VERSIONS_PER_PAGE
from comments.models.thread import numbers_of, page_of


@dataclass
class Version:
    """What a comment said from one edit to the next; `before` is None for what it said first."""

    revision: CommentRevision
    before: CommentRevision | None
    is_current: bool

    @property
    def is_first(self):
        return self.before is None

    @property
    def changes(self):
        """Return the text in pieces, compared with the one before where that can still be read."""
        if self.before is None or self.before.removed_at:
            return [("same", self.revision.body)]
        return word_changes(self.before.body, self.revision.body)

    @property
    def has_new_name(self):
        return bool(
            self.before and not self.before.removed_at and self.before.name != self.revision.name
        )


@dataclass
class HistoryPage:
    """Page `number` of `last` of a comment's history, the newest version first."""

    versions: list
    number: int
    last: int
    is_beyond_end: bool = False

    @property
    def older(self):
        return self.number - 1 or None

    @property
    def newer(self):
        return self.number + 1 if self.number < self.last else None


def history_page(comment, number=None):
    """Return a page of the comment's history, the last one unless `number` asks: one query."""
    last = page_of(comment.edit_version, VERSIONS_PER_PAGE)
    is_beyond_end = bool(number) and number > last
    number = min(max(number or last, 1), last)
    known = list(reversed(comment.revisions.for_history(number)))
    if number == last:
        known.append(
            CommentRevision(
                version=comment.edit_version,
                name=comment.name,
                body=comment.body,
                written_at=comment.edited_at or comment.created_at,
            )
        )
    first = numbers_of(number, VERSIONS_PER_PAGE)[0]
    versions = [
        Version(revision, before, revision.version == comment.edit_version)
        for before, revision in zip([None, *known], known, strict=False)
        if revision.version >= first
    ]
    return HistoryPage(versions[::-1], number, last, is_beyond_end)
