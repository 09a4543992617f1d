"""Every number that is told, on both databases, and where the operator reads of it."""

import time
from contextlib import ExitStack

import pytest
from django.core.management import call_command
from django.db import connection
from prometheus_client import REGISTRY

from deploy.processes import ROOT
from openup import metrics
from openup.metrics import DatabaseCollector, count_open


@pytest.fixture
def families(db):
    """Return the database's families by name, asked as `serve_metrics` asks."""
    collector = DatabaseCollector()
    return {
        family.name: family
        for family in [*collector.connections(), *collector.outbox(), *collector.search()]
    }


def values(family):
    return {sample.labels.get("state"): sample.value for sample in family.samples}


def test_every_number_stands_in_the_guide(families):
    counted = {family.name: family.type for family in REGISTRY.collect()}
    names = {
        f"{name}_total" if kind == "counter" else name
        for name, kind in counted.items()
        if name.startswith("openup_")
    }
    guide = (ROOT / "docs" / "operator-guide.md").read_text()

    missing = [name for name in names | set(families) if f"`{name}" not in guide]

    assert len(names) >= 6
    assert not missing


def test_mails_that_wait_are_told(families):
    assert values(families["openup_outbox_mails"]) == {"waiting": 0, "due": 0}


def test_connections_are_told_on_both_databases(families):
    states = values(families["openup_database_connections"])

    if connection.vendor == "postgresql":
        assert states["active"] >= 1
        assert values(families["openup_database_connections_limit"])[None] > 1
    else:
        assert set(states) == {"open"}


def test_a_file_counts_as_often_as_it_is_open(tmp_path):
    file = tmp_path / "database.sqlite3"
    file.touch()

    with ExitStack() as stack:
        for _number in range(3):
            stack.enter_context(file.open())
        held = count_open(file)

    assert (held, count_open(file)) == (3, 0)


def value_of(families, name):
    (family,) = [family for family in families if family.name == name]
    return family.samples[0].value


@pytest.mark.django_db(transaction=True)
def test_backup_that_ended_well_is_told(settings, tmp_path, monkeypatch):
    settings.METRICS_PORT = 9101
    monkeypatch.setattr(metrics, "LAST_BACKUP", tmp_path / "last-backup")
    assert value_of(metrics.BackupCollector().collect(), "openup_backup_timestamp_seconds") == 0

    began = time.time() - 1
    call_command("back_up", str(tmp_path / "backups"), without_keys=True)

    assert value_of(metrics.BackupCollector().collect(), "openup_backup_timestamp_seconds") >= began


def test_outdated_search_is_told(db):
    assert value_of(DatabaseCollector().search(), "openup_search_outdated") == 1

    call_command("rebuild_search")

    assert value_of(DatabaseCollector().search(), "openup_search_outdated") == 0


def test_errors_are_counted(client, db):
    def counted():
        return REGISTRY.get_sample_value("openup_answers_total", {"status": "4xx"}) or 0

    before = counted()

    client.get("/nowhere/")

    assert counted() == before + 1
