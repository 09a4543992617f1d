"""The grid of a ranking series: one row a position, the periods' cells side by side."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.seen import digest
from articles.fields import LineFormField
from articles.models import EntryRow, RankingPeriod, RankingSubject
from articles.ranking_rows import empty_cell
from articles.subject_finder import SubjectFinder

# Together they stay well below DATA_UPLOAD_MAX_NUMBER_FIELDS.
PERIODS_AT_ONCE = 6
MAX_ROWS = 150
BLANK_ROWS = 5
MIN_ROWS = 10
MAX_RANK = 9_999
# What stands for the row's number in the row that "Add a row" copies.
NUMBER_OF_COPY = "__row__"

# A rank may be pasted as it is printed: "1." or "1위".
RANK_SIGN = re.compile(r"(?<=\d)\s*(?:\.|위)$")


class RankField(forms.IntegerField):
    widget = forms.TextInput

    def to_python(self, value):
        return super().to_python(RANK_SIGN.sub("", str(value or "").strip()))


class RankingGridForm(forms.Form):
    """The figures of `periods`, which are loaded with their entries and subjects.

    Nothing is saved unless every period is possible.
    """

    max_rows = MAX_ROWS

    rows = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = LineFormField(
        label=gettext_lazy("Reason of the correction"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "Readers have seen these figures: what changes in them is shown with this reason and"
            " the date, and stays in the ledger for good."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, ranking, periods, data=None):
        self.ranking, self.periods = ranking, periods
        now = fingerprint(periods)
        longest = max((len(period.entries.all()) for period in periods), default=0)
        self.row_count = max(longest + BLANK_ROWS, MIN_ROWS)
        if data is not None:
            typed = data.get("rows", "")
            if typed.isdecimal() and len(typed) <= len(str(MAX_ROWS)):
                self.row_count = max(self.row_count, min(int(typed), MAX_ROWS))
            self.was_changed = data.get("seen") != now
            # What was typed may replace the other's figures, once the editor has been told.
            data = data.copy()
            data["rows"], data["seen"] = self.row_count, now
        super().__init__(data, initial={"rows": self.row_count, "seen": now})
        seen_periods = RankingPeriod.objects.ever_published().filter(ranking=ranking)
        self.public_periods = set(seen_periods.values_list("pk", flat=True))
        for period in periods:
            for number in range(1, self.row_count + 1):
                self.fields |= cell_fields(ranking, period, number)
            for number, entry in enumerate(period.entries.all(), start=1):
                texts = [entry.cells.get(column["key"], "") for column in ranking.cell_columns]
                values = [entry.rank, entry.label, *texts]
                self.initial |= zip(cell_names(ranking, period, number), values, strict=True)

    @property
    def lines(self):
        """Return the grid's rows, each its number and every period's bound cells."""
        return [(number, self._cells(self, number)) for number in range(1, self.row_count + 1)]

    @property
    def line_to_copy(self):
        form = forms.Form()
        for period in self.periods:
            form.fields |= cell_fields(self.ranking, period, NUMBER_OF_COPY)
        return NUMBER_OF_COPY, self._cells(form, NUMBER_OF_COPY)

    def _cells(self, form, number):
        names = [cell_names(self.ranking, period, number) for period in self.periods]
        return [[form[name] for name in group] for group in names]

    @property
    def faults(self):
        """Return [(bound cell, text)], each text with its period and row."""
        faults = []
        for name, errors in self.errors.as_data().items():
            if name in self.fields:
                for error in errors:
                    text = error.messages[0]
                    if error.code != "row" and name != "reason":
                        text = f"{self.fields[name].label}: {text}"
                    faults.append((self[name], text))
        return faults

    def clean(self):
        super().clean()
        if self.was_changed:
            self.add_error(
                None,
                _(
                    "Someone has changed these figures since you opened this page. Save once more"
                    " to put yours in their place."
                ),
            )
        self.finder = SubjectFinder(self.ranking)
        self.rows_by_period = [(period, self._clean_period(period)) for period in self.periods]
        if not self.errors and self.corrects and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("These figures are public: give a reason."))

    @property
    def corrects(self):
        """Tell whether figures that readers have seen are about to change."""
        return any(
            period.pk in self.public_periods and period.entries.all()
            for period, rows in self.changed_periods
        )

    @property
    def changed_periods(self):
        return [
            (period, rows)
            for period, rows in self.rows_by_period
            if rows_as_data(rows) != entries_as_data(period)
        ]

    def _clean_period(self, period):
        """Return the period's [EntryRow]; blank rows are passed over."""
        filled = {}
        for number in range(1, self.row_count + 1):
            names = cell_names(self.ranking, period, number)
            values = [self.cleaned_data.get(name) for name in names]
            if any(
                value not in {None, ""} for value in values
            ) or not self.errors.keys().isdisjoint(names):
                filled[number] = values
        rows = [self._clean_row(period, number, values) for number, values in filled.items()]
        if not all(rows):
            return []
        ranks = [0, *(row.rank for row in rows), 0]
        for position, row in enumerate(rows, start=1):
            row.tied = row.rank in {ranks[position - 1], ranks[position + 1]}
        try:
            period.check_rows(rows)
        except ValidationError as error:
            numbers = list(filled)
            for fault in error.error_list:
                params = fault.params | {"row": numbers[fault.params["row"] - 1]}
                self._refuse(period, fault.message, params)
        return rows

    def _clean_row(self, period, number, values):
        """Return the row's EntryRow, or None when something is missing or not as it must be."""
        headings = [(None, self.ranking.rank_heading)]
        headings += [(column["key"], column["heading"]) for column in self.ranking.columns]
        names = cell_names(self.ranking, period, number)
        is_whole = True
        for (key, heading), name, value in zip(headings, names, values, strict=True):
            if value in {None, ""}:
                is_whole = False
                if name not in self.errors:
                    params = {"row": number, "column": key, "heading": heading}
                    self._refuse(period, empty_cell(), params)
        if not is_whole:
            return None
        rank, label, *texts = values
        try:
            subject = self.finder.find(label, period)
        except ValidationError as error:
            for message in error.messages:
                params = {"row": number, "column": self.ranking.columns[0]["key"], "fault": message}
                self._refuse(period, _("%(period)s, row %(row)s: %(fault)s"), params)
            return None
        keys = [column["key"] for column in self.ranking.cell_columns]
        return EntryRow(rank, subject, label, dict(zip(keys, texts, strict=True)))

    def _refuse(self, period, message, params):
        """Add an error to the cell that `params` name by row and column."""
        keys = [None, *(column["key"] for column in self.ranking.columns)]
        names = cell_names(self.ranking, period, params["row"])
        error = ValidationError(message, "row", {**params, "period": period.label})
        self.add_error(names[keys.index(params["column"])], error)

    def save(self, *, by):
        """Replace the entries of the periods that differ; return the subjects that are new."""
        with transaction.atomic():
            new = RankingSubject.objects.bulk_create(self.finder.new)
            for subject in new:
                subject.index()
            for period, rows in self.changed_periods:
                period.replace_entries(rows, reason=self.cleaned_data["reason"], by=by)
        return new


def cell_names(ranking, period, number):
    """Return the names of a row's fields: its rank, then each column."""
    return [
        f"p{period.pk}-r{number}-rank",
        *(f"p{period.pk}-r{number}-c{index}" for index in range(len(ranking.columns))),
    ]


def cell_fields(ranking, period, number):
    """Return the fields of a period's row by name, each labelled with its place."""
    names = cell_names(ranking, period, number)
    headings = [ranking.rank_heading, *(column["heading"] for column in ranking.columns)]
    fields = {}
    for index, (name, heading) in enumerate(zip(names, headings, strict=True)):
        where = {"period": period.label, "row": number, "heading": heading}
        label = _("%(period)s, row %(row)s, %(heading)s") % where
        attrs = {"aria-label": label, "autocomplete": "off"}
        if index == 0:
            field = RankField(required=False, max_value=MAX_RANK)
            attrs |= {"inputmode": "numeric", "class": "rank"}
        else:
            field = LineFormField(required=False, max_length=150 if index == 1 else 300)
            # A limit in the browser would cut a syllable that is being composed.
            field.widget.attrs.pop("maxlength", None)
        field.label = label
        field.widget.attrs |= attrs
        fields[name] = field
    return fields


def rows_as_data(rows):
    return [(row.rank, row.tied, row.subject.pk, row.label, row.cells) for row in rows]


def entries_as_data(period):
    return [
        (entry.rank, entry.tied, entry.subject_id, entry.label, entry.cells)
        for entry in period.entries.all()
    ]


def fingerprint(periods):
    """Return a digest of the figures, to notice that somebody else has changed them."""
    return digest([[period.pk, period.label, entries_as_data(period)] for period in periods])
