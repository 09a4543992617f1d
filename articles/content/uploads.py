"""Pictures that editors upload: decoded, stripped of all but their pixels, and stored anew.

Nothing of the uploaded file survives: neither its name nor its bytes, and no EXIF, place,
comment or colour profile. With it come its renditions: smaller ones, as WebP, for readers.
"""

import posixpath
import re
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import ExifTags, Image

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
# A phone's, a text's on an ordinary screen, and on one of twice as many points.
RENDITION_WIDTHS = (480, 960, 1600)
# Nothing is gained for what is as small as an icon, and WebP has no more on a side.
LEAST_RENDITION_WIDTH = 160
MAX_WEBP_SIDE = 16_383
# One at a time in a process: each takes up to 150 MB while it is read and made anew.
one_picture = threading.Lock()

FOLDER = "articles"
RENDITIONS = "renditions"
# Any picture's address in a text, of a bundle's too: no query, and nothing that begins with a dot.
_NAME = re.compile(r"(?:[-\w][-\w.]*/)*[-\w][-\w.]*")
_ADDRESS = re.compile(f"/media/({_NAME.pattern})")
_RENDITION = re.compile(rf"{RENDITIONS}/(.+)\.\d+\.webp")
# What follows the picture's name in those of files that were made of it.
_MADE = re.compile(r"\.(?:\d+\.webp|[0-9a-f]{16}\.jpg)")
_VERSION = re.compile(r"\.v\d+(?=\.\w+$)")

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
_SAVE_OPTIONS = {
    "JPEG": {"quality": 88, "optimize": True, "progressive": True},
    "PNG": {},
    "WEBP": {"quality": 88},
}
_BAND_HEIGHT = 512
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


class RemadePicture(NamedTuple):
    """A new file of the same pixels, and its renditions by their width."""

    content: bytes
    extension: str
    width: int
    height: int
    renditions: dict[int, bytes]


def remake_upload(file: BinaryIO, size: int, name: str = "") -> RemadePicture:
    """Return what is to be stored of an upload of `size` bytes, of the kind that `name` says.

    Raises ValidationError, with a reason for the editor.
    """
    if size > MAX_FILE_BYTES:
        limit = {"limit": MAX_FILE_BYTES // 1024**2}
        raise ValidationError(_("The picture is larger than %(limit)s MB.") % limit)
    return remake(file, into=_FORMATS[Path(name).suffix.lower()] if name else "")


def names_in(source: str) -> set[str]:
    """Return the names of the pictures that Markdown `source` names."""
    return set(_ADDRESS.findall(source))


def markdown_of(name: str, alternative_text: str, caption: str) -> str:
    """Return how a text places the picture."""
    alt = re.sub(r"([\\\[\]])", r"\\\1", alternative_text)
    title = re.sub(r'([\\"])', r"\\\1", caption)
    return f"![{alt}](/media/{name}" + (f' "{title}")' if title else ")")


def new_name(extension: str) -> str:
    return f"{FOLDER}/{timezone.localtime():%Y/%m}/{uuid4().hex}.{extension}"


def version_name(name: str, version: int) -> str:
    """Return what the file is called that has taken the place of the picture's first."""
    path = PurePosixPath(name)
    return str(path.with_suffix(f".v{version}{path.suffix}"))


def name_of_file(file_name: str) -> str:
    """Return the name of the picture that a file, or a rendition of it, belongs to, or ""."""
    if not _NAME.fullmatch(file_name):
        return ""
    if rendition := _RENDITION.fullmatch(file_name):
        file_name = rendition[1]
    return _VERSION.sub("", file_name)


def rendition_name(name: str, width: int) -> str:
    return f"{RENDITIONS}/{name}.{width}.webp"


def cut_name(name: str, digest: str) -> str:
    """Return what the file is called that is cut for shared links."""
    return f"{RENDITIONS}/{name}.{digest}.jpg"


def rendition_widths(width: int, height: int) -> list[int]:
    """Return how wide the renditions of a picture are: no wider than itself."""
    if width < LEAST_RENDITION_WIDTH:
        return []
    widest = min(width, RENDITION_WIDTHS[-1])
    widths = [each for each in RENDITION_WIDTHS if each < widest] + [widest]
    return [each for each in widths if height * each <= MAX_WEBP_SIDE * width]


def write_picture(name: str, content: bytes, renditions: Mapping[int, bytes]) -> None:
    """Store a picture and its renditions, all or none; raises OSError."""
    files = {rendition_name(name, width): data for width, data in renditions.items()}
    files[name] = content
    written = []
    try:
        for each, data in files.items():
            default_storage.save(each, ContentFile(data))
            written.append(each)
    except OSError:
        # Where nothing can be written any more, perhaps nothing can be deleted either.
        with suppress(OSError):
            for each in written:
                default_storage.delete(each)
        raise


def delete_picture(name: str) -> None:
    """Delete a picture's file and what was made of it; those that are gone already do no harm."""
    default_storage.delete(name)
    folder, own = posixpath.split(f"{RENDITIONS}/{name}")
    with suppress(FileNotFoundError):
        _folders, files = default_storage.listdir(folder)
        for file in files:
            if file.startswith(own) and _MADE.fullmatch(file.removeprefix(own)):
                default_storage.delete(posixpath.join(folder, file))


def remake(
    file: BinaryIO, max_pixels: Mapping[str, int] = MAX_PIXELS, into: str = ""
) -> RemadePicture:
    """Return a new file of the same pixels, upright, in its own format or that of `into`.

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
    if into not in {"", format_name}:
        fresh, format_name = _fit_for(fresh, into), into
    content = _encoded(fresh, format_name, **_SAVE_OPTIONS[format_name])
    width, height = fresh.size
    renditions: dict[int, bytes] = {}
    # The widest first: from it come the others, and the whole can go.
    for each in reversed(rendition_widths(width, height)):
        if fresh.width != each:
            while fresh.width >= 2 * each:
                fresh = _halved(fresh)
            fresh = fresh.resize((each, max(1, round(height * each / width))))
        renditions[each] = _rendition(fresh, format_name)
    return RemadePicture(content, _EXTENSIONS[format_name], width, height, renditions)


def _halved(image: Image.Image) -> Image.Image:
    """Return the picture of half the width and height, made band by band.

    Where it is transparent, Pillow first makes a copy of all that it is to shrink.
    """
    half = Image.new(image.mode, (image.width // 2, max(1, image.height // 2)))
    for top in range(0, image.height, _BAND_HEIGHT):
        band = image.crop((0, top, image.width, min(top + _BAND_HEIGHT, image.height)))
        half.paste(band.reduce(2), (0, top // 2))
    return half


def _rendition(image: Image.Image, format_name: str) -> bytes:
    lossy = _encoded(image, "WEBP", quality=80)
    if format_name != "PNG":
        return lossy
    # Screenshots and diagrams are sharper without loss, and often smaller too.
    return min(_encoded(image, "WEBP", lossless=True, quality=20), lossy, key=len)


def _encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    output = BytesIO()
    image.save(output, format_name, **options)
    return output.getvalue()


def _fit_for(image: Image.Image, format_name: str) -> Image.Image:
    """Return the picture in a mode that the other format has; JPEG has no transparency."""
    if format_name != "JPEG" or image.mode != "RGBA":
        return image if image.mode != "L" or format_name != "WEBP" else image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image)
    return ground


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
