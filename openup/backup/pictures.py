"""The uploaded pictures: into an archive, and back beside those that are there."""

import filecmp
import os
import shutil
import tarfile
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from openup.backup.files import give_to_folders_owner

TOP = "media"


def pack(archive_path):
    with tarfile.open(archive_path, "w") as archive:
        if settings.MEDIA_ROOT.exists():
            archive.add(settings.MEDIA_ROOT, arcname=TOP)


def check(archive_path):
    """Raise CommandError for an archive that holds anything but files and folders of pictures."""
    try:
        with tarfile.open(archive_path) as archive:
            for member in archive:
                path = Path(member.name)
                is_ours = path.parts[:1] == (TOP,) and ".." not in path.parts
                if not is_ours or not (member.isfile() or member.isdir()):
                    raise CommandError(f"{archive_path} holds more than pictures: {member.name}")
    except tarfile.TarError as error:
        raise CommandError(f"{archive_path} is damaged: nothing was restored.") from error


def unpack(archive_path, stamp):
    """Bring the pictures back, and return how many; all others that are there stay."""
    count = 0
    with tarfile.open(archive_path) as archive:
        for member in archive:
            target = settings.MEDIA_ROOT.joinpath(*Path(member.name).parts[1:])
            if member.isdir():
                _make_folder(target)
                continue
            _make_folder(target.parent)
            _write(archive.extractfile(member), target, member.mode, stamp)
            count += 1
    return count


def _make_folder(path):
    missing = [part for part in (path, *path.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir()
        give_to_folders_owner(part)


def _write(source, target, mode, stamp):
    """Write the file under its name as a whole or not at all; keep another that has the name."""
    draft = target.with_name(f"{target.name}.restoring")
    try:
        with draft.open("wb") as file:
            shutil.copyfileobj(source, file)
        draft.chmod(mode & 0o777)
        give_to_folders_owner(draft)
        if target.exists() and not filecmp.cmp(draft, target, shallow=False):
            os.link(target, target.with_name(f"{target.name}.before-restore-{stamp}"))
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
