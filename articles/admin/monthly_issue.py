from django.contrib import admin
from django.db.models import F

from articles.admin.numbered import NumberedFormSet
from articles.admin.stored import BodyForm, PartInline, PublishedModelAdmin, PublishedModelForm
from articles.markdown import faults_for_publishing, to_html
from articles.models import MonthlyIssue, MonthlyIssueItem, PageVersion, article_scope

OUT_OF_THE_WAY = 10_000


class MonthlyIssueItemForm(BodyForm):
    # The formset numbers the items anew: while two change places, both look taken.
    def validate_constraints(self):
        pass


class MonthlyIssueItemFormSet(NumberedFormSet):
    def clean(self):
        super().clean()
        # An item of an issue that is stored already asks this itself.
        if self.instance.pk is None and self.instance.state == MonthlyIssue.State.PUBLISHED:
            for row in self.kept_rows():
                body = row.cleaned_data.get("body", "")
                if faults := faults_for_publishing(body, f"<h2></h2>{to_html(body)}"):
                    row.add_error("body", faults)

    def save_items(self):
        """Delete, number and store the items; nobody sees two in one place."""
        self.save(commit=False)
        for item in self.deleted_objects:
            item.delete()
        self.instance.items.update(position=F("position") + OUT_OF_THE_WAY)
        for row in self.kept_rows():
            row.instance.store()


class MonthlyIssueItemInline(PartInline, admin.StackedInline):
    model = MonthlyIssueItem
    form = MonthlyIssueItemForm
    formset = MonthlyIssueItemFormSet
    fields = [("position", "category"), "headline", "body"]
    formfield_overrides = PublishedModelAdmin.formfield_overrides


@admin.register(MonthlyIssue)
class MonthlyIssueAdmin(PublishedModelAdmin):
    form = PublishedModelForm
    fields = ["month", "title", "lead_article", "state", "published_at"]
    publisher_fields = ["published_at"]
    autocomplete_fields = ["lead_article"]
    inlines = [MonthlyIssueItemInline]
    list_display = ["month", "title", "state", "published_at"]
    list_display_links = ["month", "title"]
    list_filter = ["state"]
    search_fields = ["title", "items__headline"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if led_before := form.initial.get("lead_article"):
            PageVersion.raise_for(article_scope(led_before))

    def save_formset(self, request, form, formset, change):
        formset.save_items()
