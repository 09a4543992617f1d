"""What an operator is told: Debian's Prometheus and its exporters, on the files that are shipped.

Grafana is in no package of Debian's: the dashboard's queries are asked here, and nothing draws it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode

import pytest
import yaml

from deploy.processes import ROOT, end, start
from tests.deployed.installation import HOST, replace, wait_for_port
from tests.deployed.test_operation import FORM, database, wait_until
from tests.postgresql import free_port

pytestmark = [pytest.mark.deployed, pytest.mark.slow]

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "openup.rules.yml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
PANELS = json.loads((DEPLOY / "grafana" / "openup.json").read_text())["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel.get("targets", [])]
NAME = re.compile(r"\b(?:openup|probe|node)_[a-z_]+\b")
PROGRAMS = ("prometheus", "promtool", "amtool", "prometheus-node-exporter")
PROGRAMS += ("prometheus-blackbox-exporter",)
MISSING = [program for program in PROGRAMS if not shutil.which(program)]
needs_prometheus = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {MISSING}")


def run(*command):
    return subprocess.run([str(part) for part in command], check=False, capture_output=True)


@needs_prometheus
def test_rules_fire_when_they_should_and_never_else():
    done = run("promtool", "test", "rules", Path(__file__).with_name("openup.rules.test.yml"))

    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@needs_prometheus
def test_alertmanager_takes_the_example_and_wakes_nobody_for_what_can_wait():
    file = DEPLOY / "prometheus" / "alertmanager.yml"

    checked = run("amtool", "check-config", file)
    routes = [
        run("amtool", "config", "routes", "test", f"--config.file={file}", f"severity={severity}")
        for severity in ("warning", "critical")
    ]

    assert checked.returncode == 0, checked.stderr.decode()
    assert [route.stdout.decode().strip() for route in routes] == ["day", "night"]


class Prometheus:
    """Where it listens, and what it says."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path, **parameters):
        question = f"{self.url}/{path}?{urlencode(parameters)}"
        with urllib.request.urlopen(question, timeout=30) as response:  # noqa: S310 - our own
            return json.load(response)["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def firing(self):
        return {
            alert["labels"]["alertname"]
            for alert in self.ask("alerts")["alerts"]
            if alert["state"] == "firing"
        }


def write_files(folder, site, ports):
    """Write the shipped files with our places, and let nothing wait before it fires."""
    targets = {
        "127.0.0.1:9101": f"127.0.0.1:{ports['metrics']}",
        "127.0.0.1:9100": f"127.0.0.1:{ports['node']}",
        "127.0.0.1:9115": f"127.0.0.1:{ports['blackbox']}",
        "/etc/prometheus/openup.rules.yml": folder / "openup.rules.yml",
        f"https://{HOST}/": f"https://127.0.0.1:{site.https_port}/",
        # A database that is away is waited for, for three seconds.
        "scrape_interval: 15s": "scrape_interval: 5s",
        "evaluation_interval: 15s": "evaluation_interval: 1s",
    }
    shipped = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    (folder / "prometheus.yml").write_text(replace(shipped, targets))
    rules = re.sub(r"^( +for:) .+$", r"\1 0s", RULES.read_text(), flags=re.MULTILINE)
    (folder / "openup.rules.yml").write_text(rules)
    # Debian's module, as a reader on this machine: by the address, under the site's name.
    tls = {"ca_file": str(site.certificate), "server_name": HOST}
    http = {"preferred_ip_protocol": "ip4", "headers": {"Host": HOST}, "tls_config": tls}
    module = {"modules": {"http_2xx": {"prober": "http", "http": http}}}
    (folder / "blackbox.yml").write_text(json.dumps(module))


@contextmanager
def watched(site, folder):
    """Run the metrics' unit, the exporters and Prometheus; give the last."""
    ports = {name: free_port() for name in ("node", "blackbox", "prometheus")}
    ports["metrics"] = site.metrics_port
    listen = "--web.listen-address=127.0.0.1:"
    write_files(folder, site, ports)
    commands = {
        "metrics": shlex.split(site.unit("openup-metrics.service")["ExecStart"]),
        "node": ["prometheus-node-exporter"],
        "blackbox": ["prometheus-blackbox-exporter", f"--config.file={folder}/blackbox.yml"],
        "prometheus": ["prometheus", "--log.level=warn", f"--config.file={folder}/prometheus.yml"],
    }
    commands["prometheus"] += [f"--storage.tsdb.path={folder}/data"]
    with ExitStack() as stack:
        for name, command in commands.items():
            address = [f"{listen}{ports[name]}"] if name != "metrics" else []
            process = start([*command, *address], site.env, cwd=ROOT)
            stack.callback(end, process)
            wait_for_port(ports[name], process)
        prometheus = Prometheus(ports["prometheus"])
        wait_until(lambda: answers(prometheus))
        yield prometheus


def answers(prometheus):
    with suppress(URLError):
        return bool(prometheus.query('up{job="openup"}'))


@contextmanager
def no_database(site):
    """Let PostgreSQL refuse everybody who asks for the site's database."""
    with database(site, "postgres") as connection:
        connection.autocommit = True
        connection.execute("ALTER DATABASE openup ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'openup'"
        )
        try:
            yield
        finally:
            connection.execute("ALTER DATABASE openup ALLOW_CONNECTIONS true")


def use(site):
    """Let every kind of request be counted."""
    for path in ("/", "/?comment=1", "/search/?q=AI", "/media/none.png", "/manage/login/"):
        site.request("GET", path)
    fields = {"email": "night@example.com", "password": "right horse key", "body": "밤에 쓴 글."}
    site.request("POST", "/articles/3/comments/", urlencode(fields), FORM, source="127.9.0.1")


@needs_prometheus
@pytest.mark.exercise("Alerts in a real Prometheus")
def test_what_goes_wrong_is_told_and_told_no_more_afterwards(site, tmp_path, record_property):
    stamp = site.folder / "lib" / "metrics" / "last-backup"
    use(site)
    stamp.touch()
    stamp.with_name("last-drill").touch()
    site.run(site.unit("openup-mail.service")["ExecStart"] + " --once")

    with watched(site, tmp_path) as prometheus:
        use(site)
        # A rate takes two looks.
        wait_until(lambda: prometheus.query("rate(openup_pages_total[1m])"))
        wait_until(lambda: prometheus.query("rate(node_cpu_seconds_total[1m])"))
        states = {
            (target["labels"]["job"], target["health"])
            for target in prometheus.ask("targets")["activeTargets"]
        }
        told = set(prometheus.ask("label/__name__/values"))
        unknown = {name for text in [RULES.read_text(), *QUERIES] for name in NAME.findall(text)}
        unknown -= told
        silent = [query for query in QUERIES if not prometheus.query(in_words_of_api(query))]
        wait_until(lambda: prometheus.firing() <= {"OpenUPCertificateEnds", *machine_alerts()})
        began = time.monotonic()
        with no_database(site):
            wait_until(lambda: {"OpenUPDatabaseAway", "OpenUPSiteDown"} <= prometheus.firing())
            record_property("database away after", f"{time.monotonic() - began:.0f} s")
        wait_until(lambda: not {"OpenUPDatabaseAway", "OpenUPSiteDown"} & prometheus.firing())
        os.utime(stamp, (time.time() - 27 * 3600,) * 2)
        wait_until(lambda: "OpenUPBackupOld" in prometheus.firing())
        stamp.touch()
        wait_until(lambda: "OpenUPBackupOld" not in prometheus.firing())
        site.stop_application()
        try:
            wait_until(lambda: {"OpenUPServerGone", "OpenUPSiteDown"} <= prometheus.firing())
        finally:
            site.start_application()
        wait_until(lambda: not {"OpenUPServerGone", "OpenUPSiteDown"} & prometheus.firing())

    record_property("rules", len(ALERTS))
    record_property("queries of the dashboard", len(QUERIES))
    assert states == {(job, "up") for job in ("openup", "openup-readers", "openup-machines")}
    assert unknown == set()
    assert silent == []


def in_words_of_api(query):
    """Return a panel's query as Grafana would ask it."""
    return query.replace("$__rate_interval", "1m")


def machine_alerts():
    """Return what this machine may be short of, whatever the site does."""
    return {"OpenUPDiskNearlyFull", "OpenUPDiskFull"}
