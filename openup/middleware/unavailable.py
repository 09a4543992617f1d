"""Requests of which is known before Django begins that they cannot be answered now."""

from openup.views import crowded, unavailable


class UnavailableMiddleware:
    """Answer 503 at once where the page cache has nothing to give, or the gate lets nobody in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "openup.unavailable" in request.META:
            return unavailable(request)
        if "openup.crowded" in request.META:
            return crowded(request)
        return self.get_response(request)
