"""What `make test` finds out before the first test."""

import pytest

from deploy.processes import Stop
from tests import run

LINKER = "error while loading shared libraries: libatomic.so.1: cannot open shared object file"


def script(path, line):
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(monkeypatch):
    """Return a list; the programs in it are all that the tests would start."""
    programs = []
    monkeypatch.setattr(run, "programs_to_start", lambda: [[program] for program in programs])
    return programs


def test_library_that_a_program_lacks_is_named_with_it(tmp_path, programs):
    programs += [script(tmp_path / "nginx", "exit 0")]
    programs += [script(tmp_path / "node", f'echo "$0: {LINKER}" >&2; exit 127')]
    programs += [tmp_path / "postgres"]

    with pytest.raises(Stop) as stop:
        run.check_programs({}, tmp_path)

    lacking, missing = str(stop.value).split("\n\n")
    assert lacking == f"{tmp_path}/node: {LINKER}"
    assert f"{tmp_path}/postgres" in missing
    assert "nginx" not in str(stop.value)


def test_programs_that_start_are_passed(tmp_path, programs):
    programs.append(script(tmp_path / "nginx", "exit 0"))

    run.check_programs({}, tmp_path)


def test_programs_are_tried_before_any_test_runs():
    parts = list(run.PARTS)

    assert parts.index("programs") < min(map(parts.index, ("sqlite", "postgresql", "browser")))


@pytest.mark.parametrize("found", [None, "libatomic.so.1"])
def test_library_of_playwright_is_among_the_packages(monkeypatch, found):
    monkeypatch.setattr(run.ctypes.util, "find_library", lambda name: found)

    assert ("libatomic1" in run.missing_packages()) == (found is None)
