"""Digests keyed by SECRET_KEY that are stored, so that they are found again under a new one."""

from django.conf import settings
from django.utils.crypto import salted_hmac


def keyed_digests(purpose: str, message: str, algorithm: str = "sha256") -> list[str]:
    """Return the message's digest under SECRET_KEY, then under each of SECRET_KEY_FALLBACKS."""
    return [
        salted_hmac(purpose, message, secret=key, algorithm=algorithm).hexdigest()
        for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    ]
