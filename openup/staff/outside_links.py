"""The page that tries an article's or a month's links to other sites, when somebody asks for it."""

import threading

from django.contrib import admin, messages
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.desk.outside_links import MOST_LINKS, try_links
from articles.desk.publishing import outside_links_of
from comments.identity.rate_limits import LINK_TRIALS, spend
from openup.staff.article_or_month import row_to_work_on

# They take a thread of the server's for as long as other sites like.
one_trial = threading.Lock()


@require_http_methods(["GET", "HEAD", "POST"])
@admin.site.admin_view
def outside_links(request, model, object_id):
    model_admin, obj = row_to_work_on(request, model, object_id)
    links = outside_links_of(obj)
    trials = {}
    if request.method == "POST" and links:
        spend(LINK_TRIALS, request.user.pk)
        if one_trial.acquire(blocking=False):
            try:
                trials = {trial.address: trial for trial in try_links(links)}
            finally:
                one_trial.release()
        else:
            text = _("Somebody else is trying links just now. Try again in half a minute.")
            messages.warning(request, text)
    context = {
        **admin.site.each_context(request),
        "title": _("Links to other sites: %(name)s") % {"name": obj},
        "opts": model_admin.opts,
        "object": obj,
        "rows": [(address, where, trials.get(address)) for address, where in links.items()],
        "is_tried": bool(trials),
        "most": MOST_LINKS,
    }
    return TemplateResponse(request, "admin/articles/outside_links.html", context)
