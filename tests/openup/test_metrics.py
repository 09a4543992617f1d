"""Every number that is told, on both databases, and where the operator reads of it."""

import errno
import os
import time
from contextlib import ExitStack
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.db import connection
from prometheus_client import REGISTRY

from comments.management.commands import send_mail
from comments.models import Outbox
from deploy.processes import ROOT
from openup import metrics
from openup.metrics import DatabaseCollector, count_open
from openup.metrics_folder import RESERVED_BYTES, reserve, use_folder
from openup.middleware.timed_answers import TimedAnswers
from openup.version import VERSION, running_build, tell_build


@pytest.fixture
def families(db):
    """Return the database's families by name, asked as `serve_metrics` asks."""
    collector = DatabaseCollector()
    return {
        family.name: family
        for family in [*collector.connections(), *collector.outbox(), *collector.search()]
    }


def seconds_counted(kind):
    return REGISTRY.get_sample_value("openup_answer_seconds_count", {"kind": kind})


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
    assert values(families["openup_outbox_mails"]) == {"waiting": 0, "due": 0, "failing": 0}


def test_mail_that_was_refused_is_told_while_it_waits_for_its_next_try(db):
    Outbox.queue(Outbox.Kind.CONFIRM, "mina@example.com")

    Outbox.lease().put_off()

    told = {family.name: values(family) for family in DatabaseCollector().outbox()}
    assert told["openup_outbox_mails"] == {"waiting": 1, "due": 0, "failing": 1}


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
    name = "openup_backup_timestamp_seconds"
    assert value_of(metrics.LastTimesCollector().collect(), name) == 0

    began = time.time() - 1
    call_command("back_up", str(tmp_path / "backups"), without_keys=True)

    assert value_of(metrics.LastTimesCollector().collect(), name) >= began


@pytest.mark.django_db(transaction=True)
def test_pass_of_the_mail_worker_is_told(settings, tmp_path, monkeypatch):
    settings.METRICS_PORT = 9101
    for module in (metrics, send_mail):
        monkeypatch.setattr(module, "LAST_PASS", tmp_path / "last-mail-pass")
    name = "openup_mail_pass_timestamp_seconds"
    assert value_of(metrics.LastTimesCollector().collect(), name) == 0

    began = time.time() - 1
    call_command("send_mail", once=True)

    assert value_of(metrics.LastTimesCollector().collect(), name) >= began


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/articles/3/", "page"),
        ("HEAD", "/", "page"),
        ("GET", "/search/", "search"),
        ("GET", "/media/articles/a.png", "picture"),
        ("POST", "/articles/3/comments/", "form"),
        ("POST", "/articles/3/read/", "other"),
        ("GET", "/healthz", "other"),
        ("POST", "/manage/login/", "desk"),
    ],
)
def test_time_of_an_answer_is_counted_by_what_was_asked_for(method, path, kind):
    before = seconds_counted(kind)

    TimedAnswers(lambda environ, start_response: [])(
        {"REQUEST_METHOD": method, "PATH_INFO": path}, None
    )

    assert seconds_counted(kind) == before + 1


def test_build_is_told_by_its_labels():
    tell_build()

    labels = {"version": VERSION, "build": running_build()}
    assert REGISTRY.get_sample_value("openup_build_info", labels) == 1


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


def test_process_counts_for_itself_where_the_disk_has_no_room(tmp_path, monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(os, "posix_fallocate", Mock(side_effect=full))

    assert not use_folder(tmp_path)
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_process_takes_the_blocks_of_what_it_will_count(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    file = tmp_path / f"counter_{os.getpid()}.db"
    file.touch()

    assert use_folder(tmp_path / "new")
    reserve(tmp_path)

    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path / "new")
    assert file.stat().st_blocks * 512 >= RESERVED_BYTES
