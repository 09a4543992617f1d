import pytest

from tests.faults.server import empty_database, server_environment


@pytest.fixture
def environment(tmp_path, worker_id):
    """Return the environment of a server with a database of its own, of the kind under test."""
    return server_environment(empty_database(tmp_path, f"killed_{worker_id}"))
