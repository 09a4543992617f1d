"""Cached pages behind PgBouncer in transaction mode, where each query may meet another server."""

import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.processes import end, start
from tests.faults.commands import shell
from tests.faults.server import Server
from tests.faults.test_pages_under_writes import needs_postgresql
from tests.postgresql import free_port, unprivileged
from tests.run import PROGRAM_FOLDERS

PGBOUNCER = shutil.which("pgbouncer", path=PROGRAM_FOLDERS)
ARTICLES = 12
ASK = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
"""
SETUP = f"""
from tests.factories import make_article
for _number in range({ARTICLES}):
    print(make_article().get_absolute_url())
"""

pytestmark = [
    needs_postgresql,
    pytest.mark.skipif(not PGBOUNCER, reason="PgBouncer is not installed"),
]


@contextmanager
def pooled(database_url):
    """Run PgBouncer as docs/deployment.md has it, with two connections; give its DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="openup-pgbouncer-") as name:
        yield from run_pooler(database_url, Path(name))


def run_pooler(database_url, folder):
    url, port = urlsplit(database_url), free_port()
    users = folder / "users.txt"
    users.write_text(f'"{url.username}" "{url.password}"\n')
    settings = folder / "pgbouncer.ini"
    settings.write_text(f"""
[databases]
* = host={url.hostname} port={url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = options
""")
    options = unprivileged()
    for path in (folder, users, settings):
        path.chmod(0o755)
    with (folder / "pgbouncer.log").open("w") as log:
        process = start([PGBOUNCER, settings], os.environ, stdout=log, stderr=log, **options)
    try:
        yield database_url.replace(f"@{url.hostname}:{url.port}/", f"@127.0.0.1:{port}/")
    finally:
        end(process)


def test_every_cached_page_is_answered_behind_a_pooler(environment):
    paths = shell(environment, SETUP)[-ARTICLES:]
    paths += ["/", "/articles/", "/feed/", "/comments/feed/"]
    with pooled(environment["DATABASE_URL"]) as database_url:
        server = Server(environment | {"DATABASE_URL": database_url}, workers=2)
        try:
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda path: server.request("GET", path), paths * 12))
            fields = {"email": "a@example.com", "password": "right horse key", "body": "Pooled."}
            posted = server.request("POST", f"/articles/{number_of(paths[0])}/comments/", fields)
        finally:
            server.kill()

    assert {answer.status for answer in answers} == {200}
    assert not any(answer.getheader("Warning") for answer in answers)
    assert posted.status == 302


def number_of(path):
    return re.search(r"\d+", path)[0]


def test_the_limits_of_time_behind_a_pooler_are_the_roles(environment):
    url = environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"ALTER ROLE CURRENT_USER IN DATABASE {urlsplit(url).path[1:]}"
            " SET statement_timeout = '7s'"
        )

    with pooled(url) as database_url:
        told = shell(environment | {"DATABASE_URL": database_url}, ASK)

    assert told[-1] == "7s"
