"""Requests that no database can be asked about."""

from django.core.exceptions import SuspiciousOperation


class OddRequestMiddleware:
    """Answer 400 to a null character in an address: PostgreSQL has no text with one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("The address holds a null character.")
        return self.get_response(request)
