"""Each save in the admin is a revision, and the admin's history leads to them."""

from django import forms
from django.urls import path, reverse
from django.utils.translation import gettext_lazy

from articles.admin.edit_conflicts import SavedMeanwhileError
from articles.admin.form_fields import row_of_key
from articles.admin.joining import join_saved, join_view
from articles.admin.revision_views import compare_view, history_context, name_view, restore_view
from articles.desk.revisions import record, record_found
from articles.fields import LineFormField
from articles.models import Revision


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
    # Fields of the form that no revision brings back: where they change, nothing is joined.
    not_joined = ()

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.is_revised, form.not_joined = obj is not None, self.not_joined
        return form

    def save_model(self, request, obj, form, change):
        if change:
            record_found(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        record(form.instance, by=request.user, note=form.cleaned_data.get(self.note_field, ""))

    # The pages

    object_history_template = "admin/articles/revisions/history.html"

    def url_name(self, page):
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def revision_url_name(self, page):
        return self.url_name(f"revision_{page}")

    def get_urls(self):
        name = self.revision_url_name
        pages = [
            ("compare/", self.compare_view, "compare"),
            ("<key:number>/restore/", self.restore_view, "restore"),
            ("<key:number>/name/", self.name_view, "name"),
            ("<key:number>/join/", self.join_view, "join"),
        ]
        return [
            path(
                f"<key:object_id>/history/{address}",
                self.admin_site.admin_view(view),
                name=name(page).removeprefix("admin:"),
            )
            for address, view, page in pages
        ] + super().get_urls()

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            aside = Revision.objects.of(obj).left_aside_by(request.user)
            join = self.revision_url_name("join")
            context["shows_presence"] = True
            context["join_address"] = aside and reverse(join, args=[obj.pk, aside.number])
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except SavedMeanwhileError as saved:
            return join_saved(self, request, object_id, saved)

    def history_view(self, request, object_id, extra_context=None):
        obj = row_of_key(self.model.objects, object_id)
        context = history_context(self, request, obj) if obj else {}
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    def compare_view(self, request, object_id):
        return compare_view(self, request, object_id)

    def restore_view(self, request, object_id, number):
        return restore_view(self, request, object_id, number)

    def join_view(self, request, object_id, number):
        return join_view(self, request, object_id, number)

    def name_view(self, request, object_id, number):
        return name_view(self, request, object_id, number)
