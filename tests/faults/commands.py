"""Commands of `manage.py`, each in a process of its own that can be killed.

They are forked from a process that has loaded the site, which takes longer than most commands. Of
an environment they heed what names the database and the pictures; `manage.py` itself heeds all.
"""

import multiprocessing
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import execute_from_command_line
from django.db import ConnectionHandler, connections
from django.test import override_settings

WAIT_SECONDS = 120
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.faults.loaded_site"])


class Command:
    """A command that has been started, in a process group of its own."""

    def __init__(self, environment, *arguments):
        self.arguments = arguments
        self.folder = tempfile.TemporaryDirectory()
        self.output, self.errors = (Path(self.folder.name, name) for name in ("out", "err"))
        parts = (dict(environment), arguments, self.output, self.errors)
        self.process = _FORKS.Process(target=_execute, args=parts)
        self.process.start()

    def wait(self, seconds=WAIT_SECONDS):
        """Return the finished process with its texts; raise TimeoutExpired while it runs."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.arguments, seconds)
        output, errors = (
            path.read_text() if path.exists() else "" for path in (self.output, self.errors)
        )
        self.folder.cleanup()
        return subprocess.CompletedProcess(self.arguments, self.process.exitcode, output, errors)

    def kill(self):
        """End the command at once, with the programs that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        # Before it had a group of its own.
        self.process.kill()
        return self.wait()


def run(environment, *arguments):
    """Run a command to its end, whatever it is; return the finished process with its texts."""
    command = Command(environment, *arguments)
    try:
        return command.wait()
    except subprocess.TimeoutExpired:
        command.kill()
        raise


def manage(environment, *arguments):
    done = run(environment, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shell(environment, code):
    """Run `code` at a site; return the words that it prints."""
    return manage(environment, "shell", "--no-imports", "-c", code).split()


def _execute(environment, arguments, output, errors):
    os.setsid()
    for descriptor, path in ((1, output), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    url = urlsplit(environment["DATABASE_URL"])
    values = {"NAME": url.path[1:], "USER": url.username or "", "PASSWORD": url.password or ""}
    values |= {"HOST": url.hostname or "", "PORT": url.port or ""}
    values = connections["default"].settings_dict | values
    connections["default"] = ConnectionHandler({"default": values})["default"]
    if media := environment.get("MEDIA_ROOT"):
        override_settings(MEDIA_ROOT=Path(media)).enable()
    execute_from_command_line(["manage.py", *arguments])
