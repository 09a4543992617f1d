"""Pictures of a bundle: its folder `media` and the site's own."""

from pathlib import Path, PurePosixPath

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.bundle.data_to_rows import CREATED, UNCHANGED
from articles.content import uploads
from articles.content.media_files import names_below, read_file
from articles.content.text import normalise_line
from articles.models import Picture
from articles.models.picture import MAX_NAME_LENGTH

SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".webp": "webp"}
MADE_HERE = {uploads.RENDITIONS, "share"}


def load_picture(path: Path, name: PurePosixPath) -> str:
    """Copy the picture at `path` to `name` below the site's media and return the outcome.

    Its bytes stay as they are, once they have been decoded as what the name says; raises
    BundleError. A different picture of that name is never overwritten.
    """
    if path.stat().st_size > uploads.MAX_FILE_BYTES:
        limit = {"limit": uploads.MAX_FILE_BYTES // 1024**2}
        raise BundleError(1, _("The picture is larger than %(limit)s MB.") % limit)
    with path.open("rb") as file:
        try:
            remade = uploads.remake(file, uploads.MAX_PIXELS_IN_BUNDLE)
        except ValidationError as error:
            raise BundleError(1, " ".join(error.messages)) from error
    if SUFFIXES.get(path.suffix.lower()) != remade.extension:
        raise BundleError(1, _("The picture is not of the type that its name says."))
    stored_name = _checked(name)
    known = Picture.objects.filter(name=stored_name).first()
    data = path.read_bytes()
    try:
        stored = _stored(known.file_name if known else stored_name)
        if stored not in (None, data):
            raise BundleError(1, _("Another picture has this name already."))
        if known and stored:
            return UNCHANGED
        if known:
            # Its file was lost.
            uploads.write_picture(known.file_name, data, remade.renditions)
        else:
            Picture.objects.put(stored_name, remade._replace(content=data))
    except OSError as error:
        reason = {"reason": error.strerror}
        raise BundleError(1, _("The picture could not be stored: %(reason)s") % reason) from error
    return CREATED


def _stored(name: str) -> bytes | None:
    try:
        return read_file(name)
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        # No picture is the same, so nothing takes its name.
        return b""


def pictures() -> dict[PurePosixPath, str]:
    """Return the file of each of the site's pictures, by the picture's name, in order.

    What is made from others is none of them: renditions, and what stands beside shared links.
    """
    known = Picture.objects.only("name", "version").order_by("name")
    names = {picture.file_name: picture.name for picture in known}
    replaced = {picture.name for picture in known} - names.keys()
    found = [
        name
        for name in names_below()
        if PurePosixPath(name).suffix.lower() in SUFFIXES and name.split("/")[0] not in MADE_HERE
    ]
    named = {PurePosixPath(names.get(name, name)): name for name in found if name not in replaced}
    return dict(sorted(named.items()))


def _checked(name: PurePosixPath) -> str:
    parts = [normalise_line(part) for part in name.parts]
    if name.is_absolute() or any(part.startswith(".") or not part for part in parts):
        raise BundleError(1, _("The picture's name is not allowed."))
    text = "/".join(parts)
    # Storages take the other slash for one of ours.
    if len(text) > MAX_NAME_LENGTH or "\\" in text:
        raise BundleError(1, _("The picture's name is not allowed."))
    return text
