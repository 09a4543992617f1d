"""A ranking's periods as a table: header groups, rows, and the ids that tie cells to headers."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


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


@dataclass(frozen=True)
class Row:
    heading: Heading
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Layout:
    rank_heading: Heading
    groups: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    rows: tuple[Row, ...]
    description: str


def lay_out(ranking, periods, prefix: str) -> Layout:
    """Lay the entries of `periods` (in order) out side by side, one row a position.

    `prefix` makes the ids unique in the page. A row's header is the rank its entries share;
    where a tie makes them differ, each cell says its own.
    """
    rank_heading = Heading(f"{prefix}-rank", ranking.rank_heading)
    groups = tuple(
        Heading(f"{prefix}-g{number}", period.label, len(ranking.columns))
        for number, period in enumerate(periods)
    )
    columns = tuple(
        Heading(f"{group.id}-{column['key']}", column["heading"])
        for group in groups
        for column in ranking.columns
    )
    by_position = [{entry.position: entry for entry in period.entries.all()} for period in periods]
    positions = sorted(set().union(*by_position))
    rows = tuple(
        _row(ranking, groups, [entries.get(position) for entries in by_position], position, prefix)
        for position in positions
    )
    description = _(
        "The table has %(rows)s rows, one a rank, and %(groups)s groups of columns: %(labels)s."
        " Each group has the columns %(columns)s."
    ) % {
        "rows": len(rows),
        "groups": len(groups),
        "labels": ", ".join(group.text for group in groups),
        "columns": ", ".join(column["heading"] for column in ranking.columns),
    }
    return Layout(rank_heading, groups, columns, rows, description)


def _row(ranking, groups, entries, position, prefix) -> Row:
    ranks = {entry.rank for entry in entries if entry}
    shared = len(ranks) == 1
    heading = Heading(f"{prefix}-r{position}", rank_text(ranks.pop() if shared else position))
    cells = []
    for group, entry in zip(groups, entries, strict=True):
        for number, column in enumerate(ranking.columns):
            headers = f"{heading.id} {group.id} {group.id}-{column['key']}"
            if entry is None:
                cells.append(Cell(headers, ""))
            elif number:
                cells.append(Cell(headers, str(entry.cells.get(column["key"], ""))))
            else:
                cells.append(
                    Cell(headers, entry.label, _rank_note(entry, shared), f"{prefix}-e{entry.pk}")
                )
    return Row(heading, tuple(cells))


def rank_text(rank: int) -> str:
    return pgettext("a rank", "%(rank)s.") % {"rank": rank}


def _rank_note(entry, shared: bool) -> str:
    if entry.tied:
        return _("tied for %(rank)s.") % {"rank": entry.rank}
    return "" if shared else rank_text(entry.rank)
