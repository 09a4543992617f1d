"""What the lines of a file of threads say (docs/comments-format.md), free of any database."""

from dataclasses import dataclass
from datetime import date, datetime

FORMAT = "openup-comments"
VERSION = 1

STATES = ("published", "held", "hidden", "deleted")
KINDS = ("comment", "figure_error")
OUTCOMES = ("open", "accepted", "rejected")


class LineError(Exception):
    """Say what is wrong with a line."""


@dataclass(frozen=True)
class EntryAnchor:
    """A row of a ranking: its series' and subject's slugs, and the period's date."""

    ranking: str
    as_of: date
    subject: str


@dataclass(frozen=True)
class ItemAnchor:
    """An item of a monthly issue, counted from 1."""

    month: date
    item: int


@dataclass(frozen=True)
class Outcome:
    """What came of the report of a wrong figure."""

    state: str
    answer: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Revision:
    """What a comment said while it had an earlier version; `removed_at` when that was wiped."""

    version: int
    written_at: datetime
    name: str = ""
    body: str = ""
    removed_at: datetime | None = None


@dataclass(frozen=True)
class ThreadLine:
    """Begins the thread of an article, which is found by the first of these that names one."""

    uid: str = ""
    path: str = ""
    slug: str = ""
    title: str = ""
    pinned: str = ""

    @property
    def name(self) -> str:
        return self.title or self.uid or self.path or self.slug


@dataclass(frozen=True)
class CommentLine:
    """One comment; `id` is "source:…", `parent` another one's, "" for a root."""

    id: str
    created_at: datetime
    parent: str = ""
    name: str = ""
    body: str = ""
    state: str = "published"
    kind: str = "comment"
    email: str = ""
    edited_at: datetime | None = None
    version: int = 1
    answered_version: int | None = None
    about: EntryAnchor | ItemAnchor | None = None
    outcome: Outcome | None = None
    staff: str = ""
    blocked_until: datetime | None = None
    revisions: tuple[Revision, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A line that cannot be taken, and why."""

    reason: str


Line = ThreadLine | CommentLine | Fault
