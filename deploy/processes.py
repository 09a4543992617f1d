"""Start programs, and end them with everything that they started.

Standard library only, since it runs before anything is installed.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
END_SECONDS = 10
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Variables that a person's own shell may export for other work and that would lead ours astray.
FOREIGN_PREFIXES = ("DJANGO_", "GRANIAN_", "PYTHON")
FOREIGN_NAMES = {"VIRTUAL_ENV", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_REQUIREMENT"}

# How memory is taken and given back (docs/decisions/server-options.md).
GLIBC_TUNABLES = ":".join(
    (
        "glibc.malloc.arena_max=2",
        "glibc.malloc.mmap_threshold=32768",
        "glibc.malloc.hugetlb=1",
    )
)


class Stop(Exception):
    """Say what is in the way, and the remedy."""


def no_permission(path):
    """Return the sentence for a file or folder that this user may not read or write."""
    return (
        f"No permission to read or write {path}: make it yours with "
        f"`sudo chown -R $(id -un) '{path}'`, or clone the project into your home folder."
    )


def say(text):
    print(text, flush=True)


# Of util-linux: has Linux end a program when its parent dies, even by `kill -9`.
_SETPRIV = shutil.which("setpriv")
_END_WITH_PARENT = [_SETPRIV, "--pdeathsig", "TERM", "--"] if _SETPRIV else []


def start(command, env, *, cwd=ROOT, **options):
    """Start `command` in a process group of its own, so that `end` reaches all it starts."""
    return subprocess.Popen(
        [*_END_WITH_PARENT, *map(str, command)],
        env=env,
        cwd=cwd,
        start_new_session=True,
        **options,
    )


def end(process):
    """End the process's whole group: politely, and by force what is left after ten seconds."""
    earlier = [(number, signal.signal(number, signal.SIG_IGN)) for number in STOP_SIGNALS]
    with suppress(subprocess.TimeoutExpired, ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for number, handler in earlier:
        signal.signal(number, handler)


def run(command, env, **options):
    """Run `command` to its end and return its exit code; an interruption ends it too."""
    process = start(command, env, **options)
    try:
        return process.wait()
    finally:
        end(process)


def stop_on_signals():
    """Raise KeyboardInterrupt on every signal that asks to stop."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        # Under nohup a hang-up stays ignored; an interrupt that `make run &` ignored does not.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)


def child_environment(environ):
    """Return the environment for what we start, without what was meant for other projects."""
    env = {
        name: value
        for name, value in environ.items()
        if not name.startswith(FOREIGN_PREFIXES) and name not in FOREIGN_NAMES
    }
    env.setdefault("GLIBC_TUNABLES", GLIBC_TUNABLES)
    return env | {"DJANGO_SETTINGS_MODULE": "openup.settings", "PYTHONUTF8": "1", "PIP_USER": "0"}
