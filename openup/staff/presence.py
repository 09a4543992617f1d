"""Who else has a form of staff's open: its page asks every few seconds while it is looked at."""

from django.apps import apps
from django.contrib import admin
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from articles.models import Presence, Revision


@require_http_methods(["GET", "POST", "DELETE"])
def presence(request, model, object_id):
    """Note that a row's form is open, and tell a script who else has it so."""
    if not _may_open(request, model):
        return JsonResponse({"error": "no such form, or signed out"}, status=403)
    if request.method == "GET":
        # Whoever signs in anew has another one than the page was made with.
        return JsonResponse({"token": get_token(request)})
    here = Presence.objects.at(model, object_id)
    if request.method == "DELETE":
        here.filter(user=request.user).delete()
        return HttpResponse(status=204)
    Presence.objects.note(request.user, model, object_id)
    others = here.here().exclude(user=request.user)
    return JsonResponse({"others": [{"who": each.user_id, "text": _told(each)} for each in others]})


def _may_open(request, model):
    if model not in Revision.Model or not admin.site.has_permission(request):
        return False
    model_admin = admin.site.get_model_admin(apps.get_model("articles", model))
    return model_admin.has_change_permission(request)


def _told(other):
    minutes = int((timezone.now() - other.opened_at).total_seconds()) // 60
    who = {"who": other.user.get_username()}
    if minutes < 1:
        return _("%(who)s has just opened this too.") % who
    if minutes < 60:
        text = ngettext(
            "%(who)s has had this open for %(count)s minute.",
            "%(who)s has had this open for %(count)s minutes.",
            minutes,
        )
        return text % {**who, "count": minutes}
    hours = minutes // 60
    text = ngettext(
        "%(who)s has had this open for %(count)s hour.",
        "%(who)s has had this open for %(count)s hours.",
        hours,
    )
    return text % {**who, "count": hours}
