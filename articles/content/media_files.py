"""Files below /media/, in whatever storage they are: read whole, and told by name."""

import posixpath
from collections.abc import Iterator

from django.core.files.storage import default_storage


def read_file(name: str) -> bytes:
    """Return a file's content; raises FileNotFoundError, and OSError where none can be read."""
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


def names_below(folder: str = "") -> Iterator[str]:
    """Yield the names of all files, but for those that are being written or are hidden."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        if not name.startswith("."):
            yield posixpath.join(folder, name)
    for name in sorted(folders):
        if not name.startswith("."):
            yield from names_below(posixpath.join(folder, name))
