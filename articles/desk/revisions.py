"""Keeping what has been saved: called where a save ends, in its transaction."""

import zlib

from django.db import transaction

from articles.bundle.json_text import from_json, to_json
from articles.bundle.rows_to_data import data_class_of, whole_data
from articles.bundle.schema import SchemaError
from articles.desk.differences import differences, summary
from articles.models import Article, Revision

NOTABLE_STATES = {
    Article.State.PUBLISHED: Revision.Kind.PUBLISHED,
    Article.State.WITHDRAWN: Revision.Kind.WITHDRAWN,
}

# What reading raises where SQL, another program or a disk has changed the bytes.
_DAMAGE = SchemaError, ValueError, KeyError, TypeError, zlib.error


class DamagedRevisionError(Exception):
    """What a revision holds cannot be read."""


def record(obj, kind=Revision.Kind.SAVED, *, by=None, note="", restored_number=None):
    """Keep what is stored of `obj` as a revision; return None where the newest says the same."""
    with transaction.atomic():
        # Locked, so that two who save at once take two numbers; read anew, for `obj` may hold
        # what its form has left there.
        row = type(obj)._default_manager.select_for_update().get(pk=obj.pk)
        data = whole_data(row)
        text = to_json(data)
        newest = Revision.objects.of(row).select_related("base").order_by("-number").first()
        earlier_text, earlier = _readable(newest) if newest else (None, None)
        if text == earlier_text:
            return None
        revision = Revision(
            model=Revision.model_of(row),
            object_id=row.pk,
            number=newest.number + 1 if newest else 1,
            kind=_occasion(kind, earlier, data),
            note=note,
            author=by,
            author_name=by.get_username() if by else "",
            changes=summary(differences(earlier, data)) if earlier else [],
            restored_number=restored_number,
        )
        revision.pack(text, newest if earlier_text is not None else None)
        revision.save()
        return revision


def _occasion(kind, earlier, data):
    """Return what a plain save is called after the state that it has led to."""
    state = getattr(data, "state", None)
    if kind == Revision.Kind.SAVED and state != getattr(earlier, "state", None):
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


def _readable(revision):
    """Return (text, data) of a revision, None for what is damaged: the next save goes on."""
    try:
        text = revision.text()
    except _DAMAGE:
        return None, None
    try:
        return text, data_of(revision)
    except DamagedRevisionError:
        return text, None
