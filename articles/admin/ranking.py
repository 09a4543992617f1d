from django import forms
from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.ranking_columns import ColumnsField
from articles.admin.ranking_entry import grid_view, paste_view
from articles.admin.stored import (
    ReleasedModelAdmin,
    may_publish,
)
from articles.models import (
    Ranking,
    RankingEntry,
    RankingPeriod,
    RankingTable,
)


class RankingForm(forms.ModelForm):
    columns = ColumnsField()

    class Meta:
        model = Ranking
        fields = ["title", "slug", "rank_heading", "columns"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Absent where the series may only be looked at.
        if "columns" in self.fields:
            self.fields["columns"].known = self.instance.columns or []

    def clean_columns(self):
        columns = self.cleaned_data["columns"]
        kept = {column["key"] for column in columns[1:]}
        entries = RankingEntry.objects.filter(period__ranking=self.instance.pk)
        for column in (self.instance.columns or [])[1:]:
            if column["key"] not in kept and entries.filter(cells__has_key=column["key"]).exists():
                self.add_error(
                    "columns",
                    _(
                        "The column “%(heading)s” has figures, so it stays. To give it another"
                        " heading, write “%(key)s = heading”."
                    )
                    % column,
                )
        return columns


class PeriodFormSet(forms.BaseInlineFormSet):
    def clean(self):
        super().clean()
        periods = [form.instance.pk for form in self.deleted_forms]
        tables = RankingTable.objects.filter(periods__in=periods).select_related("article")
        for table in tables.distinct():
            raise forms.ValidationError(
                _("The table “%(table)s” of the article “%(article)s” shows a period to delete.")
                % {"table": table, "article": table.article}
            )
        for period in RankingPeriod.objects.ever_published().filter(pk__in=periods):
            raise forms.ValidationError(
                _("“%(period)s” has been public: correct its figures, with a reason.")
                % {"period": period.label}
            )
        self._refuse_periods_that_came_meanwhile()

    def _refuse_periods_that_came_meanwhile(self):
        """Refuse a label or date of a period that somebody else has added since the page opened."""
        shown = [form.instance.pk for form in self.initial_forms]
        others = RankingPeriod.objects.filter(ranking=self.instance.pk).exclude(pk__in=shown)
        labels, dates = set(), set()
        for other in others:
            labels.add(other.label)
            dates.add(other.as_of)
        for form in self.forms:
            if form.cleaned_data.get("label") in labels or form.cleaned_data.get("as_of") in dates:
                raise forms.ValidationError(
                    _("Somebody else has added this period meanwhile. Open the page anew.")
                )


class PeriodInline(admin.TabularInline):
    model = RankingPeriod
    formset = PeriodFormSet
    fields = ["label", "as_of", "published_at"]
    extra = 1

    def get_readonly_fields(self, request, obj=None):
        return [] if may_publish(request) else ["published_at"]


@admin.register(Ranking)
class RankingAdmin(ReleasedModelAdmin):
    form = RankingForm
    inlines = [PeriodInline]
    list_display = ["title", "slug", "grid_link"]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}

    class Media:
        css = {"all": ["manage/ranking_grid.css"]}

    def get_urls(self):
        grid = path(
            "<int:ranking_id>/grid/",
            self.admin_site.admin_view(self.grid_view),
            name="articles_ranking_grid",
        )
        paste = path(
            "<int:ranking_id>/paste/",
            self.admin_site.admin_view(self.paste_view),
            name="articles_ranking_paste",
        )
        return [grid, paste, *super().get_urls()]

    def has_delete_permission(self, request, obj=None):
        """Keep a series that readers have seen: its figures are corrected, with a reason."""
        seen = obj and RankingPeriod.objects.ever_published().filter(ranking=obj).exists()
        return not seen and super().has_delete_permission(request, obj)

    @admin.display(description=gettext_lazy("figures"))
    def grid_link(self, ranking):
        address = reverse("admin:articles_ranking_grid", args=[ranking.pk])
        return format_html('<a href="{}">{}</a>', address, _("Enter the figures"))

    def grid_view(self, request, ranking_id):
        return grid_view(self, request, ranking_id)

    def paste_view(self, request, ranking_id):
        return paste_view(self, request, ranking_id)
