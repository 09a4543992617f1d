"""A Disqus export (https://help.disqus.com: "Comments Export"): its threads and posts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from django.utils.translation import gettext as _
from lxml import etree

from articles.imports.source import Notes, SourceError, forget, parse_events
from comments.imports.html_to_text import to_text
from comments.imports.line_from_record import comment_line, thread_line
from comments.imports.records import CommentRecord, Record, ThreadRecord

NAMESPACE = "{http://disqus.com}"
ID = "{http://disqus.com/disqus-internals}id"


def read(file: BinaryIO, notes: Notes) -> Iterator[Record]:
    """Yield the records of an export; raise SourceError."""
    depth = 0
    for event, element in parse_events(file, notes):
        depth += 1 if event == "start" else -1
        if depth == 1 and event == "start" and element.tag != f"{NAMESPACE}disqus":
            raise SourceError(_("This is no export of Disqus."))
        if depth != 1 or event == "start":
            continue
        if element.tag == f"{NAMESPACE}thread":
            yield thread_record(element)
        elif element.tag == f"{NAMESPACE}post" and (record := comment_record(element, notes)):
            yield record
        forget(element)


def text_of(element: etree._Element, path: str) -> str:
    names = "/".join(f"{NAMESPACE}{name}" for name in path.split("/"))
    return (element.findtext(names) or "").strip()


def key_of(element: etree._Element, name: str) -> str:
    found = element.find(f"{NAMESPACE}{name}")
    return "" if found is None else found.get(ID, "")


def is_set(element: etree._Element, name: str) -> bool:
    return text_of(element, name) == "true"


def thread_record(element: etree._Element) -> ThreadRecord:
    line = thread_line(
        uid=text_of(element, "id"), link=text_of(element, "link"), title=text_of(element, "title")
    )
    return ThreadRecord(element.get(ID, ""), line, is_deleted=is_set(element, "isDeleted"))


def comment_record(element: etree._Element, notes: Notes) -> CommentRecord | None:
    number, parent = element.get(ID, ""), key_of(element, "parent")
    line = comment_line(
        notes,
        id=f"disqus:{number}",
        parent=f"disqus:{parent}" if parent else "",
        created_at=moment(text_of(element, "createdAt")),
        name=text_of(element, "author/name") or text_of(element, "author/username"),
        email=text_of(element, "author/email"),
        body=to_text(text_of(element, "message")),
        state="held" if text_of(element, "isApproved") == "false" else "published",
    )
    is_gone = is_set(element, "isDeleted") or is_set(element, "isSpam")
    if line is None:
        return None
    return CommentRecord(key_of(element, "thread"), line, is_gone or not line.body)


def moment(text: str) -> datetime | None:
    """Return a moment such as 2019-03-05T01:02:03Z, in UTC by default; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
