"""What docs/upgrading.md promises: the last release serves beside this one, on its schema."""

import http.client
import os
import re
import subprocess
import sys
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import html

from deploy.processes import ROOT, end, start
from deploy.run import wait_for_answer
from tests.deployed.installation import HOST, Installation
from tests.deployed.test_operation import FORM, wait_until
from tests.deployed.test_update import pages_of_every_kind
from tests.openup.test_upgrading import RELEASED_COMMIT
from tests.postgresql import free_port

pytestmark = [pytest.mark.deployed, pytest.mark.slow]

PAIR = {"email": "mina@example.com", "password": "right horse key"}
# What its own staff would open, and an article saved as its form shows it.
DESK = """
import re
from django.contrib.auth import get_user_model
from django.test import Client
from lxml import html

client = Client(SERVER_NAME={host!r}, REMOTE_ADDR="127.0.0.1")
client.force_login(get_user_model().objects.create_superuser("last-release"))

def ask(address, fields=None):
    call = client.post if fields else client.get
    response = call(address, fields, secure=True)
    print(response.status_code, address)
    return response

front = ask("/manage/").content.decode()
lists = sorted(set(re.findall(r'href="(/manage/(?:articles|comments|auth)/\\w+/)"', front)))
for address in lists:
    page = ask(address).content.decode()
    rows = re.findall(f'href="({{address}}[^"/]+/change/)', page)
    for form in (address + "add/", *rows[:1]):
        ask(form)
address = "/manage/articles/article/3/change/"
form = html.fromstring(ask(address).content.decode()).get_element_by_id("article_form")
fields = dict(form.form_values()) | {{"summary": "앞선 판이 저장한 요약", "_save": "1"}}
ask(address, fields)
"""


class Release:
    """One release's code with its environment, static files and port; both share all else."""

    def __init__(self, installation, folder, python):
        self.folder, self.python, self.port = folder, python, free_port()
        own = {"PORT": self.port, "STATIC_ROOT": installation.folder / f"static-{self.port}"}
        settings = Path(installation.env["OPENUP_ENV_FILE"]).read_text().splitlines()
        lines = [line for line in settings if line.partition("=")[0] not in own]
        file = installation.folder / f"{self.port}.env"
        file.write_text("\n".join([*lines, *(f"{name}={own[name]}" for name in own)]) + "\n")
        self.env = installation.env | {"OPENUP_ENV_FILE": str(file)}

    def manage(self, *arguments, stdin=None):
        return self.run(self.python, "manage.py", *arguments, stdin=stdin)

    @contextmanager
    def running(self):
        command = [self.python, "-E", "-m", "deploy.run", "production"]
        process = start(command, self.env, cwd=self.folder)
        try:
            wait_for_answer(process, "127.0.0.1", self.port)
            yield
        finally:
            end(process)

    def run(self, *command, stdin=None):
        done = subprocess.run(
            [str(part) for part in command],
            check=False, capture_output=True, cwd=self.folder, env=self.env, input=stdin, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def request(self, method, path, body=None, headers=None, *, source="127.0.0.1"):
        """Ask it as nginx would for a client at `source`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        forwarded = {"X-Forwarded-For": source, "X-Forwarded-Proto": "https", "Host": HOST}
        try:
            connection.request(method, path, body, {**forwarded, **(headers or {})})
            response = connection.getresponse()
            response.content = response.read()
            return response
        finally:
            connection.close()


@pytest.fixture
def installation(site, tmp_path):
    """Give settings, keys and an empty database of its own."""
    installation = Installation(tmp_path, dict(os.environ))
    server, _slash, _name = site.database_url.rpartition("/")
    site.run("createdb --template template0 --encoding UTF8 --locale C.UTF-8 updated")
    installation.write_settings(f"{server}/updated", METRICS_PORT=0)
    return installation


@pytest.fixture
def last_release(installation, tmp_path):
    """Install the last release with the sample articles, as whoever updates has it running."""
    archive = ["git", "-C", str(ROOT), "archive", "--format=tar", RELEASED_COMMIT]
    packed = subprocess.run(archive, check=False, capture_output=True)
    if packed.returncode != 0:
        pytest.skip("this clone has not the last release's commit: `git fetch --unshallow`")
    folder = tmp_path / "last-release"
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    release = Release(installation, folder, folder / ".venv" / "bin" / "python")
    release.run(sys.executable, "-m", "venv", ".venv")
    pip = [release.python, "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
    release.run(*pip, "--require-hashes", "--requirement", "requirements.txt")
    for task in ("migrate", "setup_site", "collectstatic --no-input"):
        release.manage(*task.split())
    release.manage("import_articles", "articles/sample")
    with release.running():
        yield release


@pytest.fixture
def this_release(installation, last_release):
    """Update as the guide says, beside the last release, up to the reload."""
    release = Release(installation, ROOT, ROOT / ".venv" / "bin" / "python")
    for task in ("migrate", "setup_site", "collectstatic --no-input"):
        release.manage(*task.split())
    with release.running():
        yield release


@pytest.mark.exercise("The last release on the new schema")
def test_last_release_serves_beside_this_one(last_release, this_release, record_property):
    paths = pages_of_every_kind(last_release)
    both = (this_release, last_release)
    answers, posted, numbers, is_over = [], [], count(1), threading.Event()

    def read(release):
        while not is_over.is_set():
            for path in paths:
                answers.append((path, release.request("GET", path).status))

    def write():
        while not is_over.is_set():
            number = next(numbers)
            fields = PAIR | {"body": f"두 판이 함께 있을 때 쓴 글 {number}."}
            source = f"127.9.{number // 250}.{number % 250 + 1}"
            path = "/articles/3/comments/"
            answer = both[number % 2].request("POST", path, urlencode(fields), FORM, source=source)
            answers.append((path, answer.status))
            posted.append((number, re.search(r"comment=(\d+)", answer.headers["Location"])[1]))

    with ThreadPoolExecutor() as pool:
        tasks = [*(pool.submit(read, release) for release in both), pool.submit(write)]
        try:
            wait_until(lambda: len(answers) > 6 * len(paths) or is_failed(tasks), tries=2400)
        finally:
            is_over.set()
        for task in tasks:
            task.result()

    record_property("requests", len(answers))
    wrong = [answer for answer in answers if answer[1] not in {200, 302, 404}]
    record_property("failed", len(wrong))
    assert wrong == []
    assert {path for path, status in answers if status == 404} <= {"/nowhere/?comment=1"}

    # What the one has written the other shows, and lets its writer change.
    for number, comment in posted[-2:]:
        other = both[(number + 1) % 2]
        assert f"함께 있을 때 쓴 글 {number}.".encode() in shown(other, comment)
        edit = change(other, comment, f"다른 판에서 고친 글 {number}.")
        assert edit.status == 302
        assert f"다른 판에서 고친 글 {number}.".encode() in shown(both[number % 2], comment)

    told = last_release.manage("shell", "--no-imports", stdin=DESK.format(host=HOST))
    pages = re.findall(r"^(\d+) (\S+)$", told, re.MULTILINE)
    record_property("pages of its desk", len(pages))
    assert [page for page in pages if page[0] not in {"200", "302", "403"}] == []
    assert pages[-1] == ("302", "/manage/articles/article/3/change/")
    assert (
        "앞선 판이 저장한 요약".encode()
        in this_release.request("GET", "/articles/?comment=2").content
    )


def shown(release, comment):
    """Return a comment's page, led to as a reader is."""
    answer = release.request("GET", f"/comments/{comment}/?comment={comment}")
    if answer.status in {301, 302}:
        answer = release.request(
            "GET", re.sub(r"^https://[^/]+|#.*", "", answer.headers["Location"])
        )
    assert answer.status == 200
    return answer.content


def change(release, comment, text):
    """Send a comment's edit form as the release shows it, with another text."""
    path = f"/comments/{comment}/edit/"
    page = html.fromstring(release.request("GET", path).content.decode())
    (form,) = (form for form in page.forms if "body" in form.fields)
    fields = dict(form.form_values()) | PAIR | {"body": text}
    return release.request("POST", path, urlencode(fields), FORM, source="127.9.200.1")


def is_failed(tasks):
    return any(task.done() for task in tasks)
