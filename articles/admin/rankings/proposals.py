"""Figures that are proposed: typed into the grid by who may not save it, and judged in it."""

from datetime import date

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.form_fields import row_of_key
from articles.admin.model_admin import require
from articles.admin.rankings.grid_fields import cell_names, shown_total, total_names
from articles.admin.rankings.grid_form import RankingGridForm, shown_rows
from articles.fields import LineFormField
from articles.models import FigureProposal

MOST_SHOWN = 10


class ProposalForm(RankingGridForm):
    """The grid's fields, whose save is a proposal: always with its reason."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = _("Why, and after which source?")
        self.fields["reason"].help_text = _("Whoever checks the figures reads it.")

    def clean(self):
        super().clean()
        if self.errors:
            return
        if not self.cleaned_data.get("reason"):
            self.add_error("reason", _("Say why, and where the figures are from."))
        elif not self.changed_periods:
            self.add_error(None, _("These are the figures that stand there already."))

    def propose(self, *, by):
        """Keep what was typed as a proposal; no figure changes."""
        return FigureProposal.objects.create(
            ranking=self.ranking,
            periods=[as_data(self, period) for period, _rows, _total in self.changed_periods],
            note=self.cleaned_data["reason"],
            proposed_by=by,
            proposed_by_name=by.get_username(),
        )


def as_data(form, period):
    """Return a period as it was typed into the grid, blank rows left out."""
    rows = []
    for number in range(1, form.row_count + 1):
        names = cell_names(form.ranking, period, number)
        values = [form.cleaned_data.get(name) for name in names]
        if any(value not in {None, ""} for value in values):
            rows.append(values)
    total = [form.cleaned_data.get(name) or "" for name in total_names(form.ranking, period)]
    day = period.as_of.isoformat() if period.as_of else ""
    return {
        "period": period.pk,
        "label": period.label,
        "as_of": day,
        "rows": rows,
        "total": total,
    }


class DeclineForm(forms.Form):
    answer = LineFormField(
        label=gettext_lazy("Why are they not accepted?"),
        max_length=300,
        # Cut in the browser: what is refused is not shown again beside the grid.
        widget=forms.TextInput(
            attrs={"class": "vTextField", "autocomplete": "off", "maxlength": 300}
        ),
    )


def proposal_of(request, ranking):
    """Return the open proposal that the address names, or None, which is told."""
    proposal = row_of_key(ranking.proposals, request.GET.get("proposal", ""))
    if proposal and proposal.state == FigureProposal.State.OPEN:
        return proposal
    if proposal:
        about = {"who": proposal.decided_by_name, "what": proposal.get_state_display()}
        messages.warning(request, _("%(who)s has answered meanwhile: %(what)s.") % about)
    return None


def typed_of(request, proposal, new_period):
    """Return (periods, typed) of the grid that a proposal fills, the newest first."""
    ranking = proposal.ranking
    stored = {period.pk: period for period in ranking.periods.all()}
    typed, count = [], 0
    for data in proposal.periods:
        fits = all(len(row) == len(ranking.columns) + 1 for row in data["rows"])
        if not fits or (data["period"] and data["period"] not in stored):
            text = _("“%(period)s” is left out: the series has changed since it was proposed.")
            messages.warning(request, text % {"period": data["label"]})
            continue
        if data["period"]:
            period = stored[data["period"]]
        else:
            count += 1
            day = date.fromisoformat(data["as_of"])
            period = new_period(ranking, count, data["label"], day)
        typed.append((period, data["rows"], data["total"]))
    typed.sort(key=lambda each: (each[0].pk is None, each[0].as_of), reverse=True)
    return [period for period, _rows, _total in typed], typed


def mark_proposed(form, typed):
    """Mark each cell that differs from what stands there, and let it say what that is."""
    ranking = form.ranking
    for period, rows, total in typed:
        stored = shown_rows(ranking, period)
        pairs = [
            (cell_names(ranking, period, number), row, was)
            for number, row, was in _side_by_side(rows, stored, len(ranking.columns) + 1)
        ]
        pairs.append((total_names(ranking, period), total, shown_total(ranking, period)))
        for names, now, was in pairs:
            for name, typed_text, text in zip(names, now, was, strict=False):
                if name in form.fields and _text(typed_text) != _text(text):
                    _mark(form.fields[name], _text(text))


def _side_by_side(rows, stored, width):
    blank = [""] * width
    for number in range(1, max(len(rows), len(stored)) + 1):
        row = rows[number - 1] if number <= len(rows) else blank
        was = stored[number - 1] if number <= len(stored) else blank
        yield number, row, was


def _text(value):
    return "" if value is None else str(value)


def _mark(field, was):
    attrs = field.widget.attrs
    field.was = _("now: %(text)s") % {"text": was or _("empty")}
    attrs["class"] = f"{attrs.get('class', '')} proposed".strip()
    attrs["aria-label"] = f"{attrs['aria-label']} ({field.was})"


@transaction.atomic
def decline_view(model_admin, request, ranking_id):
    """Send a proposal back with a reason; no figure changes."""
    require(request, model_admin.permission_for("change"))
    ranking = get_object_or_404(model_admin.model, pk=ranking_id)
    form = DeclineForm(request.POST)
    proposal = proposal_of(request, ranking)
    if proposal and form.is_valid():
        answer = form.cleaned_data["answer"]
        if proposal.decide(FigureProposal.State.DECLINED, by=request.user, answer=answer):
            model_admin.log_change(request, ranking, _("Declined proposed figures."))
            messages.success(request, _("Declined. Who has proposed it finds your answer."))
    elif proposal:
        messages.error(request, _("Say why they are not accepted."))
        return redirect(grid_address(proposal))
    return redirect("admin:articles_ranking_change", ranking.pk)


def grid_address(proposal):
    address = reverse("admin:articles_ranking_grid", args=[proposal.ranking_id])
    return f"{address}?proposal={proposal.pk}"


def proposals_context(request, ranking, may_enter):
    """Return what the series' page says of its newest proposals."""
    rows = [
        (proposal, grid_address(proposal) if may_enter and proposal.state == "open" else "")
        for proposal in ranking.proposals.all()[:MOST_SHOWN]
    ]
    return {"proposals": rows, "may_propose": may_propose(request) and not may_enter}


def may_propose(request):
    """Tell whether who asks writes articles, whose figures they may want to mend."""
    return request.user.has_perms(["articles.view_ranking", "articles.change_article"])
