"""The media, from whatever storage: into an archive, and back beside those that are there."""

import tarfile
from io import BytesIO
from pathlib import Path, PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import CommandError

from articles.content.media_files import names_below, read_file

TOP = "media"


def pack(archive_path):
    with tarfile.open(archive_path, "w") as archive:
        for name in names_below():
            try:
                content = read_file(name)
            except FileNotFoundError:
                # Deleted meanwhile: the site goes on.
                continue
            member = tarfile.TarInfo(f"{TOP}/{name}")
            member.size = len(content)
            archive.addfile(member, BytesIO(content))


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
            if member.isfile():
                name = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
                _restore(name, archive.extractfile(member).read(), stamp)
                count += 1
    return count


def _restore(name, content, stamp):
    """Put the file under its name; keep another that has the name."""
    try:
        other = read_file(name)
    except FileNotFoundError:
        other = None
    if other is not None and other != content:
        default_storage.save(f"{name}.before-restore-{stamp}", ContentFile(other))
    if other != content:
        default_storage.save(name, ContentFile(content))
