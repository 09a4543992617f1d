"""What the admin's own templates ask."""

from django import template
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered

register = template.Library()


@register.simple_tag(takes_context=True)
def address_of_entry(context, entry):
    """Return where an entry of the admin's history leads, or "" for who may not look there now."""
    model = entry.content_type and entry.content_type.model_class()
    if entry.is_deletion() or model is None:
        return ""
    try:
        model_admin = admin.site.get_model_admin(model)
    except NotRegistered:
        return ""
    may_look = model_admin.has_view_permission(context["request"])
    return entry.get_admin_url() or "" if may_look else ""
