"""Load from wrk, and the rule of every comparison: turn by turn, and the median of the turns."""

import re
import shutil
import statistics
import subprocess
from dataclasses import dataclass

from deploy.processes import Stop

CONNECTIONS = 16
UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass
class Run:
    """One run: answers a second, the 99th percentile in milliseconds, bytes an answer, failures."""

    rate: float
    p99: float
    size: float
    failed: int


@dataclass
class Result:
    """A line of the table; `holds` is None where nothing was promised."""

    bench: str
    what: str
    found: str
    promised: str = ""
    holds: bool | None = None


def wrk(url, *, seconds, headers=None, connections=CONNECTIONS, script=None, allow_failures=False):
    """Load `url` and return the Run; stop when an answer failed, unless that is expected."""
    command = [shutil.which("wrk") or "wrk", "-t", "2" if connections > 1 else "1"]
    command += ["-c", str(connections), "-d", f"{seconds}s", "--latency"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", str(script)] if script else []
    done = subprocess.run([*command, url], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise Stop(f"wrk could not load {url}:\n{done.stdout}{done.stderr}")
    run = read_wrk(done.stdout)
    if run.failed and not allow_failures:
        raise Stop(f"{run.failed} answers of {url} failed:\n{done.stdout}")
    return run


def read_wrk(text):
    count, seconds = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text).groups()
    read, read_unit = re.search(r"requests in [\d.]+s, ([\d.]+)([KMG]?)B read", text).groups()
    failed = [int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", text)]
    for line in re.findall(r"Socket errors: (.*)", text):
        failed += [int(number) for number in re.findall(r"\d+", line)]
    total = int(count)
    return Run(
        rate=(total - sum(failed)) / float(seconds),
        p99=float(amount) * UNITS[unit],
        size=float(read) * 1024 ** " KMG".index(read_unit or " ") / max(1, total),
        failed=sum(failed),
    )


def turn_by_turn(measures, rounds):
    """Return {name: its values}: each measure once a round, so that all meet the same weather."""
    found = {name: [] for name in measures}
    for _number in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def median_rate(runs):
    return statistics.median(run.rate for run in runs)


def median_p99(runs):
    return statistics.median(run.p99 for run in runs)


def ratio(numerator, denominator):
    """Return the ratio and how it is shown."""
    value = numerator / denominator
    return value, f"{value:.2f}"
