"""A real Chromium against a real server, and everything its console complains about."""

import os

import pytest
from django.test import Client
from playwright.sync_api import expect, sync_playwright

from tests.browser.chromium import launch
from tests.factories import make_staff

# Playwright's own loop runs in this thread; the tests' queries are none of its business.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# For what is pressed and for what is expected alike: a loaded machine is no fault of the site.
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def note(complaints, message):
    """Keep what a script complains of, not what Chromium remarks about a page's markup."""
    if message.type in {"error", "warning"}:
        complaints.append(message.text)


@pytest.fixture
def open_page(browser, live_server, settings):
    """Return a function that opens a page in a context of its own; complaints fail the test.

    A test that means to cause some clears its `complaints`.
    """
    contexts, complaints = [], []

    def open_page(path="/", width=1280, height=900, staff=None, **options):
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}, **options
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if staff:
            client = Client()
            client.force_login(staff)
            name = settings.SESSION_COOKIE_NAME
            place = {"name": name, "url": f"{live_server.url}/manage/"}
            context.add_cookies([{**place, "value": client.cookies[name].value}])
        page = context.new_page()
        page.on("console", lambda message: note(complaints, message))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    # An answer that refuses a form is logged by the browser as a failed resource; it is meant.
    assert not [text for text in complaints if "Failed to load resource" not in text]


@pytest.fixture
def open_as_staff(open_page):
    def open_as_staff(path, *permissions, **user):
        return open_page(path, staff=make_staff(*permissions, **user))

    return open_as_staff
