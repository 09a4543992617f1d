from datetime import timedelta

from django import forms
from django.contrib import admin
from django.db.models import F, Q
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy

from articles.admin.base import (
    PartInline,
    PublishedModelAdmin,
    PublishedModelForm,
    may_publish,
)
from articles.admin.form_fields import row_of_key
from articles.admin.month_search import MonthSearchAdmin
from articles.admin.next_step import next_step
from articles.admin.ordered_inlines import NumberedFormSet
from articles.admin.release import release_view
from articles.admin.review.admin import ReviewedAdmin, ShownStateFilter
from articles.admin.trash import TrashedAdmin
from articles.models import MonthlyIssue, MonthlyIssueItem
from articles.models.monthly_issue import OUT_OF_THE_WAY


def issue_to_copy(request):
    """Return the issue whose skeleton the address asks for, or None."""
    return row_of_key(MonthlyIssue.objects, request.GET.get("copy", ""))


class MonthlyIssueItemForm(forms.ModelForm):
    # The formset numbers the items anew: while two change places, both look taken.
    def validate_constraints(self):
        pass


class MonthlyIssueItemFormSet(NumberedFormSet):
    def save_items(self):
        """Delete, number and store the items; nobody sees two in one place."""
        self.save(commit=False)
        for item in self.deleted_objects:
            item.delete()
        self.instance.items.update(position=F("position") + OUT_OF_THE_WAY)
        rows = self.kept_rows()
        for row in rows:
            row.instance.store()
        # What somebody else has added in the meantime comes last.
        others = self.instance.items.filter(position__gte=OUT_OF_THE_WAY)
        for position, item in enumerate(others, start=len(rows) + 1):
            item.position = position
            item.save(update_fields=["position"])


class MonthlyIssueItemInline(PartInline, admin.StackedInline):
    model = MonthlyIssueItem
    form = MonthlyIssueItemForm
    formset = MonthlyIssueItemFormSet
    fields = [("position", "category"), "headline", "body"]

    def get_extra(self, request, obj=None, **kwargs):
        model = issue_to_copy(request) if obj is None else None
        return model.items.count() if model else self.extra


@admin.register(MonthlyIssue)
class MonthlyIssueAdmin(MonthSearchAdmin, ReviewedAdmin, TrashedAdmin, PublishedModelAdmin):
    form = PublishedModelForm
    not_joined = ["month", "lead_article"]
    fields = ["month", "title", "lead_article", "state", "published_at"]
    publisher_fields = ["published_at"]
    autocomplete_fields = ["lead_article"]
    inlines = [MonthlyIssueItemInline]
    list_display = ["month_shown", "title", "state_shown", "acting", "published_at"]
    list_display_links = ["month_shown", "title"]
    list_filter = [ShownStateFilter]
    search_fields = ["title", "items__headline", "items__body"]

    @staticmethod
    def of_month(month):
        return Q(month=month)

    @admin.display(description=gettext_lazy("month"), ordering="month")
    def month_shown(self, issue):
        return f"{issue.month:%Y.%m}"

    def get_changeform_initial_data(self, request):
        """Begin the month after `?copy=`'s with its title, where an issue is to be copied."""
        model = issue_to_copy(request)
        if model is None:
            return super().get_changeform_initial_data(request)
        month = (model.month + timedelta(days=31)).replace(day=1)
        title = model.title
        for old, new in (
            (str(model.month.year), str(month.year)),
            (f"{model.month.month}월", f"{month.month}월"),
        ):
            title = title.replace(old, new)
        return {"month": month, "title": title}

    def get_formset_kwargs(self, request, obj, inline, prefix):
        """Begin with an item for each category of the issue that is copied; an unused one goes."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        model = issue_to_copy(request)
        if model and obj.pk is None:
            kwargs["initial"] = list(model.items.values("category"))
        return kwargs

    def get_urls(self):
        release = path(
            "<key:issue_id>/release/",
            self.admin_site.admin_view(self.release_view),
            name="articles_monthlyissue_release",
        )
        return [release, *super().get_urls()]

    def release_view(self, request, issue_id):
        try:
            return release_view(self, request, issue_id)
        except MonthlyIssue.DoesNotExist as error:
            # Deleted meanwhile.
            raise Http404 from error

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        # Whoever may publish does so with the month's articles, in its release.
        context["next_step"] = None if may_publish(request) else next_step(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def save_formset(self, request, form, formset, change):
        formset.save_items()
