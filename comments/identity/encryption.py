"""Addresses that have to be read again: sealed by the site's keys, or by a token it does not keep.

Both are Fernet (AES-128-CBC and HMAC-SHA256, https://github.com/fernet/spec).
"""

import base64
import hashlib
import hmac
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet, MultiFernet

TOKEN_BYTES = 32


class Unreadable(Exception):
    """The seal is broken, or its key is no longer among the site's."""


def seal(text: str) -> str:
    """Return `text` so that only MAIL_ENCRYPTION_KEYS read it again, under the first of them."""
    return _site_keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the sealed text; raise Unreadable."""
    return _open(_site_keys(), sealed)


def is_sealed_by_first_key(sealed: str) -> bool:
    """Tell whether the active key opens it, so that the older ones need not be kept for it."""
    return key_number(sealed) == 0


def key_number(sealed: str) -> int | None:
    """Return the place of the key that opens it among MAIL_ENCRYPTION_KEYS, None if none does."""
    for number, key in enumerate(settings.MAIL_ENCRYPTION_KEYS):
        with suppress(Unreadable):
            _open(_fernet(key), sealed)
            return number
    return None


def _site_keys() -> "MultiFernet":
    from cryptography.fernet import MultiFernet  # noqa: PLC0415 - see _fernet

    return MultiFernet([_fernet(key) for key in settings.MAIL_ENCRYPTION_KEYS])


def _fernet(key: str | bytes) -> "Fernet":
    from cryptography.fernet import Fernet  # noqa: PLC0415 - 4 MB in each worker for few requests

    return Fernet(key)


# A token of 256 bits goes out in a link; the database keeps its digest, and beside it what only the
# token opens.


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """Return what the database knows the token by; a random token needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def seal_under(token: str, text: str) -> str:
    """Return `text` so that only who has the token reads it again."""
    return _token_key(token).encrypt(text.encode()).decode()


def unseal_under(token: str, sealed: str) -> str:
    """Return the text that was sealed under the token; raise Unreadable."""
    return _open(_token_key(token), sealed)


def _token_key(token: str) -> "Fernet":
    key = hmac.digest(token.encode(), b"comments.sealing", "sha256")
    return _fernet(base64.urlsafe_b64encode(key))


def _open(keys: "Fernet | MultiFernet", sealed: str) -> str:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see _fernet

    try:
        return keys.decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error
