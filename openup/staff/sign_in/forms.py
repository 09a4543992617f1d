import unicodedata

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles.desk.audit import record
from articles.models import AuditEvent
from comments.identity.credentials import hashing
from comments.identity.rate_limits import (
    STAFF_CODES,
    STAFF_SIGN_IN_PER_NETWORK,
    STAFF_SIGN_IN_PER_PAIR,
    LimitReached,
    network_of,
    refund_all,
    spend_all,
)
from openup.models import TRUST_DAYS
from openup.staff.sign_in import second_factor

MAX_CODE_CHARACTERS = 20


class SignInForm(AdminAuthenticationForm):
    """Staff's sign-in, where a network may fail only so often before it has to wait.

    Nothing is counted by user name alone: a stranger's failures elsewhere never keep its owner out.
    """

    def clean(self):
        if not {"username", "password"} <= self.cleaned_data.keys():
            return super().clean()
        network = network_of(self.request.client_address)
        name = typed_name(self.cleaned_data["username"])
        spend_try(tries(network, name))
        with hashing():
            cleaned_data = super().clean()
        refund_all(tries(network, name))
        return cleaned_data


class CodeForm(forms.Form):
    """The second step: a code of the app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("Code"),
        max_length=MAX_CODE_CHARACTERS,
        help_text=_("The six digits that your app shows, or one of your recovery codes."),
        widget=forms.TextInput({"autocomplete": "one-time-code", "autofocus": True}),
    )
    trust = forms.BooleanField(required=False)

    def __init__(self, request, **options):
        super().__init__(**options)
        self.request, self.device = request, None
        text = _("Do not ask on this browser for %(days)d days")
        self.fields["trust"].label = text % {"days": TRUST_DAYS}

    def clean_code(self):
        code = self.cleaned_data["code"]
        self.device = take_code(self.request, self.request.user, code)
        return code


def take_code(request, user, code):
    """Return the device that accepts a user's code; raise ValidationError where none does."""
    share = STAFF_CODES, network_of(request.client_address), user.pk
    spend_try([share])
    device = second_factor.try_code(user, code)
    if not device:
        record(request, AuditEvent.Act.CODE_FAILED, user=user)
        raise ValidationError(second_factor.refusal(user, code))
    refund_all([share])
    return device


def typed_name(username):
    """Return the one form of a user name that failures are counted by."""
    return unicodedata.normalize("NFC", username.casefold())


def tries(network, name):
    """Return what a try spends; the pair comes first and spends nothing of a network that is out.

    So hammering one name does not use up its whole network's tries.
    """
    return [(STAFF_SIGN_IN_PER_PAIR, network, name), (STAFF_SIGN_IN_PER_NETWORK, network)]


def spend_try(shares):
    """Count a try before anything is hashed; raise ValidationError for one too many."""
    try:
        spend_all(shares)
    except LimitReached as error:
        minutes = -(-error.retry_after // 60)
        raise ValidationError(
            ngettext(
                "Too many failed sign-ins. Try again in %(minutes)s minute.",
                "Too many failed sign-ins. Try again in %(minutes)s minutes.",
                minutes,
            ),
            "too_many_failures",
            {"minutes": minutes},
        ) from error
