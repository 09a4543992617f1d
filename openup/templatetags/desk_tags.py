"""What the desk's own pages ask."""

from django import template

from openup.staff.tasks import tasks_of

register = template.Library()


@register.simple_tag(takes_context=True)
def tasks(context):
    """Return what waits for whoever looks, as Tasks."""
    return tasks_of(context["request"])
