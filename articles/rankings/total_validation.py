"""A period's total as entered, and what in it does not add up.

A total is {"label": as printed, "cells": {column key: figure as printed}}; {} where there is none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.content.text import normalise_line
from articles.rankings.row_validation import EntryRow

# What stands where there is no figure; among figures it counts as nought, as statistics print it.
DASHES = frozenset("-–—")
_WORDS = frozenset({"합계", "총합계", "총합", "총계", "계", "total", "sum"})
_NUMBER = re.compile(
    r"(?P<before>[^0-9.,(△−-]*)(?P<sign>[△−-]?)\s*"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<part>\.[0-9]+)?(?P<after>(?![.,])[^0-9]*)"
)
# No cell is longer than this many digits.
_PRECISION = 400


def is_total(text: str) -> bool:
    """Tell whether a row of that label is the total of those above it: 합계, 계, Total."""
    return re.sub(r"[\s:]+", "", text).casefold() in _WORDS


def number_of(text: str) -> tuple[Decimal, str] | None:
    """Return the number and the unit of a printed figure, `₩1,234.5억`; None where it has none.

    The unit is what stands before and after the number, without spaces.
    """
    if text in DASHES:
        return Decimal(0), ""
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    number = Decimal(match["whole"].replace(",", "") + (match["part"] or ""))
    unit = "".join((match["before"] + match["after"]).split())
    return -number if match["sign"] else number, unit


def normalised_total(total: Mapping[str, Any]) -> dict[str, Any]:
    """Return `total` with its texts on one line each, without the cells that are empty."""
    if not total:
        return {}
    cells = {key: normalise_line(str(cell)) for key, cell in total["cells"].items()}
    return {
        "label": normalise_line(total["label"]),
        "cells": {key: cell for key, cell in cells.items() if cell and cell not in DASHES},
    }


def total_faults(
    rows: Sequence[EntryRow],
    total: Mapping[str, Any] | None,
    period: str,
    columns: Sequence[Mapping[str, str]],
) -> Iterator[ValidationError]:
    """Yield each fault of `total` under `rows`; a column without a figure in it is not added up.

    Its params say where it is: `period` as given, `row` counted from 1, or None for the total's,
    and `column`, a column's key.
    """
    if not total:
        return
    where = {"period": period, "row": None, "column": columns[0]["key"]}
    if not rows or not any(total["cells"].values()):
        message = _("%(period)s, total: there are no figures that it adds up.")
        yield ValidationError(message, "total", where)
    if total["cells"].keys() - {column["key"] for column in columns[1:]}:
        yield ValidationError(_("%(period)s, total: a cell has no column."), "total", where)
    for column in columns[1:]:
        if printed := total["cells"].get(column["key"]):
            where = {"period": period, "row": None, "column": column["key"], **column}
            texts = [str(row.cells.get(column["key"], "")) for row in rows]
            yield from _sum_faults(texts, str(printed), where)


def _sum_faults(
    texts: Sequence[str], printed: str, where: Mapping[str, Any]
) -> Iterator[ValidationError]:
    total = number_of(printed)
    if total is None:
        message = _("%(period)s, total: “%(cell)s” in %(heading)s is no number.")
        yield ValidationError(message, "total", {**where, "cell": printed})
        return
    numbers, unit = [], total[1]
    for number, text in enumerate(texts, start=1):
        place = {**where, "row": number, "cell": text}
        figure = number_of(text)
        if figure is None:
            message = _(
                "%(period)s, row %(row)s: “%(cell)s” in %(heading)s is no number, and the total"
                " has one there."
            )
            yield ValidationError(message, "total", place)
        elif figure[1] != unit and text not in DASHES:
            message = _(
                "%(period)s, row %(row)s: “%(cell)s” in %(heading)s has another unit than the"
                " total."
            )
            yield ValidationError(message, "total", place)
        else:
            numbers.append(figure[0])
    if len(numbers) < len(texts):
        return
    with localcontext(prec=_PRECISION):
        found = sum(numbers, Decimal(0))
    if found != total[0]:
        message = _("%(period)s, total: %(heading)s says %(cell)s, but its rows add up to %(sum)s.")
        params = {"cell": printed, "sum": f"{found:,}"}
        yield ValidationError(message, "total", {**where, **params})
