"""Headers that Django has no setting for, and the cookies that a public page never sees."""

from django.conf import settings

EXTRA_HEADERS = {"Cross-Origin-Resource-Policy": "same-origin"}
# Of pages: style sheets and scripts ask for nothing, and a first visit pays for each byte.
PAGE_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class HeadersMiddleware:
    """Add the headers to every answer; drop the cookies of requests outside `/manage/`.

    The staff's cookies carry that path, so a browser never sends them elsewhere: whoever does has
    forged the request, and no public view can be made to read them.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(settings.STAFF_PATH):
            request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        is_file = request.path_info.startswith(settings.STATIC_URL)
        for name, value in (EXTRA_HEADERS | ({} if is_file else PAGE_HEADERS)).items():
            response.setdefault(name, value)
        if response.status_code >= 400 or request.path_info.startswith(settings.STAFF_PATH):
            response.setdefault("Cache-Control", "no-store")
        return response
