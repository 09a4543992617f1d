"""What the operator does: restart under load, copy and restore, and have the units read."""

import re
import shlex
import shutil
import subprocess
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from deploy.processes import ROOT, end, start
from tests.deployed.installation import wait_for_port
from tests.deployed.test_freshness import post

pytestmark = pytest.mark.deployed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What the operator is told to watch.
GUIDE_NUMBERS = set(re.findall(r"`(openup_\w+)", (ROOT / "docs" / "operator-guide.md").read_text()))
RECOVERY = (ROOT / "docs" / "recovery.md").read_text()
UNITS = sorted(path.name for path in (ROOT / "deploy" / "systemd").iterdir())


def children(pid):
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def database(site, name="openup"):
    server, _slash, _name = site.database_url.rpartition("/")
    return psycopg.connect(f"{server}/{name}")


def rows(site, name):
    """Return every table of a database with all its rows."""
    with database(site, name) as connection:
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        tables = [table for (table,) in connection.execute(names)]
        return {
            table: connection.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1').fetchall()  # noqa: S608
            for table in tables
        }


@pytest.mark.slow
def test_new_workers_take_over_without_one_failed_request(site):
    # A kept page, one that always goes to the application, and comments, each from an address of
    # its own, so that no limit is met.
    numbers = count(1)
    answers = []
    is_over = threading.Event()

    def read(path):
        while not is_over.is_set():
            answers.append((path, site.request("GET", path).status))

    def write():
        while not is_over.is_set():
            number = next(numbers)
            fields = {
                "email": f"reader{number}@example.com",
                "password": "right horse key",
                "body": f"재시작 중에 쓴 글 {number}.",
            }
            source = f"127.7.{number // 250}.{number % 250 + 1}"
            answer = site.request(
                "POST", "/articles/3/comments/", urlencode(fields), FORM, source=source
            )
            answers.append((fields["body"], answer.status))

    old = children(site.application.pid)
    with ThreadPoolExecutor() as pool:
        tasks = [pool.submit(read, "/"), pool.submit(read, "/?comment=1"), pool.submit(write)]
        try:
            site.run(
                site.unit("openup.service")["ExecReload"].replace(
                    "$MAINPID", str(site.application.pid)
                )
            )
            wait_until(lambda: not old & children(site.application.pid))
            seen = len(answers)
            wait_until(lambda: len(answers) > seen + 30)
        finally:
            is_over.set()
        for task in tasks:
            task.result()

    assert [answer for answer in answers if answer[1] not in {200, 302}] == []
    written = [body for body, _status in answers if body.startswith("재시작")]
    with database(site) as connection:
        found = connection.execute(
            "SELECT body FROM comments_comment WHERE body LIKE '재시작%'"
        ).fetchall()
        # A fast machine writes more than the whole site may in a minute: the next are held.
        connection.execute("DELETE FROM comments_ratelimit")
    assert sorted(found) == sorted((body,) for body in written)


def wait_until(is_so, tries=600):
    """Wait for what another process does."""
    for _number in range(tries):
        if is_so():
            return
        threading.Event().wait(0.05)
    raise AssertionError("It did not happen.")


def test_pages_are_shown_and_forms_refused_in_words_while_the_application_is_away(site):
    kept = site.request("GET", "/articles/")
    site.stop_application()
    try:
        away = site.request("GET", "/articles/?comment=1")
        post = site.request("POST", "/articles/1/comments/", "body=", FORM)
        picture = site.request("POST", "/manage/markdownx/upload/", b"x" * 400_000, FORM)
        shown = site.request("GET", "/articles/")
    finally:
        site.start_application()

    for response in (away, post, picture):
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
        assert "no-store" in response.headers["Cache-Control"]
        assert "몇 초 뒤에 다시" in response.content.decode()
    assert (shown.status, shown.content) == (200, kept.content)


@pytest.mark.exercise("Backup and restore")
def test_a_restored_backup_has_every_row_key_and_picture(site):
    pictures = site.folder / "lib" / "media"
    pictures.mkdir(exist_ok=True)
    (pictures / "a.png").write_bytes(b"picture")
    assert post(site, "되살릴 댓글", "127.0.8.9").status == 302

    site.run(site.unit("openup-backup.service")["ExecStart"])

    backup = max((site.folder / "backups").glob("*Z"))
    site.run("createdb --template template0 --encoding UTF8 --locale C.UTF-8 restored")
    in_page = re.compile(r"manage\.py (restore) /var/backups/openup/\S+ --replace$", re.MULTILINE)
    (command,) = in_page.findall(RECOVERY)
    server, _slash, _name = site.database_url.rpartition("/")
    place = f"env DATABASE_URL={server}/restored MEDIA_ROOT={site.folder}/backups/media"
    told = site.run(f"{place} {ROOT}/.venv/bin/python manage.py {command} {backup} --send-mail")
    before, after = rows(site, "openup"), rows(site, "restored")
    assert before == after
    assert before["comments_comment"]
    assert (site.folder / "backups" / "media" / "a.png").read_bytes() == b"picture"
    settings = Path(site.env["OPENUP_ENV_FILE"]).read_text()
    assert (backup / "settings.env").read_text() == settings
    assert [oct(path.stat().st_mode & 0o077) for path in (backup, *backup.iterdir())] == ["0o0"] * 5
    assert told.count("Key ") == told.count(": here") == 3


def test_the_mail_worker_sends_what_waits_and_ends_when_it_is_told_to(site):
    fields = {"email": "yuna@example.com", "password": "right horse key", "body": "첫 글입니다."}
    for path, sent in (("/articles/3/comments/", fields), ("/comments/mine/", fields)):
        answer = site.request("POST", path, urlencode(sent), FORM, source="127.0.7.1")
        assert answer.status == 302
    folder = site.folder / "lib" / "mail"
    worker = start(shlex.split(site.unit("openup-mail.service")["ExecStart"]), site.env)
    try:
        wait_until(lambda: folder.exists() and list(folder.glob("*.eml")))
        worker.terminate()
        code = worker.wait(timeout=60)
    finally:
        end(worker)

    (mail,) = folder.glob("*.eml")
    assert "To: yuna@example.com" in mail.read_text()
    assert code == 0


def test_numbers_are_told_on_a_private_port_and_nowhere_else(site):
    site.request("GET", "/?comment=1")
    command = shlex.split(site.unit("openup-metrics.service")["ExecStart"])
    process = start(command, site.env)
    try:
        wait_for_port(site.metrics_port, process)
        url = f"http://127.0.0.1:{site.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=30) as response:
            numbers = response.read().decode()
    finally:
        end(process)

    missing = [name for name in GUIDE_NUMBERS if f"\n{name}" not in numbers]
    assert GUIDE_NUMBERS and not missing
    assert "openup_database_up 1.0" in numbers
    assert 'openup_pages_total{answer="' in numbers
    assert site.request("GET", "/metrics").status == 404


def test_daily_work_runs_as_its_unit_says(site):
    site.run(site.unit("openup-daily.service")["ExecStart"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(site):
    folder = site.folder / "systemd"
    folder.mkdir()
    for name in UNITS:
        text = (ROOT / "deploy" / "systemd" / name).read_text()
        for old, new in site.places.items():
            text = text.replace(old, str(new))
        (folder / name).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(folder / name) for name in UNITS)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
