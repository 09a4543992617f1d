"""What becomes of a database that an earlier release has left."""

import sqlite3
import subprocess
import sys
from importlib import import_module
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from articles.models import RankingCorrection
from deploy.processes import ROOT
from openup.checks.squashed_migrations import SQUASHED
from openup.pending_migrations import count_pending
from tests.articles.test_ranking_corrections import a_correction

APPS = ("openup", "articles", "comments")
EARLIER = sorted(pair for name in SQUASHED for pair in import_module(name).Migration.replaces)
ARTICLES = [pair for pair in EARLIER if pair[0] == "articles"]
COMMENTS = [pair for pair in EARLIER if pair[0] == "comments"]
LEFT_BEHIND = {
    "first of all": ARTICLES[:1],
    "before search": ARTICLES[:1] + COMMENTS[:1],
    "articles alone not done": ARTICLES[:-1] + COMMENTS,
    "comments alone not done": ARTICLES + COMMENTS[:-1],
    "before the records were kept": ARTICLES + COMMENTS[:-2],
    "in the middle": ARTICLES[:7] + COMMENTS[:5],
}


def history():
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return sorted(cursor.fetchall())


def left_at(migrations):
    """Make the database say that of our migrations `migrations` were applied, by earlier names."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app IN ('articles', 'comments')")
        cursor.executemany(
            "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, '2026-11-25')",
            migrations,
        )


def pending():
    told = StringIO()
    call_command("showmigrations", "articles", "comments", format="plan", stdout=told)
    return [line.split()[-1] for line in told.getvalue().splitlines() if line.startswith("[ ]")]


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["migrate", "prepare"])
@pytest.mark.parametrize("applied", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_older_database_is_refused_with_what_to_do_and_left_as_it_was(command, applied):
    left_at(applied)
    before = history()

    with pytest.raises(SystemCheckError, match=r"openup\.E007.*go back to commit c6915c7"):
        call_command(command, skip_checks=False)

    assert history() == before


@pytest.mark.django_db
@pytest.mark.parametrize("applied", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_older_database_is_left_as_it_was_also_without_the_checks(applied):
    left_at(applied)
    before = history()

    with pytest.raises(CommandError):
        call_command("migrate", skip_checks=True, verbosity=0)

    assert history() == before


def test_server_does_not_start_on_an_older_database(tmp_path):
    file = tmp_path / "older.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE django_migrations (app, name, applied)")
        database.executemany("INSERT INTO django_migrations (app, name) VALUES (?, ?)", ARTICLES)
        database.executemany(
            "INSERT INTO django_migrations (app, name) VALUES ('comments', ?)", [("0001_initial",)]
        )

    done = subprocess.run(
        [sys.executable, "-c", "import tests.settings, openup.wsgi"],
        check=False,
        cwd=ROOT,
        env={"DATABASE_URL": f"sqlite:///{file}", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "go back to commit c6915c7" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_database_at_the_last_earlier_migration_goes_on_without_a_step():
    left_at(EARLIER)

    told = run_checks(tags=["database"], databases=["default"])

    assert told == []
    assert not set(pending()) & {name.replace(".migrations", "") for name in SQUASHED}


@pytest.mark.django_db
def test_first_migration_that_was_interrupted_goes_on():
    left_at(import_module(SQUASHED[0]).Migration.replaces)

    told = run_checks(tags=["database"], databases=["default"])

    assert told == []
    assert "articles.0001_tables" not in pending()
    assert "articles.0002_search_and_ledger" in pending()


def not_atomic():
    """Return our migrations of which a broken run leaves a part."""
    migrations = MigrationLoader(None).disk_migrations.items()
    ours = [pair for pair, each in migrations if pair[0] in APPS and not each.atomic]
    return sorted(ours)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("app", "name"), not_atomic())
def test_migration_that_was_broken_off_before_it_was_recorded_goes_on(app, name):
    call_command("migrate", app, name, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])

    call_command("migrate", verbosity=0)

    assert (app, name) in history()
    assert pending() == []


@pytest.fixture
def before_null(transactional_db):
    """Give a correction in the schema in which one of no entry held the key 0."""
    # Made by the models of today, which need the tables of today.
    correction = a_correction()
    call_command("migrate", "articles", "0002", verbosity=0)
    yield correction
    call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_correction_that_held_no_entry_as_zero_holds_none_and_stays_unchangeable(before_null):
    entry = before_null.entry_id
    columns = (
        "ranking_id, period_id, period_label, rank, entry_label, field, old, new, reason,"
        " created_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO articles_rankingcorrection (entry_id, {columns})"  # noqa: S608
            f" SELECT 0, {columns} FROM articles_rankingcorrection"
        )

    call_command("migrate", verbosity=0)

    lines = RankingCorrection.objects.order_by("pk")
    assert [line.entry_id for line in lines] == [entry, None]
    with pytest.raises(DatabaseError, match="only ever added to"), connection.cursor() as cursor:
        cursor.execute("UPDATE articles_rankingcorrection SET entry_id = 0")


@pytest.mark.django_db
def test_migrations_to_come_are_counted():
    later = ("articles", "0004_old_addresses_with_query")
    before = count_pending()

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", later)

    assert (before, count_pending()) == (0, 1)
