from django.contrib import admin

from articles.admin.base import ReadOnlyAdmin
from articles.models import RankingCorrection


@admin.register(RankingCorrection)
class RankingCorrectionAdmin(ReadOnlyAdmin, admin.ModelAdmin):
    """The ledger as it stands; the database lets nobody change it."""

    list_display = ["created_at", "ranking", "period_label", "entry_label", "field", "old", "new"]
    list_display += ["reason", "corrected_by"]
    list_filter = ["ranking", "created_at"]
    list_select_related = ["ranking", "corrected_by"]
    search_fields = ["entry_label", "old", "new", "reason"]
    date_hierarchy = "created_at"
    list_per_page = 50
