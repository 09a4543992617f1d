"""A table that stands in an article's text becomes figures: its series, the grid, and back."""

import csv
import io

from django import forms
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import require
from articles.admin.rankings.grid_views import RANKINGS, PasteForm, show_read
from articles.desk.revisions import record
from articles.fields import LineFormField
from articles.manuscripts.blocks import Table
from articles.manuscripts.choices import free_slug, series_like
from articles.manuscripts.tables import read_series
from articles.models import Ranking
from articles.rankings.pasted_tables import MAX_CHARACTERS

NEW = "new"


class SeriesForm(forms.Form):
    """Choose the series of a table, whose cells are `text`; `read` is what its headings tell."""

    text = forms.CharField(widget=forms.HiddenInput)
    series = forms.ChoiceField(
        label=gettext_lazy("The table becomes"), choices=[], widget=forms.RadioSelect
    )
    title = LineFormField(
        label=gettext_lazy("Title of a new series"),
        required=False,
        max_length=Ranking._meta.get_field("title").max_length,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, read, may_add, data=None, initial=None):
        self.read = read
        like = series_like(read)
        options = [
            (str(each.pk), _("Existing series: %(title)s") % {"title": each.title}) for each in like
        ]
        options += [(NEW, _("New series"))] if may_add else []
        same = [str(each.pk) for each in like if each.title == read.title]
        chosen = [*same, *([NEW] if may_add else []), *(str(each.pk) for each in like), ""][0]
        super().__init__(data, initial={**(initial or {}), "series": chosen})
        self.fields["series"].choices = options
        if not may_add:
            del self.fields["title"]

    def clean(self):
        super().clean()
        is_new = self.cleaned_data.get("series") == NEW
        if is_new and self.cleaned_data.get("title") == "":
            self.add_error("title", _("A new series needs a title."))

    def chosen_series(self):
        """Return the series, loaded with its periods; a new one is stored."""
        if self.cleaned_data["series"] != NEW:
            return RANKINGS.get(pk=self.cleaned_data["series"])
        ranking = Ranking(
            slug=free_slug(self.read.slug),
            title=self.cleaned_data["title"],
            rank_heading=self.read.rank_heading,
            columns=[{"key": each.key, "heading": each.heading} for each in self.read.columns],
        )
        ranking.full_clean()
        ranking.store()
        return ranking


def from_text_view(model_admin, request):
    """Ask which series a table belongs to, then show it in that series' grid, in a window."""
    require(request, model_admin.permission_for("change"))
    title = request.POST.get("title", "")
    read = _series_of(request.POST.get("text", ""), title)
    if read is None:
        return _show(model_admin, request, None)
    may_add = model_admin.may(request, "add")
    if "series" not in request.POST:
        initial = {"text": request.POST["text"], "title": title}
        return _show(model_admin, request, SeriesForm(read, may_add, initial=initial))
    form = SeriesForm(read, may_add, request.POST)
    if form.is_valid():
        with transaction.atomic():
            ranking = form.chosen_series()
            table = PasteForm(ranking, {"text": form.cleaned_data["text"], "html": ""})
            if table.is_valid():
                if form.cleaned_data["series"] == NEW:
                    model_admin.log_addition(request, ranking, _("Made of a table of a text."))
                    record(ranking, by=request.user)
                return show_read(model_admin, request, table, is_popup=True)
            transaction.set_rollback(True)
        form.add_error(None, table.errors["text"])
    return _show(model_admin, request, form)


def _series_of(text, title):
    """Return the series that a copied table's headings tell, or None."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        rows = [tuple(row) for row in csv.reader(io.StringIO(text), delimiter="\t")]
    except csv.Error:
        return None
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        return None
    return read_series(Table(tuple(rows)), title)


def _show(model_admin, request, form):
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("The table as a ranking"),
        "opts": model_admin.opts,
        "form": form,
        "is_popup": True,
    }
    return TemplateResponse(request, "admin/articles/ranking/from_text.html", context)
