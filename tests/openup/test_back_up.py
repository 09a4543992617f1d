import os
import sqlite3
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from openup.backup.manifest import Manifest
from openup.management.commands import back_up
from tests.factories import make_comment


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="of PostgreSQL: tests/deployed")
@pytest.mark.django_db(transaction=True)
def test_the_copy_of_a_running_site_holds_its_rows_and_pictures(tmp_path, settings):
    comment = make_comment(body="복사된 글")
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "a.png").write_bytes(b"picture")
    settings.ENV_FILE = tmp_path / ".env"
    keys = ("SECRET_KEY", "EMAIL_DIGEST_KEYS", "MAIL_ENCRYPTION_KEYS")
    lines = [f"{name}={os.environ[name]}" for name in keys]
    settings.ENV_FILE.write_text("\n".join(lines))

    call_command("back_up", str(tmp_path / "backups"))

    (backup,) = (tmp_path / "backups").iterdir()
    assert names(backup) == [*("backup.json", "database.sqlite3", "media.tar", "settings.env")]
    assert (backup / "settings.env").read_text() == "\n".join(lines)
    with tarfile.open(backup / "media.tar") as archive:
        assert "media/a.png" in archive.getnames()
    copy = sqlite3.connect(backup / "database.sqlite3")
    assert copy.execute("SELECT id, body FROM comments_comment").fetchall() == [
        (comment.pk, "복사된 글")
    ]


def test_old_backups_go_and_nothing_else(tmp_path):
    now = datetime.now(UTC)
    old, new = ((now - timedelta(days=days)).strftime(back_up.NAME_FORMAT) for days in (15, 13))
    for name in (old, f"{old}.unfinished", new, "other"):
        (tmp_path / name).mkdir()

    back_up.delete_older(tmp_path, now - timedelta(days=14))

    assert names(tmp_path) == [new, "other"]


@pytest.mark.django_db
def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(tmp_path, monkeypatch):
    def fail(folder):
        (folder / "database.dump").write_text("half")
        raise CommandError("pg_dump failed")

    monkeypatch.setattr(back_up, "dump_database", fail)

    with pytest.raises(CommandError, match="pg_dump"):
        call_command("back_up", str(tmp_path), "--without-keys")

    assert names(tmp_path) == []


@pytest.mark.parametrize("days", ["0", "-1"])
def test_keeping_nothing_is_refused(tmp_path, days):
    with pytest.raises(CommandError, match="keep-days"):
        call_command("back_up", str(tmp_path), f"--keep-days={days}")


@pytest.mark.django_db
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="file"):
        call_command("back_up", str(Path(tmp_path, "file", "backups")), "--without-keys")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="of PostgreSQL: tests/deployed")
@pytest.mark.django_db(transaction=True)
def test_a_backup_without_pictures_says_so_and_is_whole(tmp_path, capsys):
    call_command("back_up", str(tmp_path), "--without-keys", "--without-pictures")

    (backup,) = tmp_path.iterdir()
    assert names(backup) == ["backup.json", "database.sqlite3"]
    assert not Manifest.read(backup).has_pictures
    assert "Its pictures are not in it" in capsys.readouterr().out
