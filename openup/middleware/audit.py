"""Write down what staff did, where the page that did it has not done so itself."""

from django.conf import settings

from articles.desk.audit import record
from articles.models import AuditEvent

# Sent while somebody writes, by the page alone.
NO_ACTS = {
    *("markdown_preview", "paste_to_markdown", "presence", "typed_preview", "working_copy"),
    # What signs in and out tells itself (openup/staff/sign_in/audit.py).
    *("admin:login", "admin:logout", "admin_password_reset"),
}
# Answers of a form that was not taken, or that asks once more, are pages.
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


def is_act(request, response):
    name = request.resolver_match and request.resolver_match.view_name
    if name is None or name in NO_ACTS:
        return False
    return response.status_code in {302, 303} or (
        name == "image_upload" and response.status_code == 200
    )


class AuditMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if (
            request.path.startswith(settings.STAFF_PATH)
            and request.method not in SAFE
            and is_act(request, response)
            and not getattr(request, "is_audited", False)
            and request.user.is_authenticated
        ):
            record(request, AuditEvent.Act.FORM, path=request.path)
        return response
