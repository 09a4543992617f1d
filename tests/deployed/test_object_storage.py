"""What `make test` tries with a mock of S3 holds for a real object storage, too."""

import os
import re
import subprocess
import sys

import pytest

from deploy.processes import ROOT
from tests.deployed import ceph

pytestmark = [pytest.mark.deployed, pytest.mark.slow]


@pytest.mark.exercise("Media in a real object storage")
@pytest.mark.skipif(bool(ceph.obstacle()), reason=ceph.obstacle())
def test_media_in_a_bucket_of_ceph(tmp_path, record_property):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]

    with ceph.running_ceph(tmp_path / "ceph", dict(os.environ)) as endpoint:
        done = subprocess.run(
            [*command, "tests/openup/test_media_in_bucket.py"],
            check=False, capture_output=True, text=True, cwd=ROOT,
            env=os.environ | {"TEST_BUCKET_ENDPOINT": endpoint},
        )  # fmt: skip

    passed = re.search(r"(\d+) passed", done.stdout)
    record_property("passed", passed and passed[1])
    assert done.returncode == 0, done.stdout[-5000:]
