"""The library of pictures: taking up what came without a row, and letting go what nobody needs."""

import logging
from datetime import timedelta
from io import BytesIO
from itertools import chain

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now

from articles.bundle.media import pictures as stored_pictures
from articles.content import uploads
from articles.content.media_files import read_file
from articles.desk import revisions
from articles.models import (
    Article,
    MonthlyIssueItem,
    PageVersion,
    Picture,
    SitePage,
    WaitingChange,
    WorkingCopy,
)
from articles.models.page_version import CONTENT, SITE
from articles.models.picture import MAX_NAME_LENGTH, TRASH_DAYS

logger = logging.getLogger(__name__)


def take_up_pictures():
    """Give every stored picture its row and its renditions, and return how many had none.

    They came before there was a library, or with a backup. The texts that name them are made anew.
    """
    known = set(Picture.objects.values_list("name", flat=True))
    unknown = {
        str(name): file_name
        for name, file_name in stored_pictures().items()
        if str(name) not in known and len(str(name)) <= MAX_NAME_LENGTH
    }
    added = [picture for name, file in unknown.items() if (picture := take_up(name, file))]
    if added:
        names = {picture.name for picture in added}
        with transaction.atomic():
            for model in (Article, MonthlyIssueItem, SitePage):
                texts = model.objects.select_for_update(no_key=True)
                texts = texts.filter(body__contains="/media/").order_by("pk")
                for text in texts.iterator(chunk_size=20):
                    if uploads.names_in(text.body) & names:
                        text.note_pictures()
                        text.remake_html()
            PageVersion.raise_for(CONTENT, SITE)
    return len(added)


def make_lost_renditions():
    """Make the renditions that a page names and that are not there; return of how many pictures."""
    count = 0
    for picture in Picture.objects.order_by("pk").iterator(chunk_size=100):
        files = (name for _width, name in picture.rendition_files)
        is_whole = all(map(default_storage.exists, files))
        if not is_whole and (remade := _read(picture.file_name)):
            uploads.write_picture(picture.file_name, remade.content, remade.renditions)
            count += 1
    return count


def take_up(name, file_name):
    """Return the new row of a stored file, or None where it is no picture."""
    remade = _read(file_name)
    try:
        return Picture.objects.put(name, remade) if remade else None
    except OSError as error:
        # Such as a name that leaves no room for a rendition's.
        logger.warning("%s could not be taken up: %s", file_name, error.strerror)
        return None


def _read(file_name):
    """Return a stored file as it is, with its size and renditions; None where it is no picture."""
    try:
        content = read_file(file_name)
        remade = uploads.remake(BytesIO(content), uploads.MAX_PIXELS_IN_BUNDLE)
    except FileNotFoundError:
        return None
    except ValidationError:
        logger.warning("%s is no picture that the site can read.", file_name)
        return None
    return remade._replace(content=content)


def waiting_articles(picture):
    """Return the articles whose change names the picture and waits, unseen by readers."""
    waiting = WaitingChange.objects.select_related("article", "revision__base").order_by("article")
    return [each.article for each in waiting if picture.name in revisions.text_of(each.revision)]


def sweep_pictures():
    """Delete what has been in the trash for long enough and is needed by nothing; return how many.

    What no text has named and nobody described for as long goes into the trash by itself.
    """
    long_ago = Now() - timedelta(days=TRASH_DAYS)
    untouched = Picture.objects.outside_trash().unused().undescribed()
    untouched.filter(created_at__lt=long_ago).update(trashed_at=Now())
    ended = Picture.objects.in_trash().unused().filter(trashed_at__lt=long_ago)
    names = set(ended.values_list("name", flat=True))
    needed = _names_to_come_back(names) if names else set()
    # They wait as long again: so not every hour all revisions are read for them.
    Picture.objects.filter(name__in=needed).update(trashed_at=Now())
    return sum(map(_delete, sorted(names - needed)))


@transaction.atomic
def _delete(name):
    """Delete the picture unless a text has come to name it; return whether it is gone."""
    locked = Picture.objects.select_for_update().filter(name=name, trashed_at__isnull=False)
    picture = locked.first()
    if picture is None or picture.is_used:
        return False
    file_name = picture.file_name
    picture.delete()
    # A file that cannot be deleted is logged, and stops no worker.
    transaction.on_commit(lambda: uploads.delete_picture(file_name), robust=True)
    return True


def _names_to_come_back(names):
    """Return those of `names` that a revision or a working copy says, and so may bring back."""
    copies = WorkingCopy.objects.values_list("data", flat=True).iterator(chunk_size=50)
    found = set()
    for text in chain(revisions.texts(), copies):
        found |= {name for name in names - found if name in text}
    return found
