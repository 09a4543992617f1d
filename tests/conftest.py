import os

import pytest
from hypothesis import settings

from tests import ledger

# The same examples in every run: what a random one finds is a bug of before, not of the change at
# hand. `EXPLORE=1` looks for new ones. No deadline: a loaded machine is no fault of the code.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if os.environ.get("EXPLORE") == "1" else "steady")


TRANSACTIONAL = {"transactional_db", "live_server"}


@pytest.fixture(autouse=True)
def emptied_ledgers(request, _django_db_marker, _live_server_helper):
    """Empty, after a transactional test, what the database refuses to be emptied of."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or TRANSACTIONAL & {*request.fixturenames}:
        ledger.empty()
