"""An update and the way back, under load: each release in a folder of its own, and a link."""

import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlencode

import pytest

from deploy.processes import ROOT
from tests.deployed.test_operation import FORM, children, wait_until

pytestmark = [pytest.mark.deployed, pytest.mark.slow]

# Every kind of page, past every cache (`comment=`), and others that are kept.
PAGES = [
    *("/", "/articles/", "/issues/", "/rankings/", "/search/?q=AI", "/feed/", "/sitemap.xml"),
    *("/comments/mine/", "/manage/login/", "/nowhere/", "/healthz"),
]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", "node_modules", ".mypy*")
# The next release's templates, all of them, ask for a tag that the last one's code has not.
TAG = "release_mark"
MARK = "<!-- the next release -->"


def copy_release(folder):
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED, symlinks=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def collect(site, release):
    command = f"{release}/.venv/bin/python {release}/manage.py collectstatic --no-input"
    site.run(command)


@pytest.fixture
def releases(site, tmp_path):
    """Serve from a link to the last release; return the link and both releases."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        copy_release(folder)
    tags = new / "articles" / "templatetags" / "articles_tags.py"
    tags.write_text(
        f"{tags.read_text()}\n\n@register.simple_tag\ndef {TAG}():\n"
        f"    return mark_safe({MARK!r})\n"
    )
    for template in (new / "templates").rglob("*.html"):
        with template.open("a") as file:
            file.write(f"{{% load articles_tags %}}{{% {TAG} %}}")
    for folder in (old, new):
        collect(site, folder)
    link = tmp_path / "current"
    link.symlink_to(old)
    site.stop_application()
    site.places["/opt/openup"] = link
    try:
        site.start_application()
        yield link, old, new
    finally:
        site.stop_application()
        site.places["/opt/openup"] = ROOT
        site.start_application()


def switch(link, release):
    fresh = link.with_name("fresh")
    fresh.symlink_to(release)
    fresh.rename(link)


@contextmanager
def load(site, paths):
    """Ask for every page again and again, and write; give all answers."""
    answers, is_over, numbers = [], threading.Event(), count(1)

    def read(own):
        while not is_over.is_set():
            for path in own:
                answer = site.request("GET", path)
                answers.append((path, answer.status, MARK in answer.content.decode()))

    def write():
        while not is_over.is_set():
            number = next(numbers)
            fields = {
                "email": f"reader{number}@example.com",
                "password": "right horse key",
                "body": f"갱신 중에 쓴 글 {number}.",
            }
            source = f"127.8.{number // 250}.{number % 250 + 1}"
            path = "/articles/3/comments/"
            answer = site.request("POST", path, urlencode(fields), FORM, source=source)
            answers.append((path, answer.status, False))

    with ThreadPoolExecutor() as pool:
        tasks = [pool.submit(read, paths[start::2]) for start in range(2)] + [pool.submit(write)]
        try:
            yield answers
        finally:
            is_over.set()
        for task in tasks:
            task.result()


def reload(site):
    old = children(site.application.pid)
    for command in site.unit_lines("openup.service", "ExecReload"):
        site.run(command.replace("$MAINPID", str(site.application.pid)))
    wait_until(lambda: not old & children(site.application.pid))


def wait_for_rounds(answers, paths, rounds=2):
    seen = len(answers)
    wait_until(lambda: len(answers) > seen + rounds * 2 * len(paths), tries=2400)
    return answers[seen:]


def pages_of_every_kind(site):
    lists = "".join(site.request("GET", path).content.decode() for path in PAGES[:4])
    addresses = sorted(re.findall(r'href="(/[^"?#]+/)"', lists), key=len)
    # The longest of each kind is no list but a page.
    by_kind = {address.split("/")[1]: address for address in addresses}
    assert {"articles", "issues", "rankings"} <= by_kind.keys()
    paths = dict.fromkeys([*PAGES, *by_kind.values()])
    return [f"{path}{'&' if '?' in path else '?'}comment=1" for path in paths]


@pytest.mark.exercise("Update and the way back, under load")
def test_an_update_and_the_way_back_fail_no_request(site, releases, record_property):
    link, old, new = releases
    paths = pages_of_every_kind(site)
    # Workers that have read nothing yet: what they read from here on, they read late.
    site.stop_application()
    site.start_application()
    switch(link, new)

    with load(site, paths) as answers:
        between = wait_for_rounds(answers, paths)
        reload(site)
        after = wait_for_rounds(answers, paths)
        switch(link, old)
        reload(site)
        back = wait_for_rounds(answers, paths)

    failed = [answer for answer in answers if answer[1] not in {200, 302, 404}]
    record_property("requests", len(answers))
    record_property("failed", len(failed))
    assert failed == []
    assert {path for path, status, _is_new in answers if status == 404} <= {"/nowhere/?comment=1"}
    for part, is_new in ((between, False), (after, True), (back, False)):
        # An answer may have been on its way.
        pages = [each for each in part[len(paths) :] if each[0] == "/?comment=1"]
        assert pages and {each[2] for each in pages} == {is_new}
