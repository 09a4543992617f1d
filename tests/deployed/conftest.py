import os
import re
import tempfile
from pathlib import Path

import pytest

from tests.deployed.installation import GUIDE, Installation
from tests.postgresql import running_server

# ✱ marks what the guide says and the checks leave out: it asks, or goes beyond this machine.
EXERCISE = "exercise"
# The first account is made on the machine that systemd has booted: a terminal is asked.
GUIDE_COMMAND = re.compile(
    r"^    sudo -u openup \S+ \S+ manage\.py (?!createsuperuser)([^✱]+?)$", re.MULTILINE
)


def prepared(folder, database_url):
    """Return the guide's installation with the sample articles, not running yet."""
    installation = Installation(folder, dict(os.environ))
    installation.database_url = database_url
    installation.write_settings(database_url)
    installation.run("createdb --template template0 --encoding UTF8 --locale C.UTF-8 openup")
    installation.make_certificate()
    installation.write_nginx()
    for command in GUIDE_COMMAND.findall(GUIDE.partition("## Update")[0]):
        installation.manage(*command.split())
    installation.manage("import_articles", "articles/sample")
    return installation


@pytest.fixture(scope="session")
def site():
    """Give the guide's installation with the sample articles, running, on PostgreSQL."""
    with (
        running_server(dict(os.environ)) as database_url,
        tempfile.TemporaryDirectory(prefix="openup-deployed-") as name,
    ):
        # nginx's workers, www-data under root, must be able to enter.
        Path(name).chmod(0o755)
        installation = prepared(Path(name), database_url)
        with installation.running():
            yield installation


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    marker = item.get_closest_marker(EXERCISE)
    if marker:
        report.exercise = marker.args[0]
    return report


def pytest_terminal_summary(terminalreporter):
    """Print what the exercises found: each with its outcome, its time and what it has recorded."""
    reports = [
        report
        for outcome in ("passed", "failed", "skipped", "error")
        for report in terminalreporter.stats.get(outcome, ())
        if getattr(report, EXERCISE, None) and (report.when == "call" or not report.passed)
    ]
    if not reports:
        return
    terminalreporter.section("What an operator relies on")
    for report in sorted(reports, key=lambda each: each.start):
        found = ", ".join(f"{name} {value}" for name, value in report.user_properties)
        seconds = f"{report.duration:.0f} s"
        line = f"{report.exercise:<36} {report.outcome:<8} {seconds:>6}  {found}"
        terminalreporter.line(line.rstrip())
