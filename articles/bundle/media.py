"""Pictures of a bundle: its folder `media` and the site's own."""

from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.bundle.data_to_rows import CREATED, UNCHANGED
from articles.content import uploads
from articles.content.text import normalise_line
from articles.content.whole_files import write_whole

SUFFIXES = {".jpg": "jpg", ".jpeg": "jpg", ".png": "png", ".webp": "webp"}


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
            _pixels, extension = uploads.remake(file, uploads.MAX_PIXELS_IN_BUNDLE)
        except ValidationError as error:
            raise BundleError(1, " ".join(error.messages)) from error
    if SUFFIXES.get(path.suffix.lower()) != extension:
        raise BundleError(1, _("The picture is not of the type that its name says."))
    target = _target(name)
    data = path.read_bytes()
    if target.exists():
        if target.is_file() and target.read_bytes() == data:
            return UNCHANGED
        raise BundleError(1, _("Another picture has this name already."))
    try:
        write_whole(target, data)
    except OSError as error:
        reason = {"reason": error.strerror}
        raise BundleError(1, _("The picture could not be stored: %(reason)s") % reason) from error
    return CREATED


def pictures() -> list[PurePosixPath]:
    """Return the names of the site's pictures, below its media."""
    root = Path(settings.MEDIA_ROOT)
    return sorted(
        PurePosixPath(path.relative_to(root).as_posix())
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
    )


def _target(name: PurePosixPath) -> Path:
    parts = [normalise_line(part) for part in name.parts]
    if name.is_absolute() or any(part.startswith(".") or not part for part in parts):
        raise BundleError(1, _("The picture's name is not allowed."))
    return Path(settings.MEDIA_ROOT).joinpath(*parts)
