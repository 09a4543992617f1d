"""A year's months, each with how many articles it has: beside what is of one of them."""

from collections import Counter
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS

from articles.models import Article

# A busier year is not counted: its months lead on without numbers, at the same cost.
MOST_COUNTED = 250


@dataclass(frozen=True)
class MonthCell:
    """A month; `address` is its archive's, and "" where that has nothing; 0 counts nothing."""

    name: str
    address: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class MonthLine:
    year: int
    cells: tuple[MonthCell, ...]


def month_line(year: int, month: int | None = None) -> MonthLine:
    """Return the line of a year in one query; `month` is the current one."""
    published = Article.objects.published().filter(published_at__year=year)
    moments = published.order_by("-published_at").values_list("published_at", flat=True)
    newest = list(moments[: MOST_COUNTED + 1])
    is_counted = len(newest) <= MOST_COUNTED
    counts = Counter(timezone.localtime(moment).month for moment in newest)
    last = max(counts, default=0)
    cells = []
    for number, name in MONTHS.items():
        has_archive = counts[number] if is_counted else number <= last
        address = reverse("articles:month_archive", args=[year, number]) if has_archive else ""
        count = counts[number] if is_counted else 0
        cells.append(MonthCell(str(name), address, count, number == month))
    return MonthLine(year, tuple(cells))
