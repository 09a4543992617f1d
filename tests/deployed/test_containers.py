"""The containers of docs/deployment.md, built and started by Docker from Debian's packages."""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from itertools import pairwise
from pathlib import Path

import pytest

from tests.deployed.containers import (
    ALERT_MAIL,
    ARTICLE,
    CANARY,
    DOCKER,
    IMAGE,
    USER_ID,
    engine_with_images,
    obstacle,
    running_containers,
)
from tests.deployed.machine import KEYS, PASSWORD

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.skipif(bool(obstacle()), reason=obstacle()),
]

OURS = ("site", "mail", "daily")


@pytest.fixture(scope="module")
def engine():
    with tempfile.TemporaryDirectory(prefix="openup-containers-") as name:
        # nginx's workers, www-data under root, must be able to enter.
        Path(name).chmod(0o755)
        yield engine_with_images(Path(name))


@pytest.fixture(scope="module")
def containers(engine):
    with running_containers(engine, engine.folder.parent) as containers:
        containers.manage("import_articles", "articles/sample")
        yield containers


@pytest.mark.exercise("Image for containers")
def test_the_image_is_built_from_the_clone_by_the_guides_command(engine, record_property):
    config = engine.image["Config"]

    names = {line.partition("=")[0] for line in config["Env"]}
    assert names - {"PATH"} == {"PYTHONUTF8", "HOST", "OPENUP_ENV_FILE"}
    assert config["User"] == str(USER_ID)
    record_property("megabytes", round(engine.image["Size"] / 1e6))


@pytest.mark.exercise("Containers")
def test_the_site_of_the_containers_is_healthy_and_takes_a_comment(containers):
    told = containers.inside("site", ".venv/bin/python -E -m deploy.health")
    status, page = containers.page(ARTICLE)
    written = containers.post("컨테이너에서 쓴 글.")
    numbers = containers.engine.inside("curl", "--silent", "http://127.0.0.1:9101/metrics")

    assert "ok" in told and "migrations up to date" in told
    assert (status, written) == (200, 302)
    assert 'lang="ko"' in page
    assert "컨테이너에서 쓴 글." in containers.page(f"{ARTICLE}?comment=1")[1]
    assert "openup_database_up 1.0" in numbers
    assert containers.page("/static/nothing.css")[0] == 404


@pytest.mark.parametrize("service", [*OURS, "database"])
def test_no_container_may_do_more_than_it_must(containers, service):
    host = containers.inspect(service)["HostConfig"]

    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert not host["Privileged"]


@pytest.mark.parametrize("service", OURS)
def test_the_applications_containers_have_no_rights_at_all(containers, service):
    status = containers.inside(service, "cat /proc/1/status").splitlines()
    refused = containers.inside(service, "touch /opt/openup/x /etc/x /x 2>&1 || true")
    inspected = containers.inspect(service)

    fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    assert fields["Uid"].split() == fields["Gid"].split() == [str(USER_ID)] * 4
    assert [fields[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")] == ["0" * 16] * 5
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    assert refused.count("Read-only file system") == 3
    assert inspected["HostConfig"]["Memory"] == 2**30
    assert inspected["HostConfig"]["PidsLimit"] == 500


def test_the_database_is_reached_by_the_application_alone_and_reaches_nobody(containers):
    site = containers.inspect("site")["NetworkSettings"]
    address = site["Networks"]["openup_default"]["IPAddress"]
    reach = f"timeout 5 bash -c '</dev/tcp/{address}/8000' 2>/dev/null && echo reached || echo no"

    networks = containers.inspect("database")["NetworkSettings"]["Networks"]
    hosts = {each["HostIp"] for mapped in site["Ports"].values() for each in mapped or ()}

    assert list(networks) == ["openup_data"]
    assert containers.inside("mail", reach) == "reached\n"
    assert containers.inside("database", reach) == "no\n"
    assert hosts == {"127.0.0.1"}


def test_no_secret_is_in_the_image_or_said_by_the_engine(containers):
    settings = (containers.places["/etc/openup"] / "openup.env").read_text()
    values = dict(line.split("=", 1) for line in settings.splitlines())
    secrets = [CANARY, PASSWORD, *(values[name].removeprefix("k1:") for name in KEYS)]
    engine, image = containers.engine, f"{IMAGE}:{containers.release}"
    patterns = engine.folder / "secrets"
    patterns.write_text("\n".join(secrets) + "\n")

    told = engine.docker("history", "--no-trunc", image) + engine.docker("inspect", image)
    told += "".join(
        engine.docker("inspect", containers.container(service)) for service in (*OURS, "database")
    )
    told += "".join(containers.inside(service, "cat /proc/*/environ") for service in OURS)
    layers = engine.call(
        [
            "sh",
            "-c",
            f"{DOCKER} save {image} | grep --text --count --fixed-strings --file {patterns}",
        ]
    )

    assert [secret for secret in secrets if secret in told] == []
    assert (layers.stdout, layers.stderr) == ("0\n", "")
    assert containers.inside("site", "cat /run/secrets/openup.env") == settings


def test_a_container_whose_process_dies_is_there_again(containers):
    before = containers.inspect("site")

    containers.engine.call([DOCKER, "exec", before["Id"], "sh", "-c", "kill -9 -1"])
    containers.wait_until(lambda: containers.inspect("site")["RestartCount"])
    containers.wait_until_healthy()

    assert containers.inspect("site")["State"]["StartedAt"] > before["State"]["StartedAt"]
    assert containers.page("/?comment=1")[0] == 200


def test_services_stop_in_their_time_and_start_with_all_that_was_there(containers):
    assert containers.post("멈추기 전에 쓴 글.") == 302

    containers.compose("stop")
    try:
        ends = {
            service: containers.inspect(service)["State"]["ExitCode"]
            for service in (*OURS, "database")
        }
    finally:
        containers.compose("start", "database", *OURS)
        containers.wait_until_healthy()

    # A shell that waits for its hour has nothing to finish.
    assert ends == {"site": 0, "mail": 0, "daily": 128 + 15, "database": 0}
    assert "멈추기 전에 쓴 글." in containers.page(f"{ARTICLE}?comment=1")[1]


@pytest.mark.exercise("Backup and restore in containers")
def test_the_days_work_runs_at_its_time_and_its_backup_is_restored(containers):
    folder = containers.places["/var/backups/openup"]
    assert containers.post("백업 전에 쓴 글.") == 302

    containers.choose(containers.release, DAILY_AT="now + 3 seconds")
    containers.compose("up", "--detach", "--no-deps", "daily")
    containers.wait_until(lambda: list(folder.glob("*Z/backup.json")))
    containers.choose(containers.release)
    containers.compose("up", "--detach", "--no-deps", "daily")
    backup = min(path.parent for path in folder.glob("*Z/backup.json"))
    numbers = containers.engine.inside("curl", "--silent", "http://127.0.0.1:9101/metrics")
    assert containers.post("백업 뒤에 쓴 글.") == 302
    containers.compose("stop", "site", "mail", "daily")
    told = containers.manage("restore", f"/var/backups/openup/{backup.name}", "--replace")
    containers.compose("up", "--detach")
    containers.wait_until_healthy()

    settings = (containers.places["/etc/openup"] / "openup.env").read_text()
    assert (backup / "settings.env").read_text() == settings
    assert oct(backup.stat().st_mode & 0o777) == "0o700"
    assert told.count("Key ") == told.count(": here") == 3
    assert "openup_backup_timestamp_seconds 0.0" not in numbers
    page = containers.page(f"{ARTICLE}?comment=1")[1]
    assert "백업 전에 쓴 글." in page
    assert "백업 뒤에 쓴 글." not in page


def test_work_of_the_day_that_fails_is_mailed(containers):
    folder, mails = containers.places["/var/backups/openup"], containers.folder / "lib" / "mail"
    folder.chmod(0)

    containers.choose(containers.release, DAILY_AT="now + 3 seconds")
    containers.compose("up", "--detach", "--no-deps", "daily")
    try:
        containers.wait_until(lambda: any(map(is_alert, mails.glob("*.eml"))))
    finally:
        folder.chmod(0o750)
        containers.choose(containers.release)
        containers.compose("up", "--detach", "--no-deps", "daily")


def is_alert(path):
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    return ALERT_MAIL in mail["To"] and "back_up" in mail["Subject"]


@pytest.mark.exercise("Update of containers, and the way back")
def test_an_update_shows_readers_a_page_and_goes_back(containers, record_property):
    answers, is_over = [], threading.Event()

    def read():
        while not is_over.is_set():
            answers.append((time.monotonic(), *containers.page("/?comment=1")))

    def update(release):
        containers.choose(release)
        containers.compose("run", "--rm", "-T", "prepare")
        begun = time.monotonic()
        containers.compose("up", "--detach", "--no-deps", *OURS)
        containers.wait_until_healthy()
        return begun

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        try:
            moments = []
            for release in ("next", containers.release):
                moments.append(update(release))
                assert containers.inspect("site")["Config"]["Image"] == f"{IMAGE}:{release}"
        finally:
            is_over.set()
        reading.result()

    away = [(at, page) for at, status, page in answers if status != 200]
    # While the next image is prepared, the site is as ever.
    assert all(at > moments[0] for at, _page in away)
    assert {status for _at, status, _page in answers} <= {200, 503}
    assert all("몇 초 뒤에 다시" in page for _at, page in away)
    record_property("answers", len(answers))
    record_property("refused_in_words", len(away))
    seconds = sum(after[0] - each[0] for each, after in pairwise(answers) if each[1] != 200)
    record_property("seconds_each_time", round(seconds / len(moments), 1))


def test_nothing_of_it_is_left_on_this_machine(containers):
    """What the test itself promises: the engine's networks are its own."""
    bridges = {path.name for path in Path("/sys/class/net").iterdir()}
    networks = containers.engine.docker("network", "ls", "--quiet").split()

    assert len(networks) >= 4
    assert not [name for name in bridges if name.removeprefix("br-") in networks]
