"""Memory of a worker that keeps many pages, and the time from start to first answer."""

import http.client
import statistics
import time
from pathlib import Path

from bench.measure import Result
from bench.servers import DATABASES, WORKERS, Site, database, folder

PAGES = 1_000
# A connection belongs to one worker; among so many each worker has one.
CONNECTIONS = 4 * int(WORKERS)
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
    """Proportional set of a worker with its page cache full: 1,000 pages in brotli, gzip, both."""
    for kind in DATABASES:
        with folder() as place, database(kind, place) as url:
            site = Site(place, url)
            pages = site.fill("--pages", PAGES)["pages"]
            for codings in (["br"], ["gzip"], ["br", "gzip"]):
                with site.serving() as server:
                    workers = children(server.pid)
                    read_all(site, pages[:1], codings[0])
                    before = max(map(proportional_set, workers))
                    megabytes = sum(read_all(site, pages, coding) for coding in codings) / 2**20
                    full = max(map(proportional_set, workers))
                forms = " and ".join(codings)
                what = f"{kind}: worker after {PAGES:,} pages ({forms}: {megabytes:.1f} MB)"
                what += f"; {before:.0f} MB with one"
                holds = full <= MOST_MEGABYTES
                yield Result("memory", what, f"{full:.0f} MB", f"≤ {MOST_MEGABYTES} MB", holds)


def read_all(site, pages, coding):
    """Let every worker keep the pages; return how many bytes they are."""
    for _number in range(CONNECTIONS):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        size = 0
        for page in pages:
            connection.request("GET", page, headers={"Accept-Encoding": coding})
            size += len(connection.getresponse().read())
        connection.close()
    return size


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
