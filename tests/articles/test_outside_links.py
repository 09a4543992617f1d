"""Links to other sites are tried where they lead, and nothing within our own network ever is."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.urls import reverse
from lxml import html

from articles.desk import outside_links
from articles.desk.outside_links import NotPublicError, is_public, try_links
from tests.factories import make_article, make_staff

# Before conftest puts another in its place.
real_look_up = outside_links.public_address


class Site(BaseHTTPRequestHandler):
    """A site of its own, which answers by the path that it is asked for."""

    def answer(self):
        self.server.asked.append((self.command, self.headers["Host"], self.path))
        self.server.agents.add(self.headers["User-Agent"])
        status, location = self.server.pages.get(self.path, (200, ""))
        if status == "head refused":
            status = 405 if self.command == "HEAD" else 200
        if status == "slow":
            for _letter in range(200):
                self.wfile.write(b"H")
                if self.server.stop.wait(0.05):
                    return
            return
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET = answer

    def log_message(self, *args):
        pass

    def handle(self):
        with suppress(OSError):
            super().handle()


@pytest.fixture
def site():
    """Yield a real server on loopback, found under every name that ends in `.example`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.asked, server.agents, server.pages = [], set(), {}
    server.stop = threading.Event()
    server.looked_up = []

    def look_up(host, port):
        server.looked_up.append(host)
        if not host.endswith(".example"):
            raise NotPublicError
        return "127.0.0.1"

    server.look_up = look_up
    server.base = f"http://news.example:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


def tried(site, *paths):
    return list(try_links([f"{site.base}{path}" for path in paths], site.look_up))


def test_each_answer_is_told_for_what_it_is(site):
    site.pages = {
        "/gone": (404, ""),
        "/closed": (403, ""),
        "/broken": (500, ""),
        "/moved": (301, f"{site.base}/new"),
        "/today": (302, f"{site.base}/new"),
        "/round": (302, f"{site.base}/round"),
        "/careful": ("head refused", ""),
        "/korean": (302, "/가".encode().decode("latin-1")),
    }
    paths = ["/", "/careful", "/today", "/moved", "/gone", "/round", "/closed", "/broken"]

    trials = tried(site, *paths, "/%EA%B0%80?q=가", "/korean")

    faults = [trial.is_fault for trial in trials]
    assert faults == [False, False, False, True, True, True, None, None, False, False]
    assert site.asked[-1][2] == "/%EA%B0%80"
    assert f"{site.base}/new" in trials[3].text
    assert site.agents == {"OpenUP-link-check/1.0 (+http://testserver/)"}
    assert ("GET", f"news.example:{site.server_port}", "/careful") in site.asked
    assert ("GET", f"news.example:{site.server_port}", "/") not in site.asked


def test_redirect_into_our_own_network_is_not_followed(site):
    inner = f"http://127.0.0.1:{site.server_port}/secret"
    site.pages = {"/out": (302, inner), "/name": (302, inner.replace("127.0.0.1", "localhost"))}

    trials = tried(site, "/out", "/name")

    assert [trial.is_fault for trial in trials] == [True, True]
    assert not [path for _method, _host, path in site.asked if path == "/secret"]
    assert site.looked_up == ["news.example", "127.0.0.1", "news.example", "localhost"]


def test_name_is_looked_up_once_and_asked_at_that_address(site, monkeypatch):
    """A second look-up could answer with another address (DNS rebinding)."""
    asked_for = []
    monkeypatch.setattr(socket, "getaddrinfo", spy(socket.getaddrinfo, asked_for))

    (trial,) = tried(site, "/")

    assert trial.is_fault is False
    assert site.looked_up == ["news.example"] and "news.example" not in asked_for


def spy(look_up, asked_for):
    def answer(host, *args, **options):
        asked_for.append(host)
        return look_up(host, *args, **options)

    return answer


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254"),
        *("0.1.2.3", "100.64.0.1", "224.0.0.1", "239.1.2.3", "255.255.255.255", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.1.2.3", "2002:7f00:1::", "64:ff9b::7f00:1"),
        "2001:0:0:0:0:0:80ff:fffe",
    ],
)
def test_addresses_of_no_public_network_are_known(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_public_network_are_known(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("addresses", "port"), [(["8.8.8.8", "10.0.0.1"], 80), ([], 80), (["8.8.8.8"], 6379)]
)
def test_name_with_a_private_address_or_a_port_of_no_web_is_refused(monkeypatch, addresses, port):
    found = [(2, 1, 6, "", (each, port)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)

    with pytest.raises(NotPublicError):
        real_look_up("both.example", port)


def test_what_is_no_page_of_the_web_is_never_opened(site):
    odd = ["file:///etc/passwd", "ftp://news.example/", "http://", "http://[", "http://a b/"]

    assert all(trial.is_fault for trial in try_links(odd, site.look_up))
    assert site.asked == []


def test_site_that_answers_letter_by_letter_holds_nobody_up(site, monkeypatch):
    monkeypatch.setattr(outside_links, "LINK_SECONDS", 0.3)
    site.pages = {"/slow": ("slow", "")}

    (trial,) = tried(site, "/slow")

    assert trial.is_fault is None
    assert not site.stop.is_set()


def test_links_beyond_the_bound_are_named_and_not_tried(site, monkeypatch):
    monkeypatch.setattr(outside_links, "MOST_LINKS", 2)

    trials = tried(site, "/1", "/2", "/3")

    assert [trial.is_fault for trial in trials] == [False, False, None]
    assert len(site.asked) == 2


def test_certificate_is_that_of_the_name_that_was_asked_for(site, tmp_path, monkeypatch):
    certificate = write_certificate(tmp_path, "news.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    right = site.base.replace("http://", "https://")

    trials = list(try_links([right, right.replace("news", "other")], site.look_up))

    assert [trial.is_fault for trial in trials] == [False, True]


def write_certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(datetime.now(UTC) - timedelta(days=1))
    builder = builder.not_valid_after(datetime.now(UTC) + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path = folder / "site.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(pem)
    )
    return path


# At the desk


@pytest.mark.django_db
def test_links_of_an_article_are_tried_when_somebody_presses_the_button(client, site, monkeypatch):
    monkeypatch.setattr(outside_links, "public_address", site.look_up)
    site.pages = {"/gone": (404, "")}
    article = make_article(
        state="draft", published_at=None, body=f"[그 글]({site.base}/gone) [이 글](/articles/)"
    )
    article.references.create(title="참고한 글", url=f"{site.base}/there")
    client.force_login(make_staff("articles.change_article", "articles.view_article"))
    address = reverse("outside_links", args=["article", article.pk])

    shown = html.fromstring(client.get(address).content.decode())
    assert len(shown.cssselect("tbody tr")) == 2 and site.asked == []

    page = html.fromstring(client.post(address).content.decode())
    (fault,) = page.cssselect(".trial-fault")
    assert "404" in fault.text_content()


@pytest.mark.django_db
def test_links_are_tried_for_those_alone_who_write(client):
    article = make_article()
    address = reverse("outside_links", args=["article", article.pk])

    assert client.post(address).status_code == 302
    client.force_login(make_staff("articles.view_article"))
    assert client.post(address).status_code == 403
    client.force_login(make_staff("articles.change_article", "articles.view_article"))
    assert client.get(reverse("outside_links", args=["ranking", 1])).status_code == 404
    assert client.get(reverse("outside_links", args=["article", 10**9])).status_code == 404
