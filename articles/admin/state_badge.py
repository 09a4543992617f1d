from django.utils.html import format_html


def badge(state):
    """Return a ShownState as lists and forms show it."""
    return format_html('<span class="state-badge is-{}">{}</span>', state.value, state.label)
