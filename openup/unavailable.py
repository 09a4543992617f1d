"""Requests that arrive while the page cache knows the database to be away."""

from openup.views import unavailable


class UnavailableMiddleware:
    """Answer 503 at once where the page cache has nothing to give and says so."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "openup.unavailable" in request.META:
            return unavailable(request)
        return self.get_response(request)
