"""Every public route says what its page is made of, or that nobody keeps it."""

from django.urls import URLPattern, get_resolver


def public_routes(resolver=None, prefix=""):
    """Return (route, view) for everything outside the staff's addresses."""
    routes = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if route.startswith("manage/"):
            continue
        if isinstance(entry, URLPattern):
            routes.append((route, entry.callback))
        else:
            routes += public_routes(entry, route)
    return routes


def test_every_public_route_declares_its_scopes_or_that_it_is_never_kept():
    undeclared = [route for route, view in public_routes() if not hasattr(view, "cache_scopes")]

    # Put @cached_page(…) or @uncached_page of articles/page_caching.py on the view.
    assert not undeclared


def test_scopes_name_only_parts_that_the_route_has():
    for route, view in public_routes():
        parts = {part: "1" for part in ("article_id", "comment_id", "slug") if f":{part}>" in route}
        for scope in view.cache_scopes or ():
            assert "{" not in scope.format(**parts), route
