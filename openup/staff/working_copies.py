"""What is typed into a form of staff's and not saved: the browser writes it here every few seconds.

It is its writer's alone: nothing here is a revision, or public, or makes a page stale.
"""

import json

from django.contrib import admin
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, JsonResponse, RawPostDataException, UnreadablePostError
from django.middleware.csrf import get_token
from django.views.decorators.http import require_http_methods

from articles.models import WorkingCopy
from articles.models.working_copy import FORM_KEY, WRITER

MAX_BYTES = 1024 * 1024
# Of lists and objects within one another; a form needs three.
MAX_DEPTH = 20
MOST_OFFERED = 5


@require_http_methods(["GET", "POST", "DELETE"])
def working_copy(request, form):
    """Give, replace or delete the copy of a form; a script asks, so nobody is led to a sign-in."""
    if not admin.site.has_permission(request):
        return JsonResponse({"error": "signed out"}, status=403)
    if request.method == "GET":
        return _offer(request, form)
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    except (RawPostDataException, UnreadablePostError):
        # A form in parts, which the check of its token has read, or one that broke off.
        return HttpResponse(status=400)
    if len(body) > MAX_BYTES:
        return HttpResponse(status=413)
    sent = _read(body)
    if not FORM_KEY.fullmatch(form) or sent is None:
        return HttpResponse(status=400)
    writer, replaces, data = sent
    if request.method == "DELETE":
        WorkingCopy.objects.drop(request.user, f"{form}:{replaces}")
        return HttpResponse(status=204)
    written = WorkingCopy.objects.write(
        request.user, form, writer=writer, replaces=replaces, data=data
    )
    return HttpResponse(status=204 if written else 409)


def _offer(request, form):
    copies = WorkingCopy.objects.filter(user=request.user).of_form(form)[:MOST_OFFERED]
    return JsonResponse(
        {
            # Whoever signs in anew has another one than the page was made with.
            "token": get_token(request),
            "user": request.user.pk,
            "copies": [
                {
                    "form": copy.form,
                    "writer": copy.writer,
                    "at": copy.saved_at.isoformat(),
                    "data": json.loads(copy.data),
                }
                for copy in copies
            ],
        }
    )


def _read(body):
    """Return (writer, the writer that it replaces or "", data) of a request's body, or None."""
    try:
        sent = json.loads(body)
        writer, replaces, data = sent["writer"], sent["replaces"], sent["data"]
        is_known = WRITER.fullmatch(writer) and (replaces == "" or WRITER.fullmatch(replaces))
        if not is_known or not isinstance(data, dict) or _is_deep(data):
            return None
        # The browser that reads it again knows no NaN.
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    # Half of a pair of surrogates is no text, and no database takes it.
    return writer, replaces, text.encode(errors="replace").decode()


def _is_deep(data):
    level = [data]
    for _depth in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)
