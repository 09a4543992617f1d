"""What a member of the staff sees where a page is refused: inside the admin, with what it takes."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import PermissionMissing

# What the pages of the admin do, by the end of their URL's name.
ACTIONS = {"changelist": "view", "history": "view", "add": "add", "delete": "delete"}
VERBS = {
    "add": gettext_lazy("Add"),
    "change": gettext_lazy("Change"),
    "delete": gettext_lazy("Delete"),
    "view": gettext_lazy("View"),
}
TITLES = {
    400: gettext_lazy("The request could not be read"),
    403: gettext_lazy("This is not allowed"),
    404: gettext_lazy("This page does not exist"),
    413: gettext_lazy("That is too much at once"),
    429: gettext_lazy("Too many tries in a short time"),
}


def is_for_staff(request):
    """Tell whether somebody who is signed in asked for a page of the staff's."""
    return (
        request.path.startswith(settings.STAFF_PATH)
        # What is refused before the session is read has no user.
        and hasattr(request, "user")
        and admin.site.has_permission(request)
    )


def refusal_page(request, status, context):
    context |= {**admin.site.each_context(request), "status": status, "title": TITLES[status]}
    return render(request, "admin/refusal.html", context, status=status)


def needed_permission(request, exception):
    """Return {label, name, groups} of the permission that was missing; None if none helps."""
    if isinstance(exception, PermissionMissing):
        name = exception.permission
    else:
        name = missing_on_page(request)
    app_label, _dot, codename = (name or "").partition(".")
    found = Permission.objects.filter(content_type__app_label=app_label, codename=codename)
    permission = found.select_related("content_type").first()
    return permission and {
        "label": label_of(permission),
        "name": name,
        "groups": Group.objects.filter(permissions=permission).order_by("name"),
    }


def missing_on_page(request):
    """Return the name of the permission that a page of the admin's own wants, or None."""
    app_label, model, *page = [*request.resolver_match.url_name.split("_"), "", ""][:3]
    try:
        model_admin = admin.site.get_model_admin(apps.get_model(app_label, model))
    except (LookupError, admin.exceptions.NotRegistered):
        return None
    is_read = page == ["change"] and request.method == "GET"
    action = "view" if is_read else ACTIONS.get(page[0], "change")
    return model_admin.missing_permission(request, action)


def label_of(permission):
    """Return a permission in words, as no table holds them: "Article: change"."""
    verb, _sign, model = permission.codename.partition("_")
    if verb in VERBS and model == permission.content_type.model:
        return f"{capfirst(permission.content_type.name)}: {VERBS[verb]}"
    return _(permission.name)
