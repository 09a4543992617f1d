"""A backup is restored on trial: into a scratch place, where a site of its own is started on it."""

import http.client
import os
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from articles.models import Article, Picture
from deploy.environment import VENV_PYTHON
from deploy.processes import ROOT, Stop, child_environment, end, start
from deploy.run import wait_for_answer
from openup.backup.files import reason_of_program
from openup.backup.manifest import SETTINGS, Manifest
from openup.backup.other_database import reading
from openup.settings import read_text

SCRATCH = "scratch"
NEWEST_ARTICLES = 5


class Drill:
    """The steps of a trial, each of which raises CommandError for what is wrong."""

    def __init__(self, backup, folder, database):
        """Take an empty folder for the pictures, and a PostgreSQL database that may be emptied."""
        self.backup, self.folder, self.database = backup, folder, database
        self.manifest = Manifest.read(backup)
        if connection.vendor == "sqlite":
            self.name = str(folder / Path(connection.settings_dict["NAME"]).name)
        else:
            self.name = database
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        own_settings = backup / SETTINGS
        # With the backup's own keys, if it has them: they are what a bad night has, too.
        keys = {"OPENUP_ENV_FILE": str(own_settings)} if own_settings.is_file() else {}
        self.env = child_environment(os.environ | keys) | {
            "DATABASE_URL": database_url(self.name),
            # Never into the site's bucket.
            "MEDIA_STORAGE": "",
            "MEDIA_ROOT": str(folder / "media"),
            "EMAIL_URL": f"file://{folder}/mail",
            "METRICS_PORT": "0",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "SERVER_WORKERS": "1",
            "TRUSTED_PROXIES": "127.0.0.1/32",
        }

    def restore(self):
        """Bring the backup back as on a bad night; that counts the rows and says which keys fit."""
        command = [VENV_PYTHON, "manage.py", "restore", self.backup.absolute()]
        done = subprocess.run(
            [str(part) for part in command],
            check=False, capture_output=True, cwd=ROOT, env=self.env, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            text = done.stderr.strip()
            told = text.removeprefix("CommandError: ") if "Traceback" not in text else None
            raise CommandError(f"It cannot be restored: {told or reason_of_program(text)}")
        if "holds the backup's keys" in done.stderr or "holds no keys" in done.stderr:
            raise CommandError(f"Its keys are not here: {done.stderr.strip()}")

    def check_pictures(self):
        """Return how many pictures the database knows; each must have its file.

        0 where the backup is told to leave them to their bucket.
        """
        if not self.manifest.has_pictures:
            return 0
        with reading(SCRATCH, NAME=self.name):
            pictures = list(Picture.objects.using(SCRATCH).outside_trash())
        for picture in pictures:
            file = self.folder / "media" / picture.file_name
            if not file.is_file() or file.stat().st_size != picture.size:
                raise CommandError(f"The picture {picture.file_name} is missing or cut off.")
        return len(pictures)

    def show_pages(self):
        """Start the site on what was restored, and return how many pages it has shown."""
        with reading(SCRATCH, NAME=self.name):
            articles = Article.objects.using(SCRATCH).published()
            most_written = articles.filter(thread__comment_count__gt=0)
            shown = {
                *articles.newest()[:NEWEST_ARTICLES],
                *most_written.order_by("-thread__comment_count", "pk")[:1],
            }
        paths = ["/", "/articles/", *sorted(article.get_absolute_url() for article in shown)]
        command = [VENV_PYTHON, "-E", "-m", "deploy.run", "production"]
        server = start(command, self.env)
        try:
            wait_for_answer(server, "127.0.0.1", self.port)
            for path in paths:
                self.show(path)
        except Stop as error:
            raise CommandError(f"The site does not start on it: {error}") from error
        finally:
            end(server)
        return len(paths)

    def show(self, path):
        site = urlsplit(settings.SITE_URL)
        headers = {
            "Host": site.netloc,
            "X-Forwarded-Proto": site.scheme,
            "X-Forwarded-For": "127.0.0.1",
        }
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request("GET", quote(path, safe="/%?=&"), headers=headers)
            response = link.getresponse()
            if response.status != 200 or b"<html" not in response.read():
                raise CommandError(f"The page {path} is answered {response.status}.")
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"The page {path} is not answered: {error}") from error
        finally:
            link.close()


def database_url(name):
    """Return the site's DATABASE_URL with another database's name."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(name)}"
    address, mark, options = read_text("DATABASE_URL").partition("?")
    return f"{address.rpartition('/')[0]}/{quote(name)}{mark}{options}"


class Stopwatch:
    def __init__(self):
        self.began = time.monotonic()

    def seconds(self):
        """Return the seconds since the last question."""
        began, self.began = self.began, time.monotonic()
        return f"{self.began - began:.1f} s"
