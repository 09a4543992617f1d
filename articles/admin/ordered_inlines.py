from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.utils.translation import gettext_lazy as _

from articles.admin.edit_conflicts import EditConflictFormSet

LAST_POSITION = 999


class NumberedFormSet(EditConflictFormSet):
    """Rows in the order of their `position`; a row without one comes after the last.

    They are numbered anew from one on, so two rows never claim the same place.
    """

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["position"] = forms.IntegerField(
            label=_("position"),
            required=False,
            min_value=0,
            max_value=LAST_POSITION,
            widget=AdminIntegerFieldWidget,
        )
        if form.instance.pk is None:
            form.initial["position"] = None

    # Not the parent's: it compares the positions, which are only given here.
    def clean(self):
        for number, row in enumerate(self.kept_rows(), start=1):
            row.instance.position = number

    def kept_rows(self):
        """Return the forms of the rows that stay, in their order."""
        rows = [
            row
            for row in self.forms
            if (row.has_changed() or row.instance.pk) and not row.cleaned_data.get("DELETE")
        ]
        return sorted(rows, key=_place)

    def save(self, commit=True):
        saved = super().save(commit)
        if commit:
            for row in self.kept_rows():
                row.instance.save(update_fields=["position"])
        return saved


def _place(row):
    position = row.cleaned_data.get("position")
    return LAST_POSITION + 1 if position is None else position
