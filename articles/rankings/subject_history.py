"""One subject through the periods of a series."""

from dataclasses import dataclass
from typing import Any

from articles.rankings.chart import Chart, Point, rank_line
from articles.rankings.layout import rank_text
from articles.rankings.movement import Move, compare
from articles.rankings.spark_line import spark_line


@dataclass(frozen=True)
class Standing:
    """A subject at one period; without an entry it is not in that period's table."""

    period: Any
    entry: Any
    rank: str
    move: Move | None
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class History:
    """A subject in one series, the newest period first; a chart needs two ranks."""

    ranking: Any
    standings: tuple[Standing, ...]
    chart: Chart | None

    @property
    def newest(self) -> Standing:
        return self.standings[0]

    @property
    def spark(self):
        """Return the ranks as a line the size of a word."""
        return spark_line([each.entry and each.entry.rank for each in reversed(self.standings)])


def history_of(subject, ranking) -> History:
    """Return the subject's History from its first period in `ranking`, loaded by `for_subject`.

    Periods without figures are left out.
    """
    periods = [period for period in ranking.periods.all() if period.has_figures]
    held = [period.held[0] if period.held else None for period in periods]
    # None stands for all the others: without the subject a period is no gap.
    comparisons = compare(
        [{None: 0} | ({subject.pk: entry.rank} if entry else {}) for entry in held]
    )
    standings = [
        _standing(ranking, period, entry, comparison.moves.get(subject.pk))
        for period, entry, comparison in zip(periods, held, comparisons, strict=True)
    ]
    while standings and not standings[0].entry:
        standings.pop(0)
    return History(ranking, tuple(reversed(standings)), _chart(ranking, standings))


def _standing(ranking, period, entry, move: Move | None) -> Standing:
    if entry is None:
        return Standing(period, None, "", None, ())
    cells = tuple(
        (column["heading"], str(entry.cells.get(column["key"], "")))
        for column in ranking.cell_columns
    )
    return Standing(period, entry, rank_text(entry.rank, entry.tied), move, cells)


def _chart(ranking, standings) -> Chart | None:
    points = [
        Point(standing.entry.rank, str(standing.entry.rank), standing.rank)
        if standing.entry
        else None
        for standing in standings
    ]
    if sum(point is not None for point in points) < 2:
        return None
    labels = [standing.period.label for standing in standings]
    return rank_line(ranking.title, labels, points, f"ranking-{ranking.pk}")
