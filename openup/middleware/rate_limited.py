"""Allowances that are used up: whatever view meets one, the answer is the same page."""

from comments.identity.rate_limits import LimitReached
from openup.views import too_many_requests


class LimitMiddleware:
    """Answer 429, with when to try again, where a view lets LimitReached through."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, LimitReached):
            return too_many_requests(request, exception.retry_after)
        return None
