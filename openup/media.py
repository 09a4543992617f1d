"""Pictures, uploaded or made here: fixed types by extension, and nothing in them can run."""

import logging
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath

from csp.constants import NONE
from csp.decorators import csp
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from articles.content.share_picture import KINDS, cut_photo, draw, kind_lines, kind_picture_url
from articles.content.uploads import cut_name, one_picture
from articles.models import Article, Picture, Ranking
from articles.page_caching import uncached_page
from openup.views import unavailable

logger = logging.getLogger(__name__)

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
YEAR_SECONDS = 365 * 24 * 60 * 60


@uncached_page
@require_safe
@csp({"default-src": [NONE], "sandbox": True})
def media_file(request, name):
    """Send an uploaded picture; its name is never used again, so it may be kept for a year."""
    if PurePosixPath(name).suffix not in TYPES:
        raise Http404
    try:
        return _answer(name, default_storage.open(name))
    except FileNotFoundError:
        return _file_of_today(name)
    except ConnectionError:
        return unavailable(request)
    except (SuspiciousOperation, ValueError, OSError) as error:
        raise Http404 from error


def _answer(name, content):
    response = FileResponse(content, content_type=TYPES[PurePosixPath(name).suffix])
    response["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


def _file_of_today(name):
    """Lead from a file that was replaced to the one that stands in its place."""
    picture = Picture.objects.of_file(name)
    if picture is None or picture.file_name == name:
        raise Http404
    return redirect(picture.url)


def _shared_article(article_id):
    articles = Article.objects.published().defer("body", "body_html")
    articles = articles.select_related("lead_picture")
    articles = articles.prefetch_related("ranking_tables__periods__entries__subject")
    return get_object_or_404(articles, pk=article_id)


@uncached_page
@require_safe
def share_picture(request, article_id, digest):
    """Send the picture beside an article's shared link; it is made when first asked for."""
    article = _shared_article(article_id)
    if request.path != article.share_picture_url:
        # Of an earlier title, on a page that somebody has kept.
        return redirect(article.share_picture_url)
    return _drawn_once(request, digest, article.share_lines, article.figure)


@uncached_page
@require_safe
def share_photo(request, article_id, digest):
    """Send what is cut from an article's lead picture; it is made when first asked for."""
    article = _shared_article(article_id)
    if request.path != article.share_picture_url:
        return redirect(article.share_picture_url)
    picture = article.lead_picture
    try:
        return _made_once(
            request, cut_name(picture.file_name, digest), partial(_cut_photo, picture)
        )
    except FileNotFoundError as error:
        raise Http404 from error
    except ConnectionError:
        return unavailable(request)


def _cut_photo(picture):
    # One at a time, from a file that was made small: little memory.
    with one_picture, default_storage.open(picture.largest_name) as file:
        return cut_photo(file, picture.focal_point)


@uncached_page
@require_safe
def ranking_picture(request, ranking_id, digest):
    """Send the picture beside a series' shared link; new figures are a new picture."""
    ranking = get_object_or_404(Ranking.objects.published().for_page(), pk=ranking_id)
    if request.path != ranking.share_picture_url:
        return redirect(ranking.share_picture_url)
    return _drawn_once(request, digest, ranking.share_lines)


@uncached_page
@require_safe
def kind_picture(request, kind, digest):
    """Send the picture of a kind of page, whatever page of it is shared."""
    if kind not in KINDS:
        raise Http404
    if request.path != kind_picture_url(kind):
        return redirect(kind_picture_url(kind))
    return _drawn_once(request, digest, kind_lines(kind))


def _drawn_once(request, digest, lines, figure=None):
    return _made_once(request, f"share/{digest}.png", lambda: draw(*lines, figure=figure))


def _made_once(request, name, make):
    with suppress(OSError):
        return _answer(name, default_storage.open(name))
    picture = make()
    try:
        default_storage.save(name, ContentFile(picture))
    except OSError as error:
        # A disk that takes nothing keeps no reader from the picture.
        logger.error("A share picture could not be stored: %s", error.strerror)
        return HttpResponse(picture, content_type=TYPES[PurePosixPath(name).suffix])
    return _answer(name, ContentFile(picture, PurePosixPath(name).name))
