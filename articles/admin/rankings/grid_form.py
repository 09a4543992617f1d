"""The grid of a ranking series: one row a position, the periods' cells side by side."""

from functools import partial

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.edit_conflicts import EditConflictMixin, StoredValue, digest, read_opened
from articles.admin.rankings.grid_fields import (
    cell_fields,
    cell_names,
    entries_of,
    head_fields,
    head_names,
    key_of,
    shown_total,
    total_fields,
    total_names,
)
from articles.content.text import is_plausible
from articles.fields import LineFormField
from articles.models import EntryRow, RankingPeriod, RankingSubject
from articles.rankings.row_validation import empty_cell
from articles.rankings.subject_matching import NEW, SubjectFinder
from articles.rankings.total_validation import normalised_total

# Together they stay well below DATA_UPLOAD_MAX_NUMBER_FIELDS.
PERIODS_AT_ONCE = 6
MAX_CELLS = 4_800
MAX_ROWS = 300
BLANK_ROWS = 5
MIN_ROWS = 10
# What stands for the row's number in the row that "Add a row" copies.
NUMBER_OF_COPY = "__row__"
WHO = "who-"


class RankingGridForm(EditConflictMixin, forms.Form):
    """The figures of `periods`, which are loaded with their entries and subjects.

    Periods that are not stored yet bear a `new_number` and are made when the grid is saved.
    `typed` are (period, [[rank, cell …]], [total's label, cell …]) of some periods, shown in place
    of what is stored. Nothing is saved unless every period is possible.
    """

    rows = forms.CharField(required=False, widget=forms.HiddenInput)
    new = forms.CharField(required=False, widget=forms.HiddenInput)
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

    def __init__(self, ranking, periods, data=None, typed=None):
        self.ranking, self.periods = ranking, periods
        self.new_periods = [period for period in periods if not period.pk]
        width = max(1, len(periods)) * (len(ranking.columns) + 1)
        self.max_rows = min(MAX_ROWS, MAX_CELLS // width)
        rows_by_key = {key_of(period): shown_rows(ranking, period) for period in periods}
        rows_by_key |= {key_of(period): rows for period, rows, _total in typed or []}
        totals_by_key = {key_of(period): shown_total(ranking, period) for period in periods}
        totals_by_key |= {key_of(period): total for period, _rows, total in typed or []}
        longest = max(map(len, rows_by_key.values()), default=0)
        self.row_count = max(min(longest + BLANK_ROWS, self.max_rows), longest, MIN_ROWS)
        if data is not None:
            count = str(data.get("rows", ""))
            if count.isdecimal() and len(count) <= len(str(MAX_ROWS)):
                self.row_count = max(self.row_count, min(int(count), self.max_rows))
            data = data.copy()
            data["rows"], data["new"] = self.row_count, len(self.new_periods)
        initial = {"rows": self.row_count, "new": len(self.new_periods)}
        super().__init__(data, initial=initial)
        stored = [period.pk for period in periods if period.pk]
        seen_periods = RankingPeriod.objects.ever_published().filter(pk__in=stored)
        self.public_periods = set(seen_periods.values_list("pk", flat=True))
        for period in periods:
            for number in range(1, self.row_count + 1):
                self.fields |= cell_fields(ranking, period, number)
            for number, values in enumerate(rows_by_key[key_of(period)], start=1):
                self.initial |= zip(cell_names(ranking, period, number), values, strict=True)
            self.fields |= total_fields(ranking, period)
            total = totals_by_key[key_of(period)]
            # A table that was pasted without a total leaves them empty.
            self.initial |= zip(total_names(ranking, period), total, strict=False)
        for period in self.new_periods:
            self.fields |= head_fields(period)
            self.initial |= zip(head_names(period), [period.label, period.as_of], strict=True)

    @property
    def lines(self):
        """Return the grid's rows, each its number and every period's bound cells."""
        return [(number, self._cells(self, number)) for number in range(1, self.row_count + 1)]

    @property
    def totals(self):
        """Return every period's bound cells of its total."""
        names = [total_names(self.ranking, period) for period in self.periods]
        return [[self[name] for name in group] for group in names]

    @property
    def groups(self):
        """Return the periods, each with its bound label and date where it is new."""
        return [
            (period, [] if period.pk else [self[name] for name in head_names(period)])
            for period in self.periods
        ]

    @property
    def whos(self):
        """Return the bound questions who a name is."""
        return [self[name] for name in self.fields if name.startswith(WHO)]

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
        for period in self.new_periods:
            self._clean_head(period)
        self.finder = SubjectFinder(self.ranking, AnswersTyped(self.data))
        figures = [(period, *self._clean_period(period)) for period in self.periods]
        self._leave_alone_what_nobody_typed(figures)
        for name, subjects in self.finder.questions.items():
            self.fields[who_name(name)] = who_field(name, subjects)
        if not self.errors and self.corrects and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("These figures are public: give a reason."))

    def _leave_alone_what_nobody_typed(self, figures):
        """Save only the periods that were changed here: what another has saved of others stays."""
        opened = read_opened(self.opened_with)[1]
        left_alone = []
        self.figures_by_period = []
        for period, rows, total in figures:
            prefix = f"{key_of(period)}-r"
            typed = values_by_key(period, rows_as_data(rows), total)
            was = {key: opened[key] for key in opened if key.startswith(prefix)}
            if was == {key: digest(value) for key, (_name, value) in typed.items()}:
                left_alone.append(prefix)
            else:
                self.figures_by_period.append((period, rows, total))
        self.check_conflict(self.ranking, tuple(left_alone))

    def stored_values(self):
        """Return the series' columns, which the cells stand below, and the periods' rows."""
        columns = self.ranking.columns
        headings = " · ".join(column["heading"] for column in columns)
        values = {"columns": StoredValue(_("Columns"), columns, partial(str, headings))}
        for period in self.periods:
            if not period.pk:
                continue
            rows = [*shown_rows(self.ranking, period), shown_total(self.ranking, period)]
            data = values_by_key(period, entries_as_data(period), period.total)
            for row, (key, (name, value)) in zip(rows, data.items(), strict=True):
                label = _("%(period)s, row %(row)s") % {"period": period.label, "row": name}
                text = " · ".join(filter(None, map(str, row)))
                values[key] = StoredValue(label, value, partial(str, text))
        return values

    @property
    def corrects(self):
        """Tell whether figures that readers have seen are about to change."""
        return any(
            period.pk in self.public_periods and entries_of(period)
            for period, _rows, _total in self.changed_periods
        )

    @property
    def changed_periods(self):
        return [
            (period, rows, total)
            for period, rows, total in self.figures_by_period
            if rows_as_data(rows) != entries_as_data(period) or total != period.total
        ]

    def _clean_head(self, period):
        """Take a new period's label and date; refuse those that a stored or new one has."""
        label, as_of = head_names(period)
        period.label = self.cleaned_data.get(label) or ""
        period.as_of = self.cleaned_data.get(as_of)
        if not self._is_filled(period):
            return
        others = [*self.ranking.periods.all(), *self.new_periods]
        for name, value, attribute in (
            (label, period.label, "label"),
            (as_of, period.as_of, "as_of"),
        ):
            if name in self.errors:
                continue
            if not value:
                self.add_error(name, _("Give the new period a label and a date."))
            elif any(
                other is not period and getattr(other, attribute) == value for other in others
            ):
                self.add_error(name, _("Another period of the series has it already."))
            elif attribute == "as_of" and not is_plausible(value):
                self.add_error(name, _("Give a date between 1900 and 2999."))

    def _is_filled(self, period):
        numbers = range(1, self.row_count + 1)
        names = [name for n in numbers for name in cell_names(self.ranking, period, n)]
        names += total_names(self.ranking, period)
        return not self.errors.keys().isdisjoint(names) or any(
            self.cleaned_data.get(name) not in {None, ""} for name in names
        )

    def _clean_period(self, period):
        """Return the period's [EntryRow] and its total; blank rows are passed over."""
        filled = {}
        for number in range(1, self.row_count + 1):
            names = cell_names(self.ranking, period, number)
            values = [self.cleaned_data.get(name) for name in names]
            if any(
                value not in {None, ""} for value in values
            ) or not self.errors.keys().isdisjoint(names):
                filled[number] = values
        rows = [self._clean_row(period, number, values) for number, values in filled.items()]
        total = self._clean_total(period)
        if not all(rows):
            return [], total
        ranks = [0, *(row.rank for row in rows), 0]
        for position, row in enumerate(rows, start=1):
            row.tied = row.rank in {ranks[position - 1], ranks[position + 1]}
        try:
            period.check_rows(rows, total)
        except ValidationError as error:
            numbers = list(filled)
            for fault in error.error_list:
                row = fault.params["row"]
                params = fault.params | {"row": row and numbers[row - 1]}
                self._refuse(period, fault.message, params)
        return rows, total

    def _clean_total(self, period):
        """Return the period's total; one without a label is called so."""
        names = total_names(self.ranking, period)
        label, *texts = [self.cleaned_data.get(name) or "" for name in names]
        if not label and not any(texts):
            return {}
        keys = [column["key"] for column in self.ranking.cell_columns]
        cells = dict(zip(keys, texts, strict=True))
        return normalised_total({"label": label or _("Total"), "cells": cells})

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
        """Add an error to the cell that `params` name by row, None the total's, and column."""
        keys = [column["key"] for column in self.ranking.columns]
        if params["row"] is None:
            names = total_names(self.ranking, period)
        else:
            keys, names = [None, *keys], cell_names(self.ranking, period, params["row"])
        error = ValidationError(message, "row", {**params, "period": period.label})
        self.add_error(names[keys.index(params["column"])], error)

    def save(self, *, by):
        """Replace the entries of the periods that differ; return the subjects that are new."""
        with transaction.atomic():
            new = RankingSubject.objects.bulk_create(self.finder.new)
            for subject in new:
                subject.index()
            for subject in self.finder.respelled:
                subject.store()
            for period, rows, total in self.changed_periods:
                if not period.pk:
                    period.save()
                period.replace_entries(rows, total, reason=self.cleaned_data["reason"], by=by)
        return new


def values_by_key(period, rows, total):
    """Return {key: (name, value)} of a period's rows and its total, by which they are compared."""
    names = [*map(str, range(1, len(rows) + 1)), _("Total")]
    values = zip(names, [*rows, total], strict=True)
    return {f"{key_of(period)}-r{name}": (name, value) for name, value in values}


def rows_as_data(rows):
    return [(row.rank, row.tied, row.subject.pk, row.label, row.cells) for row in rows]


def entries_as_data(period):
    return [
        (entry.rank, entry.tied, entry.subject_id, entry.label, entry.cells)
        for entry in entries_of(period)
    ]


def shown_rows(ranking, period):
    """Return [[rank, cell …]] of a stored period's entries; a new one has none."""
    keys = [column["key"] for column in ranking.cell_columns]
    return [
        [entry.rank, entry.label, *(entry.cells.get(key, "") for key in keys)]
        for entry in entries_of(period)
    ]


# Who a name is


def who_name(name):
    return WHO + digest(name)[:16]


class AnswersTyped:
    """What the form's data answer to the question who a name is."""

    def __init__(self, data):
        self.data = data

    def get(self, name):
        return self.data.get(who_name(name))


def who_field(name, subjects):
    choices = [(subject.slug, subject) for subject in subjects]
    return forms.ChoiceField(
        label=_("Who is “%(name)s”?") % {"name": name},
        choices=[*choices, (NEW, _("A subject that is not known yet"))],
        widget=forms.RadioSelect,
        required=False,
    )
