"""A month that is typed into a list's search finds what is of that month."""

import re
from datetime import date, datetime, timedelta

from django.utils import timezone

from articles.content.text import normalise_line

_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d) ?(?:[-.] ?|년 ?)(0?[1-9]|1[0-2])(?: ?월|(?![\d.-]))")


def split(words):
    """Return (the first day of the month that stands in `words`, or None; the other words)."""
    words = normalise_line(words)
    if not (match := _MONTH.search(words)):
        return None, words
    month = date(int(match[1]), int(match[2]), 1)
    return month, f"{words[: match.start()]} {words[match.end() :]}".strip()


def moments_of(month):
    """Return when a month begins and ends, where the site is."""
    after = (month + timedelta(days=31)).replace(day=1)
    zone = timezone.get_default_timezone()
    return [datetime(day.year, day.month, 1, tzinfo=zone) for day in (month, after)]


class MonthSearchAdmin:
    """Stands before a ModelAdmin whose `of_month` says what is of a month, as a condition."""

    def get_search_results(self, request, queryset, search_term):
        month, words = split(search_term)
        if month:
            queryset = queryset.filter(self.of_month(month))
        return super().get_search_results(request, queryset, words)
