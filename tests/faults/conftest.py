import os

import psycopg
import pytest

from tests.faults.server import server_environment


@pytest.fixture
def environment(tmp_path, worker_id):
    """Return the environment of a server with a database of its own, of the kind under test."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        name = f"openup_killed_{worker_id}"
        server, _slash, _name = url.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        url = f"{server}/{name}"
    else:
        url = f"sqlite:///{tmp_path}/killed.sqlite3"
    return server_environment(url)
