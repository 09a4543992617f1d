"""A backup is tried before it is needed, leaves encrypted, and comes back on another machine."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from deploy.processes import ROOT, Stop
from openup.backup.manifest import digest_file
from tests.deployed.installation import Installation
from tests.deployed.test_operation import database, rows

pytestmark = [pytest.mark.deployed, pytest.mark.slow]

CREATE = "createdb --template template0 --encoding UTF8 --locale C.UTF-8"
PICTURE = "from tests.factories import make_picture; print(make_picture().file_name)"
TRY = f"{ROOT}/.venv/bin/python manage.py try_restore"


@pytest.fixture(scope="module")
def backup(site):
    """Give the newest backup of a site that has a picture, and the scratch database's name."""
    site.manage("shell", "--no-imports", "-c", PICTURE)
    site.run(site.unit("openup-backup.service")["ExecStart"])
    site.run(f"{CREATE} openup_drill")
    return sorted(site.folder.glob("backups/*Z"))[-1]


def tables(site):
    with database(site, "openup_drill") as connection:
        query = "SELECT COUNT(*) FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'"
        return connection.execute(query).fetchone()[0]


@pytest.mark.exercise("Restore drill")
def test_the_newest_backup_is_restored_on_trial(site, backup, record_property):
    before = rows(site, "openup")
    last = site.folder / "lib" / "metrics" / "last-drill"
    last.unlink(missing_ok=True)

    told = site.run(site.unit("openup-drill.service")["ExecStart"])

    count = sum(json.loads((backup / "backup.json").read_text())["rows"].values())
    assert f"The backup {backup.name} is sound: {count} rows" in told
    assert " 1 pictures" in told and " pages in " in told
    assert rows(site, "openup") == before
    assert tables(site) == 0
    assert last.exists()
    record_property("rows", count)


def cut(backup):
    os.truncate(backup / "database.dump", (backup / "database.dump").stat().st_size // 2)


def cut_and_sign(backup):
    cut(backup)
    sign(backup)


def lose_a_picture(backup):
    archive = backup / "media.tar"
    with tarfile.open(archive) as old, tarfile.open(f"{archive}.new", "w") as new:
        for member in old:
            if member.isdir():
                new.addfile(member)
    Path(f"{archive}.new").rename(archive)
    sign(backup)


def lose_a_row(backup):
    told = json.loads((backup / "backup.json").read_text())
    told["rows"]["articles_article"] += 1
    (backup / "backup.json").write_text(json.dumps(told))


def lose_the_keys(backup):
    lines = (backup / "settings.env").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("EMAIL_DIGEST_KEYS=")]
    lines.append(f"EMAIL_DIGEST_KEYS=k1:{'0' * 64}")
    (backup / "settings.env").write_text("\n".join(lines) + "\n")
    sign(backup)


def sign(backup):
    """Have the backup's own list of files agree with what was done to it."""
    told = json.loads((backup / "backup.json").read_text())
    told["files"] = {name: digest_file(backup / name) for name in told["files"]}
    (backup / "backup.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "database.dump is missing or not what was backed up"),
        (cut_and_sign, "cannot be read"),
        (lose_a_picture, "is missing or cut off"),
        (lose_a_row, "the table articles_article has"),
        (lose_the_keys, "Its keys are not here"),
    ],
)
def test_a_damaged_backup_fails_the_trial_in_words(site, backup, tmp_path, harm, words):
    damaged = shutil.copytree(backup, tmp_path / backup.name)
    harm(damaged)

    with pytest.raises(Stop) as failure:
        site.run(f"{TRY} {tmp_path}")

    assert words in str(failure.value)
    assert "Traceback" not in str(failure.value)
    assert tables(site) == 0


def test_a_site_on_sqlite_is_tried_too(site, tmp_path):
    place = f"env DATABASE_URL=sqlite:///{tmp_path}/openup.sqlite3 MEDIA_ROOT={tmp_path}/media"
    manage = f"{place} {ROOT}/.venv/bin/python manage.py"
    for command in ("migrate -v0", "setup_site", "import_articles articles/sample"):
        site.run(f"{manage} {command}")
    site.run(f"{manage} back_up {tmp_path}/backups")
    before = (tmp_path / "openup.sqlite3").read_bytes()

    told = site.run(f"{manage} try_restore {tmp_path}/backups")

    assert " is sound: " in told and " pages in " in told
    assert (tmp_path / "openup.sqlite3").read_bytes() == before


def test_the_sites_own_database_is_no_scratch_place(site, backup):
    with pytest.raises(Stop, match="the site's own database"):
        site.run(f"{TRY} {backup} --database openup")

    assert rows(site, "openup")["articles_article"]


@pytest.mark.skipif(not shutil.which("age"), reason="age is not installed")
@pytest.mark.exercise("Encrypted copy elsewhere")
def test_an_encrypted_copy_comes_back_where_the_key_is(site, backup, tmp_path):
    key = tmp_path / "key.txt"
    made = subprocess.run(
        ["age-keygen", "--output", key], check=True, capture_output=True, text=True
    )
    recipients = site.folder / "etc" / "backup-recipients.txt"
    recipients.write_text(made.stderr.strip().removeprefix("Public key: ") + "\n")

    site.run(site.unit("openup-copy.service")["ExecStart"])

    (copy,) = (site.folder / "backups" / "encrypted").iterdir()
    assert copy.name == f"{backup.name}.tar.age"
    assert oct(copy.stat().st_mode & 0o077) == "0o0"
    assert b"database.dump" not in copy.read_bytes()
    # On another machine, which has the copy and the key alone.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(copy, elsewhere)
    site.run(f"bash -c 'age -d -i {key} {elsewhere}/*.age | tar -x -C {elsewhere}'")
    brought = elsewhere / backup.name
    assert {file.name: digest_file(file) for file in brought.iterdir()} == {
        file.name: digest_file(file) for file in backup.iterdir()
    }
    other = Installation(tmp_path / "other", dict(os.environ))
    other.folder.mkdir()
    server, _slash, _name = site.database_url.rpartition("/")
    other.write_settings(f"{server}/elsewhere")
    keys = (brought / "settings.env").read_text().splitlines()
    settings = Path(other.env["OPENUP_ENV_FILE"])
    names = ("SECRET_KEY=", "EMAIL_DIGEST_KEYS=", "MAIL_ENCRYPTION_KEYS=")
    own = [line for line in settings.read_text().splitlines() if not line.startswith(names)]
    own += [line for line in keys if line.startswith(names)]
    settings.write_text("\n".join(own) + "\n")
    other.run(f"{CREATE} elsewhere")
    told = other.manage("restore", str(brought), "--send-mail")
    assert told.count(": here") == 3
    assert rows(site, "elsewhere") == rows(site, "openup")
    tried = site.run(f"{TRY} {site.folder}/backups/encrypted --identity {key}")
    assert f"The backup {backup.name} is sound" in tried


@pytest.mark.skipif(not shutil.which("age"), reason="age is not installed")
def test_half_an_encrypted_copy_looks_like_none(site, backup, tmp_path):
    recipients = tmp_path / "recipients.txt"
    recipients.write_text("no key\n")
    broken = tmp_path / "tar"
    broken.write_text('#!/bin/sh\n/usr/bin/tar "$@" | head -c 1000\nexit 2\n')
    broken.chmod(0o755)
    key = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stderr
    good = tmp_path / "good.txt"
    good.write_text(key.strip().removeprefix("Public key: ") + "\n")
    place = f"{ROOT}/deploy/encrypt_backup.sh {backup.parent} {tmp_path}/out"

    with pytest.raises(Stop):
        site.run(f"{place} {recipients}")
    with pytest.raises(Stop):
        site.run(f"env PATH={tmp_path}:/usr/bin:/bin {place} {good}")
    assert list((tmp_path / "out").iterdir()) == []

    with pytest.raises(Stop, match="holds no backup"):
        site.run(f"{ROOT}/deploy/encrypt_backup.sh {tmp_path}/out {tmp_path}/out {good}")
