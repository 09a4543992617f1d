"""What is measured and what it is measured against, each on a loopback port of its own."""

import http.client
import json
import os
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

from deploy.environment import VENV_PYTHON
from deploy.processes import ROOT, Stop, child_environment, end, start
from deploy.run import new_env_file, server_command
from tests.deployed.installation import Installation, wait_for_port
from tests.postgresql import free_port, running_server
from tests.run import SETTINGS

WORKERS = os.environ.get("BENCH_WORKERS", "2")
THREADS = os.environ.get("BENCH_THREADS", "8")
# What wrk sends; the answer is compressed beforehand.
GZIP = {"Accept-Encoding": "gzip"}
# Written by the server that sends the answer.
OF_THE_SERVER = {"date", "server", "connection", "content-length", "transfer-encoding"}
DATABASES = ("SQLite", "PostgreSQL")


@contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="openup-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def database(kind, place):
    """Give the DATABASE_URL of an empty database that writes as durably as in production."""
    if kind == "SQLite":
        yield f"sqlite:///{place}/bench.sqlite3"
        return
    with running_server(dict(os.environ), settings=[]) as url:
        server = url.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE openup TEMPLATE template0 LOCALE 'C.UTF-8'")
        yield url


class Site:
    """One site: its database filled, its settings, and its server when `serving`."""

    def __init__(self, place, database_url, **settings):
        self.place = place
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        file = place / f"settings-{self.port}.env"
        file.write_text(new_env_file(self.url))
        env = child_environment(dict(os.environ))
        self.env = {name: env[name] for name in env if name not in SETTINGS} | {
            "OPENUP_ENV_FILE": str(file),
            "DATABASE_URL": database_url,
            "MEDIA_ROOT": str(place / "media"),
            "STATIC_ROOT": str(place / "static"),
            "SERVER_WORKERS": WORKERS,
            "SERVER_THREADS": THREADS,
            **settings,
        }

    def python(self, *arguments, without=()):
        """Run a module with the site's environment, less the variables `without`."""
        env = {name: value for name, value in self.env.items() if name not in without}
        done = subprocess.run(
            [str(VENV_PYTHON), "-m", *map(str, arguments)],
            check=False, capture_output=True, cwd=ROOT, env=env, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            raise Stop(f"{' '.join(map(str, arguments))} failed:\n{done.stderr}")
        return done.stdout

    def fill(self, *arguments):
        """Fill the database (bench/fixture.py) and collect the static files."""
        self.python("django", "collectstatic", "--no-input", "--verbosity", "0")
        return json.loads(self.python("bench.fixture", *arguments))

    @contextmanager
    def serving(self, wait_path="/healthz"):
        command = server_command(self.env, "127.0.0.1", self.port)
        with (self.place / "server.log").open("a") as log:
            process = start(command, self.env, stdout=log, stderr=log)
        try:
            wait_for_page(process, self.port, wait_path)
            yield process
        finally:
            end(process)

    def get(self, path, headers=None):
        return get(self.port, path, headers)


def get(port, path, headers=None):
    """Return an answer with its `content`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        response.content = response.read()
        return response
    finally:
        connection.close()


def wait_for_page(process, port, path):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Stop(f"The server stopped at once (exit code {process.returncode}).")
        try:
            if get(port, path).status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
    raise Stop(f"{path} was not answered with 200.")


def save_answer(place, response):
    """Write an answer's body and headers for the limits that send the same; return the file."""
    file = place / "answer.gz"
    file.write_bytes(response.content)
    headers = [pair for pair in response.getheaders() if pair[0].lower() not in OF_THE_SERVER]
    headers.append(("Content-Length", str(len(response.content))))
    file.with_suffix(".json").write_text(json.dumps(headers))
    return file


@contextmanager
def bare_function(answer):
    """Run granian over a function that sends `answer`; give its port."""
    port = free_port()
    values = {"SERVER_WORKERS": WORKERS, "SERVER_THREADS": THREADS}
    command = server_command(values, "127.0.0.1", port)
    command[-1] = "bench.baseline:application"
    env = child_environment(dict(os.environ)) | {"BENCH_ANSWER": str(answer)}
    process = start(command, env)
    try:
        wait_for_page(process, port, "/")
        yield port
    finally:
        end(process)


class Proxy(Installation):
    """The nginx of deploy/ without TLS, and beside it a server that sends a file from the disk."""

    def __init__(self, place, site):
        super().__init__(place, dict(os.environ))
        self.app_port = site.port
        self.disk_port = free_port()

    def write(self, answer):
        self.write_nginx(log=False, extra=self.disk_server(answer))
        file = self.folder / "nginx" / "openup.conf"
        text = re.sub(r"^\s*ssl_.*\n", "", file.read_text(), flags=re.MULTILINE)
        text = text.replace(" ssl http2", "").replace(
            "server_name www.example.kr", "server_name 127.0.0.1"
        )
        file.write_text(text)

    def disk_server(self, answer):
        """Return a server that sends the same bytes with the same headers from the disk."""
        pages = self.folder / "pages"
        pages.mkdir()
        (pages / "index.html").write_text("only the compressed form is asked for")
        (pages / "index.html.gz").write_bytes(answer.read_bytes())
        own = {"content-encoding", "content-length", "content-type", "etag", "vary"}
        headers = json.loads(answer.with_suffix(".json").read_text())
        lines = "\n".join(
            f'add_header {name} "{value}";' for name, value in headers if name.lower() not in own
        )
        return f"""
server {{
    listen 127.0.0.1:{self.disk_port};
    root {pages};
    access_log off;
    tcp_nopush off;
    open_file_cache max=2000 inactive=60s;
    gzip_static on;
    gzip_vary on;
    {lines}
}}
"""

    @contextmanager
    def serving(self):
        nginx = start(self.nginx_command(), self.env)
        try:
            wait_for_port(self.https_port, nginx)
            yield self
        finally:
            end(nginx)
