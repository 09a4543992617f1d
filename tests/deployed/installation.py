"""The installation that docs/deployment.md describes, in a folder and on ports of its own.

The files of `deploy/` are used as they are, but for the places they name.
"""

import configparser
import http.client
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from deploy.processes import ROOT, Stop, child_environment, end, start
from deploy.run import new_env_file, wait_for_answer
from tests.postgresql import free_port
from tests.run import PROGRAM_FOLDERS, SETTINGS

HOST = "www.example.kr"
START_SECONDS = 60
GUIDE = (ROOT / "docs" / "deployment.md").read_text()
DEBIAN_NGINX = Path("/etc/nginx/nginx.conf")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
STATUS_LOG = "log_format cache '$upstream_cache_status $request_method $request_uri';"


def replace(text, places):
    """Return `text` with every key of `places` replaced; each must be there."""
    for old, new in places.items():
        if old not in text:
            raise Stop(f"This is not in the file any more: {old}")
        text = text.replace(old, str(new))
    return text


class Installation:
    """Where everything of it lies and listens, and how to come in."""

    def __init__(self, folder, environ):
        self.folder = folder
        self.app_port, self.http_port, self.https_port = (free_port() for _ in range(3))
        self.metrics_port = free_port()
        self.places = {
            "/var/lib/nginx/openup": folder / "nginx" / "cache",
            "/var/cache/openup": folder / "cache",
            "/var/backups/openup": folder / "backups",
            "/etc/openup": folder / "etc",
            "/opt/openup": ROOT,
        }
        env = child_environment(environ)
        self.env = {name: env[name] for name in env if name not in SETTINGS}
        self.certificate = folder / "tls" / "fullchain.pem"
        self.application = None

    # Files

    def write_settings(self, database_url, **others):
        """Write the settings file as the guide has it, with secrets of its own."""
        values = {
            "OFFICIAL_BANNER": "0",
            "DATABASE_URL": database_url,
            "STATIC_ROOT": self.folder / "cache" / "static",
            "MEDIA_ROOT": self.folder / "lib" / "media",
            "EMAIL_URL": f"file://{self.folder}/lib/mail",
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "METRICS_PORT": self.metrics_port,
            "METRICS_FOLDER": self.folder / "lib" / "metrics",
            "SERVER_WORKERS": "1",
            "SERVER_THREADS": "8",
            "PORT": self.app_port,
            **others,
        }
        lines = new_env_file(f"https://{HOST}").splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in values]
        file = self.folder / "etc" / "openup.env"
        for name in ("etc", "cache", "lib", "backups"):
            (self.folder / name).mkdir(exist_ok=True)
        file.write_text("\n".join([*kept, *(f"{key}={values[key]}" for key in values)]) + "\n")
        self.env |= {"OPENUP_ENV_FILE": str(file), **postgresql_environment(database_url)}

    def write_nginx(self, log=True, extra="", others=()):
        """Write nginx's files: Debian's own nginx.conf with ours as its only site, and `extra`.

        `others` are the ports of the application on other machines.
        """
        folder = self.folder / "nginx"
        for name in ("snippets", "temporary", "openup"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            # As deploy/tmpfiles.conf has it.
            shutil.chown(folder / "openup", "www-data")
        site = (ROOT / "deploy" / "nginx" / "openup.conf").read_text()
        one_more = f"access_log {folder}/status.log cache;\n"
        # A machine for tests may have no IPv6.
        site = re.sub(r"^ *listen \[::\].*\n", "", site, flags=re.MULTILINE)
        site = replace(
            site,
            {
                "/var/lib/nginx/openup": self.places["/var/lib/nginx/openup"],
                "/var/log/nginx": folder,
                "/var/www/html": folder,
                "/var/cache/openup": self.places["/var/cache/openup"],
                "/etc/letsencrypt/live/www.example.kr": self.certificate.parent,
                "listen 80": f"listen 127.0.0.1:{self.http_port}",
                "server 127.0.0.1:8000;": "\n".join(
                    [
                        f"server 127.0.0.1:{self.app_port};",
                        *(f"server 127.0.0.1:{port} backup;" for port in others),
                    ]
                ),
                "listen 443": f"listen 127.0.0.1:{self.https_port}",
                # One more, that the checks read.
                **({"access_log /": f"{one_more}    access_log /"} if log else {}),
            },
        )
        (folder / "openup.conf").write_text(site + extra)
        for snippet in (ROOT / "deploy" / "nginx" / "snippets").glob("*.conf"):
            text = snippet.read_text().replace(
                "/var/cache/openup", str(self.places["/var/cache/openup"])
            )
            (folder / "snippets" / snippet.name).write_text(text)
        (folder / "nginx.conf").write_text(self.main_nginx_file(folder))

    def main_nginx_file(self, folder):
        temporary = "\n".join(f"{name}_temp_path {folder}/temporary/{name};" for name in TEMPORARY)
        (expression,) = re.findall(r"sed -i '(.+)' /etc/nginx/nginx\.conf", GUIDE)
        sed = ["sed", expression, str(DEBIAN_NGINX)]
        return replace(
            subprocess.run(sed, check=True, capture_output=True, text=True).stdout,
            {
                # Else the number of connections is Debian's.
                "worker_rlimit_nofile": "worker_rlimit_nofile",
                "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
                "access_log /var/log/nginx/access.log;": STATUS_LOG,
                "error_log /var/log/nginx/error.log;": f"error_log {folder}/error.log;",
                "include /etc/nginx/conf.d/*.conf;": temporary,
                "include /etc/nginx/sites-enabled/*;": f"include {folder}/openup.conf;",
            },
        )

    def make_certificate(self):
        self.certificate.parent.mkdir()
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        command += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        command += ["-keyout", str(self.certificate.with_name("privkey.pem"))]
        command += ["-out", str(self.certificate)]
        subprocess.run(command, check=True, capture_output=True)

    # Programs

    def unit(self, name):
        """Return the [Service] part of a unit, with our places."""
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.optionxform = str
        text = (ROOT / "deploy" / "systemd" / name).read_text()
        for old, new in self.places.items():
            text = text.replace(old, str(new))
        parser.read_string(text)
        return parser["Service"]

    def unit_lines(self, name, key):
        """Return all that a unit says under one key, with our places."""
        text = (ROOT / "deploy" / "systemd" / name).read_text()
        return [
            line.replace("/opt/openup", str(self.places["/opt/openup"]))
            for line in re.findall(rf"^{key}=(.+)$", text, re.MULTILINE)
        ]

    def run(self, command):
        """Run one command of the guide or of a unit in the clone; return what it prints."""
        done = subprocess.run(
            shlex.split(command),
            check=False,
            capture_output=True,
            cwd=self.places["/opt/openup"],
            env=self.env,
            text=True,
        )
        if done.returncode != 0:
            raise Stop(f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def manage(self, *arguments):
        return self.run(shlex.join([str(ROOT / ".venv/bin/python"), "manage.py", *arguments]))

    def start_application(self):
        command = shlex.split(self.unit("openup.service")["ExecStart"])
        self.application = start(command, self.env, cwd=self.places["/opt/openup"])
        wait_for_answer(self.application, "127.0.0.1", self.app_port)

    def stop_application(self):
        end(self.application)
        self.application = None

    def nginx_command(self):
        program = shutil.which("nginx", path=PROGRAM_FOLDERS)
        place = self.folder / "nginx"
        return [program, "-e", place / "error.log", "-c", place / "nginx.conf", "-g", "daemon off;"]

    @contextmanager
    def running(self):
        """Run the application and nginx."""
        with ExitStack() as stack:
            self.start_application()
            stack.callback(lambda: self.application and self.stop_application())
            server = start(self.nginx_command(), self.env)
            stack.callback(end, server)
            wait_for_port(self.http_port, server)
            yield self

    # Asking

    def request(self, method, path, body=None, headers=None, *, source="127.0.0.1", scheme="https"):
        """Ask nginx from the loopback address `source`; return the answer with its `content`."""
        connection = self.connect(source, scheme)
        try:
            connection.request(method, path, body, {"Host": HOST, **(headers or {})})
            response = connection.getresponse()
            response.content = response.read()
            return response
        finally:
            connection.close()

    def connect(self, source="127.0.0.1", scheme="https", context=None):
        port = self.https_port if scheme == "https" else self.http_port
        sock = socket.create_connection(("127.0.0.1", port), 30, source_address=(source, 0))
        if scheme == "https":
            # The certificate is checked as a browser would.
            context = context or ssl.create_default_context(cafile=str(self.certificate))
            sock = context.wrap_socket(sock, server_hostname=HOST)
        connection = http.client.HTTPConnection(HOST, port, timeout=30)
        connection.sock = sock
        return connection

    def cache_log(self):
        return (self.folder / "nginx" / "status.log").read_text().splitlines()


def wait_for_port(port, process):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Stop(f"{process.args[0]} stopped at once (exit code {process.returncode}).")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)  # between two tries, not instead of waiting for the answer
    raise Stop(f"{process.args[0]} does not listen on port {port}.")


def converse(command, answers, **options):
    """Run a program that asks at a terminal, and answer one prompt after the other."""
    terminal = ["script", "--quiet", "--return", "--command", command, "/dev/null"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    with subprocess.Popen(terminal, **pipes, **options) as process:
        for answer in answers:
            told = b""
            while not told.endswith(b": "):
                said = process.stdout.read(1)
                if not said:
                    raise Stop(f"{command} ended before it had asked for all: {told.decode()}")
                told += said
            process.stdin.write(f"{answer}\n".encode())
        rest = process.stdout.read().decode()
    if process.returncode != 0:
        raise Stop(f"{command}\n{rest}")
    return rest


def postgresql_environment(database_url):
    """Return the variables that PostgreSQL's programs read, less the database's name."""
    url = urlsplit(database_url)
    places = [place.rpartition(":") for place in url.netloc.rpartition("@")[2].split(",")]
    return {
        "PGHOST": ",".join(host for host, _colon, _port in places),
        "PGPORT": ",".join(port for _host, _colon, port in places),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
    }
