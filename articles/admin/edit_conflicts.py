"""Notice that somebody else has saved since a form was opened."""

import hashlib
import json

from django import forms
from django.utils.translation import gettext as _


def digest(data):
    """Return a digest of `data`, to notice that somebody else has changed it."""
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class SeenForm(forms.ModelForm):
    """Refuse once to save over what somebody else has saved since the form was opened.

    `part_names` names the relations whose rows are written in the same form.
    """

    part_names = []

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.fingerprint(self.instance)

    def fingerprint(self, obj):
        parts = [list(getattr(obj, name).all()) for name in self.part_names]
        return digest([written_values(obj), *(list(map(written_values, rows)) for rows in parts)])

    def clean(self):
        super().clean()
        if self.instance.pk:
            self.check_seen()

    def check_seen(self):
        """Lock the row until the end of the request, and compare what is stored."""
        model = self._meta.model
        stored = model.objects.select_for_update().get(pk=self.instance.pk)
        # What the form does not show must not bring back older values.
        for field in model._meta.concrete_fields:
            if field.name not in self.fields:
                setattr(self.instance, field.attname, getattr(stored, field.attname))
        now = self.fingerprint(stored)
        if self.cleaned_data.get("seen") != now:
            # What was typed may replace the other's text, once the editor has been told.
            self.data = self.data.copy()
            self.data[self.add_prefix("seen")] = now
            self.add_error(
                None,
                _(
                    "Somebody else has saved this since you opened it. Nothing of yours is lost:"
                    " it stands below. Open it in a second window to compare, or save once more"
                    " to put yours in its place."
                ),
            )


def written_values(obj):
    return [field.value_from_object(obj) for field in obj._meta.concrete_fields if field.editable]


class SeenModelAdmin:
    """Put into the form what a SeenForm compares, where the form may be saved."""

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fields
        return [*fields, "seen"]
