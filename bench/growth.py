"""What a public page costs when the site has grown: in articles, and in comments on one of them."""

import json
from contextlib import ExitStack

from bench.measure import Result, turn_by_turn
from bench.servers import DATABASES, Site, database, folder

SIZES = (100, 10_000, 100_000)
# Beside the thread of 100 comments: 100,000 in one, and 50,000 replies under one root.
THREADS = ("50x1", "50000x1", "1x50000")
DEARER = 1.2


def costs(site):
    """Return {page: milliseconds to make it}, each page without what is kept."""
    return json.loads(site.python("bench.growth_probe"))


def growth(options):
    """The cost of every public page with 100 articles against 10,000 and 100,000."""
    sizes = SIZES[: 2 if options.quick else 3]
    for kind in DATABASES:
        with ExitStack() as stack:
            sites = {}
            for size in sizes:
                place = stack.enter_context(folder())
                url = stack.enter_context(database(kind, place))
                sites[size] = Site(place, url, PAGE_CACHE_MEGABYTES="0")
                sites[size].fill("--articles", size, "--thread", "50x1")
            measures = {size: lambda site=site: costs(site) for size, site in sites.items()}
            found = turn_by_turn(measures, options.rounds)
        smallest = least(found[sizes[0]])
        for size in sizes[1:]:
            yield from compare(f"{kind}, {size:,} articles", least(found[size]), smallest)


def least(runs):
    """Return the least of several runs: what else the machine does only adds to a time."""
    return {page: min(run[page] for run in runs) for page in runs[0]}


def compare(what, costs, smallest):
    """Tell of the page that has grown dearest, and of each that is dearer than promised."""
    ratios = sorted(((costs[page] / smallest[page], page) for page in costs), reverse=True)
    for number, (value, page) in enumerate(ratios):
        if number and value <= DEARER:
            break
        found = f"{value:.2f} ({smallest[page]:.1f} → {costs[page]:.1f} ms)"
        yield Result("growth", f"{what}: {page}", found, f"≤ {DEARER}", value <= DEARER)


def threads(options):
    """The cost of a page of a long thread against one of 100 comments."""
    names = (THREADS[0], "5000x1", "1x5000") if options.quick else THREADS
    for kind in DATABASES:
        with folder() as place, database(kind, place) as url:
            site = Site(place, url, PAGE_CACHE_MEGABYTES="0")
            words = [word for text in names for word in ("--thread", text)]
            paths = site.fill(*words)["threads"]
            probe = {text: paths[text] for text in names}
            probe["last"] = f"{paths[names[1]]}?page={int(names[1].partition('x')[0]) // 50}"
            run = ["bench.growth_probe", *(f"{name}={path}" for name, path in probe.items())]
            found = least([json.loads(site.python(*run)) for _number in range(options.rounds)])
        roots = int(names[1].partition("x")[0])
        labels = {
            names[1]: f"{2 * roots:,} comments in one thread, first page",
            "last": "the same, last page",
            names[2]: f"{int(names[2].partition('x')[2]):,} replies under one root",
        }
        for name, label in labels.items():
            costs = {label: found[name]}
            yield from compare(kind, costs, {label: found[names[0]]})
