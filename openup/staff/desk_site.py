"""The desk: Django's admin, which opens only once the second factor has been shown too."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django_otp import login as pass_with

from articles.desk.audit import record
from articles.models import AuditEvent
from openup.staff.desk_search import desk_search
from openup.staff.guide import guide, guide_picture
from openup.staff.sign_in import account, second_factor
from openup.staff.sign_in.browsers import name_of_browser
from openup.staff.sign_in.forms import CodeForm, SignInForm


class DeskSite(admin.AdminSite):
    login_form = SignInForm

    def has_permission(self, request):
        return self.has_password_passed(request) and second_factor.is_passed(request.user)

    def has_password_passed(self, request):
        return super().has_permission(request)

    def get_urls(self):
        return [
            path("guide/", self.admin_view(guide), name="guide"),
            path("guide/images/<slug:name>.png", self.admin_view(guide_picture)),
            path("search/", self.admin_view(desk_search), name="desk_search"),
            path("account/", self.admin_view(account.account), name="account"),
            path(
                "account/second-factor/", account.set_up_second_factor, name="set_up_second_factor"
            ),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def login(self, request, extra_context=None):
        if self.has_password_passed(request) and not second_factor.is_passed(request.user):
            return self.ask_for_code(request)
        response = super().login(
            request,
            {
                **(extra_context or {}),
                "openid_provider": settings.OIDC_RP_CLIENT_ID and settings.OIDC_PROVIDER_NAME,
                "next_page": account.next_page(request),
            },
        )
        if self.has_password_passed(request) and not second_factor.is_passed(request.user):
            second_factor.pass_by_browser(request)
        return response

    @method_decorator(csrf_protect)
    def ask_for_code(self, request):
        """The second page of the sign-in."""
        if not second_factor.app_of(request.user):
            return redirect_to_login(account.next_page(request), "admin:set_up_second_factor")
        form = CodeForm(request, data=request.POST if "code" in request.POST else None)
        if form.is_valid():
            # What was learnt of the session before it opened anything is worth nothing now.
            request.session.cycle_key()
            pass_with(request, form.device)
            record(request, AuditEvent.Act.CODE)
            response = HttpResponseRedirect(account.next_page(request))
            if form.cleaned_data["trust"]:
                second_factor.trust_browser(request, response, name_of_browser(request))
            return response
        context = {
            **self.each_context(request),
            "title": _("Second step of signing in"),
            "form": form,
            "next": account.next_page(request),
            "app_path": request.get_full_path(),
        }
        return render(request, "admin/second_step.html", context)
