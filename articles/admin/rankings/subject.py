from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.base import StoredModelAdmin
from articles.admin.edit_conflicts import EditConflictForm
from articles.admin.rankings.list_fields import LinesField
from articles.models import RankingSubject


class RankingSubjectForm(EditConflictForm):
    aliases = LinesField(
        label=gettext_lazy("Other spellings"),
        required=False,
        help_text=gettext_lazy("One a line, in any language."),
    )

    class Meta:
        model = RankingSubject
        fields = ["name", "country", "slug", "aliases"]


class MergeForm(forms.Form):
    """Which of the chosen subjects stays."""

    keep = forms.ModelChoiceField(
        queryset=None,
        widget=forms.RadioSelect,
        empty_label=None,
        label=gettext_lazy("The subject that stays"),
    )

    def __init__(self, subjects, data=None):
        super().__init__(data)
        self.subjects = subjects
        self.fields["keep"].queryset = subjects

    def merge(self):
        """Merge the others into the one that stays, all or none; tell whether it could be done."""
        kept = self.cleaned_data["keep"]
        try:
            with transaction.atomic():
                for subject in self.subjects.exclude(pk=kept.pk).order_by("pk"):
                    subject.merge_into(kept)
        except ValidationError as error:
            self.add_error("keep", error)
        return not self.errors


@admin.register(RankingSubject)
class RankingSubjectAdmin(StoredModelAdmin):
    form = RankingSubjectForm
    list_display = ["name", "country", "slug", "alias_list"]
    list_filter = ["country"]
    search_fields = ["name", "country", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    actions = ["merge"]
    readonly_fields = ["alias_list"]

    def get_fields(self, request, obj=None):
        """Show the spellings as words to who may not change them."""
        shown = "aliases" if self.has_change_permission(request, obj) else "alias_list"
        return ["name", "country", "slug", shown]

    @admin.display(description=gettext_lazy("other spellings"))
    def alias_list(self, subject):
        return ", ".join(subject.aliases)

    def has_merge_permission(self, request):
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @admin.action(
        description=gettext_lazy("Merge the chosen subjects into one"), permissions=["merge"]
    )
    def merge(self, request, queryset):
        """Ask which of the chosen subjects stays, then merge the others into it."""
        names = list(map(str, queryset))
        if len(names) < 2:
            self.message_user(request, _("Choose at least two subjects."), messages.WARNING)
            return None
        form = MergeForm(queryset, request.POST if "merge" in request.POST else None)
        if form.is_valid() and form.merge():
            kept = form.cleaned_data["keep"]
            self.log_change(request, kept, _("Merged: %(names)s") % {"names": ", ".join(names)})
            self.message_user(request, _("The subjects are one now: %(name)s") % {"name": kept})
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge the chosen subjects into one"),
            "opts": self.opts,
            "form": form,
            "chosen": [str(pk) for pk in queryset.values_list("pk", flat=True)],
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/articles/rankingsubject/merge.html", context)
