"""What the editor in the admin asks for: its live preview, its uploads, and what is pasted."""

import functools
import logging

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from articles.admin.from_file_forms import one_manuscript
from articles.bundle.data import BundleError
from articles.content.markdown import preview
from articles.content.uploads import (
    MAX_FILE_BYTES,
    MAX_UPLOAD_REQUEST_BYTES,
    one_picture,
)
from articles.desk.audit import record
from articles.manuscripts.save_drafts import store_pictures, with_addresses
from articles.models import Article, AuditEvent, Picture
from comments.identity.rate_limits import EDITOR_PREVIEWS, EDITOR_UPLOADS, LimitReached, spend

admin.site.site_header = settings.SITE_NAME

logger = logging.getLogger(__name__)
MAX_WAIT_SECONDS = 3
RETRY_AFTER_SECONDS = 5
# A copied text that is longer takes seconds and up to 200 MB, as a manuscript does.
MOST_CHARACTERS_AT_ONCE = 300_000


def is_writer(request):
    """Tell whether whoever asks may write articles."""
    return admin.site.has_permission(request) and (
        request.user.has_perm("articles.add_article")
        or request.user.has_perm("articles.change_article")
    )


def for_writers(answer):
    """Let only writers in; others get `answer(reason, 403)`, never a redirect to the sign-in."""

    def decorate(view):
        @functools.wraps(view)
        def guarded(request):
            if not is_writer(request):
                return answer(_("You are signed out, or may not write articles."), 403)
            return view(request)

        return guarded

    return decorate


def fragment(reason, status):
    """Answer with a reason that the editor shows in the preview's place."""
    return HttpResponse(format_html('<p class="errornote">{}</p>', reason), status=status)


def problem(reason, status):
    """Answer with a reason that the editor shows below the text."""
    return JsonResponse({"error": reason}, status=status)


def try_later(reason):
    response = problem(reason, 503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def slow_down(answer, error):
    response = answer(
        _("Too many requests. Go on in %(seconds)s seconds.") % {"seconds": error.retry_after}, 429
    )
    response["Retry-After"] = str(error.retry_after)
    return response


@require_POST
@for_writers(fragment)
def markdown_preview(request):
    if "content" not in request.POST:
        return fragment(_("The text is missing."), 400)
    try:
        spend(EDITOR_PREVIEWS, request.user.pk)
    except LimitReached as error:
        return slow_down(fragment, error)
    return HttpResponse(Article().placing_pictures(preview(request.POST["content"])))


# The check of the CSRF token reads the whole body, so who asks and how much is looked at before.
@csrf_exempt
@require_POST
@for_writers(problem)
def image_upload(request):
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_UPLOAD_REQUEST_BYTES:
        limit = {"limit": MAX_FILE_BYTES // 1024**2}
        return problem(_("The picture is larger than %(limit)s MB.") % limit, 413)
    if not one_picture.acquire(timeout=MAX_WAIT_SECONDS):
        return try_later(_("Another picture is being stored. Try again in a moment."))
    try:
        return _store_upload(request)
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return problem(_("The picture did not arrive in one piece. Try again."), 400)
    except OSError as error:
        logger.error("A picture could not be stored: %s", error.strerror)
        return try_later(_("The server could not store the picture. Nothing else is lost."))
    finally:
        one_picture.release()


@csrf_protect
def _store_upload(request):
    if "image" not in request.FILES:
        return problem(_("The picture is missing."), 400)
    try:
        spend(EDITOR_UPLOADS, request.user.pk)
    except LimitReached as error:
        return slow_down(problem, error)
    upload = request.FILES["image"]
    try:
        picture = Picture.objects.upload(upload, upload.size, request.user)
    except ValidationError as error:
        return problem(" ".join(error.messages), 400)
    return JsonResponse({"image_code": picture.code})


@csrf_exempt
@require_POST
@for_writers(problem)
def paste_to_markdown(request):
    """Answer with a copied text as Markdown: its ranking tables as proposals, and notes."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_UPLOAD_REQUEST_BYTES:
        return problem(_("This is too much to be one text."), 413)
    try:
        return _read_paste(request)
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return problem(_("The copied text did not arrive in one piece. Try again."), 400)


@csrf_protect
def _read_paste(request):
    # lxml takes some megabytes in each worker, for few requests.
    from articles.manuscripts import clipboard  # noqa: PLC0415

    html, text = (_sent_text(request, name) for name in ("html", "text"))
    if not html.strip() and not text.strip():
        return problem(_("The text is missing."), 400)
    is_long = len(html) + len(text) > MOST_CHARACTERS_AT_ONCE
    if is_long and not one_manuscript.acquire(timeout=MAX_WAIT_SECONDS):
        return try_later(_("Another manuscript is being read. Try again in a moment."))
    try:
        spend(EDITOR_PREVIEWS, request.user.pk)
        pasted = clipboard.read(html, text)
        if pasted.pictures:
            spend(EDITOR_UPLOADS, request.user.pk)
    except LimitReached as error:
        return slow_down(problem, error)
    except BundleError as error:
        return problem(error.message, 400)
    finally:
        if is_long:
            one_manuscript.release()
    if pasted.pictures and not one_picture.acquire(timeout=MAX_WAIT_SECONDS):
        return try_later(_("Another picture is being stored. Try again in a moment."))
    try:
        addresses, notes = store_pictures(pasted.pictures, request.user)
    except OSError as error:
        logger.error("A picture could not be stored: %s", error.strerror)
        return try_later(_("The server could not store the picture. Nothing else is lost."))
    finally:
        if pasted.pictures:
            one_picture.release()
    if addresses:
        record(request, AuditEvent.Act.FORM, path=request.path)
    return JsonResponse(
        {
            "markdown": with_addresses(pasted.markdown, addresses),
            "tables": [_proposal(each) for each in pasted.proposals],
            "notes": [{"line": line, "text": note} for line, note in (*pasted.notes, *notes)],
        }
    )


def _sent_text(request, name):
    """Return a field that came as a text or, where it may be large, as a file."""
    if name in request.FILES:
        return request.FILES[name].read().decode("utf-8", errors="replace")
    return request.POST.get(name, "")


def _proposal(proposal):
    drawn, series = proposal.drawn, proposal.series
    return {
        "slug": series.slug,
        "title": series.title,
        "caption": drawn.caption or series.title,
        "source_note": drawn.source_note,
        "source_url": drawn.source_url,
        "periods": proposal.periods,
        "cells": proposal.cells,
        "markdown": drawn.markdown,
    }
