from django import forms
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import READ_ONLY, StaffModelAdmin, require
from articles.desk.audit import record
from articles.fields import LineFormField
from articles.models import AuditEvent
from comments.admin.comment import branch_around
from comments.identity.encryption import Unreadable
from comments.models import PersonalDataView, Takedown
from comments.models.moderation.takedown import MAX_BLOCK_DAYS

State = Takedown.State


class DecisionForm(forms.Form):
    """What becomes of the comment: what may be chosen depends on the request's state."""

    CHOICES = {
        State.REQUESTED: {
            "block": gettext_lazy("Take the text out of sight for a time"),
            "refuse": gettext_lazy("Refuse the request: the comment stays as it is"),
            "remove": gettext_lazy("Delete the comment for good"),
        },
        State.BLOCKED: {
            "restore": gettext_lazy("Show the text again now"),
            "remove": gettext_lazy("Delete the comment for good"),
        },
    }

    decision = forms.ChoiceField(label=gettext_lazy("Decision"), widget=forms.RadioSelect)
    days = forms.IntegerField(
        label=gettext_lazy("Days out of sight"),
        required=False,
        min_value=1,
        max_value=MAX_BLOCK_DAYS,
        initial=MAX_BLOCK_DAYS,
        help_text=gettext_lazy("1 to 30. The text comes back by itself afterwards."),
    )
    reason = LineFormField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=250,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text=gettext_lazy("Kept with the comment and shown to the staff only."),
    )

    def __init__(self, takedown, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.takedown = takedown
        self.fields["decision"].choices = list(self.CHOICES.get(takedown.state, {}).items())

    def clean(self):
        fields = super().clean()
        decision = fields.get("decision")
        if decision == "block" and "days" not in self.errors and not fields.get("days"):
            self.add_error("days", _("Say for how many days."))
        if decision not in {None, "block"} and fields.get("reason") == "":
            self.add_error("reason", _("Say why."))
        return fields

    def decide(self, by):
        """Carry the decision out; return None when somebody else has decided meanwhile."""
        fields = self.cleaned_data
        if fields["decision"] == "block":
            return self.takedown.block(days=fields["days"], by=by)
        return getattr(self.takedown, fields["decision"])(by=by, reason=fields["reason"])


@admin.register(Takedown)
class TakedownAdmin(StaffModelAdmin):
    """Requests to take comments down, each with a page on which it is decided."""

    permissions = {**READ_ONLY, "view": "comments.moderate_comment"}
    list_display = ["__str__", "state", "created_at", "blocked_until", "closed_at"]
    list_filter = ["state"]
    list_per_page = 50
    ordering = ["-created_at", "-pk"]
    show_full_result_count = False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show the request with its comment, and carry a decision out."""
        require(request, "comments.moderate_comment")
        takedown = self.get_object(request, object_id)
        if takedown is None:
            raise Http404
        is_revealed = "reveal" in request.POST
        decides = request.method == "POST" and not is_revealed
        form = DecisionForm(takedown, request.POST if decides else None)
        if form.is_bound and form.is_valid():
            if form.decide(request.user):
                messages.success(request, _("The decision has been carried out."))
            else:
                messages.warning(request, _("Somebody else has decided meanwhile."))
            return redirect("admin:comments_takedown_change", takedown.pk)
        if is_revealed:
            record(request, AuditEvent.Act.PERSONAL_DATA, takedown)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Takedown request %(number)s") % {"number": takedown.pk},
            "opts": self.opts,
            "takedown": takedown,
            "comment": takedown.comment,
            "branch": branch_around(takedown.comment),
            "form": form,
            "address": reveal_address(takedown, request.user) if is_revealed else "",
        }
        return TemplateResponse(request, "admin/comments/takedown.html", context)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("comment__article")


def reveal_address(takedown, user):
    """Return the requester's address; that this user saw it is kept."""
    PersonalDataView.objects.create(viewer=user, subject=f"takedown {takedown.pk}")
    try:
        return takedown.address
    except Unreadable:
        return _("(its key is no longer there)")


@admin.register(PersonalDataView)
class PersonalDataViewAdmin(StaffModelAdmin):
    """Who looked at personal data, to read only."""

    permissions = READ_ONLY
    list_display = ["viewed_at", "viewer", "subject"]
    list_select_related = ["viewer"]
    list_per_page = 100
    show_full_result_count = False
