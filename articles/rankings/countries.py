"""The countries of two periods' ranks, as a strip each: “미국 3, 캐나다 1, 중국 1 → 중국 5”."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import pgettext

from articles.rankings.movement import Comparison, newest_pair

# Of the chart's; the others together are grey.
COLOURS = ("c3", "c1", "c4", "c2", "c0")


@dataclass(frozen=True)
class Share:
    """How many ranks a country holds, in which colour, and where its piece begins."""

    country: str
    count: int
    colour: str
    start: int


@dataclass(frozen=True)
class Strip:
    """A period's shares, in order of size; `total` is their sum."""

    label: str
    shares: tuple[Share, ...]
    total: int


def strips_of(periods: Sequence[tuple[str, Sequence[str]]]) -> tuple[Strip, ...]:
    """Return a strip for each of `periods`, (label, country of each rank or "").

    None at all where less than half of a period's ranks have a country, or all have the same.
    """
    counts = [Counter(filter(None, countries)) for _label, countries in periods]
    every = sum(counts, Counter())
    if len(every) < 2 or any(
        2 * count.total() < len(countries)
        for count, (_label, countries) in zip(counts, periods, strict=True)
    ):
        return ()
    named = sorted(every, key=lambda country: (-every[country], country))[: len(COLOURS)]
    return tuple(
        Strip(label, _shares(countries, count, named), len(countries))
        for (label, countries), count in zip(periods, counts, strict=True)
    )


def _shares(countries: Sequence[str], count: Counter, named: list[str]) -> tuple[Share, ...]:
    held = sorted((country for country in named if count[country]), key=lambda each: -count[each])
    pieces = [(country, count[country], COLOURS[named.index(country)]) for country in held]
    if others := len(countries) - sum(size for _country, size, _colour in pieces):
        pieces.append((pgettext("countries", "others"), others, "grey"))
    shares, start = [], 0
    for country, size, colour in pieces:
        shares.append(Share(country, size, colour, start))
        start += size
    return tuple(shares)


def newest_countries(
    periods: Sequence[Any], comparisons: Sequence[Comparison]
) -> tuple[Strip, ...]:
    """Return the strips of the newest period with figures and of the one before it."""
    pair = newest_pair(periods, comparisons)
    return strips_of(
        [
            (period.label, [entry.subject.country for entry in period.entries.all()])
            for period in (pair or ())[:2]
        ]
    )
