"""Write down who signs in and out, and who fails to."""

from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.contrib.auth.models import User
from django.dispatch import receiver
from django.utils import timezone

from articles.desk.audit import record
from articles.models import AuditEvent
from openup.staff.sign_in.browsers import name_of_browser
from openup.staff.sign_in.sessions import BROWSER, SIGNED_IN_AT


@receiver(user_logged_in)
def signed_in(sender, request, user, **signal):
    # For the list of own sessions.
    request.session[BROWSER] = name_of_browser(request)
    request.session[SIGNED_IN_AT] = timezone.now().isoformat()
    record(request, AuditEvent.Act.SIGN_IN, user=user)


@receiver(user_logged_out)
def signed_out(sender, request, user, **signal):
    if user:
        record(request, AuditEvent.Act.SIGN_OUT, user=user)


@receiver(user_login_failed)
def failed(sender, credentials, request=None, **signal):
    """Keep the name of somebody there is: what was typed else may be a password."""
    name = str(credentials.get("username", ""))[:150]
    known = None if "\0" in name else User.objects.filter(username=name).first()
    record(request, AuditEvent.Act.SIGN_IN_FAILED, user=known)
