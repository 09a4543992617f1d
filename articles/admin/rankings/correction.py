from django.contrib import admin
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import READ_ONLY, StaffModelAdmin
from articles.models import RankingCorrection


@admin.register(RankingCorrection)
class RankingCorrectionAdmin(StaffModelAdmin):
    """The ledger as it stands; the database lets nobody change it."""

    list_display = ["created_at", "ranking", "period_label", "entry_label", "field", "old", "new"]
    list_display += ["reason", "corrected_by"]
    # Not `corrected_by` itself, which the admin links to a page that managers of users alone open.
    fields = ["created_at", "ranking", "period_label", "entry_label", "field", "old", "new"]
    fields += ["reason", "corrector"]
    list_filter = ["ranking", "created_at"]
    list_select_related = ["ranking", "corrected_by"]
    search_fields = ["entry_label", "old", "new", "reason"]
    date_hierarchy = "created_at"
    list_per_page = 50
    permissions = READ_ONLY

    @admin.display(description=gettext_lazy("corrected by"))
    def corrector(self, correction):
        return str(correction.corrected_by)
