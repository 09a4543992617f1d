"""What was backed up comes back, row by row, into the same place and another."""

import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from deploy.run import new_env_file
from tests.faults.commands import Command, manage, run, shell
from tests.faults.server import (
    ROOT,
    Server,
    copy_database,
    empty_database,
    file_of,
    poll_until,
    run_manage,
    server_environment,
)

pytestmark = pytest.mark.database
IS_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
SQLITE_ALONE = pytest.mark.skipif(IS_POSTGRESQL, reason="SQLite's files")
SETUP = """
from comments.models import Notice, Outbox, Subscriber
from tests.factories import make_article, make_comment
article = make_article(title="돌아오는 글")
comment = make_comment(article, body="복사된 글")
Outbox.queue(Outbox.Kind.DESK_LINK, "mina@example.com")
subscriber, _ = Subscriber.objects.get_or_create(email_digest="new:1", sealed_address="x")
Notice.objects.create(subscriber=subscriber, comment=comment)
print(article.pk)
"""
CHANGE = """
from articles.models import Article
from tests.factories import make_comment
make_comment(Article.objects.get(), body="나중의 글", email="later@example.com")
"""
MAILS = """
from comments.models import Notice, Outbox
print(Outbox.objects.waiting().count(), Notice.objects.count())
"""
# Beside the site's own processes, which keep it open as the server does.
STAY = """
import signal
from articles.models import Article
print(Article.objects.count(), flush=True)
signal.pause()
"""
READ = """
from django.test import Client
print(Client().get("/?comment=1").status_code)
"""


def place(folder, database_url):
    """Return the environment of a site with that database, and with pictures of its own."""
    return server_environment(database_url) | {"MEDIA_ROOT": str(folder / "media")}


def empty_place(folder, name):
    folder.mkdir(exist_ok=True)
    return place(folder, empty_database(folder, name))


def read_rows(environment, schema="public"):
    """Return {table: its rows} of the whole database."""
    url = environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(file_of(url))) as database:
            return _read(database, "SELECT name FROM sqlite_master WHERE type = 'table'")
    with psycopg.connect(url, options=f"-c search_path={schema}") as database:
        names = f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"  # noqa: S608
        return _read(database, names)


def _read(database, names):
    tables = [name for (name,) in database.execute(names) if not name.startswith("sqlite_")]
    return {
        table: sorted(map(repr, database.execute(f'SELECT * FROM "{table}"').fetchall()))  # noqa: S608
        for table in tables
    }


def back_up(environment, folder):
    done = manage(environment, "back_up", str(folder), "--without-keys")
    return Path(done.splitlines()[0].removeprefix("Backup: "))


@pytest.fixture(scope="module")
def original(migrated_database, tmp_path_factory, worker_id):
    """Return the environment of a small site."""
    folder = tmp_path_factory.mktemp("site")
    environment = place(folder, copy_database(migrated_database, folder, f"original_{worker_id}"))
    shell(environment, SETUP)
    (folder / "media" / "articles").mkdir(parents=True)
    (folder / "media" / "articles" / "a.png").write_bytes(b"picture")
    return environment


@pytest.fixture(scope="module")
def backup(original, tmp_path_factory):
    """Give the folder of the small site's backup, and what its rows were."""
    path = back_up(original, tmp_path_factory.mktemp("backups"))
    return path, read_rows(original)


@pytest.fixture(scope="module")
def changed_database(original, tmp_path_factory, worker_id):
    """Return the DATABASE_URL of the small site after it has been written to."""
    folder = tmp_path_factory.mktemp("changed")
    url = copy_database(original["DATABASE_URL"], folder, f"changed_{worker_id}")
    shell(original | {"DATABASE_URL": url}, CHANGE)
    return url


def article_path(rows):
    """Return where comments on the site's only article are sent."""
    (row,) = rows["articles_article"]
    return f"/articles/{row.partition(',')[0].strip('(')}/comments/"


@pytest.fixture
def site(tmp_path, worker_id):
    """Return the environment of a site whose database is empty."""
    return empty_place(tmp_path / "site", f"restored_{worker_id}")


@pytest.fixture
def filled_site(original, tmp_path, worker_id):
    """Return the environment of a site with the rows of the small one, and no pictures."""
    url = copy_database(original["DATABASE_URL"], tmp_path, f"restored_{worker_id}")
    return place(tmp_path, url)


@pytest.fixture
def changed_site(changed_database, tmp_path, worker_id):
    """Return the environment of a site that has changed since its backup."""
    return place(tmp_path, copy_database(changed_database, tmp_path, f"restored_{worker_id}"))


def write_until(stop, server, path, writer, answered):
    number = 0
    while not stop.is_set():
        number += 1
        body = f"쓰는 동안 {writer}-{number}"
        fields = {
            "email": f"writer-{writer}@example.com",
            "password": "right horse key",
            "body": body,
            "submission_key": f"key-{writer}-{number}".ljust(32, "x"),
        }
        if server.request("POST", path, fields).status == 302:
            answered.append(body)


def test_a_backup_under_load_comes_back_row_by_row_into_its_place_and_another(
    filled_site, backup, tmp_path, worker_id
):
    site = filled_site
    _begin, rows = backup
    stop, answered = threading.Event(), []
    server = Server(site, workers=2)
    path = article_path(rows)
    writers = [
        threading.Thread(target=write_until, args=(stop, server, path, number, answered))
        for number in range(3)
    ]
    try:
        for thread in writers:
            thread.start()
        poll_until(lambda: len(answered) >= 5)
        before = list(answered)
        under_load = back_up(site, tmp_path / "backups")
        poll_until(lambda: len(answered) >= len(before) + 5)
    finally:
        stop.set()
        for thread in writers:
            thread.join()
        # As a machine that loses its power: SQLite's write-ahead log stays beside the database.
        server.kill()
    at_the_end = read_rows(site)
    quiet = back_up(site, tmp_path / "quiet")

    manage(site, "restore", str(under_load), "--replace", "--send-mail")
    same_place = read_rows(site)
    other = empty_place(tmp_path / "other", f"other_{worker_id}")
    manage(other, "restore", str(under_load), "--send-mail")
    other_place = read_rows(other)
    manage(site, "restore", str(quiet), "--replace", "--send-mail")
    of_the_end = read_rows(site)

    assert same_place == other_place
    bodies = "\n".join(same_place["comments_comment"])
    assert [body for body in before if body not in bodies] == []
    assert len(same_place["comments_comment"]) < len(at_the_end["comments_comment"])
    assert of_the_end == at_the_end
    assert shell(other, READ) == ["200"]


def test_what_comes_back_are_all_rows_and_pictures(site, backup, tmp_path):
    path, rows = backup

    told = manage(site, "restore", str(path), "--send-mail")

    assert read_rows(site) == rows
    assert (tmp_path / "site" / "media" / "articles" / "a.png").read_bytes() == b"picture"
    assert f"{sum(map(len, rows.values()))} rows in {len(rows)} tables" in told


def test_no_mail_of_the_copy_waits_unless_told(site, backup):
    path, _rows = backup
    manage(site, "restore", str(path))
    dropped = shell(site, MAILS)
    manage(site, "restore", str(path), "--replace", "--send-mail")

    assert dropped == ["0", "0"]
    assert shell(site, MAILS) == ["1", "1"]


def test_data_that_is_there_is_moved_aside_when_told_and_else_left(changed_site, backup, tmp_path):
    path, rows = backup
    changed = read_rows(changed_site)

    refused = run(changed_site, "restore", str(path))
    left = read_rows(changed_site)
    told = manage(changed_site, "restore", str(path), "--replace", "--send-mail")

    assert refused.returncode != 0 and "--replace" in refused.stderr
    assert left == changed
    assert read_rows(changed_site) == rows
    aside = next(line for line in told.splitlines() if "before" in line).split()[-1]
    if IS_POSTGRESQL:
        assert read_rows(changed_site, schema=aside) == changed
    else:
        (old,) = Path(aside).iterdir()
        assert read_rows({"DATABASE_URL": f"sqlite:///{old}"}) == changed


def test_a_database_that_a_process_has_open_is_left_alone(changed_site, backup):
    path, _rows = backup
    changed = read_rows(changed_site)
    other = Command(changed_site, "shell", "--no-imports", "-c", STAY)
    try:
        poll_until(lambda: other.output.exists() and other.output.read_text())
        refused = run(changed_site, "restore", str(path), "--replace")
    finally:
        other.kill()

    assert refused.returncode != 0
    assert "open" in refused.stderr and "Traceback" not in refused.stderr
    assert read_rows(changed_site) == changed


BEFORE_DELETIONS = """
from articles.models import Article, ShareLink
from comments.models import ReplySubscription
from tests.factories import make_article, make_comment, make_staff
about = {"category": Article.objects.get().category}
article = make_article(title="댓글이 지워지는 글", **about)
for name in ("deleted", "removed", "rewritten", "hidden", "blocked", "told", "lost", "left"):
    comment = make_comment(article, body=name, name=name)
    if name == "told":
        ReplySubscription.begin("mina@example.com", comment)
    if name == "removed":
        comment.edit(body="shown", name=name, version=1)
make_article(title="거두어지는 글", **about)
ShareLink(article=article, by_name="mina").issue_token()
make_staff(username="leaver")
"""
DELETIONS = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from articles.desk.state_changes import withdraw
from articles.models import Article, ShareLink
from comments.models import Comment, ReplySubscription
comments = {c.name: c for c in Comment.objects.filter(article__title="댓글이 지워지는 글")}
comments["deleted"].delete_by_author()
comments["removed"].remove_revision(1)
comments["rewritten"].edit(body="what may be read", name="rewritten", version=1)
comments["rewritten"].remove_revision(1)
comments["hidden"].hide(by=None, reason="")
comments["blocked"].block(timezone.now() + timedelta(days=9), by=None, reason="")
ReplySubscription.end_for([comments["told"]])
withdraw(Article.objects.get(title="거두어지는 글"), by=None)
ShareLink.objects.get().revoke()
get_user_model().objects.filter(username="leaver").update(is_active=False)
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM comments_comment WHERE name = 'lost'")
"""
TELL_DELETIONS = """
from django.contrib.auth import get_user_model
from articles.models import Article, ShareLink
from comments.models import Comment, CommentRevision, ReplySubscription
for comment in Comment.objects.filter(article__title="댓글이 지워지는 글").order_by("pk"):
    print(comment.state + (":blocked" if comment.is_blocked else "") + ":" + comment.body[:4])
print(CommentRevision.objects.exclude(body="").count(), ReplySubscription.objects.count())
print(Article.objects.get(title="거두어지는 글").state)
print(ShareLink.objects.get().is_open, get_user_model().objects.get(username="leaver").is_active)
"""
AS_BACKED_UP = [
    *("published:dele", "published:show", "published:rewr", "published:hidd", "published:bloc"),
    *("published:told", "published:lost", "published:left"),
    *("1", "1", "published", "True", "True"),
]
WITH_DELETIONS = [
    *("deleted:", "published:show", "published:what", "held:hidd", "published:blocked:bloc"),
    *("published:told", "published:lost", "published:left"),
    *("0", "0", "withdrawn", "False", "False"),
]


def test_what_was_deleted_since_the_backup_is_deleted_again(filled_site, tmp_path):
    shell(filled_site, BEFORE_DELETIONS)
    path = back_up(filled_site, tmp_path / "backups")
    shell(filled_site, DELETIONS)

    manage(filled_site, "restore", str(path), "--replace", "--keep-deleted")
    as_backed_up = shell(filled_site, TELL_DELETIONS)
    shell(filled_site, DELETIONS)
    told = manage(filled_site, "restore", str(path), "--replace")
    deleted_again = shell(filled_site, TELL_DELETIONS)
    # A second time there is nothing left to do.
    aside = next(line for line in told.splitlines() if "before" in line).split()[-1]
    again = manage(filled_site, "reapply_deletions", aside)

    assert as_backed_up == AS_BACKED_UP
    assert deleted_again == WITH_DELETIONS
    assert "1 comments deleted, 2 earlier texts removed, 1 comments blocked" in told
    assert again == "Deleted since the backup: nothing\n"


def test_another_comment_of_the_same_number_is_left_alone(changed_site, backup):
    code = "from comments.models import Comment\nComment.objects.get(body='복사된 글')"
    shell(changed_site, f"{code}.delete_by_author()")
    moved = "created_at='2020-01-01T00:00:00Z'"
    shell(changed_site, f"{code.partition('.get')[0]}.filter(state='deleted').update({moved})")

    told = manage(changed_site, "restore", str(backup[0]), "--replace", "--send-mail")

    assert "Deleted since the backup: nothing" in told
    assert read_rows(changed_site) == backup[1]


def remove(file):
    file.unlink()


def cut(file):
    file.write_bytes(file.read_bytes()[:-100])


def miscount(file):
    manifest = json.loads(file.read_text())
    manifest["rows"]["comments_comment"] += 1
    file.write_text(json.dumps(manifest))


def be_later(file):
    manifest = json.loads(file.read_text())
    manifest["migrations"].append("comments.9999_later")
    file.write_text(json.dumps(manifest))


def be_of_the_other(file):
    manifest = json.loads(file.read_text())
    name, other = ("dump", "sqlite3") if IS_POSTGRESQL else ("sqlite3", "dump")
    manifest["database"] = "sqlite" if IS_POSTGRESQL else "postgresql"
    manifest["files"][f"database.{other}"] = manifest["files"].pop(f"database.{name}")
    file.with_name(f"database.{name}").rename(file.with_name(f"database.{other}"))
    file.write_text(json.dumps(manifest))


DATABASE = "database.dump" if IS_POSTGRESQL else "database.sqlite3"


HARMS = [
    (remove, "backup.json", "backup.json"),
    (cut, "backup.json", "backup.json"),
    (remove, DATABASE, DATABASE),
    (cut, DATABASE, DATABASE),
    (remove, "media.tar", "media.tar"),
    (cut, "media.tar", "media.tar"),
    (miscount, "backup.json", "comments_comment"),
    (be_later, "backup.json", "comments.9999_later"),
    (be_of_the_other, "backup.json", "PostgreSQL"),
]


def test_a_backup_that_is_not_whole_is_refused_and_all_is_as_before(site, backup, tmp_path):
    for number, (harm, name, word) in enumerate(HARMS):
        path = shutil.copytree(backup[0], tmp_path / f"harmed-{number}")
        harm(path / name)

        refused = run(site, "restore", str(path))

        assert refused.returncode == 1, (harm, name)
        assert word in refused.stderr and "Traceback" not in refused.stderr, (harm, name)
        assert read_rows(site) == {}, (harm, name)
        assert not [*tmp_path.glob("site/*.restoring*")], (harm, name)


def test_a_restore_killed_at_any_step_leaves_the_old_state_or_the_new(changed_site, backup):
    path, rows = backup
    changed = read_rows(changed_site)
    command = ("restore", str(path), "--replace", "--send-mail")
    began = time.monotonic()
    manage(changed_site, *command)
    whole = time.monotonic() - began
    found = []
    for part in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        restore = Command(changed_site, *command)
        try:
            restore.wait(whole * part)
        except subprocess.TimeoutExpired:
            restore.kill()
        found.append(read_rows(changed_site))

    assert [rows_found for rows_found in found if rows_found not in (changed, rows)] == []
    manage(changed_site, *command)
    assert read_rows(changed_site) == rows


def test_a_backup_from_before_there_was_a_manifest_comes_back_when_told(site, backup, tmp_path):
    path = shutil.copytree(backup[0], tmp_path / "earlier")
    (path / "backup.json").unlink()

    manage(site, "restore", str(path), "--without-manifest")

    rows = read_rows(site)
    assert rows["comments_comment"] == backup[1]["comments_comment"]
    assert rows["comments_notice"] == []


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(site, original, tmp_path, worker_id):
    url = copy_database(original["DATABASE_URL"], tmp_path, f"earlier_{worker_id}")
    earlier = place(tmp_path, url)
    manage(earlier, "migrate", "comments", "0001_tables")
    manage(earlier, "migrate", "articles", "0001_tables")
    path = back_up(earlier, tmp_path / "backups")

    told = manage(site, "restore", str(path))

    assert "earlier version" in told
    assert "[ ]" not in manage(site, "showmigrations")


def test_a_backup_that_cannot_be_migrated_is_refused(changed_site, tmp_path):
    code = """
from django.db import connection
connection.cursor().execute("DELETE FROM django_migrations WHERE name = '0003_moderation'")
"""
    shell(changed_site, code)
    path = back_up(changed_site, tmp_path / "backups")
    before = read_rows(changed_site)

    refused = run(changed_site, "restore", str(path), "--replace")

    assert refused.returncode != 0
    assert "c6915c7" in refused.stderr and "Traceback" not in refused.stderr
    assert read_rows(changed_site) == before


@SQLITE_ALONE
def test_a_database_that_cannot_be_read_is_moved_aside_with_its_log(backup, tmp_path):
    path, rows = backup
    for number, log in enumerate([b"", b"log of another database"]):
        site = empty_place(tmp_path / f"site-{number}", "unreadable")
        database = file_of(site["DATABASE_URL"])
        database.write_bytes(b"no database" * 1000)
        database.with_name(f"{database.name}-wal").write_bytes(log)

        done = run(site, "restore", str(path), "--replace", "--send-mail")

        told = done.stdout
        assert done.returncode == 0 and "NOT all done again" in done.stderr
        aside = Path(next(line for line in told.splitlines() if "before" in line).split()[-1])
        assert read_rows(site) == rows
        assert (aside / database.name).read_bytes() == b"no database" * 1000


@SQLITE_ALONE
def test_a_second_restore_at_once_is_refused(site, backup):
    folder = file_of(site["DATABASE_URL"]).parent
    first = os.open(folder, os.O_RDONLY)
    fcntl.flock(first, fcntl.LOCK_EX)
    try:
        refused = run(site, "restore", str(backup[0]))
    finally:
        os.close(first)

    assert refused.returncode != 0 and "Another restore" in refused.stderr
    assert read_rows(site) == {}


@SQLITE_ALONE
def test_a_log_left_beside_no_database_does_not_reach_the_restored_one(changed_site, backup):
    path, rows = backup
    database = file_of(changed_site["DATABASE_URL"])
    code = f"{CHANGE}\nimport os; os._exit(0)".replace("later@", "last@")
    shell(changed_site, code)
    database.unlink()

    log = database.with_name(f"{database.name}-wal")
    assert log.stat().st_size > 0

    manage(changed_site, "restore", str(path), "--send-mail")

    assert not log.exists()
    assert read_rows(changed_site) == rows


KEY_SETTINGS = ("SECRET_KEY", "EMAIL_DIGEST_KEYS", "MAIL_ENCRYPTION_KEYS")


@pytest.fixture
def operator(original, tmp_path, worker_id):
    """Return the environment of a site with a settings file, as an operator has it."""
    folder = tmp_path / "operated"
    folder.mkdir()
    url = copy_database(original["DATABASE_URL"], folder, f"operated_{worker_id}")
    environment = place(folder, url)
    file = folder / "settings.env"
    file.write_text(new_env_file("http://127.0.0.1:8000"))
    for name in KEY_SETTINGS:
        environment.pop(name, None)
    return environment | {
        "DJANGO_SETTINGS_MODULE": "openup.settings",
        "OPENUP_ENV_FILE": str(file),
    }


def test_keys_are_told_to_be_here_or_not(operator, tmp_path, worker_id):
    made = run_manage(operator, "back_up", str(tmp_path / "backups"))
    path = made.stdout.strip().removeprefix("Backup: ")
    restored = operator | {"DATABASE_URL": empty_database(tmp_path, f"keys_{worker_id}")}
    with_keys = run_manage(restored, "restore", path)
    # Under the same id stands another key.
    Path(operator["OPENUP_ENV_FILE"]).write_text(new_env_file("http://127.0.0.1:8000"))
    without_keys = run_manage(restored, "restore", path, "--replace")

    assert (with_keys.returncode, without_keys.returncode) == (0, 0)
    names = ("EMAIL_DIGEST_KEYS k1", "MAIL_ENCRYPTION_KEYS", "SECRET_KEY")
    assert [name for name in names if f"Key {name}" not in with_keys.stdout] == []
    # What the comment was written under, which the site had no more when it was backed up.
    assert re.findall(r"Key (.+): NOT here", with_keys.stderr) == ["EMAIL_DIGEST_KEYS new"]
    assert "settings.env" not in with_keys.stderr
    assert without_keys.stderr.count("NOT here") == 4
    assert "settings.env" in without_keys.stderr


def test_a_backup_without_the_keys_of_the_environment_is_refused_unless_told(operator, tmp_path):
    values = dict(
        line.split("=", 1)
        for line in Path(operator["OPENUP_ENV_FILE"]).read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    Path(operator["OPENUP_ENV_FILE"]).write_text("SITE_NAME=Open UP\n")
    container = operator | values

    refused = run_manage(container, "back_up", str(tmp_path / "backups"))
    made = run_manage(container, "back_up", str(tmp_path / "backups"), "--without-keys")

    assert refused.returncode != 0 and "Backup:" not in refused.stdout
    assert all(name in refused.stderr for name in ("EMAIL_DIGEST_KEYS", "--without-keys"))
    assert made.returncode == 0
    (path,) = (tmp_path / "backups").iterdir()
    assert not (path / "settings.env").exists()


def test_a_backup_that_finds_no_room_says_so_in_one_sentence(filled_site, tmp_path):
    command = f"ulimit -f 100; exec {sys.executable} manage.py back_up {tmp_path}/b --without-keys"

    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=filled_site,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert done.stderr.startswith("CommandError: The backup could not be written: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert [*(tmp_path / "b").iterdir()] == []


@SQLITE_ALONE
def test_a_server_that_was_asked_to_stop_leaves_the_database_in_one_file(
    operator, backup, tmp_path
):
    database = file_of(operator["DATABASE_URL"])
    _path, rows = backup
    fields = {"email": "mina@example.com", "password": "right horse key", "body": "글"}
    command = [sys.executable, "-E", "-m", "deploy.run", "production"]
    (tmp_path / "static").mkdir()
    manifest = tmp_path / "static" / f"staticfiles.{ROOT.name}.json"
    manifest.write_text('{"version": "1.1", "paths": {}}')
    server = Server(operator | {"STATIC_ROOT": str(tmp_path / "static")}, command=command)
    try:
        assert server.request("POST", article_path(rows), fields).status == 302
        log_size = database.with_name(f"{database.name}-wal").stat().st_size
        server.process.terminate()
        code = server.process.wait(timeout=30)
    finally:
        server.kill()

    assert log_size > 0
    assert [file.name for file in database.parent.glob(f"{database.name}*")] == [database.name]
    assert code == 0
