"""What whoever starts the site reads when PostgreSQL does not let it in."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.environment import VENV_PYTHON
from deploy.processes import ROOT
from deploy.run import new_env_file
from tests.postgresql import free_port

SERVER = urlsplit(os.environ.get("DATABASE_URL", ""))

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(SERVER.scheme != "postgresql", reason="needs PostgreSQL"),
]


def address(user=SERVER.username, password=SERVER.password, port=SERVER.port, name="postgres"):
    return f"postgresql://{user}:{password}@{SERVER.hostname}:{port}/{name}"


def output(command, url):
    """Return what a start that must fail prints."""
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "PORT": str(free_port())},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    return done.stdout + done.stderr


def prepare(url):
    return output([VENV_PYTHON, "manage.py", "prepare"], url)


@pytest.fixture
def stranger():
    """Give a role that may do nothing."""
    name = f"stranger_{os.getpid()}"
    with psycopg.connect(address(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'right horse'")
        yield name
        connection.execute(f"DROP ROLE {name}")


def test_make_run_says_how_a_missing_database_is_made(tmp_path, monkeypatch):
    settings_file = tmp_path / "settings.env"
    settings_file.write_text(new_env_file("http://127.0.0.1:8000"))
    monkeypatch.setenv("OPENUP_ENV_FILE", str(settings_file))

    told = output([sys.executable, "-E", "-m", "deploy.run", "serve"], address(name="not%20yet"))

    assert "has no database “not yet”" in told
    assert f"createdb --owner {SERVER.username} " in told
    assert "'not yet'" in told
    assert "could not be prepared; the message above says why" in told
    assert "Traceback" not in told


def test_migrate_says_how_a_missing_database_is_made():
    told = output([VENV_PYTHON, "manage.py", "migrate"], address(name="not_yet"))

    assert "has no database “not_yet”" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "who", [{"password": "wrong"}, {"user": "nobody_here"}], ids=["wrong password", "no such role"]
)
def test_a_role_that_is_not_let_in_is_named_without_its_password(who):
    told = prepare(address(**who))

    assert f"does not let the role “{who.get('user', SERVER.username)}” in" in told
    assert "createuser --pwprompt" in told
    assert "DATABASE_URL" in told
    assert SERVER.password not in told
    assert "Traceback" not in told


def test_a_server_that_is_away_is_named_with_its_port():
    port = free_port()

    told = prepare(address(port=port))

    assert f"PostgreSQL does not answer ({SERVER.hostname}, port {port})" in told
    assert "systemctl start postgresql" in told
    assert "Traceback" not in told


def test_of_several_hosts_the_one_that_answers_is_asked(stranger):
    url = address(user=stranger, password="right%20horse")
    host = f"@{SERVER.hostname}:"

    told = prepare(url.replace(host, f"@{SERVER.hostname}:{free_port()},{SERVER.hostname}:"))

    assert "may make no tables" in told


def test_servers_of_which_none_is_the_primary_are_named(stranger):
    with psycopg.connect(address(), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {stranger} SET default_transaction_read_only = on")
    url = address(user=stranger, password="right%20horse")
    host = f"{SERVER.hostname}:{SERVER.port}"

    told = prepare(url.replace(f"@{host}", f"@{host},{host}"))

    assert "only reads now: none of its servers is the primary" in told
    assert "patronictl list" in told
    assert "Traceback" not in told


def test_a_role_that_may_make_no_tables_is_told_how_it_may(stranger):
    told = prepare(address(user=stranger, password="right%20horse"))

    assert f"“{stranger}” may make no tables in the database “postgres”" in told
    assert f'ALTER DATABASE "postgres" OWNER TO "{stranger}"' in told
    assert "Traceback" not in told


def test_whatever_else_the_address_says_of_the_way_is_followed(stranger):
    url = address(user=stranger, password="right%20horse")
    url = url.replace(f"@{SERVER.hostname}:", "@nowhere.invalid:")

    told = prepare(f"{url}?hostaddr={SERVER.hostname}")

    assert "may make no tables" in told


def test_commands_take_the_time_they_need_unless_the_address_limits_them():
    sleep = "from django.db import connection as c; c.cursor().execute('SELECT pg_sleep(1.1)')"
    command = [VENV_PYTHON, "manage.py", "shell", "--no-imports", "-c", sleep]
    env = {name: os.environ[name] for name in os.environ if name != "DATABASE_STATEMENT_SECONDS"}
    url = address()

    unlimited = subprocess.run(command, check=False, cwd=ROOT, env=env | {"DATABASE_URL": url})
    limited = output(command, f"{url}?options=-c%20statement_timeout%3D1s")

    assert unlimited.returncode == 0
    assert "statement timeout" in limited
