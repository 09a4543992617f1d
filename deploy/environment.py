"""Make .venv hold what a lock file names, and nothing twice.

Standard library only, since it runs before anything is installed.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.processes import ROOT, Stop, no_permission, run, say

VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
INSTALLED = VENV / "installed-locks"
LOCK = "requirements.txt"
DEV_LOCK = "requirements-dev.txt"
OLDEST_PYTHON = (3, 11)
UNFINISHED = ""


def check_python():
    if sys.version_info < OLDEST_PYTHON:
        raise Stop(
            "Open UP needs Python 3.11 or newer and python3 is {}.{} here: install a newer one "
            "and name it, for example `make run PYTHON=python3.12`.".format(*sys.version_info)
        )


def check_writable(*folders):
    for folder in folders:
        if folder.exists() and not os.access(str(folder), os.W_OK | os.X_OK):
            raise Stop(no_permission(folder))


def lock_line(name):
    """Return the lock file's digest and name, as sha256sum prints them."""
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    return f"{digest}  {name}"


def is_venv_sound():
    """Tell whether .venv can be built upon; an empty mark means that filling it was interrupted."""
    if INSTALLED.exists() and INSTALLED.read_text() == UNFINISHED:
        return False
    program = "import pip, sys; sys.exit(sys.prefix == sys.base_prefix)"
    command = [str(VENV_PYTHON), "-I", "-c", program]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv(env):
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Stop(
            "Python's venv module is missing: install it with `sudo apt-get install python3-venv`, "
            "then run the command again."
        )
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    INSTALLED.write_text(UNFINISHED)
    # Not sys.executable: with .venv activated that is the very interpreter just removed.
    python = getattr(sys, "_base_executable", sys.executable)
    if run([python, "-m", "venv", VENV], env) != 0:
        raise Stop(
            "The Python environment in .venv could not be made (see above): "
            "`sudo apt-get install python3-venv` usually helps."
        )


def pip_installs(requirements, env):
    # Errors only: a warning about the caller's own pip configuration would be noise.
    pip = [VENV_PYTHON, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input"]
    return run([*pip, "install", "--require-hashes", "--requirement", requirements], env)


def uv_installs(lock, env):
    """Install by uv, in a tenth of pip's time; tell whether it could.

    It knows nothing of pip's configuration: behind a mirror named only there, pip does it.
    """
    pinned = re.search(r"^uv==[^\n]*(\n +[^\n]*)*", (ROOT / lock).read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder, "uv.txt")
        requirements.write_text(pinned[0] + "\n")
        if pip_installs(requirements, env) != 0:
            return False
    uv = [str(VENV_PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(VENV_PYTHON)]
    command = [*uv, "--require-hashes", "--requirement", str(ROOT / lock)]
    return subprocess.run(command, check=False, capture_output=True, env=env).returncode == 0


def ensure_environment(lock, env):
    """Have .venv hold the lock file's packages; do nothing when it already does."""
    wanted = [lock_line(name) for name in ((LOCK, DEV_LOCK) if lock == DEV_LOCK else (LOCK,))]
    sound = is_venv_sound()
    if sound and INSTALLED.exists() and set(wanted) <= set(INSTALLED.read_text().splitlines()):
        return say("Python environment: up to date")
    if not sound:
        say("Python environment: making .venv")
        make_venv(env)
    say(f"Packages: installing {lock} (the first time takes a minute)")
    INSTALLED.write_text(UNFINISHED)
    if lock == DEV_LOCK and uv_installs(lock, env):
        return INSTALLED.write_text("\n".join(wanted) + "\n")
    if pip_installs(ROOT / lock, env) != 0:
        raise Stop(
            f"pip could not install the packages of {lock} (its messages are above): check the "
            "network, the package index and the free disk space, then run the command again."
        )
    INSTALLED.write_text("\n".join(wanted) + "\n")
