"""The log of requests: what a line holds, and that it ends by itself."""

import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from deploy.processes import ROOT
from tests.deployed.test_operation import FORM, wait_until

pytestmark = pytest.mark.deployed

KEY = "kSecretKeyOfALinkThatWasMailed00"
# What was asked for, and what of it is logged.
PATHS = {
    "/": "/",
    "/articles/?page=2": "/articles/",
    "/search/?q=%EC%95%94%ED%98%B8": "/search/",
    "/manage/login/?next=/manage/": "/manage/login/",
    f"/comments/mine/{KEY}/": "/comments/mine/…",
    f"/comments/mine/{KEY}/comments/": "/comments/mine/…",
    f"/comments/notices/{KEY}/": "/comments/notices/…",
    f"/shared/{KEY}/": "/shared/…",
    f"/manage/password/MQ/{KEY}/": "/manage/…",
    # However it is written, and where it is none of ours.
    f"/%63omments/mine/{KEY}/": "/…",
    f"//comments/mine/{KEY}/": "/…",
    f"/{KEY}": "/…",
    f"/articles/{KEY}/": "/…",
}


def day(offset=0):
    return f"{datetime.now().astimezone() + timedelta(days=offset):%Y-%m-%d}"


def log_file(site):
    return site.folder / "nginx" / "openup" / f"{day()}.log"


def lines(site):
    file = log_file(site)
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@contextmanager
def logged(site, name):
    """Let the operator's file be there; nginx looks for it within a second."""
    file = site.folder / "cache" / name
    file.touch()
    try:
        wait_until(lambda: site.request("GET", "/healthz").status == 200 and lines(site))
        yield
    finally:
        file.unlink()
        log_file(site).unlink(missing_ok=True)


def test_nothing_is_logged_without_a_file_for_this_day(site):
    for name in (f"request_log_{day(-1)}", f"request_log_{day(1)}", "request_log"):
        (site.folder / "cache" / name).touch()

    for path in ("/", "/?comment=1"):
        site.request("GET", path)

    # nginx writes this other one of the tests after its own.
    wait_until(lambda: "/?comment=1" in site.cache_log()[-1])
    assert list((site.folder / "nginx" / "openup").iterdir()) == []


def test_a_line_tells_what_was_asked_for_and_neither_key_nor_query_nor_whole_address(site):
    with logged(site, f"request_log_{day()}"):
        log_file(site).write_text("")
        for path in PATHS:
            site.request("GET", path, headers={"User-Agent": "night", "Referer": f"/x/{KEY}"})
        site.request("POST", f"/comments/notices/{KEY}/", "List-Unsubscribe=One-Click", FORM)
        wait_until(lambda: len(lines(site)) == len(PATHS) + 1)
        text, found = log_file(site).read_text(), lines(site)

    assert [line["path"] for line in found] == [*PATHS.values(), "/comments/notices/…"]
    assert {line["from"] for line in found} == {"127.0.0.0"}
    assert set(found[0]) == {
        *("at", "from", "method", "path", "status", "bytes", "seconds", "kept", "browser"),
    }
    assert KEY not in text and "암호" not in text and "%EC" not in text


def test_whole_addresses_are_logged_where_the_file_says_so(site):
    with logged(site, f"request_log_{day()}_addresses"):
        log_file(site).write_text("")
        site.request("GET", "/", source="127.0.11.9")
        wait_until(lambda: lines(site))
        found = lines(site)

    assert found[0]["from"] == "127.0.11.9"


def test_log_is_off_again_when_its_file_is_gone(site):
    with logged(site, f"request_log_{day()}"):
        pass
    wait_until(lambda: is_silent(site))

    assert lines(site) == []


def is_silent(site):
    log_file(site).unlink(missing_ok=True)
    site.request("GET", "/?comment=9")
    wait_until(lambda: "/?comment=9" in site.cache_log()[-1])
    return not log_file(site).exists()


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd is not installed")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to nginx")
def test_systemd_deletes_a_days_log_after_its_time(site, tmp_path):
    folder = tmp_path / "openup"
    rules = tmp_path / "openup.conf"
    shipped = (ROOT / "deploy" / "tmpfiles.conf").read_text()
    rules.write_text(shipped.replace("/var/log/nginx/openup", str(folder)))
    run = ["systemd-tmpfiles", str(rules)]
    subprocess.run([*run, "--create"], check=True)
    for name, days in (("old.log", 8), ("young.log", 6)):
        (folder / name).touch()
        os.utime(folder / name, (time.time(), time.time() - days * 24 * 3600))

    subprocess.run([*run, "--clean"], check=True)

    assert [file.name for file in folder.iterdir()] == ["young.log"]
    assert folder.stat().st_mode & 0o777 == 0o750
