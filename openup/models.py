"""What belongs to staff's signing in: their sessions, and browsers that are not asked each time."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.identity.encryption import new_token, token_digest

TRUST_DAYS = 30


class StaffSession(AbstractBaseSession):
    """A session that knows whose it is, so that its owner can end it from elsewhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        null=True,
        related_name="staff_sessions",
    )
    browser = models.CharField(_("browser"), max_length=60, blank=True, db_default="")
    signed_in_at = models.DateTimeField(_("signed in at"), null=True)

    @property
    def handle(self):
        """What a form names the session by: its key would open it."""
        return token_digest(self.session_key)

    @classmethod
    def get_session_store_class(cls):
        from openup.staff.sign_in.sessions import SessionStore  # noqa: PLC0415 - it imports this model

        return SessionStore


class TrustedBrowserQuerySet(models.QuerySet):
    def valid(self):
        # Valid for longer than any, it was made while the clock was wrong.
        now = timezone.now()
        longest = now + timedelta(days=TRUST_DAYS, minutes=1)
        return self.filter(expires_at__gt=now, expires_at__lte=longest)

    def ended(self):
        return self.exclude(pk__in=self.valid())


class TrustedBrowser(models.Model):
    """A browser that is asked for the second factor once in 30 days, by its owner's choice.

    Its cookie is kept as a digest. A new password, which ends the owner's sessions, ends it too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        related_name="trusted_browsers",
    )
    digest = models.CharField(max_length=64, unique=True)
    password_mark = models.CharField(max_length=64)
    browser = models.CharField(_("browser"), max_length=60)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))

    objects = TrustedBrowserQuerySet.as_manager()

    class Meta:
        verbose_name = _("trusted browser")
        verbose_name_plural = _("trusted browsers")

    def __str__(self):
        return self.browser

    @classmethod
    def issue(cls, user, browser):
        """Return the token that the browser keeps."""
        token = new_token()
        cls.objects.create(
            user=user,
            digest=token_digest(token),
            password_mark=user.get_session_auth_hash(),
            browser=browser,
            expires_at=timezone.now() + timedelta(days=TRUST_DAYS),
        )
        return token

    @classmethod
    def is_trusted(cls, user, token):
        return (
            cls.objects.valid()
            .filter(
                user=user,
                digest=token_digest(token),
                password_mark__in=[
                    user.get_session_auth_hash(),
                    *user.get_session_auth_fallback_hash(),
                ],
            )
            .exists()
        )
