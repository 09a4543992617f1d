"""The data stewards' queue: readers' reports of wrong figures, the ones to be checked first."""

from django import forms
from django.contrib import admin
from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.edit_conflicts import EditConflictAdmin, EditConflictForm
from comments.models import Comment, FigureReport

MOMENT_FORMAT = "Y.m.d H:i"
State = FigureReport.State
IS_WAITING = Q(state=State.OPEN) | Q(comment__state=Comment.State.HELD)


class DecisionForm(EditConflictForm):
    class Meta:
        model = FigureReport
        fields = ["state", "answer"]
        widgets = {"state": forms.RadioSelect, "answer": forms.TextInput(attrs={"size": 80})}

    def clean(self):
        super().clean()
        if self.cleaned_data.get("state") == State.REJECTED and not self.cleaned_data.get("answer"):
            self.add_error("answer", _("Tell the readers why the figure stays as it is."))


@admin.register(FigureReport)
class FigureReportAdmin(EditConflictAdmin, admin.ModelAdmin):
    """Reports to check against their source and to close; their texts are their writers'."""

    form = DecisionForm
    list_display = ["report", "state", "about", "article", "written", "visibility"]
    list_filter = ["state", "comment__created_at"]
    list_per_page = 50
    # What waits comes first.
    ordering = [Case(When(IS_WAITING, then=Value(0)), default=Value(1)), "-comment"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["comment__body", "comment__ranking_entry__label"]
    fields = ["text", "about", "grid", "article", "written", "visibility", "state", "answer"]
    readonly_fields = ["text", "about", "grid", "article", "written", "visibility"]

    class Media:
        css = {"all": ["manage/comments.css"]}

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("comments.decide_figurereport")

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_change_permission(request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        return super().get_queryset(request).in_queue()

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = {"show_save_and_continue": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request, obj, form, change):
        obj.decide(obj.state, by=request.user, answer=obj.answer)

    def view_on_site(self, report):
        comment = report.comment
        if comment.is_visible and comment.article.is_public:
            return comment.get_absolute_url()
        return None

    @admin.display(description=gettext_lazy("report of a wrong figure"), ordering="comment")
    def report(self, report):
        return Truncator(" ".join(report.comment.body.split())).chars(80)

    @admin.display(description=gettext_lazy("text"))
    def text(self, report):
        return report.comment.body

    @admin.display(description=gettext_lazy("speaks of"))
    def about(self, report):
        anchor = report.comment.anchor
        return f"{anchor.label}, {anchor.period}" if anchor else _("The article as a whole")

    @admin.display(description=gettext_lazy("where to correct it"))
    def grid(self, report):
        """Lead to the grid of the entry's series, or to the item's issue."""
        comment = report.comment
        if comment.ranking_entry:
            ranking = comment.ranking_entry.period.ranking
            address, name = reverse("admin:articles_ranking_grid", args=[ranking.pk]), ranking.title
        elif comment.issue_item:
            issue = comment.issue_item.issue
            address = reverse("admin:articles_monthlyissue_change", args=[issue.pk])
            name = issue.title
        else:
            article = comment.article
            address = reverse("admin:articles_article_change", args=[article.pk])
            name = article.full_title
        return format_html('<a href="{}">{}</a>', address, name)

    @admin.display(description=gettext_lazy("article"))
    def article(self, report):
        return report.comment.article

    @admin.display(description=gettext_lazy("written at"), ordering="comment")
    def written(self, report):
        return date_format(localtime(report.comment.created_at), MOMENT_FORMAT)

    @admin.display(description=gettext_lazy("comment"))
    def visibility(self, report):
        return report.comment.get_state_display()
