"""System checks that stop the start: what would undo our defences without a sound."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections
from django.urls import URLPattern, get_resolver
from django.utils.module_loading import import_string

from openup.checks.squashed_migrations import TOO_OLD, is_too_old

STAFF_HASHER = "openup.backends.staff_hasher.StaffHasher"


def _patterns(resolver):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from _patterns(pattern)


@register(Tags.urls)
def check_markdownx_views_are_not_routed(app_configs, **kwargs):
    """Refuse any route to django-markdownx's own views: they ask nobody for permission."""
    routed = [
        pattern
        for pattern in _patterns(get_resolver())
        if getattr(pattern.callback, "__module__", "").startswith("markdownx")
    ]
    return [
        Error(
            f"The route {pattern.pattern} leads to a view of django-markdownx.",
            hint="Its views have no permission check; use those of articles.admin.",
            id="openup.E001",
        )
        for pattern in routed
    ]


@register(Tags.security)
def check_content_security_policy(app_configs, **kwargs):
    """Refuse a policy that lets inline or foreign scripts run."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    weak = any(
        word in " ".join(sources)
        for sources in directives.values()
        for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*")
    )
    missing = {"default-src", "base-uri", "form-action", "frame-ancestors"} - set(directives)
    if weak or missing:
        return [Error("CONTENT_SECURITY_POLICY is weaker than promised.", id="openup.E002")]
    return []


@register(Tags.security)
def check_staff_passwords_use_argon2(app_configs, **kwargs):
    if settings.PASSWORD_HASHERS[0] != STAFF_HASHER:
        return [Error("PASSWORD_HASHERS does not begin with argon2.", id="openup.E003")]
    return []


@register(Tags.security)
def check_markdown_goes_through_the_sanitiser(app_configs, **kwargs):
    if settings.MARKDOWNX_MARKDOWNIFY_FUNCTION != "articles.content.markdown.preview":
        return [
            Error(
                "MARKDOWNX_MARKDOWNIFY_FUNCTION is not the sanitising function.", id="openup.E004"
            )
        ]
    return []


@register(Tags.security)
def check_comment_classifier_is_there(app_configs, **kwargs):
    """Refuse a classifier that would send every comment to review because it cannot be loaded."""
    try:
        if settings.COMMENT_CLASSIFIER:
            import_string(settings.COMMENT_CLASSIFIER)
    except ImportError as error:
        return [Error(f"COMMENT_CLASSIFIER cannot be loaded: {error}", id="openup.E005")]
    return []


@register(Tags.database)
def check_database_can_be_migrated(app_configs, databases=None, **kwargs):
    """Say what keeps `migrate` and `prepare` out of a database, before they begin."""
    used = [connections[alias] for alias in databases or []]
    return [error for connection in used for error in _obstacles(connection) or _age(connection)]


def _obstacles(connection):
    if connection.vendor != "postgresql":
        return []
    # A site on SQLite does without psycopg's 7 MB.
    from openup.checks.database import obstacles  # noqa: PLC0415

    return obstacles(connection.get_connection_params())


def _age(connection):
    return [Error(TOO_OLD, id="openup.E007")] if is_too_old(connection) else []
