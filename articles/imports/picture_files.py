"""Pictures of another system that are given as files: found by their address, made fit for ours."""

import io
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from articles.content.uploads import MAX_FILE_BYTES, MAX_PIXELS_IN_BUNDLE

_SUFFIXES = {"JPEG": {".jpg", ".jpeg"}, "PNG": {".png"}, "WEBP": {".webp"}}
_EXTENSIONS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
# What can be made into one of these.
_READ = (*_EXTENSIONS, "GIF", "BMP", "TIFF", "MPO")
_MAX_PIXELS = min(MAX_PIXELS_IN_BUNDLE.values())
# As large as WordPress makes what it calls scaled.
_SCALED_SIDE = 2560
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError)
_SIZE = re.compile(r"-\d{1,5}x\d{1,5}(?=\.\w+$)")
_NOT_IN_NAME = re.compile(r"[^-\w.]+")
# A file's name has 255 bytes, of which renditions take some.
_MAX_NAME = 60


class FileIndex:
    """The files below a folder by their path there, in NFC: a Mac writes Hangul in single letters.

    Links that lead out of the folder are not followed.
    """

    def __init__(self, root: Path):
        self.root = root
        self.files = dict(_files(root))

    def find(self, path: str) -> Path | None:
        """Return the file at `path`, encoded or not, below the folder."""
        for spelling in (path, unquote(path)):
            name = os.path.normpath(unicodedata.normalize("NFC", spelling).lstrip("/"))
            if found := self.files.get(name):
                return found
        return None

    def find_picture(self, path: str) -> Path | None:
        """Return the whole picture for one that WordPress made smaller, where it is there."""
        whole = _SIZE.sub("", path)
        stem, dot, suffix = whole.rpartition(".")
        spellings = [whole, f"{stem}-scaled{dot}{suffix}", path] if whole != path else [path]
        return next(filter(None, map(self.find, spellings)), None)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [each for each in folders if each != "node_modules" and each[0] != "."]
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                yield unicodedata.normalize("NFC", path.relative_to(root).as_posix()), path


def path_in(address: str) -> str:
    """Return the path of an address, "" for what is none."""
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def picture_name(path: str) -> str:
    """Return a name that texts may say for the picture at `path`, without its suffix."""
    parts = [
        _NOT_IN_NAME.sub("-", unicodedata.normalize("NFC", part)).strip("-.")
        for part in PurePosixPath(path).with_suffix("").parts
    ]
    return "/".join(part[-_MAX_NAME:].lstrip("-.") or "picture" for part in parts if part != "/")


class UnfitPicture(Exception):
    """Say why a file cannot become a picture of ours."""


def made_fit(path: Path) -> tuple[bytes | None, str, str]:
    """Return what a picture's file becomes, its suffix, and what was changed in it, if anything.

    No bytes mean that the file may be copied as it is. What it tells beside its pixels (where a
    photograph was taken, and by whom) never comes along. Raises UnfitPicture.
    """
    try:
        with Image.open(path, formats=_READ) as image:
            return _made_fit(image, path)
    except Image.DecompressionBombError as error:
        raise UnfitPicture(_("It has too many pixels.")) from error
    except _BROKEN as error:
        raise UnfitPicture(_("It is no readable picture.")) from error


def _made_fit(image: Image.Image, path: Path) -> tuple[bytes | None, str, str]:
    kind = "JPEG" if image.format == "MPO" else image.format or ""
    is_animated = getattr(image, "n_frames", 1) > 1 and image.format != "MPO"
    is_large = path.stat().st_size > MAX_FILE_BYTES or image.width * image.height > _MAX_PIXELS
    tells_more = (
        bool(image.getexif()) or {"exif", "xmp", "comment", "photoshop"} & image.info.keys()
    )
    if kind == image.format and kind in _SUFFIXES and not (is_animated or is_large or tells_more):
        image.load()
        return None, _EXTENSIONS[kind], ""
    changed = ""
    if kind not in _EXTENSIONS:
        kind, changed = "PNG", _("A picture of another kind was made a PNG.")
    if is_animated:
        changed = _("Of a moving picture the first was taken.")
    if is_large:
        changed = _("A picture that is too large was made smaller.")
    image.seek(0)
    fresh = ImageOps.exif_transpose(image)
    if is_large:
        fresh.thumbnail((_SCALED_SIDE, _SCALED_SIDE))
    is_clear = fresh.has_transparency_data and kind != "JPEG"
    fresh = fresh.convert("RGBA" if is_clear else "RGB")
    fresh.info.clear()
    content = io.BytesIO()
    options = {} if kind == "PNG" else {"quality": 90}
    fresh.save(content, kind, **options)
    return content.getvalue(), _EXTENSIONS[kind], changed
