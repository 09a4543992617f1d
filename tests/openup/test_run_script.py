"""The parts of `make run` that can be told without installing anything."""

import ast
import os
import re
import socket

import pytest

from deploy import environment, run
from deploy.processes import ROOT, Stop, child_environment
from tests.postgresql import free_port


@pytest.fixture
def var(tmp_path, monkeypatch):
    """Let the script believe that an empty folder is var/."""
    monkeypatch.setattr(run, "VAR", tmp_path / "var")
    return tmp_path / "var"


def test_address_is_loopback_and_8000_unless_told():
    assert run.read_address({}) == ("127.0.0.1", 8000)
    assert run.read_address({"HOST": "", "PORT": ""}) == ("127.0.0.1", 8000)
    assert run.read_address({"HOST": "0.0.0.0", "PORT": "9000"}) == ("0.0.0.0", 9000)  # noqa: S104


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80 00", "http", "8000.0", "٨٠٠٠", "1e3"])
def test_a_port_that_is_none_is_refused_by_its_name(port):
    with pytest.raises(Stop, match="PORT="):
        run.read_address({"PORT": port})


def test_a_busy_port_is_refused_with_the_way_to_choose_another():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(Stop, match=r"in use.*make run PORT="):
            run.listening_address("127.0.0.1", port)


def test_a_host_of_another_machine_is_refused_by_its_name():
    with pytest.raises(Stop, match=r"HOST=192\.0\.2\.1"):
        run.listening_address("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".kr"])
def test_a_host_that_is_no_name_is_refused_by_its_name(host):
    with pytest.raises(Stop, match="HOST="):
        run.listening_address(host, 0)


def test_the_server_is_given_the_address_of_a_name():
    assert run.listening_address("localhost", 0) in {"127.0.0.1", "::1"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1"])
def test_these_hosts_are_this_machine_alone(host):
    assert run.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "www.example.kr", None])  # noqa: S104
def test_these_hosts_are_not_this_machine_alone(host):
    assert not run.is_loopback(host)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000"),
        ("0.0.0.0", "http://127.0.0.1:9000"),  # noqa: S104
        ("::", "http://[::1]:9000"),
        ("::1", "http://[::1]:9000"),
        ("192.168.0.7", "http://192.168.0.7:9000"),
    ],
)
def test_address_to_open_can_be_opened(host, url):
    assert run.address_url(host, 9000) == url


def test_site_url_follows_the_port_while_it_is_loopback():
    from_file = {"SITE_URL": "http://127.0.0.1:8000"}

    assert run.site_url({}, from_file, "127.0.0.1", 9000) == "http://127.0.0.1:9000"


def test_site_url_of_a_real_name_stays():
    from_file = {"SITE_URL": "https://www.example.kr"}

    assert run.site_url({}, from_file, "0.0.0.0", 9000) == "https://www.example.kr"  # noqa: S104


def test_site_url_of_the_environment_outranks_all():
    environ = {"SITE_URL": "http://localhost:7000"}

    assert run.site_url(environ, {}, "127.0.0.1", 8000) == "http://localhost:7000"


def test_a_settings_file_of_another_encoding_is_refused(tmp_path):
    path = tmp_path / "settings.env"
    path.write_bytes("SITE_NAME=열린".encode("cp949"))

    with pytest.raises(Stop, match="UTF-8"):
        run.read_settings(path)


def test_the_example_is_a_settings_file():
    path = ROOT / ".env.example"

    assert run.read_settings(path)["SERVER_THREADS"] == "8"


def test_a_malformed_site_url_is_left_to_the_settings():
    assert run.site_url({}, {"SITE_URL": "http://[a"}, "127.0.0.1", 8000) == "http://[a"


def test_first_run_writes_secrets_that_only_the_owner_can_read(var):
    run.ensure_settings_file(var / ".env", {})

    values = run.read_settings(var / ".env")
    assert (var / ".env").stat().st_mode & 0o777 == 0o600
    assert len(values["SECRET_KEY"]) >= 50
    assert len(values["EMAIL_DIGEST_KEYS"].partition(":")[2]) == 64


def test_later_runs_leave_the_secrets_alone(var):
    run.ensure_settings_file(var / ".env", {})
    before = (var / ".env").read_text()

    run.ensure_settings_file(var / ".env", {})

    assert (var / ".env").read_text() == before


def test_a_secret_that_is_new_is_added_to_an_earlier_file(var):
    var.mkdir()
    (var / ".env").write_text("SECRET_KEY=abc\nSITE_NAME=열린 곳")

    run.ensure_settings_file(var / ".env", {})
    run.ensure_settings_file(var / ".env", {})

    values = run.read_settings(var / ".env")
    assert values["SECRET_KEY"] == "abc" and values["SITE_NAME"] == "열린 곳"
    assert len(values["MAIL_ENCRYPTION_KEYS"]) == 44
    assert (var / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "environ", [{"MAIL_ENCRYPTION_KEYS": "theirs"}, {"OPENUP_ENV_FILE": "/etc/openup.env"}]
)
def test_a_secret_that_stands_elsewhere_is_not_added(var, environ):
    var.mkdir()
    (var / ".env").write_text("SECRET_KEY=abc\n")

    run.ensure_settings_file(var / ".env", environ)

    assert (var / ".env").read_text() == "SECRET_KEY=abc\n"


def test_every_first_run_has_secrets_of_its_own():
    assert run.new_env_file("http://a.kr") != run.new_env_file("http://a.kr")


def test_a_database_without_its_keys_is_not_given_new_ones(var):
    var.mkdir()
    (var / "openup.sqlite3").touch()

    with pytest.raises(Stop, match="backup"):
        run.ensure_settings_file(var / ".env", {})

    assert not (var / ".env").exists()


def test_a_named_settings_file_that_is_missing_is_not_written(tmp_path):
    path = tmp_path / "other.env"

    with pytest.raises(Stop, match="OPENUP_ENV_FILE"):
        run.ensure_settings_file(path, {"OPENUP_ENV_FILE": str(path)})

    assert not path.exists()


@pytest.mark.parametrize(
    "name",
    [
        *("DJANGO_SETTINGS_MODULE", "GRANIAN_PORT", "PYTHONPATH", "PYTHONHOME"),
        *("PYTHONWARNINGS", "VIRTUAL_ENV", "PIP_TARGET", "PIP_USER"),
    ],
)
def test_what_was_meant_for_other_projects_does_not_reach_ours(name):
    assert child_environment({name: "theirs"}).get(name) != "theirs"


@pytest.mark.parametrize("name", ["PATH", "LANG", "DATABASE_URL", "PIP_INDEX_URL", "HTTPS_PROXY"])
def test_what_concerns_ours_reaches_it(name):
    assert child_environment({name: "ours"})[name] == "ours"


def test_server_gets_workers_and_threads_of_the_settings():
    command = run.server_command({"SERVER_WORKERS": "3", "SERVER_THREADS": "5"}, "127.0.0.1", 9000)

    assert command[command.index("--workers") + 1] == "3"
    assert command[command.index("--blocking-threads") + 1] == "40"
    assert command[command.index("--port") + 1] == 9000


def test_an_interrupted_environment_is_not_built_upon(tmp_path, monkeypatch):
    mark = tmp_path / "installed-locks"
    mark.write_text(environment.UNFINISHED)
    monkeypatch.setattr(environment, "INSTALLED", mark)

    assert not environment.is_venv_sound()


def test_an_environment_whose_python_is_gone_is_not_built_upon(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "INSTALLED", tmp_path / "installed-locks")
    monkeypatch.setattr(environment, "VENV_PYTHON", tmp_path / "bin" / "python")

    assert not environment.is_venv_sound()


def test_a_folder_without_permission_is_refused_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(Stop, match=re.escape(str(tmp_path))):
        environment.check_writable(tmp_path / "missing", tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        *("deploy/environment.py", "deploy/processes.py", "deploy/run.py"),
        "openup/settings_file.py",
        *("tests/postgresql.py", "tests/run.py"),
    ],
)
def test_an_old_python_gets_as_far_as_the_version_check(path):
    source = (ROOT / path).read_text(encoding="utf-8")

    assert ast.parse(source, feature_version=(3, 6))


def test_a_service_manager_starts_the_same_server(tmp_path, monkeypatch):
    file = tmp_path / "settings.env"
    port = free_port()
    file.write_text(f"SERVER_WORKERS=2\nSERVER_THREADS=6\nPORT={port}\n")
    started = []
    monkeypatch.setattr(run.os, "execve", lambda *command: started.append(command))
    monkeypatch.setattr(run.os, "chdir", lambda folder: None)

    run.become_server({"OPENUP_ENV_FILE": str(file), "GRANIAN_HOST": "0.0.0.0"})  # noqa: S104

    ((_program, command, env),) = started
    values = {"SERVER_WORKERS": "2", "SERVER_THREADS": "6"}
    assert command == [str(part) for part in run.server_command(values, "127.0.0.1", port)]
    assert "GRANIAN_HOST" not in env


def test_a_service_manager_hears_of_a_settings_file_that_is_missing(tmp_path):
    with pytest.raises(Stop, match="OPENUP_ENV_FILE"):
        run.become_server({"OPENUP_ENV_FILE": str(tmp_path / "none")})
