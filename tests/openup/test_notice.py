"""Whoever passes the program on finds each package that it needs, and its licence, in NOTICE."""

import re
import tomllib
from itertools import chain

from deploy.processes import ROOT


def test_notice_names_each_package_that_the_program_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = chain(project["dependencies"], *project["optional-dependencies"].values())
    needed = {re.match(r"[\w-]+", each)[0].lower() for each in packages}
    told = {line.split()[0].lower() for line in (ROOT / "NOTICE").read_text().splitlines() if line}

    assert needed - told == set()
