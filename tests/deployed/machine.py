"""A machine that systemd has booted, on which docs/deployment.md is followed command by command.

It is a container with a network of its own over this system's files; what is written there goes
with it. systemd-nspawn starts it, as root, where systemd does not run already.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.processes import ROOT, Stop, end, start
from deploy.run import new_env_file
from tests.deployed.installation import GUIDE, HOST, converse

CGROUPS = (Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"))
SYSTEMD = Path("/lib/systemd/systemd")
SERVICES = ("openup.service", "openup-mail.service", "openup-metrics.service")
PASSWORD = "a password of the guide's reader"
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
START_SECONDS = 300
END_SECONDS = 30
FIRST_ACCOUNT = ("mina", "mina@example.kr")
KEYS = ("SECRET_KEY", "EMAIL_DIGEST_KEYS", "MAIL_ENCRYPTION_KEYS")
CERTIFICATE = f"/etc/letsencrypt/live/{HOST}"
MAKE_CERTIFICATE = (
    f"mkdir -p {CERTIFICATE}; openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST}"
    f" -addext subjectAltName=DNS:{HOST} -keyout {CERTIFICATE}/privkey.pem"
    f" -out {CERTIFICATE}/fullchain.pem 2>&1"
)


def obstacle():
    """Return why no machine can be booted here, or nothing."""
    if os.geteuid() != 0:
        return "only root boots a machine"
    if not shutil.which("systemd-nspawn") or not SYSTEMD.exists():
        return "systemd-container is not installed"
    if Path("/run/systemd/system").exists() or not all(path.is_dir() for path in CGROUPS):
        return "systemd or another arrangement of cgroups is here already"
    return ""


def guide_commands():
    """Return the commands of the guide's installation, less those marked ✱, as root's own."""
    install = GUIDE.partition("## Install")[2].partition("\n## ")[0]
    lines = re.findall(r"^    ((?:sudo|sudoedit|cd) [^✱\n]+)$", install, re.MULTILINE)
    as_another = r"\1runuser -u \2 -- env "
    return [
        re.sub(r"\bsudo ", "", re.sub(r"(^|&& )sudo -u (\w+) ", as_another, line)) for line in lines
    ]


def guide_settings():
    """Return the settings file as the guide has it, with secrets and a password."""
    block = GUIDE.partition("    SECRET_KEY=…")[2].partition("\n\n")[0]
    lines = [line.strip() for line in block.splitlines()]
    kept = [line for line in lines if line and not line.startswith(KEYS)]
    keys = [line for line in new_env_file(f"https://{HOST}").splitlines() if line.startswith(KEYS)]
    quoted = PASSWORD.replace(" ", "%20").replace("'", "%27")
    return "\n".join(keys + [line.replace("…", quoted) for line in kept]) + "\n"


class Machine:
    def __init__(self, folder):
        self.folder, self.name = folder, f"openup-{os.getpid()}"
        self.process = self.leader = None

    def boot(self):
        """Run what needs the network, then start systemd; wait for it."""
        commands = guide_commands()
        number = next(at for at, line in enumerate(commands) if "compileall" in line) + 1
        skipped = ("apt-get", "git clone")
        online = [line for line in commands[:number] if not line.startswith(skipped)]
        self.offline = commands[number:]
        script = ROOT / "tests" / "deployed" / "boot.sh"
        command = ["unshare", "--mount", "--propagation", "private", "bash", script, self.folder]
        with self.log().open("w") as log:
            self.process = start(
                [*command, ROOT, "\n".join(online), self.name],
                dict(os.environ), stdout=log, stderr=log,
            )  # fmt: skip
        self.leader = self.wait_for_leader()
        self.run("systemctl is-system-running --wait || systemctl --failed --no-pager")

    def log(self):
        return self.folder.with_name(self.folder.name + ".log")

    def wait_for_leader(self):
        """Return the id of the container's first process once systemd can be asked."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            for pid in children(self.process.pid):
                with suppress(OSError):  # ended meanwhile
                    is_booted = "/systemd" in os.readlink(f"/proc/{pid}/exe")
                    if is_booted and Path(f"/proc/{pid}/root/run/systemd/private").exists():
                        return pid
            time.sleep(0.1)  # between two tries
        raise Stop(f"No machine was booted:\n{self.log().read_text()}")

    def entered(self, command):
        """Return what runs a shell's command in the machine."""
        enter = ["nsenter", "--target", str(self.leader), "--all", "env", "-i", PATH]
        return shlex.join([*enter, "bash", "-ec", f"cd /opt/openup; {command}"])

    def run(self, command, stdin=""):
        """Run a shell's command in the machine, as root; return what it prints."""
        done = subprocess.run(
            shlex.split(self.entered(command)),
            check=False, capture_output=True, text=True, input=stdin,
        )  # fmt: skip
        if done.returncode != 0:
            raise Stop(f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def wait_until(self, condition):
        """Wait for what systemd does, as a shell's condition tells it."""
        self.run(
            f"for try in $(seq 600); do if {condition}; then exit 0; fi; sleep 0.1; done; exit 1"
        )

    def install(self):
        """Follow the guide from the database on."""
        self.run("systemctl start postgresql")
        self.run(MAKE_CERTIFICATE)
        for command in self.offline:
            if command.startswith("sudoedit"):
                self.run("cat > /etc/openup/openup.env", guide_settings())
            elif "createsuperuser" in command:
                converse(self.entered(command), [*FIRST_ACCOUNT, PASSWORD, PASSWORD])
            elif "--pwprompt" in command:
                self.run(command, f"{PASSWORD}\n{PASSWORD}\n")
            else:
                self.run(command)

    def end(self):
        if self.leader:
            os.kill(self.leader, signal.SIGKILL)
            self.process.wait()
        elif self.process:
            end(self.process)
        for hierarchy in CGROUPS:
            for group, _groups, _files in os.walk(hierarchy / self.name, topdown=False):
                remove_group(Path(group))


def remove_group(group):
    """Remove a control group once its processes have ended."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            return group.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)  # between two tries


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def booted_machine(folder):
    """Give a machine on which the guide was followed to its end."""
    machine = Machine(folder)
    try:
        machine.boot()
        machine.install()
        yield machine
    finally:
        machine.end()
