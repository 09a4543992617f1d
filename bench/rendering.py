"""Pages that are not kept: what making one costs, with few and with many comments."""

from functools import partial

from bench.measure import Result, median_rate, ratio, turn_by_turn, wrk
from bench.servers import DATABASES, GZIP, Site, database, folder

# None, one hundred, ten thousand comments.
THREADS = ("0x0", "50x1", "5000x1")
PAGES_A_SECOND = 200
# The first page of an article after an editorial change.
FIRST_PAGES_A_SECOND = 50
DEARER = 1.2


def uncached(options):
    """Renders a second with the page cache off, for 0, 100 and 10,000 comments."""
    for kind in DATABASES:
        with folder() as place, database(kind, place) as url:
            site = Site(place, url, PAGE_CACHE_MEGABYTES="0")
            threads = [word for text in THREADS for word in ("--thread", text)]
            paths = site.fill(*threads)["threads"]
            bare = Site(place, url, PAGE_CACHE_MEGABYTES="0", KEPT_PARTS="0")
            with site.serving(), bare.serving():
                load = partial(wrk, seconds=options.seconds, headers=GZIP, connections=8)
                measures = {text: partial(load, site.url + paths[text]) for text in THREADS}
                measures["bare"] = partial(load, bare.url + paths["50x1"])
                found = turn_by_turn(measures, options.rounds)
        none, hundred, most = (median_rate(found[text]) for text in THREADS)
        what = f"{kind}: renders a second with the frame kept, no comment / 100 / 10,000"
        shown = f"{none:,.0f} / {hundred:,.0f} / {most:,.0f}"
        yield Result(
            "uncached", what, shown, f"≥ {PAGES_A_SECOND} (100)", hundred >= PAGES_A_SECOND
        )
        alone = median_rate(found["bare"])
        what = f"{kind}: renders a second with nothing kept at all, 100 comments"
        yield Result(
            "uncached",
            what,
            f"{alone:,.0f}",
            f"≥ {FIRST_PAGES_A_SECOND}",
            alone >= FIRST_PAGES_A_SECOND,
        )
        value, text = ratio(hundred, most)
        what = f"{kind}: cost of a page of 10,000 comments / of 100"
        yield Result("uncached", what, text, f"≤ {DEARER}", value <= DEARER)
