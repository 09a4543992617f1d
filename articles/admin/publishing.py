"""The form of what is published: what the checks find is told beside it, and errors stop it."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.desk import publishing
from articles.desk.publishing_checks import ERROR
from articles.desk.remarks import threads_of
from articles.fields import LineFormField

MOST_SHOWN = 100


class PublishingRefusedError(Exception):
    """Ends a save whose outcome may not be public: nothing of it is stored."""

    def __init__(self, errors):
        super().__init__()
        self.errors = errors


class ReasonField(LineFormField):
    """Why it is published all the same; it changes nothing of what is saved."""

    def has_changed(self, initial, data):
        return False


def reason_field():
    return ReasonField(
        label=gettext_lazy("Publish it all the same, because"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=gettext_lazy("Recorded with your name, for those who look at it later."),
    )


class ReasonedForm(forms.ModelForm):
    publishing_reason = reason_field()
    # What keeps what was sent from being published; the admin sets it.
    publishing_errors = ()

    def clean(self):
        super().clean()
        if self.publishing_errors:
            self.add_error(None, _("Nothing has been saved: as it is, it may not be published."))
        for error in self.publishing_errors:
            self.add_error(error.field if error.field in self.fields else None, error.text)


class CheckedAdmin:
    """Asks the checks where a save ends; stands before the ModelAdmin whose save it is."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PublishingRefusedError as refused:
            # The same form once more: it says what was found, and holds what was typed.
            request.publishing_errors = refused.errors
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.publishing_errors = getattr(request, "publishing_errors", ())
        return form

    def check_publishing(self, request, form):
        obj = self.model.objects.get(pk=form.instance.pk)
        if obj.state != "published":
            return
        errors = publishing.errors_of(obj)
        if reason := form.cleaned_data.get("publishing_reason"):
            errors = publishing.let_pass(obj, errors, by=request.user, reason=reason)
            # So that the list of what was saved tells it too.
            if not form.cleaned_data.get(self.note_field):
                form.cleaned_data[self.note_field] = reason
        if errors:
            raise PublishingRefusedError(errors)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        refused = getattr(request, "publishing_errors", None)
        context["may_waive"] = request.user.has_perm("articles.publish_article")
        if refused:
            context["checks"] = checks_context(obj, refused)
        elif obj and request.method == "GET":
            context["checks"] = checks_of(obj)
            if self.may(request, "change"):
                context["remarks"] = [each for each in threads_of(obj) if not each[0].settled_at]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def checks_of(obj, moment=None):
    """Return what the panel beside the form shows of a stored article or month."""
    return checks_context(obj, publishing.findings_of(obj, moment))


def checks_context(obj, findings):
    waivers = publishing.waivers_of(obj) if obj else {}
    rows = [(finding, waivers.get((finding.code, finding.about))) for finding in findings]
    errors = [finding for finding, waiver in rows if finding.level == ERROR and not waiver]
    more = len(rows) - MOST_SHOWN
    return {"rows": rows[:MOST_SHOWN], "error_count": len(errors), "more": max(more, 0)}
