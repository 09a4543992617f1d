"""A WordPress eXtended RSS export (wp-admin/includes/export.php): its posts and their comments."""

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from lxml import etree

from articles.content.text import normalise_line
from articles.imports.source import Notes, SourceError, forget, parse_events
from articles.imports.wxr import COMMENTS, fields_of, is_own, local_name, moment
from comments.imports.html_to_text import to_text
from comments.imports.line_from_record import ascii_host, comment_line, thread_line
from comments.imports.records import CommentRecord, Record, ThreadRecord

PUBLISHED = {"1", "approve", "approved"}
GONE = {"spam", "trash", "post-trashed"}
LINKS = {"pingback", "trackback"}


def read(file: BinaryIO, notes: Notes) -> Iterator[Record]:
    """Yield the records of an export; raise SourceError."""
    site, item, is_known = "site", 0, False
    for event, element in parse_events(file, notes):
        if event == "start":
            if element.getparent() is None and element.tag != "rss":
                raise SourceError(_("This is no export of WordPress."))
            is_known = is_known or is_own(element)
            item += element.tag == "item"
        elif element.tag == "link" and element.getparent().tag == "channel":
            site = ascii_host(urlsplit(element.text or "").hostname) or site
        elif is_own(element) and local_name(element) == "comment":
            if record := comment_record(element, str(item), site, notes):
                yield record
            element.clear()
        elif element.tag == "item":
            yield thread_record(element, str(item))
            forget(element)
    if not is_known:
        raise SourceError(_("This is no export of WordPress."))


def thread_record(element: etree._Element, key: str) -> ThreadRecord:
    fields = fields_of(element)
    line = thread_line(
        link=(element.findtext("link") or "").strip(),
        slug=fields.get("post_name", ""),
        title=(element.findtext("title") or "").strip(),
    )
    return ThreadRecord(key, line, is_deleted=fields.get("status") == "trash")


def comment_record(
    element: etree._Element, item: str, site: str, notes: Notes
) -> CommentRecord | None:
    fields = fields_of(element)
    source, number = f"wordpress:{site}", fields.get("comment_id", "")
    kind = fields.get("comment_type", "")
    if kind not in COMMENTS:
        notes.add(not_taken(kind), f"{source}:{number}")
        return None
    parent, approved = fields.get("comment_parent", "0"), fields.get("comment_approved", "1")
    line = comment_line(
        notes,
        id=f"{source}:{number}",
        parent=f"{source}:{parent}" if parent not in {"", "0"} else "",
        created_at=moment(fields, "comment_date"),
        name=fields.get("comment_author", ""),
        email=fields.get("comment_author_email", ""),
        body=to_text(fields.get("comment_content", ""), keeps_lines=True),
        state="published" if approved in PUBLISHED else "held",
    )
    if line is None:
        return None
    return CommentRecord(item, line, approved in GONE or not line.body)


def not_taken(kind: str) -> str:
    """Say that an entry of another type (a note, an order, a log) is no comment."""
    if kind in LINKS:
        return _("A link from another site is no comment: left out.")
    return _("An entry of the type “%(type)s” is no comment: left out.") % {
        "type": normalise_line(kind)[:40]
    }
