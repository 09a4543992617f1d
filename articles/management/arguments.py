"""Kinds of arguments that commands share."""

from argparse import ArgumentTypeError
from pathlib import Path

from django.utils.translation import gettext as _


def path(text: str) -> Path:
    """Return the path that `text` names; an empty one is no word for the current folder."""
    if not text.strip():
        raise ArgumentTypeError(_("The path is empty."))
    return Path(text)
