"""The data stewards' queue: readers' reports of wrong figures, the ones to be checked first."""

from django import forms
from django.contrib import admin
from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.edit_conflicts import EditConflictAdmin, EditConflictForm
from articles.admin.model_admin import StaffModelAdmin
from articles.content.text import normalise_line
from comments.models import Comment, FigureReport

MOMENT_FORMAT = "Y.m.d H:i"
State = FigureReport.State
IS_WAITING = Q(state=State.OPEN) | Q(comment__state=Comment.State.HELD)


class DecisionForm(EditConflictForm):
    class Meta:
        model = FigureReport
        fields = ["state", "answer"]
        widgets = {"state": forms.RadioSelect, "answer": forms.TextInput(attrs={"size": 80})}

    # What the grid of the figures says that it has corrected; the admin sets it.
    corrected = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.corrected and "answer" in self.fields:
            self.initial |= {"state": State.ACCEPTED, "answer": self.corrected}

    def clean(self):
        super().clean()
        if self.cleaned_data.get("state") == State.REJECTED and not self.cleaned_data.get("answer"):
            self.add_error("answer", _("Tell the readers why the figure stays as it is."))


def place_of(report):
    """Return what the grid's address says of the figure that a report speaks of."""
    entry = report.comment.ranking_entry
    place = {"periods": entry.period_id, "entry": entry.pk}
    line = report.comment.body.partition("\n")[0]
    figures = report.comment.anchor.figures()
    headings = [figure.partition(":")[0] for figure in figures]
    for cell, heading in enumerate(headings):
        # It was chosen from these, each with its column's heading.
        if f": {heading}:" in line:
            place["cell"] = cell
    back = reverse("admin:comments_figurereport_change", args=[report.pk])
    return {**place, "back": back}


@admin.register(FigureReport)
class FigureReportAdmin(EditConflictAdmin, StaffModelAdmin):
    """Reports to check against their source and to close; their texts are their writers'."""

    permissions = {"add": None, "change": "comments.decide_figurereport", "delete": None}
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

    def get_queryset(self, request):
        return super().get_queryset(request).in_queue()

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if obj and request.method == "GET":
            form.corrected = normalise_line(request.GET.get("answer", ""))[:300]
        return form

    def get_object(self, request, object_id, from_field=None):
        report = super().get_object(request, object_id, from_field)
        if report:
            # Whose permissions tell which pages are linked.
            report.reader = request.user
        return report

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
            page, what = "admin:articles_ranking_grid", comment.ranking_entry.period.ranking
            permission, name = "articles.change_ranking", what.title
        elif comment.issue_item:
            page, what = "admin:articles_monthlyissue_change", comment.issue_item.issue
            permission, name = "articles.view_monthlyissue", what.title
        else:
            page, what = "admin:articles_article_change", comment.article
            permission, name = "articles.view_article", what.full_title
        if not report.reader.has_perm(permission):
            return name
        address = reverse(page, args=[what.pk])
        if comment.ranking_entry:
            address = f"{address}?{urlencode(place_of(report))}"
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
