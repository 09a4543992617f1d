import os
import re
import tempfile
from pathlib import Path

import pytest

from tests.deployed.installation import GUIDE, Installation
from tests.postgresql import running_server

# ✱ marks what the guide says and the checks leave out: it asks, or goes beyond this machine.
GUIDE_COMMAND = re.compile(r"^    sudo -u openup \S+ \S+ manage\.py ([^✱]+?)$", re.MULTILINE)


@pytest.fixture(scope="session")
def site():
    """Give the guide's installation with the sample articles, running, on PostgreSQL."""
    with (
        running_server(dict(os.environ)) as database_url,
        tempfile.TemporaryDirectory(prefix="openup-deployed-") as name,
    ):
        # nginx's workers, www-data under root, must be able to enter.
        Path(name).chmod(0o755)
        installation = Installation(Path(name), dict(os.environ))
        installation.database_url = database_url
        installation.write_settings(database_url)
        installation.run("createdb --template template0 --encoding UTF8 --locale C.UTF-8 openup")
        installation.make_certificate()
        installation.write_nginx()
        for command in GUIDE_COMMAND.findall(GUIDE.partition("## Update")[0]):
            installation.manage(*command.split())
        installation.manage("import_articles", "articles/sample")
        with installation.running():
            yield installation
