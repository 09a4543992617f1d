"""Pictures that editors upload: decoded, stripped of all but their pixels, and stored anew.

Nothing of the uploaded file survives: neither its name nor its bytes, and no EXIF, place,
comment or colour profile.
"""

import os
import re
import struct
import threading
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import ExifTags, Image

from articles.content.whole_files import write_whole

MAX_FILE_BYTES = 8 * 1024 * 1024
# The file, and room for the other parts of the form.
MAX_UPLOAD_REQUEST_BYTES = MAX_FILE_BYTES + 1024 * 1024
# By what each kind takes while it is read and made anew: less than 150 MB, so that a process that
# serves the site stays below 250 MB.
MAX_PIXELS = {
    "JPEG": 25_000_000,
    "progressive JPEG": 16_000_000,
    "PNG": 16_000_000,
    "WEBP": 7_000_000,
}
# Where no process that serves the site is at work: in the command that loads a bundle.
MAX_PIXELS_IN_BUNDLE = dict.fromkeys(MAX_PIXELS, 25_000_000)
# A larger JPEG is halved on each side while it is decoded: the whole is never in memory.
MAX_JPEG_PIXELS_KEPT = 12_500_000
UNUSED_DAYS = 7
# One at a time in a process: each takes up to 150 MB while it is read and made anew.
one_picture = threading.Lock()

FOLDER = "articles"
STORED_NAME = re.compile(r"articles/\d{4}/\d{2}/[0-9a-f]{32}\.(?:jpg|png|webp)")

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_SAVE_OPTIONS = {
    "JPEG": {"quality": 88, "optimize": True, "progressive": True},
    "PNG": {},
    "WEBP": {"quality": 88},
}
# What turns a picture of an EXIF orientation upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers raise on broken files, some of it from deep within their parsers.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error)


def store_picture(file: BinaryIO, size: int) -> str:
    """Store the picture in `file` (`size` bytes) and return its name below `/media/`.

    Raises ValidationError, with a reason for the editor; OSError where the disk takes nothing.
    """
    if size > MAX_FILE_BYTES:
        limit = {"limit": MAX_FILE_BYTES // 1024**2}
        raise ValidationError(_("The picture is larger than %(limit)s MB."), params=limit)
    content, extension = remake(file)
    name = f"{FOLDER}/{timezone.localtime():%Y/%m}/{uuid4().hex}.{extension}"
    write_whole(Path(default_storage.path(name)), content)
    return name


def remake(file: BinaryIO, max_pixels: Mapping[str, int] = MAX_PIXELS) -> tuple[bytes, str]:
    """Return a new file of the same pixels, upright, and its extension.

    A JPEG of more than `MAX_JPEG_PIXELS_KEPT` is halved on each side.
    """
    try:
        fresh, format_name = _decode(file, max_pixels)
    except Image.DecompressionBombError as error:
        raise ValidationError(_too_many_pixels("JPEG", max_pixels)) from error
    except _BROKEN as error:
        raise ValidationError(
            _("This is no readable JPEG, PNG or WebP picture. Save it anew and try again.")
        ) from error
    output = BytesIO()
    fresh.save(output, format_name, **_SAVE_OPTIONS[format_name])
    return output.getvalue(), _EXTENSIONS[format_name]


def _decode(file: BinaryIO, max_pixels: Mapping[str, int]) -> tuple[Image.Image, str]:
    """Return the picture, upright and without all else; the decoder's memory is free again."""
    with Image.open(file, formats=tuple(_EXTENSIONS)) as image:
        format_name = image.format or ""
        _check_before_loading(image, max_pixels)
        orientation = _orientation(image)
        if format_name == "JPEG" and _pixels(image) > MAX_JPEG_PIXELS_KEPT:
            image.draft(image.mode, (image.width // 2, image.height // 2))
        fresh = _copy_pixels(image, format_name)
    del image
    return fresh.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else fresh, format_name


def _pixels(image: Image.Image) -> int:
    return image.width * image.height


def _check_before_loading(image: Image.Image, max_pixels: Mapping[str, int]) -> None:
    """Refuse by what the header says, before memory is taken for the pixels."""
    kind = "progressive JPEG" if image.info.get("progressive") else image.format or ""
    # A JPEG that holds several pictures calls itself MPO.
    kind = kind if kind in max_pixels else "JPEG"
    if _pixels(image) > max_pixels[kind]:
        raise ValidationError(_too_many_pixels(kind, max_pixels))
    if getattr(image, "n_frames", 1) > 1 or image.format not in _EXTENSIONS:
        raise ValidationError(
            _("The file holds several pictures or an animation. Upload a single picture.")
        )


def _too_many_pixels(kind: str, max_pixels: Mapping[str, int]) -> str:
    limit = {"kind": kind, "limit": max_pixels[kind] // 1_000_000}
    text = _("A picture of the kind %(kind)s may have up to %(limit)s megapixels. Make it smaller.")
    return text % limit


def _copy_pixels(image: Image.Image, format_name: str) -> Image.Image:
    """Return a fresh image with the pixels of `image`, and nothing else of it."""
    image.load()
    if image.mode in {"I;16", "I;16B", "I;16L", "I", "F"}:
        # Plain conversion clips 16-bit greys at 255 instead of scaling them.
        image = image.point(lambda value: value / 256).convert("L")
    fresh = image.convert(_fresh_mode(image, format_name))
    fresh.info.clear()
    return fresh


def _fresh_mode(image: Image.Image, format_name: str) -> str:
    if image.has_transparency_data and format_name != "JPEG":
        return "RGBA"
    return "L" if image.mode in {"1", "L", "LA"} and format_name != "WEBP" else "RGB"


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _BROKEN:
        return 1
    return orientation


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
