"""Docker and what deploy/Dockerfile and deploy/compose.yaml say, apart from all that runs here.

The engine has namespaces of its own, so that its networks are not this machine's, and all that it
has started ends with it. No registry is asked: the base image is made from Debian's packages, and
PostgreSQL is this machine's.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy.environment import VENV_PYTHON
from deploy.processes import ROOT, Stop, end, start
from tests.deployed.installation import GUIDE, HOST, Installation
from tests.deployed.machine import PASSWORD, children, guide_settings, remove_group
from tests.deployed.test_update import NOT_COPIED
from tests.postgresql import find_programs

DOCKER, COMPOSE = "/usr/bin/docker", "/usr/bin/docker-compose"
CHAPTER = GUIDE.partition("## In containers")[2].partition("\n## ")[0]
IMAGE = "localhost/openup"
ALERT_MAIL = "ops@example.kr"
USER_ID = 10001
ARTICLE = "/articles/1/"
# What may lie in the folder that the image is built from, and belongs to nobody else.
CANARY = "a-key-that-lies-in-the-clone"
OPERATORS_FILES = ("var/.env", "deploy/.env", "deploy/openup.env", ".env", "id_ed25519")
START_SECONDS = 300
END_SECONDS = 30
CGROUPS = Path("/sys/fs/cgroup")
# What the official image does with the variables of compose.yaml, in small.
POSTGRESQL = """\
#!/bin/sh
set -eu
become="setpriv --reuid postgres --regid postgres --init-groups env PATH={programs}:$PATH"
chown postgres: "$PGDATA" /run/postgresql
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    cat "$POSTGRES_PASSWORD_FILE" > /tmp/password
    chown postgres: /tmp/password
    $become initdb --username "$POSTGRES_USER" --pwfile /tmp/password $POSTGRES_INITDB_ARGS
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" | $become postgres --single -jE postgres
    rm /tmp/password
fi
exec $become "$@" -c listen_addresses='*'
"""


def obstacle():
    """Return why no container can be started here, or nothing."""
    if os.geteuid() != 0:
        return "only root starts an engine for containers"
    for program in ("/usr/sbin/dockerd", DOCKER, COMPOSE, "/usr/bin/mmdebstrap"):
        if not Path(program).exists():
            return f"{program} is not installed"
    release = Path("/etc/os-release")
    if not release.exists() or "VERSION_CODENAME=bookworm" not in release.read_text():
        return "the base image is made from the packages of Debian 12, and this is another system"
    return ""


class Engine:
    """Docker's daemon, with all that it keeps in one folder."""

    def __init__(self, folder):
        self.folder, self.name = folder, f"openup-{os.getpid()}"
        self.socket = folder / "docker.sock"
        self.env = dict(os.environ) | {
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_BUILDKIT": "0",
        }
        self.process = self.leader = None

    @contextmanager
    def running(self, *options, namespaces=()):
        """Run the daemon; its id as this machine knows it is `leader`."""
        # Killed, if the tests die: `unshare` lets itself not be ended otherwise.
        apart = ["setpriv", "--pdeathsig", "KILL", "--"]
        apart += [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            *namespaces,
        ]
        files = "nofile=$(ulimit -Hn):$(ulimit -Hn)"
        daemon = (
            f"ip link set lo up 2>/dev/null; exec /usr/sbin/dockerd --host unix://{self.socket}"
            f" --data-root {self.folder}/data --exec-root {self.folder}/exec"
            f" --pidfile {self.folder}/pid --cgroup-parent /{self.name}"
            f" --default-ulimit {files} {shlex.join(options)}"
        )
        with (self.folder / "log").open("a") as log:
            command = [*apart, "sh", "-c", daemon]
            self.process = start(command, self.env, stdout=log, stderr=log)
        try:
            self.wait()
            (self.leader,) = children(self.process.pid)
            yield self
        finally:
            end(self.process)
            self.remove_groups()

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        while self.call([DOCKER, "info"]).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Stop(f"Docker does not start:\n{(self.folder / 'log').read_text()[-4000:]}")
            time.sleep(0.2)  # between two tries

    def remove_groups(self):
        for top in CGROUPS.glob(f"*/{self.name}"):
            for group, _groups, _files in os.walk(top, topdown=False):
                remove_group(Path(group))

    def call(self, command, **options):
        return subprocess.run(
            [str(part) for part in command],
            check=False, capture_output=True, env=self.env, text=True, **options,
        )  # fmt: skip

    def run(self, *command, **options):
        """Run a program that asks the daemon; return what it prints."""
        done = self.call(command, **options)
        if done.returncode != 0:
            raise Stop(f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")
        return done.stdout

    def docker(self, *arguments):
        return self.run(DOCKER, *arguments)

    def inside(self, *command, **options):
        """Run a program of this machine's in the network of the containers' host."""
        return self.run("nsenter", "--target", self.leader, "--net", "--", *command, **options)


def make_base_image(engine):
    """Make what the Dockerfile begins with: Debian's smallest system, with this machine's sources.

    Python's packages lie in it, since the index may be reached in a way that only this machine
    knows; the Dockerfile still compares each with its hash.
    """
    folder = engine.folder / "base"
    (folder / "wheels").mkdir(parents=True)
    download = [VENV_PYTHON, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
    download += ["--require-hashes", "--requirement", ROOT / "requirements.txt"]
    engine.run(*download, "--dest", folder / "wheels")
    (folder / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    acquire = engine.run("apt-config", "dump", "Acquire").splitlines()
    (folder / "acquire").write_text(
        "\n".join(line for line in acquire if re.match(r"Acquire::(Check|https?::Proxy)", line))
    )
    # As Debian's own image has it.
    (folder / "unsafe").write_text("force-unsafe-io\n")
    sources = [*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    debian = [path for path in sources if "deb.debian.org" in path.read_text()]
    debootstrap = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"]
    debootstrap += ["--dpkgopt=force-unsafe-io", "bookworm", folder / "debian.tar", *debian]
    engine.run(*debootstrap)
    engine.docker("import", folder / "debian.tar", "debian:12-minbase")
    (folder / "Dockerfile").write_text(
        "FROM debian:12-minbase\nCOPY wheels /wheels\nCOPY pip.conf /etc/\n"
        "COPY acquire /etc/apt/apt.conf.d/99acquire\nCOPY unsafe /etc/dpkg/dpkg.cfg.d/unsafe\n"
    )
    (folder / "debian.tar").unlink()
    engine.docker("build", "--quiet", "--tag", "debian:12-slim", folder)


def build(engine):
    """Build the image with the guide's command, and a second one as if it were the next release."""
    clone = engine.folder / "clone"
    shutil.copytree(ROOT, clone, ignore=NOT_COPIED, symlinks=True)
    for place in OPERATORS_FILES:
        (clone / place).parent.mkdir(exist_ok=True)
        (clone / place).write_text(f"SECRET_KEY={CANARY}\n")
    (command,) = re.findall(r"^    sudo docker (build .+)$", CHAPTER, re.MULTILINE)
    release = re.search(r"localhost/openup:(\S+)", command)[1]
    engine.run(DOCKER, *shlex.split(command), "--network", "host", cwd=clone)
    following = engine.folder / "next"
    following.mkdir()
    (following / "Dockerfile").write_text(
        f"FROM {IMAGE}:{release}\nUSER root\nRUN echo >> openup/views.py\nUSER {USER_ID}\n"
    )
    engine.docker("build", "--quiet", "--tag", f"{IMAGE}:next", following)
    return release


class Stack:
    """The services of compose.yaml, on folders of their own, behind this machine's nginx."""

    def __init__(self, engine, folder, release):
        self.engine, self.folder, self.release = engine, folder, release
        names = {"etc": "etc", "var/lib": "lib", "var/cache": "cache", "var/backups": "backups"}
        self.places = {f"/{place}/openup": folder / name for place, name in names.items()}
        self.nginx = Installation(folder, dict(os.environ))
        # The network is its own, so the ports are those of the guide.
        self.nginx.app_port, self.nginx.http_port, self.nginx.https_port = 8000, 80, 443

    def write_files(self):
        for path in self.places.values():
            path.mkdir()
        for name in ("lib", "cache", "backups"):
            os.chown(self.folder / name, USER_ID, USER_ID)
        settings = guide_settings() + f"ALERT_MAIL={ALERT_MAIL}\n"
        changed = dict(
            re.findall(r"^    (DATABASE_URL|TRUSTED_PROXIES)=(\S+)$", CHAPTER, re.MULTILINE)
        )
        quoted = re.search(r"openup:(\S+)@127", settings)[1]
        changed["DATABASE_URL"] = changed["DATABASE_URL"].replace("…", quoted)
        changed["EMAIL_URL"] = "file:///var/lib/openup/mail"
        for name, value in changed.items():
            settings = re.sub(rf"^{name}=.*$", f"{name}={value}", settings, flags=re.MULTILINE)
        self.keep("openup.env", settings, 0o640, USER_ID)
        self.keep("database-password", PASSWORD, 0o600, 0)
        text = (ROOT / "deploy" / "compose.yaml").read_text()
        for old, new in self.places.items():
            # What stands left of the colon is the host's.
            text = text.replace(f"- {old}:", f"- {new}:").replace(f"file: {old}", f"file: {new}")
        (self.folder / "compose.yaml").write_text(text)
        script = self.folder / "postgresql.sh"
        script.write_text(POSTGRESQL.format(programs=find_programs()))
        script.chmod(0o755)
        here = ["/usr:/usr:ro", "/etc/passwd:/etc/passwd:ro", "/etc/group:/etc/group:ro"]
        database = {
            "image": "debian:12-slim",
            "entrypoint": "/postgresql.sh",
            "environment": {"PGDATA": "/var/lib/postgresql/data"},
            "volumes": [f"{script}:/postgresql.sh:ro", *here],
            "stop_signal": "SIGINT",
        }
        (self.folder / "here.yaml").write_text(
            json.dumps({"version": "3.9", "services": {"database": database}})
        )
        self.choose(self.release)
        self.nginx.make_certificate()
        self.nginx.write_nginx(log=False)

    def keep(self, name, text, mode, group):
        path = self.places["/etc/openup"] / name
        path.write_text(text)
        path.chmod(mode)
        os.chown(path, 0, group)

    def choose(self, release, **others):
        """Write what stands in deploy/.env."""
        values = {"OPENUP_IMAGE": f"{IMAGE}:{release}", "COMPOSE_PROJECT_NAME": "openup", **others}
        (self.folder / ".env").write_text("".join(f"{key}={values[key]}\n" for key in values))

    def compose(self, *arguments):
        """Run what the guide calls `docker compose`."""
        files = ["--file", "compose.yaml", "--file", "here.yaml"]
        return self.engine.run(COMPOSE, *files, *arguments, cwd=self.folder)

    def manage(self, *arguments):
        """Run one of the site's commands as the guide has it, in a container for this alone."""
        command = [".venv/bin/python", "manage.py", *arguments]
        return self.compose("run", "--rm", "--no-deps", "-T", "daily", *command)

    def container(self, service):
        labels = {"project": "openup", "service": service, "oneoff": "False"}
        parts = [f"--filter=label=com.docker.compose.{name}={labels[name]}" for name in labels]
        return self.engine.docker("ps", "--all", "--quiet", *parts).strip()

    def inside(self, service, script):
        """Run a shell's command in a service's container; return what it prints."""
        return self.engine.docker("exec", self.container(service), "sh", "-c", script)

    def inspect(self, service):
        (told,) = json.loads(self.engine.docker("inspect", self.container(service)))
        return told

    def wait_until(self, is_so):
        deadline = time.monotonic() + START_SECONDS
        while not is_so():
            if time.monotonic() > deadline:
                raise Stop(
                    f"It did not happen:\n{self.compose('ps')}{self.compose('logs', '--tail=40')}"
                )
            time.sleep(0.2)  # between two tries

    def wait_until_healthy(self):
        self.wait_until(lambda: self.inspect("site")["State"]["Health"]["Status"] == "healthy")

    def post(self, body):
        """Write a comment; return the status."""
        fields = ("email=mina@example.com", "password=right horse key", f"body={body}")
        data = [part for field in fields for part in ("--data-urlencode", field)]
        return self.ask(f"{ARTICLE}comments/", *data)[0]

    def page(self, path):
        return self.ask(path, "--location")

    def ask(self, path, *options):
        """Ask nginx as a reader's program does; return the status and the page."""
        curl = ["curl", "--silent", "--show-error", "--cacert", self.nginx.certificate]
        curl += ["--resolve", f"{HOST}:443:127.0.0.1", "--write-out", "\n%{http_code}"]
        told = self.engine.inside(*curl, *options, f"https://{HOST}{path}")
        page, _line, status = told.rpartition("\n")
        return int(status), page


def engine_with_images(folder):
    """Give an engine, not running, that has the images."""
    engine = Engine(folder / "engine")
    engine.folder.mkdir()
    # Building needs the network; nothing of it is changed.
    with engine.running("--iptables=false", "--ip-forward=false", "--bridge=none"):
        make_base_image(engine)
        engine.release = build(engine)
        name = f"{IMAGE}:{engine.release}"
        (engine.image,) = json.loads(engine.docker("image", "inspect", name))
    return engine


@contextmanager
def running_containers(engine, folder):
    """Give the containers of the guide, running, behind nginx."""
    with ExitStack() as stack:
        stack.enter_context(engine.running(namespaces=["--net"]))
        containers = Stack(engine, folder / "host", engine.release)
        containers.folder.mkdir()
        containers.write_files()
        containers.compose("up", "--detach")
        enter = ["nsenter", "--target", str(engine.leader), "--net", "--"]
        stack.callback(end, start([*enter, *containers.nginx.nginx_command()], dict(os.environ)))
        containers.wait_until_healthy()
        yield containers
