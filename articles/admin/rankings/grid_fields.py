"""The fields of a ranking grid: a period's rank and cells, row by row, and a new period's head."""

import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.fields import LineFormField
from articles.models.ranking import LABEL_LENGTH

MAX_RANK = 9_999

# A rank may be pasted as it is printed: "1." or "1위", "공동 3위".
RANK_SIGN = re.compile(r"^공동\s*|(?<=\d)\s*(?:\.|위)$")


class RankField(forms.IntegerField):
    widget = forms.TextInput

    def to_python(self, value):
        return super().to_python(RANK_SIGN.sub("", str(value or "").strip()))


def key_of(period):
    """Return what a period's field names begin with; a new one has a `new_number`, no key."""
    return f"p{period.pk}" if period.pk else f"n{period.new_number}"


def entries_of(period):
    return list(period.entries.all()) if period.pk else []


def cell_names(ranking, period, number):
    """Return the names of a row's fields: its rank, then each column."""
    key = key_of(period)
    return [
        f"{key}-r{number}-rank",
        *(f"{key}-r{number}-c{index}" for index in range(len(ranking.columns))),
    ]


def cell_fields(ranking, period, number):
    """Return the fields of a period's row by name, each labelled with its place."""
    names = cell_names(ranking, period, number)
    headings = [ranking.rank_heading, *(column["heading"] for column in ranking.columns)]
    fields = {}
    for index, (name, heading) in enumerate(zip(names, headings, strict=True)):
        label = period.label or _("New period")
        where = {"period": label, "row": number, "heading": heading}
        label = _("%(period)s, row %(row)s, %(heading)s") % where
        attrs = {"aria-label": label, "autocomplete": "off"}
        if index == 0:
            field = RankField(required=False, max_value=MAX_RANK)
            attrs |= {"inputmode": "numeric", "class": "rank"}
        else:
            field = LineFormField(required=False, max_length=LABEL_LENGTH if index == 1 else 300)
        field.label = label
        field.widget.attrs |= attrs
        fields[name] = field
    return fields


def total_names(ranking, period):
    """Return the names of the fields of a period's total: its label, then each cell."""
    return [f"{key_of(period)}-total-c{index}" for index in range(len(ranking.columns))]


def total_fields(ranking, period):
    """Return the fields of a period's total by name, each labelled with its place."""
    fields = {}
    columns = zip(total_names(ranking, period), ranking.columns, strict=True)
    for index, (name, column) in enumerate(columns):
        field = LineFormField(required=False, max_length=300 if index else LABEL_LENGTH)
        where = {"period": period.label or _("New period"), "heading": column["heading"]}
        field.label = _("%(period)s, total, %(heading)s") % where
        field.widget.attrs |= {"aria-label": field.label, "autocomplete": "off"}
        fields[name] = field
    return fields


def shown_total(ranking, period):
    """Return [label, cell …] of a period's total, all empty where it has none."""
    cells = period.total.get("cells", {})
    keys = [column["key"] for column in ranking.cell_columns]
    return [period.total.get("label", ""), *(cells.get(key, "") for key in keys)]


def head_names(period):
    return f"{key_of(period)}-label", f"{key_of(period)}-as_of"


def head_fields(period):
    """Return the fields of a new period by name: its label and its date."""
    label, as_of = head_names(period)
    fields = {
        label: LineFormField(
            label=gettext_lazy("label of the new period"), required=False, max_length=50
        ),
        as_of: forms.DateField(label=gettext_lazy("date of the new period"), required=False),
    }
    for field in fields.values():
        field.widget.attrs |= {"aria-label": field.label, "autocomplete": "off"}
    return fields
