"""PostgreSQL comes back to a moment by the commands of docs/recovery.md, on a booted machine."""

import re
import time

import pytest

from deploy.processes import ROOT
from tests.deployed.installation import HOST
from tests.deployed.machine import booted_machine, obstacle
from tests.deployed.test_units import ASK, MOST_EXPOSED, properties

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.skipif(bool(obstacle()), reason=obstacle()),
]

PAGE = (ROOT / "docs" / "recovery.md").read_text()
CHAPTER = PAGE.partition("## Recovery to a point in time")[2].partition("\n## ")[0]
SET_UP, _, BAD_NIGHT = CHAPTER.partition("### On the bad night")
MOMENT = "2026-11-30 02:14:59+09"
UNITS = ("openup-pgbackrest@full.service", "openup-pgbackrest@diff.service")
PAIR = "--data email=reader{number}@example.com --data 'password=right horse key'"


def commands(text):
    """Return the page's commands as root's own, less those that need the network."""
    lines = re.findall(r"^    ((?:sudo|until) [^✱\n]+)$", text, re.MULTILINE)
    lines = [re.sub(r"\bsudo -u (\w+) ", r"runuser -u \1 -- env ", line) for line in lines]
    return [re.sub(r"\bsudo ", "", line) for line in lines if "apt-get" not in line]


def post(machine, number, path, **fields):
    data = " ".join(f"--data-urlencode '{name}={value}'" for name, value in fields.items())
    machine.run(
        f"{ASK} --output /dev/null --interface 127.0.7.{number} {PAIR.format(number=number)} {data}"
        f" https://{HOST}{path}"
    )


def write(machine, number):
    post(machine, number, "/articles/3/comments/", body=f"복구해 볼 글 {number}")


def ask(machine, query):
    return machine.run(f'runuser -u postgres -- psql -At openup --command "{query}"').strip()


def fingerprints(machine):
    """Return {table: a digest of all its rows}."""
    names = ask(machine, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").split()
    digest = "md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), ''))"
    query = " UNION ALL ".join(f"SELECT '{name}', {digest} FROM {name} t" for name in names)  # noqa: S608
    return dict(line.split("|") for line in ask(machine, query).splitlines())


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with booted_machine(tmp_path_factory.mktemp("machine")) as machine:
        if not machine.run("command -v pgbackrest || true"):
            pytest.skip("pgbackrest is not installed")
        machine.run(
            "runuser -u openup -- env OPENUP_ENV_FILE=/etc/openup/openup.env"
            " .venv/bin/python manage.py import_articles articles/sample"
        )
        for command in commands(SET_UP):
            machine.run(command)
        yield machine


def test_the_page_sets_an_encrypted_archive_up(machine):
    told = machine.run("runuser -u postgres -- pgbackrest info")
    timers = " ".join(f"openup-pgbackrest-{kind}.timer" for kind in ("full", "diff"))

    assert "status: ok" in told and "cipher: aes-256-cbc" in told and "full backup" in told
    assert machine.run(f"systemctl is-active {timers}").split() == ["active", "active"]


@pytest.mark.exercise("Recovery to a point in time")
def test_the_moment_before_the_harm_comes_back_and_nothing_after_it(machine, record_property):
    # Good days: one comment, a moment, further comments and a mail that waits.
    write(machine, 1)
    too_early = ask(machine, "SELECT clock_timestamp()")
    write(machine, 2)
    write(machine, 3)
    post(machine, 3, "/comments/mine/")
    machine.run("systemctl stop openup-mail")
    good = fingerprints(machine)
    moment = ask(machine, "SELECT clock_timestamp()")
    # The harm; one comment is written after it, and one deleted by its writer.
    ask(machine, "UPDATE comments_comment SET body = 'overwritten', body_html = 'overwritten'")
    write(machine, 4)
    second = ask(machine, "SELECT min(id) + 1 FROM comments_comment")
    post(machine, 2, f"/comments/{second}/delete/")
    assert ask(machine, "SELECT count(*) FROM comments_comment WHERE state = 'deleted'") == "1"

    began = time.monotonic()
    night = commands(BAD_NIGHT)
    assert sum(MOMENT in command for command in night) == 1
    looked = next(at for at, command in enumerate(night) if "max(created_at)" in command) + 1
    for command in night[:looked]:
        told = machine.run(command.replace(MOMENT, too_early))
    assert told.split()[4] == "1"
    # As the page has it for a moment that was not the right one.
    machine.run("systemctl stop postgresql@15-main; rm -r /var/lib/postgresql/15/main/*")
    for command in night[:looked]:
        if "pgbackrest --stanza" in command:
            machine.run(
                command.replace(MOMENT, moment).replace(
                    " restore", " --target-timeline=current restore"
                )
            )
        elif command.startswith(("systemctl start", "until")):
            machine.run(command)
    recovered = fingerprints(machine)
    waiting = ask(machine, "SELECT count(*) FROM comments_outbox WHERE ended_at IS NULL")
    told = [machine.run(command) for command in night[looked:]]
    record_property("seconds", round(time.monotonic() - began))

    assert [name for name in good if good[name] != recovered.get(name)] == []
    assert waiting == "1"
    assert "mails: 1\n" in "".join(told)
    assert "Deleted since the backup: 1 comments deleted\n" in told
    assert ask(machine, "SELECT count(*) FROM comments_outbox WHERE ended_at IS NULL") == "0"
    states = ask(machine, "SELECT state FROM comments_comment ORDER BY id").split()
    assert states == ["published", "deleted", "published"]
    shown = machine.run(f"{ASK} --location 'https://{HOST}/articles/3/'")
    assert "복구해 볼 글 1" in shown and "복구해 볼 글 3" in shown
    assert not [text for text in ("복구해 볼 글 2", "글 4", "overwritten") if text in shown]
    machine.wait_until("! systemctl is-active openup-pgbackrest@full")
    for unit in UNITS[:1]:
        assert properties(machine, unit, "Result")["Result"] == "success"
    record_property("lost", 0)


@pytest.mark.parametrize("unit", UNITS)
def test_both_kinds_of_backup_end_well_in_their_sandbox(machine, unit):
    machine.run(f"systemctl start {unit}")

    told = machine.run(f"systemd-analyze security --no-pager {unit}")

    assert properties(machine, unit, "Result", "ExecMainStatus") == {
        "Result": "success",
        "ExecMainStatus": "0",
    }
    assert float(re.search(r"Overall exposure level for \S+: ([\d.]+)", told)[1]) < MOST_EXPOSED


def test_a_log_that_does_not_arrive_fails_the_backup(machine):
    machine.run("mv /var/lib/pgbackrest/archive /var/lib/pgbackrest/gone")
    try:
        machine.run("! systemctl start openup-pgbackrest@diff")
    finally:
        machine.run("mv /var/lib/pgbackrest/gone /var/lib/pgbackrest/archive")

    failures = machine.run("journalctl --unit 'openup-failed@*' --no-pager")
    assert "openup-pgbackrest@diff" in failures


def test_nobody_reads_the_repository_without_its_passphrase(machine):
    write(machine, 9)
    machine.run("systemctl start openup-pgbackrest@diff")

    search = "grep --recursive --files-with-matches postgres /var/lib/pgbackrest"
    ask_info = (
        "runuser -u postgres -- pgbackrest --stanza=openup {} info | grep --text 'status: ok'"
    )

    assert machine.run(f"{search} || true") == ""
    assert machine.run(ask_info.format(""))
    machine.run(f"! {ask_info.format('--repo1-cipher-type=none')}")


@pytest.mark.exercise("Loss of the database's disk")
def test_a_lost_disk_costs_what_had_not_left_it(machine, record_property):
    write(machine, 7)
    # It has the log written up to here leave, and waits for that.
    machine.run("runuser -u postgres -- pgbackrest --stanza=openup check")
    write(machine, 8)
    machine.run(
        "systemctl kill --signal=KILL postgresql@15-main; systemctl stop openup openup-mail"
    )
    machine.run("systemctl stop postgresql@15-main; rm -r /var/lib/postgresql/15/main/*")

    machine.run("runuser -u postgres -- pgbackrest --stanza=openup restore")
    for command in commands(BAD_NIGHT):
        if command.startswith(("systemctl start postgresql", "until")):
            machine.run(command)

    texts = ask(machine, "SELECT body FROM comments_comment").splitlines()
    lost = [number for number in (7, 8) if f"복구해 볼 글 {number}" not in texts]
    assert 7 not in lost
    record_property("lost", len(lost))
