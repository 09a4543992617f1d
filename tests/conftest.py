import io
import json
import logging
import os

import pytest
from argon2 import PasswordHasher
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import settings

from comments.identity import credentials
from openup.backends.json_logs import JsonFormatter
from openup.pagecache import PageCache
from tests import ledger
from tests.wsgi import ask

# The same examples in every run: what a random one finds is a bug of before, not of the change at
# hand. `EXPLORE=1` looks for new ones. No deadline: a loaded machine is no fault of the code.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if os.environ.get("EXPLORE") == "1" else "steady")


PRODUCT_HASHER = credentials._HASHER
# Argon2id all the same, at its least cost: what the tests are about is another thing.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

TRANSACTIONAL = {"transactional_db", "live_server"}
# Without one of them, or the mark django_db, a query fails the test.
DATABASE = TRANSACTIONAL | {"db"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what depends on the database: `make test` runs the rest once."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE & {*item.fixturenames}:
            item.add_marker("database")


@pytest.fixture(autouse=True)
def emptied_ledgers(request, _django_db_marker, _live_server_helper):
    """Empty, after a transactional test, what the database refuses to be emptied of."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if (marker and marker.kwargs.get("transaction")) or TRANSACTIONAL & {*request.fixturenames}:
        ledger.empty()


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "_HASHER", CHEAP_HASHER)
        yield


@pytest.fixture
def product_hashes(monkeypatch):
    """Hash at the cost that the site pays."""
    monkeypatch.setattr(credentials, "_HASHER", PRODUCT_HASHER)


@pytest.fixture
def read(transactional_db):
    """Return a function that asks for a page as a reader does, who gets it from the page cache."""
    site = PageCache(WSGIHandler(), max_bytes=2**22)
    yield lambda path: ask(site, path)
    site.validators.close()


@pytest.fixture
def log_lines():
    """Return a function that gives the lines which the site has written to its log."""
    handlers = logging.getLogger("django").handlers
    (handler,) = [each for each in handlers if isinstance(each.formatter, JsonFormatter)]
    text = io.StringIO()
    before = handler.setStream(text)
    yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]
    handler.setStream(before)
