"""Whether media can be kept where MEDIA_ROOT or MEDIA_STORAGE says, asked before a deployment."""

from uuid import uuid4

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from articles.content.media_files import read_file


@register(Tags.files, deploy=True)
def check_media_can_be_kept(app_configs, **kwargs):
    """Write, list, read and delete a file that no address leads to."""
    name, content = f"check-{uuid4().hex}", b"manage.py check --deploy"
    try:
        default_storage.save(name, ContentFile(content))
        is_there = name in default_storage.listdir("")[1] and read_file(name) == content
        default_storage.delete(name)
        is_open = settings.MEDIA_IN_BUCKET and default_storage.is_open_to_strangers()
    except OSError as error:
        reason = error.strerror or error
        return [_error(f"Media cannot be written, listed, read and deleted: {reason}.")]
    if not is_there:
        return [_error("Of a file that was written among the media nothing is found.")]
    if is_open:
        return [Warning("The bucket lists its files to strangers.", hint=HINT, id="openup.W001")]
    return []


HINT = (
    "MEDIA_ROOT has to be the site's own folder; a bucket (MEDIA_STORAGE) private, with GetObject,"
    " PutObject, DeleteObject and ListBucket for its key: docs/more-than-one-machine.md."
)


def _error(text):
    return Error(text, hint=HINT, id="openup.E008")
