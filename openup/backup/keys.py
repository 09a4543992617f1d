"""The keys that a backup cannot be used without: told by name and fingerprint, never themselves."""

import hmac
import os
from collections import Counter

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Left, StrIndex

from comments.models import Comment, Subscriber
from openup.settings_file import read_settings_file

DIGEST_KEYS, MAIL_KEYS, SECRET_KEY = "EMAIL_DIGEST_KEYS", "MAIL_ENCRYPTION_KEYS", "SECRET_KEY"
WITHOUT = {
    DIGEST_KEYS: "nobody can edit or delete the comments that were written under it",
    MAIL_KEYS: "nobody hears of replies whose address was encrypted with it",
    SECRET_KEY: "staff sign in anew",
}


def settings_not_in_file(path):
    """Return the names of the key settings in use that the settings file does not hold."""
    in_file = read_settings_file(path) if path.is_file() else {}
    in_use = in_file | os.environ
    return [name for name in WITHOUT if in_use.get(name) != in_file.get(name)]


def keys_in_use():
    """Return [{setting, id, fingerprint}] of the site's keys; only digest keys have an id."""
    found = [(DIGEST_KEYS, key_id, key) for key_id, key in settings.EMAIL_DIGEST_KEYS]
    found += [(MAIL_KEYS, "", key.encode()) for key in settings.MAIL_ENCRYPTION_KEYS]
    secret_keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    found += [(SECRET_KEY, "", key.encode()) for key in secret_keys]
    return [
        {"setting": name, "id": key_id, "fingerprint": fingerprint(key)}
        for name, key_id, key in found
    ]


def placed_keys():
    """Return [(setting, id or fingerprint, place)], the key in front having place 1."""
    places = Counter()
    found = []
    for key in keys_in_use():
        places[key["setting"]] += 1
        name = key["id"] or key["fingerprint"]
        found.append((key["setting"], name, places[key["setting"]]))
    return found


def dropped_digest_keys(tables):
    """Return keys, without fingerprint, that rows still need and the settings no longer hold."""
    present = {key_id for key_id, _key in settings.EMAIL_DIGEST_KEYS}
    used = set()
    for model in (Comment, Subscriber):
        if model._meta.db_table in tables:
            key_id = Left("email_digest", StrIndex("email_digest", Value(":")) - 1)
            rows = model.objects.filter(email_digest__contains=":").order_by()
            used.update(rows.values_list(key_id, flat=True).distinct())
    return [
        {"setting": DIGEST_KEYS, "id": key_id, "fingerprint": ""}
        for key_id in sorted(used - present)
    ]


def compare(needed):
    """Return [(key, whether it is here)]: by fingerprint, or by its id where that is unknown."""
    here = keys_in_use()
    ids = {key["id"] for key in here if key["id"]}
    return [(key, key in here if key["fingerprint"] else key["id"] in ids) for key in needed]


def fingerprint(key):
    # Of random keys: it tells a key from another and nothing of either.
    return hmac.digest(key, b"openup.backup", "sha256").hex()[:16]
