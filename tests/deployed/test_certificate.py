"""The certificate, asked for and renewed by the guide's line, from an authority on this machine."""

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.processes import end, start
from tests.deployed.installation import GUIDE, HOST, Installation, wait_for_port
from tests.deployed.test_operation import wait_until
from tests.postgresql import free_port

PROGRAMS = ("pebble", "pebble-challtestsrv", "certbot")
DEBIAN_SITE = Path("/etc/nginx/sites-available/default")
MISSING = [name for name in PROGRAMS if not shutil.which(name)]
MISSING += [] if DEBIAN_SITE.exists() else [str(DEBIAN_SITE)]
pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} is not installed"),
]

(GUIDE_LINE,) = re.findall(r"`(certbot certonly [^`]+)`", GUIDE)
PAGE = "/static/robots.txt"
NEW_KEY = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
NEW_KEY += " -addext subjectAltName=IP:127.0.0.1,DNS:localhost"


class Authority:
    """Pebble, which looks for the answer where every name leads to this machine."""

    def __init__(self, folder, http_port):
        self.folder = folder
        self.port, self.management_port, self.dns_port, self.dns_control = (
            free_port() for _ in range(4)
        )
        key, self.certificate = folder / "key.pem", folder / "authority.pem"
        command = [*shlex.split(NEW_KEY), "-keyout", key, "-out", self.certificate]
        subprocess.run(command, check=True, capture_output=True)
        settings = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management_port}",
            "certificate": str(self.certificate),
            "privateKey": str(key),
            "httpPort": http_port,
            "tlsPort": free_port(),
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))

    def start(self, stack):
        names = ["pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
        names += ["-dns01", f"127.0.0.1:{self.dns_port}", "-management"]
        names += [f"127.0.0.1:{self.dns_control}"]
        names += ["-http01", "", "-https01", "", "-tlsalpn01", ""]
        # Each certificate is to be proved anew.
        env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": "0"}
        env |= {"PATH": os.environ["PATH"]}
        pebble = ["pebble", "-config", self.folder / "pebble.json"]
        pebble += ["-dnsserver", f"127.0.0.1:{self.dns_port}"]
        log = stack.enter_context((self.folder / "authority.log").open("w"))
        for command, port in ((names, self.dns_control), (pebble, self.port)):
            process = start(command, env, stdout=log, stderr=log)
            stack.callback(end, process)
            wait_for_port(port, process)

    def root(self):
        """Return the certificate that those of its making lead to."""
        curl = ["curl", "--silent", "--fail", "--cacert", self.certificate]
        url = f"https://127.0.0.1:{self.management_port}/roots/0"
        return subprocess.run([*curl, url], check=True, capture_output=True, text=True).stdout


class Place(Installation):
    """nginx of the guide, without an application behind it, with the files that certbot writes."""

    def __init__(self, folder):
        super().__init__(folder, dict(os.environ))
        self.certificates = folder / "letsencrypt"
        self.certificate = self.certificates / "live" / HOST / "fullchain.pem"

    def write_debian_site(self):
        """Have nginx show what Debian's package shows, as when the guide asks for a certificate."""
        self.write_nginx()
        text = re.sub(r"^\s*listen \[::\].*\n", "", DEBIAN_SITE.read_text(), flags=re.MULTILINE)
        text = text.replace("listen 80", f"listen 127.0.0.1:{self.http_port}")
        (self.folder / "nginx" / "openup.conf").write_text(
            text.replace("/var/www/html", str(self.folder / "nginx"))
        )

    def certbot(self, command, authority):
        reload = shlex.join([*map(str, self.nginx_command()[:-2]), "-s", "reload"])
        command = command.replace("/var/www/html", str(self.folder / "nginx"))
        command = command.replace("your.name", HOST).replace("systemctl reload nginx", reload)
        places = [
            part
            for name in ("config", "work", "logs")
            for part in (f"--{name}-dir", str(self.certificates))
        ]
        server = ["--server", f"https://127.0.0.1:{authority.port}/dir"]
        unasked = ["--non-interactive", "--agree-tos", "--register-unsafely-without-email"]
        done = subprocess.run(
            [*shlex.split(command), *places, *server, *unasked],
            check=False,
            capture_output=True,
            env=self.env | {"REQUESTS_CA_BUNDLE": str(authority.certificate)},
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def served_serial(self, roots):
        """Ask for a page over a new connection; return its status and the certificate's number."""
        context = ssl.create_default_context(cadata=roots)
        connection = self.connect(context=context)
        try:
            serial = connection.sock.getpeercert()["serialNumber"]
            connection.request("GET", PAGE, headers={"Host": HOST})
            response = connection.getresponse()
            response.read()
            return response.status, serial
        finally:
            connection.close()


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="openup-certificate-") as name:
        folder = Path(name)
        # nginx's workers, www-data under root, must be able to enter.
        folder.chmod(0o755)
        place = Place(folder)
        page = Path(f"{place.places['/var/cache/openup']}{PAGE}")
        page.parent.mkdir(parents=True)
        page.write_text("User-agent: *")
        yield place


@pytest.mark.exercise("Certificate renewal")
def test_the_certificate_is_renewed_while_nginx_serves(place, record_property):
    with ExitStack() as stack:
        authority = Authority(place.folder, place.http_port)
        authority.start(stack)
        place.write_debian_site()
        debian = start(place.nginx_command(), place.env)
        try:
            wait_for_port(place.http_port, debian)
            place.certbot(GUIDE_LINE, authority)
        finally:
            end(debian)
        place.write_nginx()
        nginx = start(place.nginx_command(), place.env)
        stack.callback(end, nginx)
        wait_for_port(place.https_port, nginx)
        roots = authority.root()
        answers, is_over = [], threading.Event()

        def read():
            while not is_over.is_set():
                answers.append(place.served_serial(roots))

        _status, first = place.served_serial(roots)
        with ThreadPoolExecutor() as pool:
            reading = pool.submit(read)
            try:
                place.certbot("certbot renew --force-renewal --no-random-sleep-on-renew", authority)
                wait_until(lambda: len({serial for _status, serial in answers}) > 1)
            finally:
                is_over.set()
            reading.result()

    serials = list(dict.fromkeys(serial for _status, serial in answers))
    assert serials[0] == first and len(serials) == 2
    assert {status for status, _serial in answers} == {200}
    record_property("requests", len(answers))
    record_property("failed", sum(status != 200 for status, _serial in answers))
