"""Articles and months say in their lists and forms where they stand and who has to act."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy

from articles.admin.review.views import review_notice, review_view, submit_view
from articles.admin.state_badge import badge
from articles.desk.reviews import who_acts
from articles.models import ShownState

IN_REVIEW = "in_review"


class ShownStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            choice
            for choice in ShownState.choices
            if choice[0] != ShownState.WITHDRAWN or model_admin.model.can_be_withdrawn
        ]

    def queryset(self, request, queryset):
        known = self.value() in ShownState.values
        return queryset.showing(self.value()) if known else queryset


class ReviewedAdmin:
    """Stands before the ModelAdmin of what goes through review."""

    def get_urls(self):
        pages = [("submit", self.submit_view), ("review", self.review_view)]
        return [
            path(
                f"<key:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=self.url_name(name).removeprefix("admin:"),
            )
            for name, view in pages
        ] + super().get_urls()

    def submit_view(self, request, object_id):
        return submit_view(self, request, object_id)

    def review_view(self, request, object_id):
        return review_view(self, request, object_id)

    # The list

    def get_queryset(self, request):
        return super().get_queryset(request).with_reviews()

    @admin.display(description=gettext_lazy("state"), ordering="shown_now")
    def state_shown(self, row):
        return badge(row.shown_state)

    @admin.display(description=gettext_lazy("who has to act"))
    def acting(self, row):
        return who_acts(row)

    # The form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" and "_next" in request.POST:
            # To be reviewed it is saved as it is, and submitted on the page that this leads to.
            request.asks_for_review = request.POST["_next"] == IN_REVIEW
            if not request.asks_for_review:
                request.POST = request.POST.copy()
                request.POST["state"] = request.POST["_next"]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["review_notice"] = review_notice(self, request, obj)
            context["shown_badge"] = badge(obj.shown_state)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def view_on_site(self, obj):
        """Lead there by what is stored: a refused form has put what was typed into the row."""
        return obj.get_absolute_url() if obj.shown_state == ShownState.PUBLISHED else None

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        is_new_there = form.instance.state == IN_REVIEW and "state" in form.changed_data
        if is_new_there and not form.instance.reviews.open().exists():
            request.asks_for_review = True

    def response_add(self, request, obj, post_url_continue=None):
        response = super().response_add(request, obj, post_url_continue)
        return self.submitting(request, obj) or response

    def response_change(self, request, obj):
        response = super().response_change(request, obj)
        return self.submitting(request, obj) or response

    def submitting(self, request, obj):
        if not getattr(request, "asks_for_review", False) or hasattr(request, "proposal"):
            return None
        return HttpResponseRedirect(reverse(self.url_name("submit"), args=[obj.pk]))
