"""Staff sign in at a provider of OpenID Connect: mozilla-django-oidc, and what we ask besides.

Only who has an account here already, by a verified address; the second step comes afterwards.
"""

import logging

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.urls import path, reverse
from django.utils.translation import gettext as _
from jwt import PyJWTError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView
from requests import RequestException

from comments.identity.rate_limits import OPENID_STEPS, network_of, spend

# What a provider that is away, wrong or not the one that is meant makes of the library.
FAILURES = (RequestException, PyJWTError, SuspiciousOperation, LookupError, ValueError)

logger = logging.getLogger(__name__)


class StaffBackend(OIDCAuthenticationBackend):
    def verify_token(self, token, **options):
        """Take a token that this provider has given to this site alone."""
        payload = super().verify_token(token, **options)
        audience = payload.get("aud", [])
        audience = [audience] if isinstance(audience, str) else audience
        if settings.OIDC_RP_CLIENT_ID not in audience or payload.get("iss") != settings.OIDC_ISSUER:
            raise SuspiciousOperation("The token was given to another site or by another provider.")
        return payload

    def get_userinfo(self, access_token, id_token, payload):
        claims = super().get_userinfo(access_token, id_token, payload)
        if claims.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("The token and the claims speak of two people.")
        return claims

    def verify_claims(self, claims):
        return bool(claims.get("email")) and claims.get("email_verified") is True

    def filter_users_by_claims(self, claims):
        return super().filter_users_by_claims(claims).filter(is_active=True, is_staff=True)


class StartView(OIDCAuthenticationRequestView):
    def get(self, request):
        # Each step may make a session, whoever asks.
        spend(OPENID_STEPS, network_of(request.client_address))
        return super().get(request)


class CallbackView(OIDCAuthenticationCallbackView):
    def get(self, request):
        spend(OPENID_STEPS, network_of(request.client_address))
        if "error" in request.GET:
            # The library would sign out whomever another site leads here.
            return self.login_failure()
        try:
            return super().get(request)
        except FAILURES as error:
            # Never the error's text: it may hold what the provider answered.
            logger.warning("A sign-in by OpenID Connect failed: %s.", type(error).__name__)
            return self.login_failure()

    @property
    def failure_url(self):
        return reverse("admin:login")

    def login_failure(self):
        text = _("The provider’s sign-in did not lead to an account of the staff here.")
        messages.error(self.request, text)
        return super().login_failure()


urlpatterns = [
    path("manage/oidc/", StartView.as_view(), name="oidc_start"),
    path("manage/oidc/callback/", CallbackView.as_view(), name="oidc_authentication_callback"),
]
