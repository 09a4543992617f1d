"""What a password of the staff's may be: NIST SP 800-63B-4, section 3.1.1.2.

Length and a list of what guessers try first; nothing about kinds of characters.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from comments.identity.common_passwords import is_common
from openup.staff.sign_in import second_factor

# Alone, and beside a second factor.
MIN_CHARACTERS, MIN_CHARACTERS_BESIDE = 15, 8
MAX_CHARACTERS = 256


class LengthValidator:
    def validate(self, password, user=None):
        limit = shortest(user)
        if len(password) < limit:
            text = _("Use at least %(limit)d characters: a sentence is easily remembered.")
            raise ValidationError(text, "password_too_short", {"limit": limit})
        if len(password) > MAX_CHARACTERS:
            text = _("Use at most %(limit)d characters.")
            raise ValidationError(text, "password_too_long", {"limit": MAX_CHARACTERS})

    def get_help_text(self):
        text = _(
            "At least %(limit)d characters, %(beside)d where a second step is set up. Any kind of"
            " character will do: a sentence of your own is best."
        )
        return text % {"limit": MIN_CHARACTERS, "beside": MIN_CHARACTERS_BESIDE}


def shortest(user):
    has_app = user is not None and user.pk and second_factor.app_of(user)
    return MIN_CHARACTERS_BESIDE if has_app else MIN_CHARACTERS


class CommonValidator:
    """Refuse what is guessed first: common words, Korean ones as typed too, and the own names."""

    def validate(self, password, user=None):
        names = ("username", "first_name", "last_name", "email")
        own = [getattr(user, name, "") for name in names]
        if is_common(password, *own, *(word.partition("@")[0] for word in own)):
            raise ValidationError(
                _("This password is easily guessed. Choose another one."), "password_too_common"
            )

    def get_help_text(self):
        return _("No word or name alone, no row of keys, nothing of your own name or address.")
