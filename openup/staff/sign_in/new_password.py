"""A new password by mail, together with the second factor: a mailbox alone opens nothing."""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from articles.desk.audit import record
from articles.models import AuditEvent
from comments.identity.credentials import canonical_address, hashing
from comments.identity.rate_limits import network_of
from comments.models import Outbox
from comments.threads.forms import may_be_mailed
from openup.staff.sign_in import second_factor
from openup.staff.sign_in.forms import CodeForm, take_code


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address of your account"),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    def clean_email(self):
        return canonical_address(self.cleaned_data["email"])

    def submit(self, network):
        """Queue a mail, whoever has the address: the worker alone sees whether anybody has."""
        address = self.cleaned_data["email"]
        if may_be_mailed(network, address):
            Outbox.queue(Outbox.Kind.STAFF_PASSWORD, address)


@never_cache
@csrf_protect
def ask_for_link(request):
    form = AddressForm(request.POST if request.method == "POST" else None)
    is_sent = form.is_valid()
    if is_sent:
        form.submit(network_of(request.client_address))
    context = {
        **admin.site.each_context(request),
        "title": _("New password"),
        "form": form,
        "is_sent": is_sent,
    }
    return render(request, "admin/password_link.html", context)


class NewPasswordForm(SetPasswordForm):
    code = CodeForm.base_fields["code"]

    def __init__(self, *args, request, **options):
        super().__init__(*args, **options)
        self.request = request

    def clean(self):
        super().clean()
        # Last: a code is taken once.
        if not self.errors:
            try:
                take_code(self.request, self.user, self.cleaned_data["code"])
            except ValidationError as error:
                self.add_error("code", error)


class NewPasswordView(PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name = "admin/new_password.html"
    title = gettext_lazy("New password")
    success_url = reverse_lazy("admin:login")

    def get_user(self, uidb64):
        user = super().get_user(uidb64)
        may = user and user.is_active and user.is_staff and second_factor.app_of(user)
        return user if may else None

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form):
        with hashing():
            response = super().form_valid(form)
        record(self.request, AuditEvent.Act.CHANGE, form.user, user=form.user, done="password")
        text = _("The password is set. Every browser is signed out: sign in with the new one.")
        messages.success(self.request, text)
        return response

    def get_context_data(self, **options):
        context = super().get_context_data(**options)
        return {**admin.site.each_context(self.request), **context}
