"""What systemd makes of the units, on a machine that it has booted and that follows the guide."""

import re

import pytest

from tests.deployed.installation import HOST
from tests.deployed.machine import FIRST_ACCOUNT, SERVICES, booted_machine, obstacle

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.skipif(bool(obstacle()), reason=obstacle()),
]

TIMERS = ("openup-backup.timer", "openup-daily.timer", "openup-drill.timer")
ASK = (
    "curl --silent --show-error --retry 60 --retry-delay 1 --retry-all-errors --fail"
    f" --cacert /etc/letsencrypt/live/{HOST}/fullchain.pem --resolve {HOST}:443:127.0.0.1"
)
# What systemd's own scale calls exposed begins at 5.
MOST_EXPOSED = 5.0


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with booted_machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine


def properties(machine, unit, *names):
    """Return what systemd says of a unit."""
    options = " ".join(f"--property={name}" for name in names)
    lines = machine.run(f"systemctl show {options} {unit}").splitlines()
    return dict(line.split("=", 1) for line in lines)


def page(machine, path="/"):
    return machine.run(f"{ASK} https://{HOST}{path}")


def test_the_guide_leaves_everything_running_and_nothing_failed(machine):
    units = [*SERVICES, *TIMERS, "nginx.service", "postgresql.service"]

    states = machine.run(f"systemctl is-active {' '.join(units)}").split()
    enabled = machine.run(f"systemctl is-enabled {' '.join(units)}").split()
    failed = machine.run("systemctl list-units --failed --plain --no-legend")

    assert states == ["active"] * len(units)
    assert enabled == ["enabled"] * len(units)
    assert failed == ""
    assert 'lang="ko"' in page(machine)


def test_connections_that_wait_are_handed_on_as_the_guide_sets_it(machine):
    assert machine.run("cat /proc/sys/net/ipv4/tcp_migrate_req") == "1\n"


def test_the_first_account_may_do_everything(machine):
    asked = "SELECT username, is_superuser, is_staff FROM auth_user"

    told = machine.run(
        f'runuser -u postgres -- psql --tuples-only --no-align openup --command "{asked}"'
    )

    assert told == f"{FIRST_ACCOUNT[0]}|t|t\n"


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_that_is_killed_is_there_again(machine, unit):
    page(machine, "/healthz")
    old = properties(machine, unit, "MainPID", "NRestarts")

    machine.run(f"systemctl kill --signal=KILL {unit}")
    machine.wait_until(f'[ "$(systemctl show --value -p NRestarts {unit})" != {old["NRestarts"]} ]')
    machine.wait_until(f"systemctl is-active {unit}")

    assert properties(machine, unit, "MainPID")["MainPID"] != old["MainPID"]
    assert page(machine, "/healthz")
    assert "openup_database_up 1.0" in machine.run(
        f"{ASK.partition(' --cacert')[0]} http://127.0.0.1:9101/metrics"
    )


@pytest.mark.parametrize(
    ("file", "break_it"),
    [
        ("/opt/openup/openup/writer_queue.py", "echo this is no Python >> {file}"),
        ("/etc/openup/openup.env", "sed --in-place /^SECRET_KEY=/d {file}"),
    ],
)
def test_a_reload_of_what_cannot_be_loaded_leaves_the_workers(machine, file, break_it):
    page(machine, "/healthz")
    main = properties(machine, "openup.service", "MainPID")["MainPID"]
    workers = machine.run(f"pgrep --parent {main}")

    machine.run(f"cp --archive {file} /tmp/whole; {break_it.format(file=file)}")
    try:
        machine.run("! systemctl reload openup")

        assert machine.run(f"pgrep --parent {main}") == workers
        assert page(machine, "/?comment=1")
    finally:
        machine.run(f"cp --archive /tmp/whole {file}")


def test_a_reload_takes_new_workers_and_keeps_the_server(machine):
    page(machine, "/healthz")
    main = properties(machine, "openup.service", "MainPID")["MainPID"]
    old = machine.run(f"pgrep --parent {main}").split()

    machine.run("systemctl reload openup")
    machine.wait_until(f"! ps --pid {','.join(old)}")

    assert properties(machine, "openup.service", "MainPID", "NRestarts")["MainPID"] == main
    assert page(machine, "/?comment=1")


@pytest.mark.parametrize("unit", [timer.replace("timer", "service") for timer in TIMERS])
def test_what_the_timers_start_ends_well(machine, unit):
    machine.run(f"systemctl start {unit}")

    assert properties(machine, unit, "Result", "ExecMainStatus") == {
        "Result": "success",
        "ExecMainStatus": "0",
    }


def test_the_backup_is_for_the_owner_alone(machine):
    machine.run("systemctl start openup-backup.service")

    assert machine.run("find /var/backups/openup -mindepth 1 -perm /077") == ""
    assert machine.run("find /var/backups/openup -name database.dump -size +0")


def test_a_backup_is_followed_by_its_encrypted_copy(machine):
    if not machine.run("command -v age-keygen || true"):
        pytest.skip("age is not installed")
    public_key = "age-keygen 2>&1 >/dev/null | sed 's/.*: //'"
    machine.run(f"{public_key} > /etc/openup/backup-recipients.txt")

    machine.run("systemctl start openup-backup.service")
    machine.wait_until("ls /var/backups/openup/encrypted/*.tar.age")

    machine.wait_until("! systemctl is-active openup-copy.service")
    assert properties(machine, "openup-copy.service", "Result")["Result"] == "success"
    assert machine.run("find /var/backups/openup/encrypted -name '*.unfinished'") == ""


def test_services_stop_cleanly_and_leave_no_process(machine):
    machine.run(f"systemctl stop {' '.join(SERVICES)}")
    try:
        ends = [properties(machine, unit, "ActiveState", "Result") for unit in SERVICES]
        left = machine.run("pgrep --list-full --uid openup || true")
    finally:
        machine.run(f"systemctl start {' '.join(SERVICES)}")

    assert ends == [{"ActiveState": "inactive", "Result": "success"}] * len(SERVICES)
    assert left == ""


@pytest.mark.parametrize(
    "unit", [*SERVICES, *(timer.replace("timer", "service") for timer in TIMERS)]
)
def test_systemd_calls_no_service_exposed(machine, unit):
    told = machine.run(f"systemd-analyze security --no-pager {unit}")

    assert float(re.search(r"Overall exposure level for \S+: ([\d.]+)", told)[1]) < MOST_EXPOSED


def test_files_may_be_opened_for_all_connections_that_are_let_in(machine):
    server = properties(machine, "openup.service", "LimitNOFILE")["LimitNOFILE"]
    worker = machine.run("pgrep --newest --uid www-data nginx").strip()
    limit = machine.run(f"grep 'Max open files' /proc/{worker}/limits").split()[3]

    assert int(server) >= 4096
    assert int(limit) >= 2 * 8192
