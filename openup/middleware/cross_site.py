"""Refuse what another site makes a browser send."""

from django.conf import settings
from django.core.exceptions import PermissionDenied

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
# "none" is the reader's own doing, such as sending a form again from the history.
OWN_FETCH_SITES = {"same-origin", "none"}


class CrossSiteMiddleware:
    """Answer 403 to unsafe requests that come from another site, by what the browser says.

    A request with neither header comes from no browser of today, and there is no cookie on public
    addresses that it could abuse; the staff's pages have Django's CSRF token besides.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in SAFE_METHODS and not is_same_site(request):
            raise PermissionDenied
        return self.get_response(request)


def is_same_site(request):
    """Tell whether Sec-Fetch-Site and Origin, as far as they are there, name this site."""
    fetch_site = request.META.get("HTTP_SEC_FETCH_SITE")
    origin = request.META.get("HTTP_ORIGIN")
    if fetch_site is not None and fetch_site not in OWN_FETCH_SITES:
        return False
    # A page with `Referrer-Policy: no-referrer` gives no origin, even to its own site.
    if fetch_site == "same-origin" and origin == "null":
        return True
    own_origins = {f"{request.scheme}://{request.get_host()}".lower(), settings.SITE_URL.lower()}
    return origin is None or origin in own_origins
