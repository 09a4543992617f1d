"""What runs here: for those who run the site, not for the public."""

import tomllib
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from prometheus_client import Gauge

from openup.middleware.client_address import is_trusted_peer
from openup.pagecache.build import build_id
from openup.pending_migrations import count_pending

VERSION = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# As other programs tell it: the facts are the labels, and the value is 1.
_BUILD = Gauge(
    "openup_build_info",
    "The version and the build that processes run.",
    ["version", "build"],
    multiprocess_mode="livemax",
)


@cache
def running_build():
    """Return the build's id, read once: what stands on the disk later is not what runs."""
    return build_id()[:12]


def tell_build():
    """Tell Prometheus what this process runs, when it begins to serve."""
    _BUILD.labels(VERSION, running_build()).set(1)


def lines():
    """Return version, build and how far the database is, each as a line."""
    pending = count_pending()
    migrations = f"{pending} to be applied" if pending else "up to date"
    return [f"version {VERSION}", f"build {running_build()}", f"migrations {migrations}"]


def may_know(client_address):
    """Tell whether a request comes from this machine or a trusted network.

    Behind a proxy that is not among TRUSTED_PROXIES everybody seems to come from this machine.
    """
    try:
        is_local = ip_address(client_address).is_loopback
    except ValueError:
        return False
    if is_local:
        return settings.IS_LOOPBACK or bool(settings.TRUSTED_PROXIES)
    return is_trusted_peer(client_address)
