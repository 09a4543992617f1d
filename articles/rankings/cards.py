"""What a list of rankings tells of each: who is first, how it came there, and what changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from articles.rankings.changes import Changes, parts_of
from articles.rankings.movement import compare
from articles.rankings.spark_line import spark_line


@dataclass(frozen=True)
class Card:
    """A series; `period` is its newest with figures, `first` who leads it, both "" without any."""

    ranking: Any
    period: str = ""
    first: str = ""
    spark: SafeString | str = ""
    changes: Changes | None = None


def cards_of(
    rankings: Iterable[Any], entries: Iterable[tuple[int, int, int, str]]
) -> Sequence[Card]:
    """Return a Card for each of `rankings`, whose public periods are loaded.

    `entries` are theirs, in order of position: keys of period and subject, rank, and name.
    """
    ranks: dict[int, dict[int, int]] = {}
    names = {}
    for period, subject, rank, name in entries:
        ranks.setdefault(period, {})[subject] = rank
        names[subject] = name
    return [_card(ranking, ranks, names) for ranking in rankings]


def _card(ranking: Any, ranks: dict[int, dict[int, int]], names: dict[int, str]) -> Card:
    periods = [period for period in ranking.periods.all() if period.pk in ranks]
    if not periods:
        return Card(ranking)
    every = [ranks[period.pk] for period in periods]
    first = next(iter(every[-1]))
    newest = compare(every)[-1]
    changes = None
    if newest.with_period is not None:
        changes = Changes(periods[newest.with_period].label, parts_of(newest, names))
    spark = spark_line([held.get(first) for held in every])
    return Card(ranking, periods[-1].label, names[first], spark, changes)
