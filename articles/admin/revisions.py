"""Each save in the admin is a revision."""

from django import forms
from django.utils.translation import gettext_lazy

from articles.desk.revisions import record, record_found
from articles.fields import LineFormField


class NoteField(LineFormField):
    """What an editor says about a save; it changes nothing of what is saved."""

    def has_changed(self, initial, data):
        return False


class NotedForm(forms.ModelForm):
    """A form whose save row asks what was changed, and why."""

    revision_note = NoteField(
        label=gettext_lazy("What did you change, and why?"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )


class RevisedAdmin:
    """Keeps a revision of each save; stands before the ModelAdmin whose save it is."""

    # The form's field that says why.
    note_field = "revision_note"

    def save_model(self, request, obj, form, change):
        if change:
            record_found(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        record(form.instance, by=request.user, note=form.cleaned_data.get(self.note_field, ""))
