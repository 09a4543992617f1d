"""Start Open UP from a bare checkout: `make run`, or `make dev` while working on it.

`python -m deploy.run production` is for a service manager, which has prepared all by itself.

Standard library only, since it runs before anything is installed.
"""

import base64
import errno
import http.client
import ipaddress
import os
import re
import secrets
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from deploy.environment import (
    DEV_LOCK,
    LOCK,
    VENV,
    VENV_PYTHON,
    check_python,
    check_writable,
    ensure_environment,
)
from deploy.processes import (
    ROOT,
    Stop,
    child_environment,
    end,
    no_permission,
    run,
    say,
    start,
    stop_on_signals,
)
from openup.settings_file import SettingsFileError, read_settings_file

VAR = ROOT / "var"
ANSWER_SECONDS = 60
WATCH_SECONDS = 1
# Of eight threads one answers, six hold those who wait to write, one those who write: settings.py.
THREADS_FOR_ONE = 8
# How this machine reaches a server that listens on all its addresses.
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
ENV_FILE = """\
# Written by the first `make run`; `.env.example` explains every variable.
# Back this file up with the database: without EMAIL_DIGEST_KEYS nobody can edit an earlier comment,
# without MAIL_ENCRYPTION_KEYS nobody hears of replies any more.
SECRET_KEY={secret_key}
EMAIL_DIGEST_KEYS=k1:{digest_key}
MAIL_ENCRYPTION_KEYS={mail_key}
SITE_URL={site_url}
# The banner says that this is an official government site. The demonstration shows it;
# turn it off on any site that is not one.
OFFICIAL_BANNER=1
"""


# What must be so before anything starts


def read_address(values):
    """Return host and port from HOST and PORT."""
    host = values.get("HOST") or "127.0.0.1"
    text = values.get("PORT") or "8000"
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise Stop(f"PORT={text} is no port: choose a number from 1 to 65535, as in PORT=8001.")
    return host, int(text)


def listening_address(host, port):
    """Return the address of `host`; stop when the server could not listen there."""
    try:
        family, kind, _proto, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return address[0]
    except UnicodeError as error:
        raise Stop(f"HOST={host} is no name: use 127.0.0.1 or 0.0.0.0.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Stop(
                f"Port {port} is in use by another program: stop that one, or choose another port "
                f"with `make run PORT={port + 1 if port < 65535 else 8001}`."
            ) from error
        if error.errno == errno.EACCES:
            raise Stop(
                f"Port {port} is reserved for the system: choose one above 1023, "
                "as in `make run PORT=8000`."
            ) from error
        raise Stop(
            f"HOST={host} is no address of this machine ({error.strerror}): use 127.0.0.1 for this "
            "machine alone, or 0.0.0.0 for all its addresses."
        ) from error


# The settings


def is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settings_file(environ):
    """Return the path of the env file that the settings read too."""
    return ROOT / environ["OPENUP_ENV_FILE"] if environ.get("OPENUP_ENV_FILE") else VAR / ".env"


def read_settings(path):
    if not path.is_file():
        return {}
    try:
        return read_settings_file(path)
    except SettingsFileError as error:
        raise Stop(str(error)) from error


def new_env_file(site_url):
    """Return the text of a first env file, with secrets of its own."""
    return ENV_FILE.format(
        secret_key=secrets.token_urlsafe(48),
        digest_key=secrets.token_hex(32),
        mail_key=new_mail_key(),
        site_url=site_url,
    )


def new_mail_key():
    """Return a key of Fernet: 32 random bytes in URL-safe Base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def ensure_settings_file(path, environ):
    """Write the first settings file, with new secrets; an existing one gets only what is new."""
    if path.is_file():
        return complete_settings_file(path, environ)
    if environ.get("OPENUP_ENV_FILE"):
        raise Stop(f"OPENUP_ENV_FILE names no file: {path}. Correct it, or unset it.")
    if (VAR / "openup.sqlite3").exists():
        raise Stop(
            "var/ holds a database but not the .env file with its keys: copy settings.env of a "
            "backup to var/.env, or move the folder var/ away to begin anew."
        )
    say("Settings: writing var/.env with new secrets")
    VAR.mkdir(mode=0o700, exist_ok=True)
    write_settings_file(path, new_env_file("http://127.0.0.1:8000"))


def complete_settings_file(path, environ):
    """Add a secret that an earlier version did not need to the file that `make run` wrote."""
    name = "MAIL_ENCRYPTION_KEYS"
    if environ.get("OPENUP_ENV_FILE") or name in read_settings(path) | environ:
        return
    say(f"Settings: adding {name} to var/.env")
    text = path.read_text(encoding="utf-8")
    line_end = "" if text.endswith("\n") else "\n"
    write_settings_file(path, f"{text}{line_end}{name}={new_mail_key()}\n")


def write_settings_file(path, text):
    """Put the file in its place as a whole, readable by its owner alone."""
    draft = path.with_name(".env.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def address_url(host, port):
    host = ANY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def site_url(environ, from_file, host, port):
    """Return the site's address: as set, except that a loopback one follows HOST and PORT."""
    if environ.get("SITE_URL"):
        return environ["SITE_URL"]
    chosen = from_file.get("SITE_URL", "")
    try:
        follows = not chosen or is_loopback(urlsplit(chosen).hostname)
    except ValueError:
        # The settings say what is wrong with it.
        follows = False
    return address_url(host, port) if follows else chosen


# Serving


def server_command(values, address, port):
    """Return granian's command line; docs/decisions/server-options.md gives the reasons."""
    threads = values.get("SERVER_THREADS") or "8"
    # The settings say what is wrong with any other.
    threads = int(threads) * THREADS_FOR_ONE if threads.isdecimal() else 1
    return [
        *(VENV_PYTHON, "-m", "deploy.server", "--interface", "wsgi", "--http", "1", "--no-ws"),
        *("--host", address, "--port", port),
        *("--workers", values.get("SERVER_WORKERS") or "1"),
        *("--blocking-threads", str(threads)),
        *("--backlog", "1024", "--backpressure", "512", "--http1-header-read-timeout", "10000"),
        *("--respawn-failed-workers", "--respawn-interval", "10", "--workers-kill-timeout", "5"),
        *("--no-access-log", "--log-level", "error"),
        "openup.wsgi:application",
    ]


def mail_command():
    """Return the command line of the worker that sends what the outbox holds."""
    return [VENV_PYTHON, ROOT / "manage.py", "send_mail"]


def supervise(server, env):
    """Return the server's exit code when it ends; until then one mail worker runs beside it."""
    worker = start(mail_command(), env)
    try:
        while server.poll() is None:
            if worker.poll() is not None:
                say(f"The mail worker ended (exit code {worker.returncode}); starting it again")
                worker = start(mail_command(), env)
            # Also the pause before a worker that dies at once is tried again.
            time.sleep(WATCH_SECONDS)
        return server.returncode
    finally:
        end(worker)


def wait_for_answer(process, host, port):
    """Return once the server answers a request, whatever it answers."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Stop(f"The server stopped at once (exit code {process.returncode}); see above.")
        connection = http.client.HTTPConnection(ANY_ADDRESS.get(host, host), port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    raise Stop(f"The server has not answered within {ANSWER_SECONDS} seconds; see above.")


def prepare(environ, lock, debug):
    """Bring all up to the point of serving; return address, port, settings and environment."""
    check_writable(ROOT, VENV, VAR)
    env = child_environment(environ)
    file = settings_file(environ)
    host, port = read_address(read_settings(file) | environ)
    address = listening_address(host, port)
    ensure_environment(lock, env)
    ensure_settings_file(file, environ)
    values = read_settings(file) | environ
    env |= {"SITE_URL": site_url(environ, values, host, port), "DEBUG": debug}
    if run([VENV_PYTHON, ROOT / "manage.py", "prepare"], env) != 0:
        raise Stop("The site could not be prepared; the message above says why.")
    return address, port, values, env


def say_who_is_answered(environ, values, site_url):
    names = [urlsplit(site_url).hostname, *values.get("ALLOWED_HOSTS", "").split(",")]
    say(
        "Listening beyond this machine. The site answers only to "
        f"{', '.join(name for name in names if name)}; for a further name or address, add "
        f"ALLOWED_HOSTS=name to {settings_file(environ)} (several with commas) and start again."
    )


def serve(environ):
    """Serve until a signal asks to stop."""
    address, port, values, env = prepare(environ, LOCK, debug="0")
    if not is_loopback(address):
        say_who_is_answered(environ, values, env["SITE_URL"])
    say("Starting the server")
    process = start(server_command(values, address, port), env)
    try:
        wait_for_answer(process, address, port)
        say(f"\nOpen UP is running; Ctrl-C stops it.\n\n  Site    {env['SITE_URL']}/")
        say(f"  Manage  {env['SITE_URL']}/manage/\n")
        code = supervise(process, env)
    except KeyboardInterrupt:
        say("\nStopping")
        return
    finally:
        end(process)
    raise Stop(f"The server ended by itself (exit code {code}); see above.")


def develop(environ):
    """Become Django's development server, which reloads changed code and shows errors."""
    address, port, _values, env = prepare(environ, DEV_LOCK, debug="1")
    # Its error pages show code and settings, so 0.0.0.0 means this machine alone here.
    place = address_url(address, port).removeprefix("http://")
    command = [VENV_PYTHON, ROOT / "manage.py", "runserver", place]
    os.chdir(ROOT)
    os.execve(VENV_PYTHON, [str(part) for part in command], env)


def become_server(environ):
    """Become granian on the address in HOST and PORT; nothing is installed or prepared."""
    file = settings_file(environ)
    if environ.get("OPENUP_ENV_FILE") and not file.is_file():
        raise Stop(f"OPENUP_ENV_FILE names no file: {file}. Correct it, or unset it.")
    values = read_settings(file) | environ
    host, port = read_address(values)
    _python, *options = server_command(values, listening_address(host, port), port)
    python = called_python()
    os.chdir(ROOT)
    command = [str(part) for part in (python, *options)]
    os.execve(python, command, child_environment(environ))


def called_python():
    """Return the environment's Python as the caller named it, by way of a link to a release."""
    called = Path(sys.executable)
    is_ours = called.parent.resolve() == VENV_PYTHON.parent.resolve()
    return called if is_ours else VENV_PYTHON


def main():
    stop_on_signals()
    try:
        check_python()
        sys.stdout.reconfigure(errors="replace")
        sys.stderr.reconfigure(errors="replace")
        modes = {"serve": serve, "develop": develop, "production": become_server}
        modes[sys.argv[1]](dict(os.environ))
    except Stop as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\n{no_permission(error.filename)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped before the site was up; the next run goes on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
