"""Mails written to a folder and printed, so that their links can be tried without a mail server."""

import os
import re
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Write each mail to a file of its own in EMAIL_FILE_PATH, readable by the owner alone."""

    def send_messages(self, messages):
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in messages:
            built = message.message()
            key = re.sub(r"[^A-Za-z0-9]", "", built["Message-ID"].partition("@")[0])
            path = folder / f"{key}.eml"
            # A mail that is sent a second time replaces the first.
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with os.fdopen(
                os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb"
            ) as file:
                file.write(built.as_bytes())
            draft.replace(path)
            lines = message.body.strip().replace("\n", "\n    ")
            print(f"\nMail in {path}\n    {message.subject}\n\n    {lines}\n", flush=True)
        return len(messages)
