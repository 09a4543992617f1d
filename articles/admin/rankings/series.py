from django import forms
from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles.admin.base import (
    ReleasedModelAdmin,
    may_publish,
)
from articles.admin.edit_conflicts import EditConflictForm, EditConflictFormSet
from articles.admin.form_fields import FORM_FIELDS
from articles.admin.rankings.from_text import from_text_view
from articles.admin.rankings.grid_views import grid_view, paste_view, propose_view
from articles.admin.rankings.list_fields import ColumnsField
from articles.admin.rankings.proposals import decline_view, proposals_context
from articles.admin.revisions import RevisedAdmin
from articles.admin.trash import TrashedAdmin
from articles.content.text import normalise_line
from articles.fields import LineFormField
from articles.models import (
    Ranking,
    RankingEntry,
    RankingPeriod,
    RankingTable,
)
from articles.models.ranking_heads import headings_of, heads_of, needs_reason, record_renamed


class RankingForm(EditConflictForm):
    columns = ColumnsField()
    reason = LineFormField(
        label=gettext_lazy("Reason of the correction"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "A heading, and a period's label and date, are part of what readers have seen: what"
            " changes is shown with this reason and the date, and stays in the ledger for good."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    class Meta:
        model = Ranking
        fields = ["title", "slug", "rank_heading", "columns"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Absent where the series may only be looked at.
        if "columns" in self.fields:
            self.fields["columns"].known = self.instance.columns or []
        self.heads_before = heads_of(self.instance) if self.instance.pk else {}

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

    def clean(self):
        super().clean()
        columns = self.cleaned_data.get("columns")
        if not self.heads_before or columns is None:
            return
        rank_heading = self.cleaned_data.get("rank_heading", self.instance.rank_heading)
        now = headings_of(Ranking(rank_heading=rank_heading, columns=columns))
        if not self.cleaned_data.get("reason") and any(
            now.get(head, old) != old for head, old in self.heads_before.items()
        ):
            self.add_error("reason", needs_reason())


class PeriodFormSet(EditConflictFormSet):
    def add_fields(self, form, index):
        """Name each field itself: the headings of the table that it stands in are no labels."""
        super().add_fields(form, index)
        for field in form.fields.values():
            if not isinstance(field.widget, forms.MultiWidget):
                field.widget.attrs["aria-label"] = field.label

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
        self._ask_for_a_reason()
        self._refuse_periods_that_came_meanwhile()

    def _ask_for_a_reason(self):
        """Refuse another label or date of a period that readers have seen, if none says why."""
        changed = [
            form.instance.pk
            for form in self.initial_forms
            if not {"label", "as_of"}.isdisjoint(form.changed_data)
        ]
        seen = RankingPeriod.objects.ever_published().filter(pk__in=changed)
        if changed and not normalise_line(self.data.get("reason", "")) and seen.exists():
            raise needs_reason()

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
    formfield_overrides = FORM_FIELDS

    def get_readonly_fields(self, request, obj=None):
        return [] if may_publish(request) else ["published_at"]

    def get_extra(self, request, obj=None, **options):
        return self.extra if self.has_add_permission(request, obj) else 0


@admin.register(Ranking)
class RankingAdmin(TrashedAdmin, RevisedAdmin, ReleasedModelAdmin):
    form = RankingForm
    note_field = "reason"
    not_joined = ["slug"]
    inlines = [PeriodInline]
    list_display = ["title", "slug", "grid_link"]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["headings"]

    class Media:
        css = {"all": ["manage/ranking_grid.css"]}

    def get_urls(self):
        grid = path(
            "<key:ranking_id>/grid/",
            self.admin_site.admin_view(self.grid_view),
            name="articles_ranking_grid",
        )
        paste = path(
            "<key:ranking_id>/paste/",
            self.admin_site.admin_view(self.paste_view),
            name="articles_ranking_paste",
        )
        from_text = path(
            "from-text/",
            self.admin_site.admin_view(self.from_text_view),
            name="articles_ranking_from_text",
        )
        propose = path(
            "<key:ranking_id>/propose/",
            self.admin_site.admin_view(self.propose_view),
            name="articles_ranking_propose",
        )
        decline = path(
            "<key:ranking_id>/decline/",
            self.admin_site.admin_view(require_POST(self.decline_view)),
            name="articles_ranking_decline",
        )
        return [grid, paste, from_text, propose, decline, *super().get_urls()]

    def get_list_display(self, request):
        may_enter = self.has_change_permission(request)
        return [name for name in self.list_display if may_enter or name != "grid_link"]

    def get_fields(self, request, obj=None):
        """Ask for a reason only where somebody may change what readers have seen."""
        if not self.has_change_permission(request, obj):
            return ["title", "slug", "rank_heading", "headings"]
        fields = [field for field in super().get_fields(request, obj) if field != "headings"]
        if obj and heads_of(obj):
            return fields
        return [field for field in fields if field != "reason"]

    @admin.display(description=gettext_lazy("columns"))
    def headings(self, ranking):
        """The columns as they stand in a table's head, for who may not change them."""
        return ", ".join(column["heading"] for column in ranking.columns)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        reason = form.cleaned_data.get("reason", "")
        record_renamed(form.instance, form.heads_before, reason, request.user)

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

    def propose_view(self, request, ranking_id):
        return propose_view(self, request, ranking_id)

    def decline_view(self, request, ranking_id):
        return decline_view(self, request, ranking_id)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context |= proposals_context(request, obj, self.has_change_permission(request, obj))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def paste_view(self, request, ranking_id):
        return paste_view(self, request, ranking_id)

    def from_text_view(self, request):
        return from_text_view(self, request)
