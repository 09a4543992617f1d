"""Machines for PostgreSQL, as docs/more-than-one-machine.md has them (PostgreSQL that takes over).

Each is a set of namespaces: processes, a host name and the folders below are its own, the rest is
this system's. The chapter's commands are followed one by one; what systemd would start, we start.
All listen on loopback addresses of their own. Killing the first process ends all of a machine at
once, as a loss of power would.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.processes import ROOT, Stop, end, start
from tests.deployed.machine import children

GUIDE = (ROOT / "docs" / "more-than-one-machine.md").read_text()
CHAPTER = GUIDE.partition("## PostgreSQL that takes over")[2].partition("\n## ")[0]
FOLDERS = ["/etc/default", "/etc/patroni", "/etc/postgresql", "/etc/postgresql-common", "/etc/ssl"]
FOLDERS += ["/var/lib/etcd", "/var/lib/postgresql", "/var/log/postgresql"]
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
PATRONI_FILE = "/etc/patroni/15-main.yml"
PROGRAMS = ("etcd", "etcdctl", "patroni", "patronictl", "pg_createconfig_patroni", "unshare")
PATIENCE_SECONDS = 120
# What runs there; the first two stay in the place of systemd.
SERVICES = {
    "etcd": ("etcd", "set -a; . /etc/default/etcd; exec etcd"),
    "patroni": ("postgres", f"exec patroni {PATRONI_FILE}"),
}
BOOT = """
hostname "$1"; cd "$2"; shift 2
for folder in "$@"; do
    if ! [ -e ".$folder" ]; then
        mkdir -p ".$folder"
        chown --reference="$folder" ".$folder"; chmod --reference="$folder" ".$folder"
        case $folder in
            /etc/postgresql) ;; # without the package's own cluster
            /etc/*) cp --archive "$folder/." ".$folder";;
        esac
    fi
    mount --bind ".$folder" "$folder"
done
mount -t tmpfs none /run
install -d -o postgres -g postgres -m 2775 /run/postgresql
echo up
while :; do sleep 1000 & wait $!; done
"""


def obstacle():
    """Return why such machines cannot be had here, or nothing."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)} of Debian's patroni, etcd-server, etcd-client: not installed"
    if not Path("/usr/lib/postgresql/15/bin/postgres").exists():
        return "PostgreSQL 15 is not installed"
    if os.geteuid() != 0:
        return "only root makes namespaces"
    return ""


def commands_of(heading):
    """Return the chapter's commands below a heading, less those marked ✱."""
    text = re.split(rf"^\*\*{re.escape(heading)}", CHAPTER, flags=re.MULTILINE)
    block = text[1].partition("\n**")[0]
    lines = re.findall(r"^    ([^✱\n]+)$", block, re.MULTILINE)
    return [line.strip() for line in lines]


class Machine:
    def __init__(self, cluster, name, address):
        self.cluster, self.name, self.address = cluster, name, address
        self.folder = cluster.folder / name
        self.folder.mkdir()
        self.services = {}
        self.boot()

    def boot(self):
        # All of it ends with us.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--kill-child", "--fork", "--pid"]
        command += ["--mount-proc", "--mount", "--uts", "--propagation", "private"]
        command += ["bash", "-ec", BOOT, "boot"]
        with self.log("boot") as log:
            self.process = start(
                [*command, self.name, self.folder, *FOLDERS], dict(os.environ),
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        if self.process.stdout.readline() != "up\n":
            raise Stop((self.folder / "boot.log").read_text())
        (self.first_process,) = children(self.process.pid)

    def log(self, name):
        return (self.folder / f"{name}.log").open("a")

    def enter(self):
        enter = ["nsenter", "--target", self.first_process, "--mount", "--uts", "--pid"]
        return [*map(str, enter), "env", "-i", PATH]

    def run(self, command, stdin=""):
        """Run a command of the chapter; return what it prints."""
        command = re.sub(r"\bsudo -u (\w+) ", r"runuser -u \1 -- ", command)
        command = re.sub(r"\bsudo ", "", command)
        variables = f"NAME={self.name} IP={self.address}; cd {self.cluster.files};"
        done = subprocess.run(
            [*self.enter(), "bash", "-ec", f"{variables} {command}"],
            check=False, capture_output=True, text=True, input=stdin,
        )  # fmt: skip
        if done.returncode != 0:
            raise Stop(f"{self.name}: {command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def follow(self, heading):
        """Follow the chapter's commands: packages are here, and systemd is not.

        The site's role and both of Patroni's get the same password.
        """
        for line in commands_of(heading):
            command = self.cluster.placed(line)
            if "systemctl" in command:
                for service in SERVICES:
                    if re.search(rf"systemctl (start|enable)\b.*\b{service}\b", command):
                        self.start(service)
            elif command.startswith("sudoedit"):
                (file,) = re.findall(r"/etc/patroni/\S+", command)
                self.run(f"sed -i 's/…/{self.cluster.password}/' {file}")
            elif not command.startswith(("sudo apt-get", "sudo adduser")):
                self.run(command, f"{self.cluster.password}\n" * 2)

    def start(self, service):
        user, command = SERVICES[service]
        groups = ["setpriv", "--reuid", user, "--regid", user, "--groups", "ssl-cert"]
        with self.log(service) as log:
            self.services[service] = start(
                [*self.enter(), *groups, "sh", "-c", command], {}, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def is_up(self):
        return self.process.poll() is None

    def kill(self):
        """End all processes at once."""
        os.kill(self.first_process, signal.SIGKILL)
        self.process.wait()
        for process in self.services.values():
            process.wait()

    @contextmanager
    def stopped(self):
        """Stop all processes where they are, as a machine that hangs would, and go on after it."""
        inside = os.readlink(f"/proc/{self.first_process}/ns/pid")
        processes = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # ended meanwhile
                if os.readlink(process / "ns" / "pid") == inside:
                    processes.append(int(process.name))
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def come_back(self):
        """Boot after a loss, with what systemd has enabled."""
        self.boot()
        for service in self.services:
            self.start(service)

    def patronictl(self, command):
        return self.run(f"sudo -u postgres patronictl -c {PATRONI_FILE} {command}")

    def end(self):
        end(self.process)
        for process in self.services.values():
            end(process)


class DatabaseCluster:
    """Two machines with PostgreSQL, and a third voice of etcd's."""

    def __init__(self, folder):
        self.folder = folder
        self.files = folder / "files"
        self.password = secrets.token_hex(16)
        network = f"127.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}"
        self.places = {
            "10.0.0.11": f"{network}.11",
            "10.0.0.12": f"{network}.12",
            "10.0.0.21": f"{network}.21",
            "10.0.0.0/24": "127.0.0.0/8",
            # Where etcd sees a peer of this machine come from.
            "subjectAltName=IP:": "subjectAltName=IP:127.0.0.1,IP:",
        }
        self.machines = {}

    def placed(self, text):
        for old, new in self.places.items():
            text = text.replace(old, new)
        return text

    def write_files(self):
        folder = self.files / "deploy" / "patroni"
        folder.mkdir(parents=True)
        for file in (ROOT / "deploy" / "patroni").iterdir():
            (folder / file.name).write_text(self.placed(file.read_text()))
        script = "\n".join(map(self.placed, commands_of("Certificates")))
        subprocess.run(
            ["bash", "-ec", script], check=True, capture_output=True, cwd=self.files, text=True
        )

    def build(self):
        self.write_files()
        for name, address in (("db1", "10.0.0.11"), ("db2", "10.0.0.12"), ("app1", "10.0.0.21")):
            self.machines[name] = Machine(self, name, self.placed(address))
        for machine in self.machines.values():
            machine.follow("etcd, on each of the three")
        roles = {}
        for name, role in (("db1", "Leader"), ("db2", "Sync Standby")):
            self.machines[name].follow("PostgreSQL, on")
            roles[name] = role
            self.wait_for(lambda: self.roles() == roles)
        self.machines["db1"].follow("The site's database")

    @property
    def database_url(self):
        """Return the address that the chapter gives to the application."""
        (url,) = re.findall(r"^    DATABASE_URL=(.+)$", CHAPTER, re.MULTILINE)
        url = url.replace("…", self.password)
        return self.placed(url).replace("/etc/ssl/certs/openup-ca.crt", f"{self.files}/ca.crt")

    def roles(self, name=""):
        """Return the role of each machine whose PostgreSQL runs, as Patroni tells it, on `name`."""
        for machine in self.machines.values():
            if "patroni" in machine.services and machine.is_up and name in machine.name:
                with suppress(Stop):  # Patroni may just be starting.
                    told = json.loads(machine.patronictl("list --format json"))
                    ready = [each for each in told if each["State"] in {"running", "streaming"}]
                    return {each["Member"]: each["Role"] for each in ready}
        return {}

    def wait_for(self, condition):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise Stop(f"It did not come to be; Patroni tells {self.roles()}.")
            time.sleep(0.5)  # between two questions

    def end(self):
        for machine in self.machines.values():
            machine.end()


@contextmanager
def running_cluster(folder):
    cluster = DatabaseCluster(folder)
    try:
        cluster.build()
        yield cluster
    finally:
        cluster.end()
