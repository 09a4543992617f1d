"""A real server of ours, and the commands that prepare its site."""

import http.client
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg

from tests.postgresql import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


def url_of(name):
    """Return the DATABASE_URL of a database on the server under test, or of a file."""
    server, _slash, _name = os.environ.get("DATABASE_URL", "").rpartition("/")
    return f"{server}/{name}" if server.startswith("postgres") else f"sqlite:///{name}"


def file_of(url):
    """Return the path of the SQLite database of that DATABASE_URL."""
    return Path(url.removeprefix("sqlite:///"))


def empty_database(folder, name):
    """Return the DATABASE_URL of a new database of the kind under test."""
    if url_of("").startswith("sqlite"):
        return url_of(f"{folder}/{name}.sqlite3")
    return copy_database(url_of("template1"), folder, name)


def copy_database(url, folder, name):
    """Return the DATABASE_URL of a new database with all that is in another, which nobody uses."""
    server, _slash, original = url.rpartition("/")
    if url.startswith("sqlite"):
        copy_url = empty_database(folder, name)
        source, copy = (sqlite3.connect(file_of(each)) for each in (url, copy_url))
        with closing(source), closing(copy):
            source.backup(copy)
        return copy_url
    with psycopg.connect(f"{server}/postgres", autocommit=True) as session:
        session.execute(f'DROP DATABASE IF EXISTS "openup_{name}" WITH (FORCE)')
        session.execute(f'CREATE DATABASE "openup_{name}" TEMPLATE "{original}"')
    return f"{server}/openup_{name}"


def server_environment(database_url):
    """Return the environment of a server on a free port, with the limits on posting lifted."""
    return os.environ | {
        "BENCHMARK_WITHOUT_LIMITS": "1",
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SITE_URL": f"http://127.0.0.1:{free_port()}",
    }


def run_manage(environment, *arguments):
    """Run a command to its end, whatever it is; return the finished process with its texts."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def manage(environment, *arguments):
    done = run_manage(environment, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Server:
    """Granian in a process group of its own, so that all of it can be killed at once."""

    def __init__(self, environment, workers=1, threads=4, command=None):
        address = urlsplit(environment["SITE_URL"])
        self.host, self.port = address.hostname, address.port
        granian = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", self.host),
            *("--port", str(self.port), "--workers", str(workers)),
            *("--blocking-threads", str(threads)),
            "openup.wsgi:application",
        ]
        self.process = subprocess.Popen(
            command or granian,
            cwd=ROOT,
            env=environment | {"HOST": self.host, "PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.request("GET", "/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.05)  # between two tries, not instead of waiting for the answer
        raise AssertionError("The server did not start.")

    def request(self, method, path, fields=None, headers=None):
        """Send one request and return its answer, with its text."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        headers = {**form, **(headers or {})}
        connection.request(method, path, urlencode(fields or {}), headers)
        response = connection.getresponse()
        response.text = response.read().decode()
        connection.close()
        return response

    def kill(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)


def poll_until(condition, seconds=60):
    """Return the first true value of `condition`, asked again and again; fail after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.01)  # between two looks, not instead of one
    raise AssertionError("What was waited for never came.")
