"""A PostgreSQL server of our own, for the time of the tests."""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.processes import Stop, end, start

START_SECONDS = 30
USER = "openup"
# Below those of `ip_local_port_range`: what is started a while later finds its port still free.
PORTS = range(10_000, 32_000)
# What the tests write need not survive a crash.
UNSAFE_BUT_FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
# What a vacuum of its own still looks at stands in the files a while longer.
UNSAFE_BUT_FAST += ["autovacuum=off"]


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
    """Return a port that nobody has, and that Linux gives to nobody who asks for any."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Cluster:
    """A server in a folder of its own: it can be killed and started again."""

    def __init__(self, folder, env, settings=UNSAFE_BUT_FAST):
        self.settings = settings
        self.programs, self.options = find_programs(), unprivileged()
        self.folder, self.env = folder, env | {"LC_ALL": "C"}
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.process = None
        self.url = f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{USER}"

    def initialise(self):
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if self.options:
            for path in (self.folder, password_file):
                os.chown(path, self.options["user"], self.options["group"])
        initdb = [self.programs / "initdb", "--pgdata", self.folder / "data", "--username", USER]
        initdb += ["--auth", "scram-sha-256", "--pwfile", password_file, "--no-sync"]
        initdb += ["--encoding", "UTF8", "--locale", "C"]
        made = subprocess.run(
            [str(part) for part in initdb],
            check=False, capture_output=True, cwd=self.folder, env=self.env, text=True,
            **self.options,
        )  # fmt: skip
        if made.returncode != 0:
            raise Stop(f"initdb could not make a database for the tests:\n{made.stderr}")

    def start(self):
        command = [self.programs / "postgres", "-D", self.folder / "data"]
        command += ["-h", "127.0.0.1", "-p", self.port, "-k", ""]
        for setting in self.settings:
            command += ["-c", setting]
        with (self.folder / "log").open("a") as log:
            self.process = start(command, self.env, stdout=log, stderr=log, **self.options)
        wait_until_ready(self.process, self.programs, self.port, self.folder / "log")

    def kill(self):
        """End the server and all its processes at once, as a crash of the machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def stopped(self):
        """Stop all its processes where they are, as a disk that hangs would, and go on after it."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        processes = [pid, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


@contextmanager
def running_cluster(env, settings=UNSAFE_BUT_FAST):
    """Run a server in a temporary folder on a free loopback port; give its Cluster."""
    folder = Path(tempfile.mkdtemp(prefix="openup-postgresql-"))
    cluster = Cluster(folder, env, settings)
    try:
        cluster.initialise()
        cluster.start()
        yield cluster
    finally:
        if cluster.process:
            end(cluster.process)
        shutil.rmtree(folder)


@contextmanager
def running_server(env, settings=UNSAFE_BUT_FAST):
    """Run a server in a temporary folder on a free loopback port; give its DATABASE_URL."""
    with running_cluster(env, settings) as cluster:
        yield cluster.url


def wait_until_ready(server, programs, port, log):
    deadline = time.monotonic() + START_SECONDS
    probe = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(probe, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise Stop(f"PostgreSQL did not start for the tests:\n{log.read_text()}")
        time.sleep(0.05)
