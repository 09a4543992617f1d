"""Records in any order to the lines of whole threads: parents first, in the order of writing.

They are sorted in a database of their own in a temporary file, so that memory stays bounded.
"""

import heapq
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

from django.utils.translation import gettext as _

from articles.imports.source import Notes
from comments.bundle.data import CommentLine, ThreadLine
from comments.bundle.lines import parse, write
from comments.imports.records import CommentRecord, Record

SCHEMA = """
CREATE TABLE thread (key TEXT PRIMARY KEY, is_deleted INTEGER NOT NULL, line TEXT NOT NULL);
CREATE TABLE comment (
    id TEXT PRIMARY KEY, thread TEXT NOT NULL, parent TEXT NOT NULL, at REAL NOT NULL,
    is_gone INTEGER NOT NULL, line TEXT NOT NULL
);
"""
IN_ORDER = "CREATE INDEX comment_in_order ON comment (thread, at, id)"


def arrange(records: Iterable[Record], notes: Notes) -> Iterator[ThreadLine | CommentLine]:
    """Yield the lines of each thread that has comments, in the order of the source.

    Holds the ids of one thread at a time. A reply to what is missing, or in a circle, becomes a
    comment of its own; what is gone stays only where replies hang from it.
    """
    # The records may hold addresses: nobody else may read the file, and it goes in any case.
    with (
        tempfile.TemporaryDirectory(prefix="openup-comments-") as folder,
        closing(sqlite3.connect(Path(folder) / "records.sqlite3")) as database,
    ):
        database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {SCHEMA}")
        for record in records:
            store(database, record, notes)
        database.execute(IN_ORDER)
        known = {key for (key,) in database.execute("SELECT DISTINCT thread FROM comment")}
        threads = database.execute("SELECT key, is_deleted, line FROM thread ORDER BY rowid")
        for key, is_deleted, line in threads:
            if key not in known:
                continue
            known.remove(key)
            if is_deleted:
                notes.add(_("The thread was deleted there: its comments were left out."), key)
            else:
                yield parse(line.encode())
                yield from comments_of(database, key, notes)
        for key in sorted(known):
            notes.add(_("The comments name a page that the file does not hold: left out."), key)


def store(database: sqlite3.Connection, record: Record, notes: Notes) -> None:
    if isinstance(record, CommentRecord):
        line = record.line
        added = database.execute(
            "INSERT OR IGNORE INTO comment VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(line.id, record.thread, line.parent, line.created_at.timestamp()),
                *(record.is_gone, write(line)),
            ),
        ).rowcount
        name = line.id
    else:
        row = (record.key, record.is_deleted, write(record.line))
        added = database.execute("INSERT OR IGNORE INTO thread VALUES (?, ?, ?)", row).rowcount
        name = record.key
    if not added:
        notes.add(_("The number stands twice: the first counts."), name)


def comments_of(database: sqlite3.Connection, thread: str, notes: Notes) -> Iterator[CommentLine]:
    rows = database.execute(
        "SELECT id, parent, at, is_gone FROM comment WHERE thread = ? ORDER BY at, id", (thread,)
    ).fetchall()
    parents = {name: parent for name, parent, _at, _is_gone in rows}
    for name in cut_loose(parents):
        notes.add(_("What it answers is missing: a comment of its own."), name)
    gone = {name for name, _parent, _at, is_gone in rows if is_gone}
    kept = with_what_they_answer((name for name in parents if name not in gone), parents)
    written_at = {name: at for name, _parent, at, _is_gone in rows}
    replies = defaultdict(list)
    for name in kept:
        replies[parents[name]].append(name)
    # The earliest of those whose parents have been given.
    heap = [(written_at[name], name) for name in replies[""]]
    heapq.heapify(heap)
    while heap:
        _at, name = heapq.heappop(heap)
        yield stored_line(database, name, parents[name], is_gone=name in gone)
        for reply in replies[name]:
            heapq.heappush(heap, (written_at[reply], reply))


def cut_loose(parents: dict[str, str]) -> Iterator[str]:
    """Make roots, in `parents`, of what answers a missing comment and of one in each circle."""
    sound: set[str] = set()
    for name in parents:
        trail: dict[str, None] = {}
        current = name
        while current and current not in sound:
            if current in trail or current not in parents:
                loose = current if current in trail else next(reversed(trail))
                parents[loose] = ""
                yield loose
                break
            trail[current] = None
            current = parents[current]
        sound.update(trail)


def with_what_they_answer(names: Iterable[str], parents: dict[str, str]) -> set[str]:
    kept: set[str] = set()
    for name in names:
        current = name
        while current and current not in kept:
            kept.add(current)
            current = parents[current]
    return kept


def stored_line(
    database: sqlite3.Connection, name: str, parent: str, *, is_gone: bool
) -> CommentLine:
    (text,) = database.execute("SELECT line FROM comment WHERE id = ?", (name,)).fetchone()
    line = cast("CommentLine", parse(text.encode()))
    if is_gone:
        return CommentLine(line.id, line.created_at, parent, state="deleted")
    return replace(line, parent=parent)
