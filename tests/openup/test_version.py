"""What runs here: told to the operator, by command and by /healthz, and to nobody else."""

import re
from io import StringIO
from ipaddress import ip_network

import pytest
from django.core.management import call_command

from deploy.processes import ROOT
from openup import version

pytestmark = pytest.mark.django_db
NGINX = "127.0.0.1"


def health(client, address, **headers):
    return client.get("/healthz", REMOTE_ADDR=address, headers=headers).content.decode().split("\n")


def test_command_tells_version_build_and_migrations():
    out = StringIO()
    call_command("show_version", stdout=out)

    first, second, third = out.getvalue().splitlines()
    assert first == f"version {version.VERSION}"
    assert second.startswith("build ")
    assert third == "migrations up to date"


def test_newest_release_in_the_changelog_is_this_one():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    releases = re.findall(r"^## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)$", changelog, re.MULTILINE)

    assert releases[0] == version.VERSION


def test_health_tells_the_machine_itself_what_runs(client, settings):
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32")]
    settings.IS_LOOPBACK = False

    assert health(client, NGINX) == ["ok", *version.lines(), ""]


@pytest.mark.parametrize(
    ("peer", "headers", "proxies"),
    [
        ("203.0.113.7", {}, ["127.0.0.1/32"]),
        (NGINX, {"X-Forwarded-For": "203.0.113.7"}, ["127.0.0.1/32"]),
        (NGINX, {"X-Forwarded-For": "127.0.0.1, 203.0.113.7"}, ["127.0.0.1/32"]),
        # A proxy that the settings do not know: everybody would be this machine.
        (NGINX, {"X-Forwarded-For": "203.0.113.7"}, []),
    ],
    ids=["from outside", "through nginx", "with a lie", "through an unknown proxy"],
)
def test_health_tells_the_public_nothing(client, settings, peer, headers, proxies):
    settings.TRUSTED_PROXIES = list(map(ip_network, proxies))
    settings.IS_LOOPBACK = False

    assert health(client, peer, **headers) == ["ok", ""]
