"""Measure, turn by turn, against the limits: `make bench`, `make bench ONLY=granian`."""

import argparse
import os
import platform
import shutil
import sys
import time
from datetime import datetime
from pathlib import Path

from rich.console import Console

from bench import growth, loading, machine, posting, rendering, searching, serving
from bench.measure import Result
from deploy.processes import Stop, stop_on_signals

BENCHES = {
    "nginx": serving.through_nginx,
    "granian": serving.from_granian,
    "uncached": rendering.uncached,
    "posting": posting.posting,
    "memory": machine.memory,
    "start": machine.start_up,
    "threads": growth.threads,
    "growth": growth.growth,
    "search": searching.search,
    "loading": loading.loading,
}
RESULTS = Path(__file__).with_name("RESULTS.md")
TITLE = """# What was measured

Written by `make bench`; [`README.md`](README.md) tells what each line means.
"""
MARKS = {True: "holds", False: "**does not**", None: ""}


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else platform.machine()


def describe_machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{processor()}, {memory:.0f} GB, {system}"


def section(results, options):
    """Return what one benchmark found as Markdown."""
    day = datetime.now().astimezone().date().isoformat()
    how = f"{day}, {describe_machine()}; each run {options.seconds} s, {options.rounds} rounds,"
    how += f" load average at the start {options.load:.1f}."
    lines = [how, "", "| what | found | promised | |", "|---|---|---|---|"]
    for result in results:
        cells = (result.what, result.found, result.promised, MARKS[result.holds])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_results(name, text):
    """Put a benchmark's section in the place of the one before it."""
    known = RESULTS.read_text() if RESULTS.exists() else ""
    found = dict(part.split("\n\n", 1) for part in known.split("\n## ")[1:])
    found[name] = text
    parts = [f"## {name}\n\n{found[name].strip()}\n" for name in BENCHES if name in found]
    RESULTS.write_text("\n".join([TITLE, *parts]))


def read_options():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round, short, less data")
    options = parser.parse_args()
    if unknown := [name for name in options.only if name not in BENCHES]:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    if options.quick:
        options.rounds, options.seconds = 1, 2
    return options


def main():
    stop_on_signals()
    options = read_options()
    console = Console(highlight=False, soft_wrap=True)
    if not shutil.which("wrk"):
        console.print("wrk is missing: `sudo apt-get install wrk`.")
        return 1
    for name in options.only or BENCHES:
        began = time.monotonic()
        options.load = os.getloadavg()[0]
        console.print(f"\n{name}: {BENCHES[name].__doc__}")
        results = []
        try:
            for result in BENCHES[name](options):
                results.append(result)
                mark = MARKS[result.holds].strip("*")
                console.print(f"  {result.what}: {result.found} {result.promised} {mark}")
        except Stop as reason:
            results.append(Result(name, f"stopped: {str(reason).splitlines()[0]}", "", "", False))
            console.print(f"  stopped: {reason}", style="red")
        console.print(f"  ({time.monotonic() - began:.0f} s)", style="dim")
        if not options.quick:
            write_results(name, section(results, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
