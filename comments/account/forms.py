from django import forms
from django.utils.translation import gettext_lazy as _

from comments.identity import credentials
from comments.models import Outbox
from comments.threads.forms import CommentEditForm, PairForm, PublicForm, may_be_mailed


class LinkForm(PublicForm):
    """Ask for a link by mail; whether the address has written anything is decided when sending."""

    email = PairForm.base_fields["email"]

    def clean_email(self):
        return credentials.canonical_address(self.cleaned_data["email"])

    def submit(self, network):
        """Queue the mail; beyond the limits do nothing, and let nobody see the difference."""
        address = self.cleaned_data["email"]
        if may_be_mailed(network, address):
            Outbox.queue(Outbox.Kind.DESK_LINK, address)


class DeskEditForm(PublicForm):
    """A new text for a comment, by who has opened the desk."""

    name = CommentEditForm.base_fields["name"]
    body = CommentEditForm.base_fields["body"]
    version = CommentEditForm.base_fields["version"]

    clean = CommentEditForm.clean
    accept_version = CommentEditForm.accept_version
    reasons_to_hold = CommentEditForm.reasons_to_hold


class PasswordForm(PublicForm):
    """A new password for comments of `address`."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        error_messages={"required": _("Enter the password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, address, **kwargs):
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_password(self):
        return credentials.clean_password(self.cleaned_data["password"], self.address)

    def submit(self, comments):
        """Set the password of `comments`, at the cost of one hash."""
        comments.update(password=credentials.hash_password(self.cleaned_data["password"]))
