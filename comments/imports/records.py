"""What a source's reader finds: threads and comments in any order."""

from dataclasses import dataclass

from comments.bundle.data import CommentLine, ThreadLine


@dataclass(frozen=True)
class ThreadRecord:
    """A page of the other system; `key` is what its comments name it by.

    One that was deleted there is not taken over.
    """

    key: str
    line: ThreadLine
    is_deleted: bool = False


@dataclass(frozen=True)
class CommentRecord:
    """A comment and the key of its thread; one that is gone keeps its place below replies only."""

    thread: str
    line: CommentLine
    is_gone: bool = False


Record = ThreadRecord | CommentRecord
