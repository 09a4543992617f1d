"""The e-mail address and the password a comment is written with: make, check, bound the cost.

An address is kept as a keyed digest only, a password as its argon2id hash only.
"""

import hmac
import json
import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

import idna
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from prometheus_client import Gauge

from comments.identity.common_passwords import is_common

# Addresses (RFC 5321, section 4.5.3.1, and the dot-atom of RFC 5322, section 3.2.3)

MAX_ADDRESS_CHARACTERS = 254
MAX_LOCAL_PART_CHARACTERS = 64
_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def canonical_address(raw: str) -> str:
    """Return the one form of an e-mail address that digests are made of; raise ValidationError.

    The local part is ASCII, the domain in A-labels that lead back to themselves (UTS 46, RFC 5891),
    all of it in lower case.
    """
    text = raw.strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or len(text) > MAX_ADDRESS_CHARACTERS:
        raise ValidationError(_("Enter an e-mail address such as name@example.com."), "email")
    # Before lower(): it turns some letters that only look Latin into Latin ones.
    if not local.isascii():
        raise ValidationError(
            _("Before the @, use only Latin letters, digits and signs such as . _ + -"), "email"
        )
    local = local.lower()
    # "=?" begins an encoded word (RFC 2047): a mail library would decode it, into another address.
    if len(local) > MAX_LOCAL_PART_CHARACTERS or "=?" in local or not _LOCAL_PART.fullmatch(local):
        raise ValidationError(_("The part before the @ is not that of an e-mail address."), "email")
    address = f"{local}@{_canonical_domain(domain)}"
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise ValidationError(_("This e-mail address is too long."), "email")
    return address


@lru_cache(maxsize=1024)
def _canonical_domain(domain: str) -> str:
    message = _("The part after the @ is not a domain such as example.com.")
    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True)
        returned = idna.encode(idna.decode(ascii_domain))
    except UnicodeError as error:
        raise ValidationError(message, "email") from error
    canonical = ascii_domain.decode("ascii").lower()
    labels = canonical.split(".")
    if returned != ascii_domain or len(labels) < 2 or not labels[-1] or labels[-1].isdecimal():
        raise ValidationError(message, "email")
    return canonical


# Digests: "key id:hex". Every address is brought to its canonical form here, so that no caller can
# keep the digest of another form; all raise ValidationError for what is no address.


def email_digest(address: str) -> str:
    """Return the address's digest under the active key."""
    return digests(address)[0]


def digests(address: str) -> list[str]:
    """Return the address's digest under every key, the active one first, to look it up by."""
    message = canonical_address(address).encode("ascii")
    return [
        f"{key_id}:{hmac.digest(key, message, 'sha256').hex()}"
        for key_id, key in settings.EMAIL_DIGEST_KEYS
    ]


def digest_matches(stored: str, address: str) -> bool:
    """Tell whether `stored` is the address's digest under any key, in constant time."""
    stored_bytes = stored.encode()
    matches = [hmac.compare_digest(stored_bytes, d.encode()) for d in digests(address)]
    return any(matches)


def needs_redigest(stored: str) -> bool:
    """Tell whether `stored` was made under a key that is no longer the active one."""
    active_key_id, _key = settings.EMAIL_DIGEST_KEYS[0]
    return not stored.startswith(f"{active_key_id}:")


# Passwords

MAX_RAW_PASSWORD_CHARACTERS = 256
MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 128
# Control characters, surrogates, and code points without a meaning yet.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Cn"})


def clean_password(raw: str, address: str) -> str:
    """Return a new password in NFKC, never stripped; raise ValidationError.

    `address` is the canonical address it is chosen with, or "" where that is unknown.
    """
    password = _normalise_password(raw)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise ValidationError(
            _("Use at least %(limit)d characters for the password."),
            "password_too_short",
            {"limit": MIN_PASSWORD_CHARACTERS},
        )
    local = address.partition("@")[0]
    if is_common(password, address, local, local.rstrip("0123456789")):
        raise ValidationError(
            _("This password is easily guessed. Choose another one."), "password_too_common"
        )
    return password


def _normalise_password(raw: str) -> str:
    """Return `raw` in NFKC; raise ValidationError when no password can be it, however old."""
    # Checked first: normalising may make a text eighteen times as long.
    if len(raw) <= MAX_RAW_PASSWORD_CHARACTERS:
        if any(unicodedata.category(character) in _REFUSED_CATEGORIES for character in raw):
            raise ValidationError(
                _("The password holds a character that cannot be used."), "password_characters"
            )
        password = unicodedata.normalize("NFKC", raw)
        if len(password) <= MAX_PASSWORD_CHARACTERS:
            return password
    raise ValidationError(
        _("Use at most %(limit)d characters for the password."),
        "password_too_long",
        {"limit": MAX_PASSWORD_CHARACTERS},
    )


# Hashes at once. How many wait here is bounded by the queue of writers in front of Django
# (openup/writer_queue.py).

HASHES_RUNNING = Gauge(
    "openup_password_hashes", "Passwords being hashed.", multiprocess_mode="livesum"
)
_semaphore = threading.BoundedSemaphore(settings.HASHES_AT_ONCE)


@contextmanager
def hashing() -> Iterator[None]:
    """Wait for a core: whatever hashes a password, staff's included, does it in here."""
    with _semaphore, HASHES_RUNNING.track_inprogress():
        yield


# Hashes: the second recommendation of the OWASP Password Storage Cheat Sheet for argon2id

_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
# Of the same cost, and of no password: it was never computed.
_DUMMY_HASH = f"$argon2id$v=19$m={19 * 1024},t=2,p=1${'A' * 22}${'A' * 43}"


def hash_password(password: str) -> str:
    """Return the argon2id hash of a cleaned password."""
    with hashing():
        return _HASHER.hash(password)


def hash_submission(password: str, address: str, *sameness: str) -> str:
    """Return the hash of a cleaned password, equal for a repetition of one submission.

    The salt is a keyed digest of the address and of `sameness`, whatever makes two submissions the
    same: only who knows the password can make an equal hash, and recognising it costs no other.
    """
    message = json.dumps([canonical_address(address), *sameness])
    salt = salted_hmac("comments.credentials.submission", message, algorithm="sha256").digest()[:16]
    with hashing():
        return _HASHER.hash(password, salt=salt)


def verify_password(stored_hash: str, password: str) -> bool:
    """Tell whether `password` is the hashed one, at the cost of one hash always.

    A `stored_hash` that is empty, broken or of another cost costs the same and matches nothing.
    """
    with hashing():
        try:
            return _HASHER.verify(stored_hash if _is_hash(stored_hash) else _DUMMY_HASH, password)
        except VerifyMismatchError:
            return False
        except VerificationError:
            # What looked like a hash could not be decoded, which has cost nothing yet.
            return _matches_nothing(password)


def _is_hash(stored: str) -> bool:
    """Tell whether `stored` looks like a hash of the cost that is paid here.

    Whoever raises that cost lets hashes of the earlier one in, too.
    """
    try:
        return stored.isascii() and not _HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return False


def _matches_nothing(password: str) -> bool:
    with suppress(VerifyMismatchError):
        _HASHER.verify(_DUMMY_HASH, password)
    return False


def check_pair(stored_digest: str, stored_hash: str, address: str, password: str) -> bool:
    """Tell whether address and password, as typed, are those of a comment.

    Costs one hash whatever is wrong with either, so that the time taken tells nothing.
    """
    try:
        is_address = digest_matches(stored_digest, address)
    except ValidationError:
        is_address = False
    try:
        candidate, is_password = _normalise_password(password), True
    except ValidationError:
        candidate, is_password = "", False
    # Verified against the comment's own hash even when the address differs.
    is_verified = verify_password(stored_hash, candidate)
    return is_address and is_password and is_verified
