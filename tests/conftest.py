import io
import json
import logging
import os
import socket

import pytest
from argon2 import PasswordHasher
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import settings

from articles.desk import outside_links
from comments.identity import credentials
from openup.backends.json_logs import JsonFormatter
from openup.pagecache import PageCache
from tests.wsgi import ask

# The same examples in every run: what a random one finds is a bug of before, not of the change at
# hand. `EXPLORE=1` looks for new ones. No deadline: a loaded machine is no fault of the code.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("explore" if os.environ.get("EXPLORE") == "1" else "steady")


PRODUCT_HASHER = credentials._HASHER
# Argon2id all the same, at its least cost: what the tests are about is another thing.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# Without one of them, or the mark django_db, a query fails the test.
DATABASE = {"db", "transactional_db", "live_server"}


# What these show is made by Django alike on both databases. `make test` runs each on one, so that
# both have such pages in every run; `make test-all` runs everything on both.
ON_POSTGRESQL = {
    *("test_article_admin", "test_bundle_database", "test_comment_admin", "test_comment_life"),
    *("test_conversation_machine", "test_data_twins", "test_edit_conflicts", "test_history"),
    *("test_mail_worker_killed", "test_moderation_queue", "test_notices", "test_ranking_admin"),
    *("test_ranking_heads", "test_release", "test_second_factor", "test_sign_in"),
    *("test_staff_comments", "test_waiting_changes"),
    *("test_staff_lookups", "test_staff_permissions", "test_subject_page", "test_thread_pages"),
}
ON_SQLITE = {
    *("test_anchors", "test_article_page", "test_bench", "test_charset", "test_comment_bundle"),
    *(
        "test_credentials",
        "test_crowd",
        "test_desk",
        "test_error_pages",
        "test_feeds",
        "test_fragments",
    ),
    *("test_figure_proposals", "test_joined_edits", "test_openid", "test_remarks", "test_reviews"),
    *("test_convert_articles", "test_export_site", "test_media_in_bucket", "test_share_links"),
    *("test_figure_report_admin", "test_figures", "test_import_articles", "test_import_html"),
    *(
        "test_copying",
        "test_hostile_manuscripts",
        "test_import_loses_nothing",
        "test_import_markdown",
        "test_import_text",
    ),
    *("test_languages", "test_paste", "test_typed_preview"),
    *("test_log_levels", "test_manuscripts", "test_markdown", "test_markdown_views"),
    *("test_monthly_issue", "test_page_cost", "test_pages_after_changes", "test_pasted_table"),
    *("test_bulk", "test_comment_feeds", "test_compared_periods", "test_empty_forms"),
    *("test_from_file", "test_publishing_checks", "test_ranking_corrections", "test_related"),
    *("test_linked_data", "test_review_mails", "test_shared_pages", "test_takedown_mail"),
    *("test_pictures", "test_ways_on"),
    *("test_public_pages", "test_ranking_entry", "test_redaction", "test_reports"),
    "test_permission_table",
    *("test_share_picture", "test_spreadsheets", "test_suspicions", "test_uploads"),
}


# They take seconds each: begun last, one of them is waited for alone.
LONGEST = {
    *("test_conversation_machine", "test_crowd", "test_every_staff_form_in_browser"),
    *("test_hostile_manuscripts", "test_media_in_bucket", "test_pages_after_changes"),
    *("test_pages_under_writes", "test_permission_table", "test_restore", "test_second_factor"),
    *("test_staff_permissions", "test_whole_month_in_browser"),
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark on which databases `make test` runs a test: what uses none runs with SQLite's."""
    for item in items:
        if item.get_closest_marker("deployed"):
            # On one worker, which installs the site once.
            item.add_marker(pytest.mark.xdist_group("deployed"))
        module = item.path.stem
        used = item.get_closest_marker("django_db") or DATABASE & {*item.fixturenames}
        if used or item.get_closest_marker("database"):
            if module not in ON_POSTGRESQL:
                item.add_marker("sqlite")
            if module not in ON_SQLITE:
                item.add_marker("postgresql")
        else:
            item.add_marker("sqlite")
    outcome = yield
    items.sort(key=lambda item: item.path.stem not in LONGEST)
    return outcome


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "_HASHER", CHEAP_HASHER)
        yield


def no_such_site(host, port):
    raise socket.gaierror


@pytest.fixture(scope="session", autouse=True)
def no_other_sites():
    """Let no test that presses every button knock at a stranger's door."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside_links, "public_address", no_such_site)
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
