"""Searches in 20,000 articles of the sample's length."""

import json
import statistics

from bench.measure import Result
from bench.servers import DATABASES, Site, database, folder

ARTICLES, LENGTH = 20_000, 2_600
MOST_MILLISECONDS = 100


def search(options):
    """The 95th percentile of common and rare words and of phrases, on both databases."""
    for kind in DATABASES:
        with folder() as place, database(kind, place) as url:
            site = Site(place, url)
            site.fill(
                "--articles", ARTICLES // 10 if options.quick else ARTICLES, "--length", LENGTH
            )
            found = json.loads(site.python("bench.search_probe"))
        found["all of them"] = [time for times in found.values() for time in times]
        for what, times in found.items():
            p95 = statistics.quantiles(times, n=20)[-1]
            holds = p95 <= MOST_MILLISECONDS
            text = f"{p95:.0f} ms (median {statistics.median(times):.0f})"
            yield Result("search", f"{kind}: {what}", text, f"p95 ≤ {MOST_MILLISECONDS} ms", holds)
