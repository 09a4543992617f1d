"""A member of the staff's own account: the second factor, and where it is signed in."""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as pass_with
from django_otp.plugins.otp_totp.models import default_key

from articles.desk.audit import record
from articles.models import AuditEvent
from comments.identity.credentials import hashing
from comments.identity.rate_limits import network_of, refund_all
from openup.models import StaffSession, TrustedBrowser
from openup.staff.sign_in import second_factor
from openup.staff.sign_in.forms import MAX_CODE_CHARACTERS, spend_try, tries

# Until a code has shown that the app has it, the key is known to this session alone: whoever had
# the password before must not have chosen it.
NEW_KEY = "new_second_factor"


class PasswordForm(forms.Form):
    """What changes the second factor asks for the password anew: the desk may have been left."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, request, **options):
        super().__init__(**options)
        self.request = request

    def clean_password(self):
        user, network = self.request.user, network_of(self.request.client_address)
        shares = tries(network, user.get_username())
        spend_try(shares)
        with hashing():
            is_right = user.check_password(self.cleaned_data["password"])
        if not is_right:
            raise ValidationError(_("The password is wrong."))
        refund_all(shares)
        return self.cleaned_data["password"]


@sensitive_post_parameters()
def account(request):
    """Show one's own account; end sessions, forget browsers, change the second factor."""
    form, codes = PasswordForm(request), []
    if request.method == "POST":
        action = request.POST.get("action", "")
        if action in ENDINGS:
            messages.success(request, ENDINGS[action](request))
            return redirect("admin:account")
        form = PasswordForm(request, data=request.POST)
        if form.is_valid() and action == "new_app":
            request.session[NEW_KEY] = default_key()
            return redirect("admin:set_up_second_factor")
        if form.is_valid() and second_factor.app_of(request.user):
            if action == "remove" and not second_factor.is_required(request.user):
                second_factor.remove(request.user, request.session.session_key)
                record(request, AuditEvent.Act.SECOND_FACTOR, done=action)
                messages.success(request, _("Signing in takes the password alone now."))
                return redirect("admin:account")
            if action == "codes":
                codes = second_factor.new_recovery_codes(request.user)
                # Whoever came in by one of the former stays in.
                pass_with(request, second_factor.app_of(request.user))
                record(request, AuditEvent.Act.SECOND_FACTOR, done=action)
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Account and security"),
        "form": form,
        "codes": codes,
        "app": second_factor.app_of(request.user),
        "codes_left": second_factor.codes_left(request.user),
        "is_required": second_factor.is_required(request.user),
        "sessions": request.user.staff_sessions.filter(expire_date__gt=now).order_by(
            "-signed_in_at", "-expire_date"
        ),
        "browsers": TrustedBrowser.objects.valid().filter(user=request.user).order_by("-pk"),
    }
    return render(request, "admin/account.html", context)


# Sessions and browsers, which are ended without further ado


def end_session(request):
    for session in others(request):
        if session.handle == request.POST.get("session"):
            session.delete()
            return _("That browser is signed out.")
    return _("That browser was signed out before.")


def end_other_sessions(request):
    others(request).delete()
    TrustedBrowser.objects.filter(user=request.user).delete()
    return _("Only this browser is signed in now, and every other is asked for a code.")


def forget_browser(request):
    own = TrustedBrowser.objects.filter(user=request.user)
    own.filter(digest=request.POST.get("browser", "")).delete()
    return _("That browser is asked for a code from now on.")


def others(request):
    sessions = StaffSession.objects.filter(user=request.user)
    return sessions.exclude(session_key=request.session.session_key)


ENDINGS = {
    "end_session": end_session,
    "end_others": end_other_sessions,
    "forget": forget_browser,
}


# Setting up an app


def next_page(request):
    """Return the page of ours that the sign-in was asked for."""
    asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME, "")
    is_ours = url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else reverse("admin:index")


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=MAX_CODE_CHARACTERS,
        help_text=gettext_lazy("The six digits that the app shows now."),
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


@never_cache
@csrf_protect
def set_up_second_factor(request):
    """Lead a user without an app to one; who has one comes here from the own account alone."""
    user = request.user
    if not admin.site.has_password_passed(request):
        return redirect_to_login(request.get_full_path(), "admin:login")
    app = second_factor.app_of(user)
    if app and not second_factor.is_passed(user):
        return redirect_to_login(request.get_full_path(), "admin:login")
    is_asked = user.has_usable_password() and second_factor.is_passed(user)
    if NEW_KEY not in request.session and (app or is_asked):
        # There the password is asked for anew, of who has one here.
        return redirect("admin:account")
    key = request.session.setdefault(NEW_KEY, default_key())
    form = FirstCodeForm(request.POST if request.method == "POST" else None)
    codes = []
    if form.is_valid():
        device, codes = second_factor.set_up(user, key, form.cleaned_data["code"], app)
        if device:
            del request.session[NEW_KEY]
            request.session.cycle_key()
            pass_with(request, device)
            record(request, AuditEvent.Act.SECOND_FACTOR, done="new_app")
            others(request).delete()
        else:
            form.add_error("code", _("This is not the code of that key. Wait for the next one."))
    context = {
        **admin.site.each_context(request),
        "title": _("Second step of signing in"),
        "form": form,
        "codes": codes,
        "picture": second_factor.picture_of(user, key),
        "key": second_factor.written(key),
        "next": next_page(request),
    }
    return render(request, "admin/set_up_second_factor.html", context)
