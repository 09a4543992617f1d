from django import forms
from django.utils.translation import gettext_lazy as _

from articles.fields import ProseFormField
from comments.identity import credentials
from comments.identity.encryption import seal
from comments.models import Report, Takedown
from comments.models.moderation.report import MAX_REPORT_CHARACTERS
from comments.models.moderation.takedown import MAX_REASON_CHARACTERS
from comments.threads.forms import PublicForm


class ReportForm(PublicForm):
    """What is wrong with a comment, from any reader."""

    reason = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=Report.Reason,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong.")},
    )
    text = ProseFormField(
        label=_("More about it"),
        required=False,
        max_length=MAX_REPORT_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class TakedownForm(PublicForm):
    """Whose right a comment violates, and how."""

    ground = forms.ChoiceField(
        label=_("Which right does the comment violate?"),
        choices=Takedown.Ground,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose which right.")},
    )
    reason = ProseFormField(
        label=_("How does it violate your right?"),
        max_length=MAX_REASON_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("Explain how the comment violates your right.")},
    )
    email = forms.CharField(
        label=_("E-mail for the answer"),
        required=False,
        strip=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self):
        address = self.cleaned_data["email"]
        return credentials.canonical_address(address) if address.strip() else ""

    def submit(self, comment):
        """Keep the request; the address, if one was given, so that only the site reads it."""
        fields = self.cleaned_data
        return Takedown.objects.create(
            comment=comment,
            ground=fields["ground"],
            reason=fields["reason"],
            requester=seal(fields["email"]) if fields["email"] else "",
        )
