"""Chromium as the tests start it; `python -m tests.browser.chromium` tells whether it does."""

import os

from playwright.sync_api import sync_playwright

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    *("--disable-component-update", "--disable-sync"),
    # Nothing is drawn for anybody to see: a process fewer for every frame to pass through.
    "--in-process-gpu",
]


def launch(browser_type, *arguments):
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
    return browser_type.launch(executable_path=program, args=[*ARGUMENTS, *arguments])


if __name__ == "__main__":
    with sync_playwright() as playwright:
        launch(playwright.chromium).close()
