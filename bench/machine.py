"""Memory of a worker that keeps many pages, and the time from start to first answer."""

import statistics
import time
from pathlib import Path

from bench.measure import Result
from bench.servers import DATABASES, Site, database, folder

PAGES = 1_000
MOST_MEGABYTES = 120
MOST_SECONDS = 2


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def proportional_set(pid):
    """Return a process's share of memory in megabytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def memory(options):
    """Proportional set of a worker that keeps 1,000 article pages in brotli and in gzip."""
    with folder() as place, database("SQLite", place) as url:
        site = Site(place, url, SERVER_WORKERS="1")
        pages = site.fill("--pages", PAGES)["pages"]
        with site.serving() as server:
            (worker,) = children(server.pid)
            empty = proportional_set(worker)
            for coding in ("br", "gzip"):
                sizes = [len(site.get(page, {"Accept-Encoding": coding}).content) for page in pages]
                full = proportional_set(worker)
                what = f"worker with {PAGES:,} pages kept ({coding}: {sum(sizes) / 2**20:.1f} MB)"
                what += f"; {empty:.0f} MB before"
                holds = full <= MOST_MEGABYTES
                yield Result("memory", what, f"{full:.0f} MB", f"≤ {MOST_MEGABYTES} MB", holds)


def start_up(options):
    """Seconds from the start of the server to its first page."""
    for kind in DATABASES:
        with folder() as place, database(kind, place) as url:
            site = Site(place, url)
            path = site.fill("--thread", "50x1")["threads"]["50x1"]
            found = []
            for _number in range(max(options.rounds, 3)):
                began = time.monotonic()
                with site.serving(wait_path=path):
                    found.append(time.monotonic() - began)
        seconds = statistics.median(found)
        what = f"{kind}: from start to the first article page"
        holds = seconds <= MOST_SECONDS
        yield Result("start", what, f"{seconds:.2f} s", f"≤ {MOST_SECONDS} s", holds)
