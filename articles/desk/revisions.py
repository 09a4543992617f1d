"""Keeping what has been saved: called where a save ends, in its transaction."""

from django.db import transaction

from articles.bundle.json_text import from_json, to_json
from articles.bundle.rows_to_data import data_class_of, whole_data
from articles.desk.differences import differences, summary
from articles.models import Article, Revision

NOTABLE_STATES = {
    Article.State.PUBLISHED: Revision.Kind.PUBLISHED,
    Article.State.WITHDRAWN: Revision.Kind.WITHDRAWN,
}


def record(obj, kind=Revision.Kind.SAVED, *, by=None, note="", restored_number=None):
    """Keep what is stored of `obj` as a revision; return None where the newest says the same."""
    with transaction.atomic():
        # Locked, so that two who save at once take two numbers; read anew, for `obj` may hold
        # what its form has left there.
        row = type(obj)._default_manager.select_for_update().get(pk=obj.pk)
        data = whole_data(row)
        text = to_json(data)
        newest = Revision.objects.of(row).select_related("base").order_by("-number").first()
        earlier_text = newest.text() if newest else None
        if text == earlier_text:
            return None
        earlier = from_json(type(data), earlier_text) if newest else None
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
        revision.pack(text, newest)
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
    """Return the bundle's data that a revision holds; raises ValueError where it is damaged."""
    return from_json(data_class_of(revision.model), revision.text())
