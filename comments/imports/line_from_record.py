"""Lines that an import takes, from what another system says."""

import re
from datetime import datetime
from urllib.parse import unquote

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.content.text import is_plausible, normalise_line
from articles.imports.source import Notes
from articles.old_addresses import normalise_address
from comments.bundle.data import CommentLine, ThreadLine
from comments.threads.text import clean_body

# What an import takes at most.
MAX_BODY_CHARACTERS = 50_000
_ID = re.compile(r"[!-9;-~]+:[!-~]*[0-9]+", re.ASCII)


def thread_line(*, link: str, title: str, uid: str = "", slug: str = "") -> ThreadLine:
    """Return the line of a page by its address, the last part of which is its slug by default."""
    path, _mark, query = normalise_address(link).partition("?")
    # Below a query it is a program's name, the same for every page: view.do.
    last = "" if query else path.rstrip("/").rpartition("/")[2]
    return ThreadLine(
        uid=normalise_line(uid),
        path=f"{path}?{query}" if query else path,
        slug=normalise_line(unquote(slug or last)),
        title=normalise_line(title),
    )


def comment_line(
    notes: Notes,
    *,
    id: str,
    parent: str,
    created_at: datetime | None,
    name: str,
    email: str,
    body: str,
    state: str,
) -> CommentLine | None:
    """Return a comment's line, with no body where nothing can be read; None where it is none."""
    if not _ID.fullmatch(id):
        notes.add(_("A comment has no number: left out."), id)
        return None
    if created_at is None or not is_plausible(created_at):
        notes.add(_("The moment of writing cannot be read: left out."), id)
        return None
    if len(body) > MAX_BODY_CHARACTERS:
        notes.add(_("The text was too long and has been cut."), id)
        body = body[:MAX_BODY_CHARACTERS]
    try:
        body = clean_body(body, MAX_BODY_CHARACTERS)
    except ValidationError:
        notes.add(_("Nothing of the text can be read: kept below replies only, as deleted."), id)
        body = ""
    return CommentLine(
        id=id,
        parent=parent if _ID.fullmatch(parent) else "",
        created_at=created_at,
        name=normalise_line(name),
        email=normalise_line(email),
        body=body,
        state=state,
    )


def ascii_host(host: str | None) -> str:
    """Return a host name in ASCII, "" for what is none."""
    try:
        return idna.encode(host or "", uts46=True).decode("ascii")
    except UnicodeError:
        return ""
