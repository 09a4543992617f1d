"""A PostgreSQL server of our own, for the time of the tests."""

import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from deploy.processes import Stop, end, start

START_SECONDS = 30
USER = "openup"
# What the tests write need not survive a crash.
UNSAFE_BUT_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


def find_programs():
    """Return the folder of initdb and postgres, the newest of Debian's first, or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    folders += [Path(on_path).resolve().parent] if on_path else []
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def unprivileged():
    """Return the options that start a program as `postgres` when we are root, whom it refuses."""
    if os.geteuid() != 0:
        return {}
    owner = pwd.getpwnam("postgres")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def running_server(env, settings=UNSAFE_BUT_FAST):
    """Run a server in a temporary folder on a free loopback port; give its DATABASE_URL."""
    programs, options = find_programs(), unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="openup-postgresql-"))
    env = env | {"LC_ALL": "C"}
    password = secrets.token_hex(16)
    password_file = folder / "password"
    password_file.write_text(password)
    if options:
        for path in (folder, password_file):
            os.chown(path, options["user"], options["group"])
    try:
        initdb = [programs / "initdb", "--pgdata", folder / "data", "--username", USER]
        initdb += ["--auth", "scram-sha-256", "--pwfile", password_file, "--no-sync"]
        initdb += ["--encoding", "UTF8", "--locale", "C"]
        made = subprocess.run(
            [str(part) for part in initdb],
            check=False, capture_output=True, cwd=folder, env=env, text=True, **options,
        )  # fmt: skip
        if made.returncode != 0:
            raise Stop(f"initdb could not make a database for the tests:\n{made.stderr}")
        port = free_port()
        command = [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", port]
        command += ["-k", ""]
        for setting in settings:
            command += ["-c", setting]
        with (folder / "log").open("w") as log:
            server = start(command, env, stdout=log, stderr=log, **options)
        try:
            wait_until_ready(server, programs, port, folder / "log")
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/{USER}"
        finally:
            end(server)
    finally:
        shutil.rmtree(folder)


def wait_until_ready(server, programs, port, log):
    deadline = time.monotonic() + START_SECONDS
    probe = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(probe, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise Stop(f"PostgreSQL did not start for the tests:\n{log.read_text()}")
        time.sleep(0.05)
