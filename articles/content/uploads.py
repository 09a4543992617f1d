"""Pictures that editors upload: decoded, stripped of all but their pixels, and stored anew.

Nothing of the uploaded file survives: neither its name nor its bytes, and no EXIF, place,
comment or colour profile.
"""

import os
import re
import struct
import time
from io import BytesIO
from typing import BinaryIO
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageOps

MAX_FILE_BYTES = 8 * 1024 * 1024
# The file, and room for the other parts of the form.
MAX_UPLOAD_REQUEST_BYTES = MAX_FILE_BYTES + 1024 * 1024
MAX_PIXELS = 25_000_000
UNUSED_DAYS = 7

FOLDER = "articles"
STORED_NAME = re.compile(r"articles/\d{4}/\d{2}/[0-9a-f]{32}\.(?:jpg|png|webp)")

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_SAVE_OPTIONS = {
    "JPEG": {"quality": 88, "optimize": True, "progressive": True},
    "PNG": {},
    "WEBP": {"quality": 88},
}
# What Pillow's readers raise on broken files, some of it from deep within their parsers.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error)


def store_picture(file: BinaryIO, size: int) -> str:
    """Store the picture in `file` (`size` bytes) and return its name below `/media/`.

    Raises ValidationError, with a reason for the editor.
    """
    if size > MAX_FILE_BYTES:
        limit = {"limit": MAX_FILE_BYTES // 1024**2}
        raise ValidationError(_("The picture is larger than %(limit)s MB."), params=limit)
    content, extension = remake(file)
    name = f"{FOLDER}/{timezone.localtime():%Y/%m}/{uuid4().hex}.{extension}"
    return default_storage.save(name, ContentFile(content))


def remake(file: BinaryIO) -> tuple[bytes, str]:
    """Return a new file of the same pixels, upright, and its extension."""
    try:
        with Image.open(file, formats=tuple(_EXTENSIONS)) as image:
            format_name = image.format or ""
            _check_before_loading(image)
            fresh = _copy_pixels(image, format_name)
    except Image.DecompressionBombError as error:
        raise ValidationError(_too_many_pixels()) from error
    except _BROKEN as error:
        raise ValidationError(
            _("This is no readable JPEG, PNG or WebP picture. Save it anew and try again.")
        ) from error
    output = BytesIO()
    fresh.save(output, format_name, **_SAVE_OPTIONS[format_name])
    return output.getvalue(), _EXTENSIONS[format_name]


def _check_before_loading(image: Image.Image) -> None:
    """Refuse by what the header says, before memory is taken for the pixels."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValidationError(_too_many_pixels())
    # A JPEG that holds several pictures calls itself MPO.
    if getattr(image, "n_frames", 1) > 1 or image.format not in _EXTENSIONS:
        raise ValidationError(
            _("The file holds several pictures or an animation. Upload a single picture.")
        )


def _too_many_pixels() -> str:
    limit = {"limit": MAX_PIXELS // 1_000_000}
    return _("The picture has more than %(limit)s megapixels. Make it smaller.") % limit


def _copy_pixels(image: Image.Image, format_name: str) -> Image.Image:
    """Return a fresh image with the pixels of `image`, turned upright."""
    image.load()
    orientation = _orientation(image)
    if image.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
        # Plain conversion clips 16-bit greys at 255 instead of scaling them.
        image = image.point(lambda value: value / 256).convert("L")
    mode = _fresh_mode(image, format_name)
    fresh = Image.new(mode, image.size)
    fresh.paste(image.convert(mode))
    fresh.getexif()[ExifTags.Base.Orientation] = orientation
    upright = ImageOps.exif_transpose(fresh)
    upright.info.clear()
    return upright


def _fresh_mode(image: Image.Image, format_name: str) -> str:
    if image.has_transparency_data and format_name != "JPEG":
        return "RGBA"
    return "L" if image.mode in {"1", "L", "LA"} and format_name != "WEBP" else "RGB"


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1
    return orientation if orientation in range(1, 9) else 1


def sweep(named: set[str]) -> list[str]:
    """Remove the pictures that have not been `named` for `UNUSED_DAYS`; return their names.

    A file's modification time is the moment since when no text names it: its upload, or the first
    sweep that found it unnamed. While a text names it, the time is 1970.
    """
    now = time.time()
    removed = []
    for name in sorted(stored_names()):
        path = default_storage.path(name)
        unnamed_since = os.path.getmtime(path)
        if name in named:
            os.utime(path, (now, 0))
        elif unnamed_since == 0:
            os.utime(path, (now, now))
        elif now - unnamed_since > UNUSED_DAYS * 24 * 60 * 60:
            default_storage.delete(name)
            removed.append(name)
    return removed


def stored_names() -> set[str]:
    names = {
        f"{month}/{file}"
        for year in _folders(FOLDER)
        for month in _folders(year)
        for file in default_storage.listdir(month)[1]
    }
    return {name for name in names if STORED_NAME.fullmatch(name)}


def _folders(name: str) -> list[str]:
    if not default_storage.exists(name):
        return []
    return [f"{name}/{folder}" for folder in default_storage.listdir(name)[0]]
