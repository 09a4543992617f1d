import pytest
from django.db import connection

from openup.settings import read_database_url
from tests.faults.commands import manage
from tests.faults.server import copy_database, empty_database, server_environment, url_of


@pytest.fixture(scope="session")
def migrated_database(django_db_setup, tmp_path_factory, worker_id):
    """Return the DATABASE_URL of a database of the kind under test that has our tables.

    It is a copy of the one that pytest-django has made, if other tests have wanted one.
    """
    folder, name = tmp_path_factory.mktemp("migrated"), f"migrated_{worker_id}"
    made = connection.settings_dict["NAME"]
    if made != read_database_url()["NAME"]:
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()
        return copy_database(url_of(made), folder, name)
    url = empty_database(folder, name)
    manage({"DATABASE_URL": url}, "migrate", "--verbosity", "0")
    return url


@pytest.fixture
def environment(migrated_database, tmp_path, worker_id):
    """Return the environment of a server with a database of its own, of the kind under test."""
    return server_environment(copy_database(migrated_database, tmp_path, f"killed_{worker_id}"))
