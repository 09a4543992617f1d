"""Which two periods of a long series its page sets side by side."""

from collections.abc import Sequence
from typing import Any

# A series of fewer is compared at one look.
LEAST_PERIODS = 3


def compared_periods(
    periods: Sequence[Any], earlier: str = "", later: str = ""
) -> tuple[Any, Any] | None:
    """Return the two of `periods` (in order) that the dates name, or None where there are few.

    Of what is not named, or no date of the series, the newest is compared with the one before it.
    """
    if len(periods) < LEAST_PERIODS:
        return None
    places = {period.as_of.isoformat(): place for place, period in enumerate(periods)}
    end = places.get(later, len(periods) - 1)
    start = places.get(earlier, end - 1 if end else 1)
    if start == end:
        start = end - 1 if end else 1
    first, second = sorted((start, end))
    return periods[first], periods[second]
