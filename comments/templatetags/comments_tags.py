from django import template
from django.utils.safestring import mark_safe

from comments.threads.rendering import drawing_for

register = template.Library()


@register.simple_tag
def draw_pinned(comment, article):
    """Draw the comment that staff pinned above the thread, with the way to its place."""
    return mark_safe(drawing_for(article).pinned(comment))  # noqa: S308 - escaped there
