"""Two editors of one thing: who saves second is shown what the first has changed, and chooses.

A form is sent with a digest of every value it was opened with. When they differ from what is stored
by then, what has revisions is joined (joining.py). Of anything else nothing is saved: the form
comes back as it was typed, with the other's changes above it and a box that puts one's own in their
place (admin/_edit_conflict.html).
"""

import difflib
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import display_for_field
from django.contrib.contenttypes.models import ContentType
from django.template.defaultfilters import yesno
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.bundle.rows_to_data import whole_data
from articles.desk.joining import own_changes
from articles.desk.revisions import data_of, digest_of, revision_saying

CHANGES_SHOWN = 20
NEW_ROWS_AT_ONCE = 50


class StoredValue(NamedTuple):
    """What one form writes at one place: compared by `value`, shown as `text()`."""

    label: str
    value: Any
    text: Callable[[], str]


@dataclass
class Conflict:
    """What somebody else has saved since the form was opened."""

    # [(label, [(class, line)])]
    changes: list
    more: int
    # Stands for what is stored now: sent with the form, it says that this very state may go.
    digest: str
    # The revision that the form was opened with, where what is sent can be joined, and the data of
    # what is stored.
    base: Any = None
    theirs: Any = None

    @property
    def compares_lines(self):
        return any(kind for _label, lines in self.changes for kind, _line in lines)


class EditConflictMixin:
    """Refuse to save over what somebody else has saved since the form was opened.

    The form gives the `stored_values()`, as {key: StoredValue}, and calls `check_conflict()` when
    they are locked.
    """

    conflict = None

    @property
    def opened_with(self):
        """Return what the form was opened with, to be sent with it."""
        if self.is_bound:
            return self.data.get("opened_with", "")
        values = digests(self.stored_values())
        at = timezone.now().isoformat()
        return json.dumps({"at": at, "values": values, "whole": self.whole_digest()})

    def whole_digest(self):
        """Return what stands for all that is saved together, "" where it has no revisions."""
        return ""

    @property
    def replaces(self):
        return self.data.get("replaces", "")

    def check_conflict(self, record, left_alone=()):
        """Add an error when the values differ; the admin's history of `record` says who it was.

        What is sent replaces nothing whose key begins with one of `left_alone`.
        """
        opened_at, opened, whole = read_opened(self.opened_with)
        stored = self.stored_values()
        now = digests(stored)
        if opened == now or self.replaces == digest(now):
            return
        changed = [
            key
            for key in {**now, **opened}
            if now.get(key) != opened.get(key) and not key.startswith(left_alone)
        ]
        if not changed:
            return
        changes = [self._change(key, stored.get(key)) for key in changed[:CHANGES_SHOWN]]
        self.conflict = Conflict(changes, len(changed) - len(changes), digest(now))
        if whole and self.is_joinable(opened):
            self.conflict.base = revision_saying(record, whole)
            self.conflict.theirs = whole_data(record)
        if self.conflict.base is None:
            self.add_error(None, conflict_text(last_saving(record, opened_at)))

    def is_joinable(self, opened):
        """Tell whether what is sent can be joined with what stands there by now."""
        return False

    def _change(self, key, stored):
        if stored is None:
            return self.label_of_removed(key), [("", _("(deleted)"))]
        return stored.label, compared_lines(stored.text(), self.data.get(key))

    def label_of_removed(self, key):
        """Return what to call a value that is stored no more."""
        return key


def digest(data):
    """Return a digest of `data`, equal for equal data."""
    text = json.dumps(data, sort_keys=True, default=lambda value: str(getattr(value, "pk", value)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digests(values):
    return {key: digest(stored.value) for key, stored in values.items()}


def read_opened(token):
    """Return when a form was opened, the digests it was opened with, and that of the whole.

    (None, {}, "") if it does not say.
    """
    try:
        opened = json.loads(token)
        return parse_datetime(opened["at"]), dict(opened["values"]), str(opened.get("whole", ""))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, {}, ""


def last_saving(record, since):
    """Return the entry of the admin's history that tells of the last change, or None."""
    if since is None or timezone.is_naive(since):
        return None
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(record),
        object_id=record.pk,
        action_time__gte=since,
    )
    return entries.select_related("user").order_by("-action_time", "-pk").first()


def conflict_text(saving):
    if saving:
        when = date_format(timezone.localtime(saving.action_time), "Y.m.d H:i")
        who = {"who": saving.user.get_username(), "when": when}
        told = _("%(who)s saved this at %(when)s, after you opened it.") % who
    else:
        told = _("Somebody else has saved this since you opened it.")
    return f"{told} " + _(
        "Nothing of yours is lost: it stands below, and has not been saved. Look at what has"
        " changed; tick the box and save to put yours in its place."
    )


def compared_lines(theirs, mine):
    """Return [(class, line)] of a text, and how its lines differ from `mine` if it has several."""
    lines = theirs.splitlines()
    if len(lines) < 2 or mine is None:
        return [("", line) for line in lines] or [("", _("(empty)"))]
    names = {"+": "theirs", "-": "mine"}
    compared = list(difflib.unified_diff(mine.splitlines(), lines, n=1, lineterm=""))[2:]
    return [
        (names.get(line[0], ""), "…" if line.startswith("@@") else line[1:]) for line in compared
    ] or [("", _("(the same as yours)"))]


# Forms of a model, with the inlines that the admin saves together with them


def own_fields(model):
    """Return the model's own fields; not those by which others point at it."""
    fields = model._meta.get_fields()
    return [field for field in fields if field.concrete or not field.auto_created]


def key_name(model):
    return next(field.name for field in own_fields(model) if field.primary_key)


def values_of_row(row, fields):
    """Yield (name, StoredValue) of a model's row for each of the form's `fields` that it keeps."""
    for field in own_fields(row):
        form_field = fields.get(field.name)
        if form_field and not form_field.disabled and field.editable and not field.primary_key:
            label = str(capfirst(form_field.label or field.verbose_name))
            text = shown_text(row, field, form_field)
            yield field.name, StoredValue(label, field.value_from_object(row), text)


def shown_text(row, field, form_field):
    """Return a function that gives a field's value as an editor reads it."""

    def text():
        value = getattr(row, field.name)
        if field.many_to_many:
            return ", ".join(map(str, value.all()))
        if field.is_relation or value in (None, ""):
            return str(value or "")
        if isinstance(value, bool):
            return yesno(value)
        if isinstance(value, list):
            return str(form_field.prepare_value(value))
        return str(display_for_field(value, field, ""))

    return text


class EditConflictForm(EditConflictMixin, forms.ModelForm):
    """A form of the admin that nobody's work is lost under; EditConflictAdmin sets `parts`."""

    # {relation: (name, fields of one row's form)} of the inlines
    parts = {}
    # Set by RevisedAdmin: whether the row has revisions, and fields that none brings back.
    is_revised = False
    not_joined = ()

    def whole_digest(self):
        return digest_of(whole_data(self.instance)) if self.is_revised else ""

    def is_joinable(self, opened):
        return self.is_revised and all(
            digest(self.cleaned_data.get(name)) == opened.get(name)
            for name in self.fields.keys() & {*self.not_joined}
        )

    def stored_values(self):
        values = dict(values_of_row(self.instance, self.fields))
        for relation, (name, fields) in self.parts.items():
            for row in getattr(self.instance, relation).all():
                of_row = [stored for _name, stored in values_of_row(row, fields)]
                values[f"{relation}-{row.pk}"] = StoredValue(
                    f"{name}: {row}",
                    [stored.value for stored in of_row],
                    lambda of_row=of_row: "\n".join(
                        f"{stored.label}: {text}" for stored in of_row if (text := stored.text())
                    ),
                )
        return values

    def label_of_removed(self, key):
        relation, _sign, _pk = key.rpartition("-")
        return self.parts[relation][0] if relation in self.parts else key

    def validate_constraints(self):
        """Ask for constraints where each field is right: beside its error they say nothing new."""
        if not self.errors:
            super().validate_constraints()

    def clean(self):
        """Lock the row until the end of the request, and compare what is stored."""
        super().clean()
        if self.instance.pk is None:
            return
        model = type(self.instance)
        # Not its key: another row that comes to name this one need not wait.
        rows = model._default_manager.select_for_update(no_key=True)
        try:
            # What the form does not show must not bring back older values.
            self.instance.refresh_from_db(from_queryset=rows)
            is_gone = bool(getattr(self.instance, "trashed_at", None))
        except model.DoesNotExist:
            is_gone = True
        if is_gone:
            self.add_error(None, _("Somebody else has deleted this since you opened it."))
        else:
            self.check_conflict(self.instance)


class DeletedRowField(forms.Field):
    """The key of a row that is gone; the formset's own field would refuse it for ever."""

    def clean(self, value):
        return None


class EditConflictFormSet(forms.BaseInlineFormSet):
    """Rows of which one that somebody else has deleted is made anew, once the editor saves."""

    # How many may be sent beside those that are stored.
    new_rows_at_once = NEW_ROWS_AT_ONCE

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Whoever sends the form says how many rows it has, and each costs time and memory.
        self.max_num = self.absolute_max = len(self.get_queryset()) + self.new_rows_at_once

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if self._is_gone(form, index):
            form.fields[key_name(self.model)] = DeletedRowField(widget=forms.HiddenInput)

    def _is_gone(self, form, index):
        is_known = index is not None and index < self.initial_form_count()
        return self.is_bound and is_known and form.instance.pk is None

    def save_new_objects(self, commit=True):
        saved = super().save_new_objects(commit)
        for index, form in enumerate(self.initial_forms):
            if self._is_gone(form, index) and form not in self.deleted_forms:
                saved.append(self.save_new(form, commit=commit))
        return saved


class SavedMeanwhileError(Exception):
    """Ends a save over what somebody else has saved: nothing of it is stored.

    `mine` are the data of what the form would have made of the revision that it was opened with.
    """

    def __init__(self, form, mine):
        super().__init__()
        self.form, self.mine = form, mine


class EditConflictAdmin:
    """Tells the forms of a ModelAdmin which inlines are saved with them."""

    form = EditConflictForm

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        conflict = getattr(form, "conflict", None)
        if conflict and conflict.base:
            saved = whole_data(self.model.objects.get(pk=form.instance.pk))
            mine = own_changes(data_of(conflict.base), conflict.theirs, saved)
            raise SavedMeanwhileError(form, mine)

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.parts = {
            formset.get_default_prefix(): (
                str(capfirst(inline.opts.verbose_name)),
                formset.form.base_fields,
            )
            for formset, inline in self.get_formsets_with_inlines(request, obj)
            if obj
        }
        return form
