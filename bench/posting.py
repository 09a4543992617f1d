"""Posting: against what argon2 alone allows, and what reading keeps while it goes on."""

import statistics
import threading
import time
from functools import partial
from pathlib import Path

from bench.measure import Result, median_p99, median_rate, ratio, turn_by_turn, wrk
from bench.servers import DATABASES, GZIP, Site, database, folder

SCRIPT = Path(__file__).with_name("post.lua")
# Enough for every worker to have some to do, however the system shares the connections out, and few
# enough for all to wait for their turn: none is refused.
WRITERS = 16
CROWD = 64


def hash_rate(site, seconds):
    """Return how many passwords a second the cores hash when they do nothing else.

    With the system's own way of giving memory: ours, which keeps workers small, slows hashes down.
    """
    return float(site.python("bench.hashing", seconds, without={"GLIBC_TUNABLES"}))


def post(site, path, seconds, connections=WRITERS):
    article_id = path.split("/")[2]
    return wrk(
        f"{site.url}/articles/{article_id}/comments/",
        seconds=seconds, connections=connections, script=SCRIPT, allow_failures=True,
    )  # fmt: skip


def posting(options):
    """Posts a second against argon2 alone, and kept pages while they are made at full rate."""
    for kind in DATABASES:
        with folder() as place, database(kind, place) as url:
            site = Site(place, url, BENCHMARK_WITHOUT_LIMITS="1")
            paths = site.fill("--thread", "50x1", "--thread", "10x1")["threads"]
            with site.serving():
                yield from posts_against_hashes(kind, site, paths["10x1"], options)
                yield from reads_beside_posts(kind, site, paths, options)


def posts_against_hashes(kind, site, path, options):
    measures = {
        "posts": lambda: post(site, path, options.seconds),
        "hashes": lambda: hash_rate(site, options.seconds),
    }
    found = turn_by_turn(measures, options.rounds)
    posts, limit = median_rate(found["posts"]), statistics.median(found["hashes"])
    value, text = ratio(posts, limit)
    refused = sum(run.failed for run in found["posts"])
    what = f"{kind}: posts ({posts:.1f}/s, {refused} refused) / argon2 alone ({limit:.1f}/s)"
    yield Result("posting", what, text, "≥ 0.6", value >= 0.6)


def reads_beside_posts(kind, site, paths, options):
    """Read one article while comments are posted to another."""

    def read():
        return wrk(site.url + paths["50x1"], seconds=options.seconds, headers=GZIP)

    def read_beside(writers):
        # Longer at both ends, so that every read falls within.
        arguments = (site, paths["10x1"], options.seconds + 2, writers)
        writer = threading.Thread(target=post, args=arguments, daemon=True)
        writer.start()
        time.sleep(1)
        run = read()
        writer.join()
        return run

    measures = {"alone": read, WRITERS: partial(read_beside, WRITERS)}
    measures[CROWD] = partial(read_beside, CROWD)
    found = turn_by_turn(measures, options.rounds)
    for writers in (WRITERS, CROWD):
        runs = found[writers]
        value, text = ratio(median_rate(runs), median_rate(found["alone"]))
        what = f"{kind}: kept pages while {writers} post ({median_rate(runs):,.0f}/s) / alone"
        yield Result("posting", what, text, "≥ 0.2", value >= 0.2)
        what = f"{kind}: 99th percentile of kept pages while {writers} post"
        p99 = median_p99(runs)
        yield Result("posting", what, f"{p99:.0f} ms", "≤ 100 ms", p99 <= 100)
