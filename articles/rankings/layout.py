"""A ranking's periods as a table: header groups, rows, and the ids that tie cells to headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from articles.rankings.changes import Changes, newest_changes
from articles.rankings.chart import Chart, Line, Point, bump_chart
from articles.rankings.countries import Strip, newest_countries
from articles.rankings.movement import Comparison, Move, compare, gained, ranks_of

MANY_CELLS = 400


@dataclass(frozen=True)
class Heading:
    """A header cell: its id, its text, and how many columns it stands over."""

    id: str
    text: str
    span: int = 1


@dataclass(frozen=True)
class Cell:
    """A data cell: `headers` lists the ids of its row's, group's and column's header cells."""

    headers: str
    text: str
    note: str = ""
    anchor: str = ""
    url: str = ""
    move: Move | None = None
    correction: str = ""  # the id of what was last corrected in the row


@dataclass(frozen=True)
class Row:
    heading: Heading
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Departure:
    """Who stood in the table at one period and not at the next, with the ranks they had."""

    before: str
    after: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Correction:
    """A line of the ledger, with its id in the page."""

    id: str
    line: Any


@dataclass(frozen=True)
class Layout:
    """A table to draw; there is no chart where fewer than two periods have figures."""

    rank_heading: Heading
    groups: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    rows: tuple[Row, ...]
    total: Row | None
    description: str
    changes: Changes | None  # of the newest period; None where it is the first
    countries: tuple[Strip, ...]  # of the newest period and the one before
    departures: tuple[Departure, ...]  # the newest first
    chart: Chart | None
    corrections: tuple[Correction, ...]  # the newest first

    @property
    def is_long(self):
        """Tell whether to draw it takes a slow phone a time that its reader notices."""
        return len(self.rows) * len(self.columns) > MANY_CELLS


def lay_out(ranking, periods, prefix: str) -> Layout:
    """Lay the entries of `periods` (in order) out side by side, one row a position.

    Their entries, those's subjects and the corrections are loaded. `prefix` makes the ids unique
    in the page. A row's header is the rank its entries share; where a tie makes them differ, each
    cell says its own.
    """
    groups = tuple(
        Heading(f"{_stem(prefix)}g{number}", period.label, len(ranking.columns))
        for number, period in enumerate(periods)
    )
    comparisons = compare([ranks_of(period) for period in periods])
    corrections = _corrections(periods, prefix)
    # The newest of an entry comes first, and is what stays.
    newest = {each.line.entry_id: each.id for each in reversed(corrections)}
    addresses = _addresses(periods)
    by_position = [{entry.position: entry for entry in period.entries.all()} for period in periods]
    rows = tuple(
        _row(
            *(ranking, groups, comparisons, newest, addresses, prefix, position),
            [entries.get(position) for entries in by_position],
        )
        for position in sorted(set().union(*by_position))
    )
    return Layout(
        rank_heading=Heading(f"{prefix}-rank", ranking.rank_heading),
        groups=groups,
        columns=tuple(
            Heading(_column_id(group, number), column["heading"])
            for group in groups
            for number, column in enumerate(ranking.columns)
        ),
        rows=rows,
        total=_total(ranking, periods, groups, prefix),
        description=_describe(ranking, groups, rows),
        changes=newest_changes(periods, comparisons),
        countries=newest_countries(periods, comparisons),
        departures=_departures(periods, comparisons),
        chart=_chart(ranking, periods, comparisons, addresses, prefix),
        corrections=corrections,
    )


def _addresses(periods) -> dict[int, str]:
    """Return {subject's key: its address}; made for each cell it would cost half of the layout."""
    entries = (entry for period in periods for entry in period.entries.all())
    subjects = {entry.subject_id: entry.subject for entry in entries}
    return {who: subject.get_absolute_url() for who, subject in subjects.items()}


def _stem(prefix: str) -> str:
    """Return the short form of `prefix`: what every cell names three times is half of a table."""
    return prefix[:1] + prefix.rpartition("-")[2]


def _column_id(group: Heading, number: int) -> str:
    return f"{group.id}c{number}"


def _describe(ranking, groups, rows) -> str:
    return _(
        "The table has %(rows)s rows, one a rank, and %(groups)s groups of columns: %(labels)s."
        " Each group has the columns %(columns)s."
    ) % {
        "rows": len(rows),
        "groups": len(groups),
        "labels": ", ".join(group.text for group in groups),
        "columns": ", ".join(column["heading"] for column in ranking.columns),
    }


def _row(
    ranking, groups, comparisons: list[Comparison], corrected, addresses, prefix, position, entries
) -> Row:
    ranks = {entry.rank for entry in entries if entry}
    shared = len(ranks) == 1
    heading = Heading(f"{_stem(prefix)}r{position}", rank_text(ranks.pop() if shared else position))
    cells = []
    for group, comparison, entry in zip(groups, comparisons, entries, strict=True):
        for number, column in enumerate(ranking.columns):
            headers = f"{heading.id} {group.id} {_column_id(group, number)}"
            if entry is None:
                cells.append(Cell(headers, ""))
            elif number:
                cells.append(Cell(headers, str(entry.cells.get(column["key"], ""))))
            else:
                cells.append(
                    Cell(
                        *(headers, entry.label, _rank_note(entry, shared), f"{prefix}-e{entry.pk}"),
                        url=addresses[entry.subject_id],
                        move=comparison.moves.get(entry.subject_id),
                        correction=corrected.get(entry.pk, ""),
                    )
                )
    return Row(heading, tuple(cells))


def _total(ranking, periods, groups, prefix) -> Row | None:
    """Return the last row, of the periods' totals; where one is called otherwise it says so."""
    labels = list(dict.fromkeys(period.total["label"] for period in periods if period.total))
    if not labels:
        return None
    heading = Heading(f"{prefix}-total", labels[0])
    cells = []
    for group, period in zip(groups, periods, strict=True):
        total = period.total or {"label": "", "cells": {}}
        for number, column in enumerate(ranking.columns):
            headers = f"{heading.id} {group.id} {_column_id(group, number)}"
            label = "" if total["label"] == heading.text else total["label"]
            text = str(total["cells"].get(column["key"], "")) if number else label
            cells.append(Cell(headers, text))
    return Row(heading, tuple(cells))


def rank_text(rank: int, tied: bool = False) -> str:
    if tied:
        return _("tied for %(rank)s.") % {"rank": rank}
    return pgettext("a rank", "%(rank)s.") % {"rank": rank}


def _rank_note(entry, shared: bool) -> str:
    return "" if shared and not entry.tied else rank_text(entry.rank, entry.tied)


def _corrections(periods, prefix) -> tuple[Correction, ...]:
    lines = [line for period in periods for line in period.corrections.all()]
    lines.sort(key=lambda line: (line.created_at, line.pk), reverse=True)
    return tuple(Correction(f"{prefix}-c{line.pk}", line) for line in lines)


def _departures(periods, comparisons: list[Comparison]) -> tuple[Departure, ...]:
    departures = []
    for period, comparison in zip(periods, comparisons, strict=True):
        if comparison.with_period is not None and comparison.gone:
            before = periods[comparison.with_period]
            entries = {entry.subject_id: entry for entry in before.entries.all()}
            names = (
                f"{entries[who].label} {rank_text(entries[who].rank, entries[who].tied)}"
                for who in comparison.gone
            )
            departures.append(Departure(before.label, period.label, tuple(names)))
    return tuple(reversed(departures))


def _chart(
    ranking, periods: Sequence, comparisons: list[Comparison], addresses: dict[int, str], prefix
) -> Chart | None:
    """Draw the ranks of `periods`; periods without figures are left out, being no moment."""
    moves: Mapping[int, Move] = next(
        (each.moves for each in reversed(comparisons) if each.moves), {}
    )
    periods = [period for period in periods if period.entries.all()]
    if len(periods) < 2:
        return None
    labels: dict[int, str] = {}
    points: dict[int, list[Point | None]] = {}
    for number, period in enumerate(periods):
        for entry in period.entries.all():
            # The newest label is the one that a reader looks for.
            labels[entry.subject_id] = entry.label
            line = points.setdefault(entry.subject_id, [None] * len(periods))
            text = rank_text(entry.rank, entry.tied)
            line[number] = Point(entry.position, str(entry.rank), text)
    lines = [
        Line(label, addresses[who], tuple(points[who]), str(who), gained(moves.get(who)))
        for who, label in labels.items()
    ]
    return bump_chart(ranking.title, [period.label for period in periods], lines, prefix)
