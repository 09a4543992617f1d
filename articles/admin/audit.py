import csv
import json
import re
from datetime import datetime
from itertools import chain

from django.contrib import admin
from django.contrib.admin.views.main import IncorrectLookupParameters
from django.http import StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.admin.model_admin import (
    READ_ONLY,
    BoundedPaginator,
    PermissionMissing,
    StaffModelAdmin,
)
from articles.desk.audit import record
from articles.models import AuditEvent
from articles.open_data.csv_export import BYTE_ORDER_MARK, guard

COLUMNS = ["number", "at", "act", "who", "address", "kind", "key", "what", "detail"]


class PeriodFilter(admin.SimpleListFilter):
    """The years there are, and the months there are of the chosen or else the newest one.

    Only the first and the last act are asked: `date_hierarchy` would ask every one for its month.
    """

    title = _("at")
    parameter_name = "period"

    def lookups(self, request, model_admin):
        moments = AuditEvent.objects.order_by("at").values_list("at", flat=True)
        first, last = moments.first(), moments.last()
        if first is None:
            return []
        first, last = timezone.localtime(first), timezone.localtime(last)
        opened = (self.value() or f"{last:%Y}")[:4]
        found = []
        for year in map(str, range(last.year, first.year - 1, -1)):
            found.append((year, year))
            if year == opened:
                months = [f"{year}-{month:02}" for month in range(12, 0, -1)]
                found += [
                    (month, month.replace("-", "."))
                    for month in months
                    if f"{first:%Y-%m}" <= month <= f"{last:%Y-%m}"
                ]
        return found

    def queryset(self, request, queryset):
        period = re.fullmatch(r"((?:19|2[0-9])[0-9]{2})(?:-(0[1-9]|1[0-2]))?", self.value() or "")
        if not period:
            return queryset
        zone = timezone.get_current_timezone()
        year, month = int(period[1]), int(period[2] or 1)
        months = year * 12 + month - 1 + (1 if period[2] else 12)
        first = datetime(year, month, 1, tzinfo=zone)
        return queryset.filter(
            at__gte=first, at__lt=datetime(months // 12, months % 12 + 1, 1, tzinfo=zone)
        )


@admin.register(AuditEvent)
class AuditEventAdmin(StaffModelAdmin):
    """What was done at the desk, to read and to take away only."""

    permissions = READ_ONLY
    list_display = ["at", "who", "act", "what", "done", "network"]
    list_display_links = None
    fields = list_display
    list_filter = [PeriodFilter, "act"]
    list_select_related = ["origin"]
    search_fields = ["username", "object_name", "object_key"]
    search_help_text = _("Who, or what it was called")
    paginator = BoundedPaginator
    list_per_page = 100
    show_full_result_count = False

    @admin.display(description=_("who"), ordering="username")
    def who(self, event):
        return event.username or "—"

    @admin.display(description=_("what"))
    def what(self, event):
        return event.object_name or event.detail.get("page", "")

    @admin.display(description=_("detail"))
    def done(self, event):
        detail = event.detail
        rights = [("+", name) for name in detail.get("given", [])]
        rights += [("−", name) for name in detail.get("taken", [])]
        told = [str(detail.get("done", "")), *(f"{sign} {name}" for sign, name in rights)]
        return ", ".join(filter(None, told))

    @admin.display(description=_("network address"))
    def network(self, event):
        return event.origin.address if hasattr(event, "origin") else "—"

    # To take away

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("audit.csv", view(self.as_csv), name="articles_auditevent_csv"),
            path("audit.jsonl", view(self.as_lines), name="articles_auditevent_lines"),
            *super().get_urls(),
        ]

    def as_csv(self, request):
        rows = (as_row(event).values() for event in self.chosen(request))
        writer = csv.writer(Echo())
        lines = (writer.writerow(map(guard, row)) for row in chain([COLUMNS], rows))
        return download(chain([BYTE_ORDER_MARK], lines), "text/csv", "audit.csv")

    def as_lines(self, request):
        lines = (
            json.dumps(as_row(event) | {"detail": event.detail}, ensure_ascii=False) + "\n"
            for event in self.chosen(request)
        )
        return download(lines, "application/jsonl", "audit.jsonl")

    def chosen(self, request):
        """Return what the list shows at this address, in the order in which it happened."""
        if not self.has_view_permission(request):
            raise PermissionMissing(self.permission_for("view"))
        # It holds the addresses that colleagues came from.
        record(request, AuditEvent.Act.PERSONAL_DATA)
        try:
            shown = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            shown = AuditEvent.objects.none()
        return shown.order_by("pk").iterator(chunk_size=1000)


def as_row(event):
    """Return an act as plain values, in the order of COLUMNS."""
    values = [event.pk, event.at.isoformat(), event.act, event.username]
    values += [event.origin.address if hasattr(event, "origin") else ""]
    values += [event.model, event.object_key, event.object_name]
    values += [json.dumps(event.detail, ensure_ascii=False)]
    return dict(zip(COLUMNS, values, strict=True))


class Echo:
    """A file that gives back what is written to it, for a writer of CSV."""

    def write(self, text):
        return text


def download(lines, content_type, name):
    response = StreamingHttpResponse(lines, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
