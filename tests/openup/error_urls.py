"""The product's routes and views that fail, for the error pages' tests."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, InternalError, OperationalError
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from comments.identity.rate_limits import EDITOR_UPLOADS, LimitReached
from openup.urls import handler400, handler403, handler404, handler500
from openup.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

ERRORS = {
    "400": SuspiciousOperation("odd"),
    "403": PermissionDenied(),
    "413": RequestDataTooBig("large"),
    "429": LimitReached(EDITOR_UPLOADS, 17),
    "500": RuntimeError("a secret of the program"),
    "503": OperationalError("database is locked"),
    "503-standby": InternalError("cannot execute INSERT in a read-only transaction"),
    "503-closed": InterfaceError("connection already closed"),
}


@csrf_exempt
def fail(request, name):
    raise ERRORS[name]


urlpatterns = [path("fail/<str:name>/", fail), *product]
