"""What readers, writers and the operator meet while a disk is full, and that it passes."""

import os
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from deploy.processes import Stop, end
from tests.deployed.conftest import prepared
from tests.deployed.test_operation import FORM, database, wait_until
from tests.postgresql import UNSAFE_BUT_FAST, Cluster

# In MB; the database's files take some 100.
DISKS = {"database": 250, "lib": 20, "backups": 20, "nginx/temporary": 20}
WRITE_WAL = (
    "SELECT pg_logical_emit_message(false, 'night', repeat('x', 4000000))"
    " FROM generate_series(1, 100)"
)
numbers = count(1)


def obstacle():
    """Return why no disk of our own can be mounted here, or nothing."""
    if os.geteuid() != 0:
        return "only root mounts a disk"
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=False).returncode:
            return "nothing can be mounted here"
        subprocess.run(["umount", folder], check=True)
    return ""


pytestmark = [pytest.mark.deployed, pytest.mark.slow]


@pytest.fixture(scope="module")
def disks():
    """Give a folder each of whose parts is a small disk of its own."""
    if reason := obstacle():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="openup-disks-") as name, ExitStack() as stack:
        Path(name).chmod(0o755)
        for disk, megabytes in DISKS.items():
            path = Path(name, disk)
            path.mkdir(parents=True)
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", path], check=True
            )
            stack.callback(subprocess.run, ["umount", "--lazy", path], check=True)
        yield Path(name)


@pytest.fixture(scope="module")
def site(disks):
    """Give the guide's installation on them."""
    settings = [*UNSAFE_BUT_FAST, "min_wal_size=32MB", "max_wal_size=64MB"]
    cluster = Cluster(disks / "database", dict(os.environ), settings)
    cluster.initialise()
    cluster.start()
    try:
        site = prepared(disks, cluster.url)
        site.cluster = cluster
        with site.running():
            yield site
    finally:
        end(cluster.process)


@contextmanager
def full(disk):
    """Let nothing more fit onto the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    try:
        yield
    finally:
        filler.unlink()


def comment(site):
    number = next(numbers)
    fields = {
        "email": f"night{number}@example.com",
        "password": "right horse key",
        "body": f"밤에 쓴 글 {number}. " * 50,
    }
    source = f"127.11.{number // 250}.{number % 250 + 1}"
    return site.request("POST", "/articles/3/comments/", urlencode(fields), FORM, source=source)


def pages(site):
    """Return status and warning of a page that nginx may keep, one past it, and a list."""
    answers = [site.request("GET", path) for path in ("/", "/?comment=1", "/articles/?comment=2")]
    return {(answer.status, answer.headers.get("Warning")) for answer in answers}


CURRENT, LAST_KNOWN = {(200, None)}, {(200, '110 - "Response is Stale"')}


@pytest.mark.exercise("Full disk of the database")
def test_readers_read_on_and_writers_get_their_text_back(site, disks):
    pages(site)
    with full(disks / "database"):
        wait_until(lambda: comment(site).status == 503, tries=60)
        refused = comment(site)
        read = pages(site)
        # PostgreSQL ends when it cannot write its log ahead.
        with database(site, "postgres") as connection, suppress(psycopg.OperationalError):
            connection.execute(WRITE_WAL)
        site.cluster.process.wait(timeout=60)
        # nginx may have had a page for less than its second.
        wait_until(lambda: pages(site) == LAST_KNOWN)
    site.cluster.start()
    wait_until(lambda: comment(site).status == 302)

    assert refused.status == 503
    assert "밤에 쓴 글" in refused.content.decode()
    assert read == CURRENT
    wait_until(lambda: pages(site) == CURRENT)


@pytest.mark.exercise("Full disk of pictures and numbers")
def test_site_starts_and_is_written_on_where_pictures_have_no_room(site, disks):
    with full(disks / "lib"):
        site.stop_application()
        site.start_application()
        read, written = pages(site), comment(site)
    site.stop_application()
    site.start_application()

    assert read == CURRENT
    assert written.status == 302
    assert list((disks / "lib" / "metrics").glob("histogram_*.db"))


@pytest.mark.exercise("Full disk of backups")
def test_backup_without_room_is_told_and_leaves_nothing_behind(site, disks):
    with full(disks / "backups"):
        with pytest.raises(Stop, match="the disk is full"):
            site.run(site.unit("openup-backup.service")["ExecStart"])
        left = [path.name for path in (disks / "backups").iterdir()]

    assert left == ["filler"]


@pytest.mark.exercise("Full disk of nginx's temporary files")
def test_picture_that_nginx_has_no_room_for_is_refused_in_words(site, disks):
    files = {"Content-Type": "multipart/form-data; boundary=part"}
    with full(disks / "nginx" / "temporary"):
        sent = site.request("POST", "/manage/markdownx/upload/", b"x" * 400_000, files)
        read, written = pages(site), comment(site)

    assert (sent.status, sent.headers["Retry-After"]) == (503, "5")
    assert "다시" in sent.content.decode()
    assert read == CURRENT
    assert written.status == 302
