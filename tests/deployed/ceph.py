"""Ceph's object storage from Debian's packages, the smallest there is, for the time of the tests.

A monitor, a manager, one disk in a file and the gateway that speaks S3, all on loopback.
"""

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from uuid import uuid4

from deploy.processes import Stop, end, start
from tests.bucket import BUCKET, KEY, SECRET, client_of
from tests.postgresql import free_port

PROGRAMS = ("ceph", "ceph-mon", "ceph-mgr", "ceph-osd", "radosgw")
START_SECONDS = 120
NAMES = ("client.admin", "mgr.x", "osd.0", "client.rgw")
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor_port}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
keyring = {folder}/keyring
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
pid file =
crash dir = {folder}/crash
mon data = {folder}/mon
mgr data = {folder}/mgr
osd data = {folder}/osd
bluestore block size = 1073741824
osd memory target = 939524096
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
[client.rgw]
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
"""


def obstacle():
    """Return why no object storage can be started here, or nothing."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else ""


@contextmanager
def running_ceph(folder, env):
    """Give the address of a gateway that has an empty bucket."""
    fsid, port, monitor_port = uuid4(), free_port(), free_port()
    for name in ("mon", "mgr", "osd", "rgw", "crash"):
        (folder / name).mkdir(parents=True)
    values = {"fsid": fsid, "folder": folder, "port": port, "monitor_port": monitor_port}
    (folder / "ceph.conf").write_text(CONFIGURATION.format(**values))
    env = env | {"CEPH_CONF": str(folder / "ceph.conf")}

    def run(*command):
        done = subprocess.run(
            [*map(str, command)], check=False, capture_output=True, text=True, env=env, cwd=folder,
            timeout=START_SECONDS,
        )  # fmt: skip
        if done.returncode != 0:
            raise Stop(f"{command}\n{done.stdout}{done.stderr}")

    with ExitStack() as stack:

        def begin(*command):
            log = stack.enter_context((folder / f"{command[0]}.out").open("w"))
            stack.callback(end, start(command, env, cwd=folder, stdout=log, stderr=log))

        address = f"[v2:127.0.0.1:{monitor_port}]"
        run("monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, "monmap")
        may_all = [part for kind in ("mon", "osd", "mgr") for part in ("--cap", kind, "allow *")]
        run("ceph-authtool", "keyring", "--create-keyring", "--gen-key", "-n", "mon.", *may_all)
        for name in NAMES:
            run("ceph-authtool", "keyring", "--gen-key", "-n", name, *may_all)
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")
        begin("ceph-mon", "-i", "a", "-f")
        begin("ceph-mgr", "-i", "x", "-f")
        disk = uuid4()
        run("ceph", "osd", "new", disk, "0")
        run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        begin("ceph-osd", "-i", "0", "-f")
        user = ["--uid", "openup", "--display-name", "openup"]
        keys = ["--access-key", KEY, "--secret-key", SECRET]
        run("radosgw-admin", "-n", "client.rgw", "user", "create", *user, *keys)
        begin("radosgw", "-n", "client.rgw", "-f")
        endpoint = f"http://127.0.0.1:{port}"
        wait_for_gateway(endpoint)
        client_of(endpoint).create_bucket(Bucket=BUCKET)
        yield endpoint


def wait_for_gateway(endpoint):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            return urllib.request.urlopen(endpoint, timeout=5).close()  # noqa: S310 - our own
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)  # between two tries
    raise Stop("The gateway of the object storage does not answer.")
