"""Where a series' figures are entered: the grid, and the box that takes a copied table."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.admin.base import tell_taken_off
from articles.admin.model_admin import PermissionMissing, require
from articles.admin.rankings.grid_form import PERIODS_AT_ONCE, RankingGridForm, shown_rows
from articles.admin.rankings.proposals import (
    DeclineForm,
    ProposalForm,
    mark_proposed,
    may_propose,
    proposal_of,
    typed_of,
)
from articles.admin.rankings.reported import (
    answered_address,
    back_address,
    mark_reported,
    newest_correction,
)
from articles.desk.revisions import record, record_found
from articles.fields import ProseFormField
from articles.manuscripts.tables import month_of
from articles.models import FigureProposal, Ranking, RankingPeriod, Release, recheck_releases
from articles.rankings.pasted_tables import (
    PasteError,
    left_out,
    read_copied,
    to_groups,
    to_text,
)
from articles.rankings.spreadsheets import read_file

MAX_NOTES = 20
RANKINGS = Ranking.objects.prefetch_related("periods__entries__subject")


def grid_view(model_admin, request, ranking_id):
    """Show the series' figures as a grid, or save it whole."""
    require(request, model_admin.permission_for("change"))
    is_popup = IS_POPUP_VAR in request.GET
    with transaction.atomic():
        rankings = RANKINGS.all()
        if request.method == "POST":
            Release.objects.scheduled().filter(periods__ranking=ranking_id).lock()
            rankings = rankings.select_for_update(no_key=True)
        ranking = get_object_or_404(rankings, pk=ranking_id)
        pages = period_pages(ranking)
        page = request.GET.get("page", "1")
        page = int(page) if page in map(str, range(1, len(pages) + 1)) else 1
        periods = chosen_periods(ranking, request.GET.get("periods"), pages[page - 1])
        periods, typed = with_new_periods(ranking, periods, request)
        if proposal := proposal_of(request, ranking):
            periods, typed = typed_of(request, proposal, new_period)
        form = RankingGridForm(ranking, periods, request.POST or None, typed)
        mark_reported(request, form)
        if proposal:
            mark_proposed(form, typed)
            form.initial["reason"] = proposal.note
        if form.is_valid():
            record_found(ranking)
            newest = newest_correction(ranking)
            new_subjects = form.save(by=request.user)
            model_admin.log_change(request, ranking, _("Changed the figures."))
            tell_saved(request, new_subjects)
            tell_taken_off(request, recheck_releases(ranking))
            record(ranking, by=request.user, note=form.cleaned_data.get("reason") or "")
            if proposal:
                proposal.decide(FigureProposal.State.ACCEPTED, by=request.user)
                return redirect("admin:articles_ranking_change", ranking.pk)
            if is_popup:
                return show_saved(model_admin, request, form)
            if back_address(request):
                return redirect(answered_address(request, ranking, newest))
            return redirect(saved_address(request, ranking, form))
    # What the reading of a pasted table told stands by until the figures are saved.
    notes = request.POST.getlist("note")[:MAX_NOTES]
    context = {"notes": notes, "is_popup": is_popup, "proposal": proposal}
    return show_grid(model_admin, request, form, pages, page, decline=DeclineForm(), **context)


def propose_view(model_admin, request, ranking_id):
    """Let who may not enter figures type them into the grid, and keep them as a proposal."""
    if not may_propose(request):
        raise PermissionMissing("articles.change_article")
    ranking = get_object_or_404(RANKINGS.all(), pk=ranking_id)
    if model_admin.has_change_permission(request):
        return redirect("admin:articles_ranking_grid", ranking.pk)
    pages = period_pages(ranking)
    page = request.GET.get("page", "1")
    page = int(page) if page in map(str, range(1, len(pages) + 1)) else 1
    periods = chosen_periods(ranking, request.GET.get("periods"), pages[page - 1])
    periods, typed = with_new_periods(ranking, periods, request)
    form = ProposalForm(ranking, periods, request.POST or None, typed)
    if form.is_valid():
        form.propose(by=request.user)
        model_admin.log_change(request, ranking, _("Proposed figures."))
        text = _("Proposed. No figure changes until a data steward accepts it.")
        messages.success(request, text)
        return redirect("admin:articles_ranking_change", ranking.pk)
    return show_grid(model_admin, request, form, pages, page, is_proposal=True)


def show_grid(model_admin, request, form, pages, page, **context):
    ranking = form.ranking
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Figures: %(ranking)s") % {"ranking": ranking},
        "opts": model_admin.opts,
        "ranking": ranking,
        "form": form,
        "pages": [(number, periods) for number, periods in enumerate(pages, start=1)],
        "page": page,
        "last_period": pages[0][0] if pages[0] else None,
        "media": form.media,
        "back_address": back_address(request),
        **context,
    }
    return TemplateResponse(request, "admin/articles/ranking/grid.html", context)


def period_pages(ranking):
    """Return the periods in groups that one grid shows, the newest first."""
    periods = list(ranking.periods.all())[::-1]
    starts = range(0, len(periods), PERIODS_AT_ONCE)
    return [periods[start : start + PERIODS_AT_ONCE] for start in starts] or [[]]


def chosen_periods(ranking, keys, otherwise):
    """Return the series' periods that `keys`, "3,5", name; what names none is passed over."""
    if keys is None:
        return otherwise
    keys = set(keys.split(","))
    return [period for period in ranking.periods.all() if str(period.pk) in keys][::-1]


def with_new_periods(ranking, periods, request):
    """Return the grid's periods with those to be made, and what a new one begins with.

    `new` is a number in a grid that is sent, "last" to begin with the last period's names.
    """
    asked = request.POST.get("new", "") if request.method == "POST" else request.GET.get("new", "")
    count = int(asked) if asked in map(str, range(1, PERIODS_AT_ONCE + 1)) else 0
    if request.method == "GET" and asked == "last" and (last := list(ranking.periods.all())[-1:]):
        new = next_period(ranking, last[0])
        return [new, *periods[: PERIODS_AT_ONCE - 1]], [(new, names_of(ranking, last[0]), ())]
    new = [new_period(ranking, number) for number in range(1, count + 1)]
    return [*new, *periods[: PERIODS_AT_ONCE - len(new)]], None


def new_period(ranking, number, label="", as_of=None):
    period = RankingPeriod(ranking=ranking, label=label, as_of=as_of)
    period.new_number = number
    return period


def next_period(ranking, last):
    """Return a new period one month after `last`, labelled like it where its label is a month's."""
    as_of = (last.as_of.replace(day=1) + timedelta(days=31)).replace(day=1)
    month = month_of(last.label)
    label = ""
    if month and (month.year, month.month) == (last.as_of.year, last.as_of.month):
        for old, new in (
            (f"{month.year}", f"{as_of.year}"),
            (f"{month.month}월", f"{as_of.month}월"),
        ):
            label = (label or last.label).replace(old, new)
    return new_period(ranking, 1, label, as_of)


def names_of(ranking, period):
    """Return the period's ranks and names; the figures beside them are to be typed anew."""
    return [[*row[:2], *[""] * (len(row) - 2)] for row in shown_rows(ranking, period)]


def saved_address(request, ranking, form):
    """Return where a saved grid is shown; what was new in it has a key by now."""
    if not form.new_periods:
        return request.get_full_path()
    keys = ",".join(str(period.pk) for period in form.periods if period.pk)
    return f"{reverse('admin:articles_ranking_grid', args=[ranking.pk])}?periods={keys}"


def show_saved(model_admin, request, form):
    """Tell the window that opened the grid which periods it holds now; the script closes it."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Figures: %(ranking)s") % {"ranking": form.ranking},
        "opts": model_admin.opts,
        "ranking": form.ranking,
        "periods": [period for period in form.periods if period.pk],
        "is_popup": True,
    }
    return TemplateResponse(request, "admin/articles/ranking/saved.html", context)


def tell_saved(request, new_subjects):
    messages.success(request, _("The figures have been saved."))
    if new_subjects:
        text = ngettext(
            "This name was new, and is now a ranking subject: %(names)s",
            "These names were new, and are now ranking subjects: %(names)s",
            len(new_subjects),
        )
        messages.info(request, text % {"names": ", ".join(map(str, new_subjects))})


# A copied table


class PasteForm(forms.Form):
    """Read a copied table, or an uploaded one, into a `grid`; the box keeps what was read.

    `notes` tell what of it was left out or is shown otherwise than it is stored.
    """

    text = ProseFormField(
        label=gettext_lazy("The copied table"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField", "wrap": "off"}),
        help_text=gettext_lazy(
            "From Excel, 한글, a web page or Markdown, with both header rows: the periods, and"
            " below them the series' own headings."
        ),
    )
    html = forms.CharField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        required=False,
        help_text=gettext_lazy(
            ".xlsx or .csv, up to 2 MB; the sheet with the headings is read, as it shows its cells."
        ),
    )

    def __init__(self, ranking, *args):
        super().__init__(*args)
        self.ranking = ranking
        self.headings = [column["heading"] for column in ranking.columns]
        self.notes = []

    def clean(self):
        super().clean()
        try:
            table = self._table()
            rows = table.rows
            self.notes = [*table.notes, *left_out(rows, self.headings)]
            # Whatever it came from stays to be mended, merged cells and all.
            self.data = self.data.copy()
            self.data["text"], self.data["html"] = to_text(rows), ""
            groups = to_groups(rows, self.ranking.rank_heading, self.headings)
            self.grid = grid_of(self.ranking, groups)
        except PasteError as error:
            name = "file" if self.cleaned_data.get("file") else "text"
            self.add_error(name, [fault_text(*fault) for fault in error.faults])

    def _table(self):
        upload = self.cleaned_data.get("file")
        if upload:
            # One byte more than may be read says enough.
            content = upload.read(MAX_READ_BYTES)
            return read_file(upload.name, content, self.headings)
        html, text = self.cleaned_data.get("html") or "", self.cleaned_data.get("text") or ""
        return read_copied(html, text, self.headings)


MAX_READ_BYTES = 2 * 1024**2 + 1


def fault_text(row, text):
    return _("Row %(row)s: %(text)s") % {"row": row, "text": text} if row else text


def paste_view(model_admin, request, ranking_id):
    """Read a copied table and show it in the grid, with its faults; nothing is saved."""
    require(request, model_admin.permission_for("change"))
    ranking = get_object_or_404(RANKINGS.all(), pk=ranking_id)
    is_sent = request.method == "POST"
    form = PasteForm(ranking, *([request.POST, request.FILES] if is_sent else []))
    if is_sent and form.is_valid():
        return show_read(model_admin, request, form)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Paste a table: %(ranking)s") % {"ranking": ranking},
        "opts": model_admin.opts,
        "ranking": ranking,
        "form": form,
        "media": form.media,
    }
    return TemplateResponse(request, "admin/articles/ranking/paste.html", context)


def show_read(model_admin, request, form, is_popup=False):
    """Show the grid of a valid PasteForm, as if it had been typed."""
    grid = form.grid
    grid.is_valid()
    keys = ",".join(str(period.pk) for period in grid.periods if period.pk)
    address = reverse("admin:articles_ranking_grid", args=[grid.ranking.pk])
    popup = f"&{IS_POPUP_VAR}=1" if is_popup else ""
    context = {
        "is_pasted": True,
        "is_popup": is_popup,
        "notes": form.notes,
        "action": f"{address}?periods={keys}&new={len(grid.new_periods)}{popup}",
    }
    return show_grid(model_admin, request, grid, period_pages(grid.ranking), None, **context)


def grid_of(ranking, groups):
    """Return a grid that holds `groups` as if they had been typed; raises PasteError."""
    known, new = {}, []
    for group in groups:
        month = month_of(group.label)
        period = period_of(ranking, group.label, month)
        if period is None:
            period = new_period(ranking, len(new) + 1, group.label[:50], month)
            new.append((period, group.rows, group.total))
        elif period.pk in known:
            text = _("Two groups of columns speak of the period %(label)s.")
            raise PasteError((0, text % {"label": period.label}))
        else:
            known[period.pk] = period, group.rows, group.total
    # In the order in which the grid is read when it is sent.
    stored = list(ranking.periods.all())[::-1]
    typed = new + [known[period.pk] for period in stored if period.pk in known]
    periods = [period for period, _rows, _total in typed]
    shown = RankingGridForm(ranking, periods, typed=typed)
    if max(len(rows) for _period, rows, _total in typed) > shown.max_rows:
        text = _("The grid has at most %(limit)s rows.") % {"limit": shown.max_rows}
        raise PasteError((0, text))
    values = {name: shown[name].value() for name in shown.fields}
    data = {name: "" if value is None else value for name, value in values.items()}
    return RankingGridForm(ranking, periods, {**data, "opened_with": shown.opened_with})


def period_of(ranking, label, month):
    """Return the stored period of that label or else of that month, or None."""
    stored = list(ranking.periods.all())
    same_label = [period for period in stored if period.label == label]
    same_month = [period for period in stored if month and period.as_of == month]
    return next(iter([*same_label, *same_month]), None)
