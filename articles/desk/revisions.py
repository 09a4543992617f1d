"""Keeping what has been saved: called where a save ends, in its transaction."""

import hashlib
import zlib

from django.db import transaction
from django.utils.translation import gettext as _

from articles.bundle.data import LoadError
from articles.bundle.json_text import from_json, to_json
from articles.bundle.rows_to_data import data_class_of, whole_data
from articles.bundle.schema import SchemaError
from articles.desk.differences import differences, summary
from articles.models import Article, Review, Revision
from articles.models.review import Reviewed

NOTABLE_STATES = {
    Article.State.PUBLISHED: Revision.Kind.PUBLISHED,
    Article.State.WITHDRAWN: Revision.Kind.WITHDRAWN,
}

# How far back the revision that a form was opened with is looked for.
MOST_LOOKED_AT = 100

# What reading raises where SQL, another program or a disk has changed the bytes.
_DAMAGE = SchemaError, ValueError, KeyError, TypeError, zlib.error


class DamagedRevisionError(LoadError):
    """What a revision holds cannot be read."""

    def __init__(self):
        super().__init__((), _("What this revision holds cannot be read."))


def record(obj, kind=Revision.Kind.SAVED, *, by=None, note="", restored_number=None):
    """Keep what is stored of `obj` as a revision; return None where the newest says the same."""
    with transaction.atomic():
        row = _lock(obj)
        if isinstance(row, Reviewed):
            Review.objects.settle(row, by=by)
        data = whole_data(row)
        newest = Revision.objects.of(row).stored().newest()
        _text, earlier = _readable(newest)
        # That it was deleted, and that it is back, is told of what says the same too.
        is_told = Revision.Kind.DELETED in (kind, newest and newest.kind)
        # Not the texts: those of before a field was added say nothing of it.
        if data == earlier and not is_told:
            return None
        kind = _occasion(kind, earlier, data)
        return _keep(row, data, earlier, kind, by, note=note, restored_number=restored_number)


def set_aside(obj, data, base, *, by, note):
    """Keep `data`, written upon the revision `base` and not stored, as a revision; return it."""
    with transaction.atomic():
        row = _lock(obj)
        own = Revision.objects.of(row).filter(kind=Revision.Kind.SET_ASIDE, author=by).newest()
        if own and own.restored_number == base.number and _readable(own)[0] == to_json(data):
            return own
        about = {"note": note, "restored_number": base.number}
        return _keep(row, data, data_of(base), Revision.Kind.SET_ASIDE, by, **about)


def digest_of(data):
    """Return what stands for just these data."""
    return hashlib.sha256(to_json(data).encode()).hexdigest()[:16]


def revision_saying(obj, digest):
    """Return the newest revision of `obj` whose data have that digest, or None."""
    revisions = Revision.objects.of(obj).stored().select_related("base").order_by("-number")
    for revision in revisions[:MOST_LOOKED_AT]:
        _text, data = _readable(revision)
        if data is not None and digest_of(data) == digest:
            return revision
    return None


def record_proposed(obj, data, *, by, note):
    """Keep `data` as a revision of `obj` whose rows do not say it; return the revision."""
    with transaction.atomic():
        row = _lock(obj)
        return _keep(row, data, whole_data(row), Revision.Kind.PROPOSED, by, note=note)


def _lock(obj):
    """Return the row of `obj`, read anew, for `obj` may hold what its form has left there.

    Locked, so that two who save at once take two numbers.
    """
    return type(obj)._default_manager.select_for_update(no_key=True).get(pk=obj.pk)


def _keep(row, data, earlier, kind, by, **about):
    last = Revision.objects.of(row).newest()
    revision = Revision(
        model=Revision.model_of(row),
        object_id=row.pk,
        number=last.number + 1 if last else 1,
        kind=kind,
        author=by,
        author_name=by.get_username() if by else "",
        changes=summary(differences(earlier, data)) if earlier else [],
        **about,
    )
    last_text, _last = _readable(last)
    revision.pack(to_json(data), last if last_text is not None else None)
    revision.save()
    return revision


def _occasion(kind, earlier, data):
    """Return what a plain save is called after the state that it has led to."""
    state = getattr(data, "state", None)
    is_plain = kind in {Revision.Kind.SAVED, Revision.Kind.JOINED}
    if is_plain and state != getattr(earlier, "state", None):
        return NOTABLE_STATES.get(state, kind)
    return kind


def record_found(obj):
    """Keep what stands in the database before a save, where it came there without a revision."""
    record(obj, Revision.Kind.FOUND)


def data_of(revision):
    """Return the bundle's data that a revision holds; raises DamagedRevisionError."""
    try:
        return from_json(data_class_of(revision.model), revision.text())
    except _DAMAGE as error:
        raise DamagedRevisionError from error


def texts():
    """Yield the text of every revision."""
    for revision in Revision.objects.select_related("base").order_by("pk").iterator(chunk_size=50):
        yield text_of(revision)


def text_of(revision):
    """Return the text of a revision, "" where it cannot be read."""
    return _readable(revision)[0] or ""


def _readable(revision):
    """Return (text, data) of a revision, None for what is damaged: the next save goes on."""
    if revision is None:
        return None, None
    try:
        text = revision.text()
    except _DAMAGE:
        return None, None
    try:
        return text, data_of(revision)
    except DamagedRevisionError:
        return text, None
