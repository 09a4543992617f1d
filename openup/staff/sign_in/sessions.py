"""Staff's sessions in the database, each with its owner (the setting SESSION_ENGINE)."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from openup.models import StaffSession, TrustedBrowser

BROWSER, SIGNED_IN_AT = "browser", "signed_in_at"


class SessionStore(DatabaseSessionStore):
    @classmethod
    def get_model_class(cls):
        return StaffSession

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        session.browser = data.get(BROWSER, "")
        session.signed_in_at = parse_datetime(data.get(SIGNED_IN_AT, ""))
        return session

    @classmethod
    def clear_expired(cls):
        super().clear_expired()
        # Signed in while the clock was wrong, they would last for longer than any.
        longest = timedelta(seconds=settings.SESSION_COOKIE_AGE, minutes=1)
        StaffSession.objects.filter(expire_date__gt=timezone.now() + longest).delete()
        TrustedBrowser.objects.ended().delete()
