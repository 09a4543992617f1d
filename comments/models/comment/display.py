"""What pages show of a comment, alike for the model and for a row of a thread.

A page draws a hundred rows: as instances of the model they took as long to load as to draw.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comments.models.thread import REPLIES_PER_PAGE, ROOTS_PER_PAGE, page_of
from comments.threads.anchors import Anchor


class CommentDisplay:
    """What follows from a comment's columns, whoever holds them."""

    class State(models.TextChoices):
        PUBLISHED = "published", _("Published")
        HELD = "held", _("Waiting for review")
        HIDDEN = "hidden", _("Hidden by staff")
        DELETED = "deleted", _("Deleted")

    class Kind(models.TextChoices):
        COMMENT = "comment", _("Comment")
        FIGURE_ERROR = "figure_error", _("Report of a wrong figure")

    # What `pages.link_answers` finds out: the comment that this one answers, as it is now, and
    # whether a reply that is drawn answers a text that this one had before.
    answered = None
    is_changed_after_answer = False
    # What `load_anchors` finds out.
    was_corrected_since = False
    # What `pages.note_outcome` finds out: what its writer, who is answered, has just done.
    outcome = ""

    @property
    def page(self):
        return page_of(self.root_number, ROOTS_PER_PAGE)

    @property
    def branch_page(self):
        return page_of(self.reply_number, REPLIES_PER_PAGE)

    @property
    def is_visible(self):
        return self.state == self.State.PUBLISHED

    @property
    def is_drawn(self):
        """Tell whether the thread shows the comment, or a tombstone where replies hang."""
        return self.is_visible or self.reply_count > 0

    @property
    def is_held(self):
        return self.state == self.State.HELD

    @property
    def is_hidden(self):
        return self.state == self.State.HIDDEN

    @property
    def is_deleted(self):
        return self.state == self.State.DELETED

    @property
    def is_readable(self):
        return self.is_visible and not self.is_blocked

    @property
    def answers_earlier_text(self):
        """Tell whether what it answers shows another text now than its writer saw."""
        version = self.answered_version
        return bool(
            version
            and self.answered
            and self.answered.is_readable
            and version < self.answered.edit_version
        )

    @property
    def is_figure_report(self):
        return self.kind == self.Kind.FIGURE_ERROR

    @property
    def speaks_of_something(self):
        return bool(self.ranking_entry_id or self.issue_item_id or self.is_figure_report)

    @property
    def anchor(self):
        """What the comment speaks of when it is not the article as a whole, or None."""
        if self.ranking_entry_id or self.issue_item_id:
            return Anchor(self.ranking_entry, self.issue_item)
        return None

    def get_permalink(self):
        return reverse("comments:comment_detail", args=[self.pk])


@dataclass
class ThreadComment(CommentDisplay):
    """A comment as a page of its thread shows it: the columns that are drawn, and no others."""

    pk: int
    parent_id: int | None
    root_number: int
    reply_number: int
    branch_count: int
    path: str
    depth: int
    name: str
    body_html: str
    state: str
    created_at: datetime
    edited_at: datetime | None
    edit_version: int
    reply_count: int
    answered_version: int | None
    kind: str
    ranking_entry_id: int | None
    issue_item_id: int | None
    staff_id: int | None
    blocked_until: datetime | None
    is_blocked: bool

    # What `load_anchors` loads for those that speak of something.
    ranking_entry = issue_item = figure_report = None
