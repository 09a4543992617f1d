"""The second factor of staff's sign-in: a code from an app (RFC 6238), or a recovery code.

django-otp keeps both and slows down whoever tries codes. A session whose password was right and
whose code is still missing opens nothing (openup/staff/desk_site.py).
"""

import time
from base64 import b32encode
from binascii import unhexlify

import segno
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp import login, verify_token
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from comments.identity.keyed_digests import keyed_digests
from openup.backup.keys import fingerprint
from openup.models import TRUST_DAYS, StaffSession, TrustedBrowser

RECOVERY_CODES = 10
# The device's name says under which SECRET_KEY its codes are kept.
RECOVERY = "recovery"
# The app's next code is taken after 1, 2, 4 … seconds, 17 minutes at the most: whoever has the
# password and tries for a year finds one with one in ten, and keeps the owner out no longer.
MOST_FAILURES = 11
COOKIE = f"{settings.COOKIE_PREFIX}openup-browser"


def app_of(user):
    """Return the app (TOTPDevice) that gives the user's codes, or None."""
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).first()


def is_required(user):
    """Tell whether the site asks for a second factor of this user: of whoever may publish, or more.

    More is to give rights, which is as good as having them.
    """
    return settings.REQUIRE_SECOND_FACTOR and (
        user.has_perm("articles.publish_article")
        or any(permission.startswith("auth.") for permission in user.get_all_permissions())
    )


def is_passed(user):
    """Tell whether nothing more is to be shown by a user whose password was right."""
    if getattr(user, "otp_device", None) is not None:
        return True
    # A page of the admin asks more than once.
    if not hasattr(user, "has_app"):
        user.has_app = app_of(user) is not None
    return not user.has_app and not is_required(user)


# Codes


def try_code(user, text):
    """Return the device that accepts a code as it was typed, or None; a wrong one slows down."""
    code = plain(text)
    if is_of_app(code):
        device = app_of(user)
    else:
        device = StaticDevice.objects.filter(user=user).first()
        forms = kept_forms(code)
        kept = StaticToken.objects.filter(device=device, token__in=forms).first()
        code = kept.token if kept else forms[0]
    accepted = device and verify_token(user, device.persistent_id, code)
    if not accepted:
        counted = TOTPDevice.objects.filter(user=user, throttling_failure_count__gt=MOST_FAILURES)
        counted.update(throttling_failure_count=MOST_FAILURES)
    return accepted


def is_slowed_down(user):
    """Tell whether wrong codes make the next one wait."""
    return any(not device.verify_is_allowed()[0] for device in _devices(user))


def forget_failures(user):
    """Let the user's next code be tried at once."""
    for device in _devices(user):
        device.throttle_reset()


def _devices(user):
    return [*TOTPDevice.objects.filter(user=user), *StaticDevice.objects.filter(user=user)]


def plain(text):
    return "".join(text.split()).replace("-", "").lower()


def is_of_app(code):
    return code.isdecimal() and code.isascii()


def refusal(user, text):
    """Return why a code was not taken, and how long codes of the app are refused after it."""
    app = app_of(user)
    _is_allowed, why = app.verify_is_allowed() if app and is_of_app(plain(text)) else (True, None)
    if not why:
        return _("This code is wrong or was used before. Wait for the next one.")
    seconds = max(int(why["locked_until"].timestamp() - time.time()) + 1, 1)
    return ngettext(
        "This code is wrong. The next one is taken in %(count)d second.",
        "This code is wrong. The next one is taken in %(count)d seconds.",
        seconds,
    ) % {"count": seconds}


def kept_forms(code):
    """Return the form in which a recovery code is kept, then those under SECRET_KEY_FALLBACKS.

    The row alone opens nothing.
    """
    return [form[:16] for form in keyed_digests("openup.recovery_code", code, "sha1")]


def key_fingerprint():
    return fingerprint(settings.SECRET_KEY.encode())


# An app is set up with a key that only this session knows until a code has shown that it works.


def picture_of(user, key):
    """Return the QR code (SVG) that an app reads."""
    url = TOTPDevice(user=user, key=key).config_url
    return mark_safe(  # noqa: S308 - made of squares
        segno.make(url, error="m").svg_inline(scale=5, border=4, light="#fff", dark="#000")
    )


def written(key):
    """Return the key as it is typed into an app, in groups of four."""
    text = b32encode(unhexlify(key)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@transaction.atomic
def set_up(user, key, text, former):
    """Let the app with `key` give the user's codes if `text` is one; return (device, new codes).

    It takes the place of `former`, None where there was none: another session may have been faster.
    """
    code = plain(text)
    totp = TOTP(unhexlify(key))
    totp.time = time.time()
    if not (is_of_app(code) and totp.verify(int(code[:10]), tolerance=1)):
        return None, []
    User.objects.select_for_update().get(pk=user.pk)
    if app_of(user) != former:
        return None, []
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, name="app", key=key, last_t=totp.t())
    TrustedBrowser.objects.filter(user=user).delete()
    return device, new_recovery_codes(user)


@transaction.atomic
def new_recovery_codes(user):
    """Replace the user's recovery codes; return them, as they are never shown again."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name=f"{RECOVERY} {key_fingerprint()}")
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=kept_forms(code)[0]) for code in codes
    )
    return [f"{code[:4]} {code[4:]}" for code in codes]


def codes_left(user):
    return StaticToken.objects.filter(device__user=user).count()


@transaction.atomic
def remove(user, session_key=None):
    """Take the second factor away, and sign the user out but in one session.

    Else whoever has one of theirs could set up an app before them. Tell whether there was an app.
    """
    StaffSession.objects.filter(user=user).exclude(session_key=session_key).delete()
    TrustedBrowser.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    deleted, _models = TOTPDevice.objects.filter(user=user).delete()
    return deleted > 0


# Browsers that are asked once in a while


def pass_by_browser(request):
    """Let a browser through that its owner trusts."""
    token = request.COOKIES.get(COOKIE, "")
    if token and TrustedBrowser.is_trusted(request.user, token):
        login(request, app_of(request.user))


def trust_browser(request, response, browser):
    response.set_cookie(
        COOKIE,
        TrustedBrowser.issue(request.user, browser),
        max_age=TRUST_DAYS * 24 * 60 * 60,
        path=settings.STAFF_PATH,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
