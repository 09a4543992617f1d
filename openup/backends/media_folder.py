"""Media in a folder: a full disk, or a killed process, leaves no file cut short."""

import os
from pathlib import Path
from uuid import uuid4

from django.core.files.storage import FileSystemStorage

from openup.backup.files import give_to_folders_owner


class FolderStorage(FileSystemStorage):
    def _save(self, name, content):
        """Write the file under its name once all of it is on the disk.

        What cannot be written leaves nothing behind, and another's file of that name as it was.
        """
        path = Path(self.path(name))
        _make_folder(path.parent)
        draft = path.with_name(f".{uuid4().hex}.part")
        try:
            with draft.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            # A proxy of another account may send it, whatever the mask of the process.
            draft.chmod(0o644)
            give_to_folders_owner(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return name

    def listdir(self, path):
        """Return the names of folders and of files, and no link, which may lead out of here."""
        with os.scandir(self.path(path)) as entries:
            own = [entry for entry in entries if not entry.is_symlink()]
        folders = [entry.name for entry in own if entry.is_dir()]
        return folders, [entry.name for entry in own if entry.is_file()]


def _make_folder(path):
    missing = [part for part in (path, *path.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(exist_ok=True)
        give_to_folders_owner(part)
