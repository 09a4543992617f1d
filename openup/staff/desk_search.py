"""One search over the desk's lists, each by its own rules and for those who may open it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import AuditEvent

ROWS_OF_A_LIST = 6
# It would fill every answer, and has its own page.
LEFT_OUT = {AuditEvent}


@dataclass(frozen=True)
class Found:
    """What a list has found: [(its name, its state or "", its page)], and the list's own page."""

    title: str
    rows: list
    has_more: bool
    address: str


@require_safe
def desk_search(request):
    term = " ".join(request.GET.get(SEARCH_VAR, "").split())
    context = {
        **admin.site.each_context(request),
        "title": _("Search the desk"),
        "term": term,
        "found": list(find(request, term)) if term else [],
    }
    return render(request, "admin/desk_search.html", context)


def find(request, term):
    for app in admin.site.get_app_list(request):
        for listed in app["models"]:
            model_admin = admin.site.get_model_admin(listed["model"])
            has_page = listed["admin_url"] and model_admin.get_search_fields(request)
            if has_page and listed["model"] not in LEFT_OUT:
                yield from find_in(request, model_admin, term)


def find_in(request, model_admin, term):
    """Yield the Found of one list, as its own search finds it."""
    rows, may_repeat = model_admin.get_search_results(
        request, model_admin.get_queryset(request), term
    )
    # A row that several lines of a part match comes once.
    rows = (rows.distinct() if may_repeat else rows)[: ROWS_OF_A_LIST + 1]
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    shown = [
        (str(row), state_of(row), reverse(f"{name}_change", args=[row.pk]))
        for row in rows[:ROWS_OF_A_LIST]
    ]
    if shown:
        yield Found(
            title=model_admin.opts.verbose_name_plural,
            rows=shown,
            has_more=len(rows) > ROWS_OF_A_LIST,
            address=f"{reverse(f'{name}_changelist')}?{urlencode({SEARCH_VAR: term})}",
        )


def state_of(row):
    show = getattr(row, "get_state_display", None)
    return show() if show else ""
