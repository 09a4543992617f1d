"""Two application machines over one PostgreSQL and one bucket (docs/more-than-one-machine.md)."""

import os
import re
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode

import pytest

from deploy.run import read_settings
from tests.bucket import BUCKET, KEY, SECRET, running_bucket
from tests.deployed import ceph
from tests.deployed.installation import HOST, Installation
from tests.deployed.machine import KEYS
from tests.deployed.test_answers import FILES, FORM
from tests.deployed.test_operation import database, wait_until
from tests.deployed.test_update import PAGES, collect, copy_release, reload, switch
from tests.factories import picture_file

pytestmark = [pytest.mark.deployed, pytest.mark.slow]

COMMENTS = "/articles/2/comments/"
PASSWORD = "right horse battery staple"
STATIC = re.compile(r'"(/static/[^"]+)"')
numbers = count(1)


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """Give the address of an object storage: Ceph's where it is installed, else a mock."""
    with ExitStack() as stack:
        if ceph.obstacle():
            yield stack.enter_context(running_bucket())
        else:
            folder = tmp_path_factory.mktemp("bucket") / "ceph"
            yield stack.enter_context(ceph.running_ceph(folder, dict(os.environ)))


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Return two releases; the style sheet and the script of the second are other files."""
    old, new = (tmp_path_factory.mktemp("releases") / name for name in ("old", "new"))
    for folder in (old, new):
        copy_release(folder)
    for name, more in (("css/site.css", "\n.next-release{color:red}\n"), ("js/site.js", "\n;0;\n")):
        with (new / "static" / name).open("a") as file:
            file.write(more)
    return old, new


@pytest.fixture(scope="module")
def machines(site, bucket, releases):
    """Give two machines that run the old release, each with nginx in front of both."""
    site.stop_application()
    media = f"s3+http://{KEY}:{quote(SECRET, safe='')}@{bucket.partition('://')[2]}/{BUCKET}"
    keys = read_settings(site.folder / "etc" / "openup.env")
    with ExitStack() as stack:
        prefix = "openup-machine-"
        folders = [stack.enter_context(TemporaryDirectory(prefix=prefix)) for _number in range(2)]
        pair = [Installation(Path(folder), dict(os.environ)) for folder in folders]
        static = None
        for machine, other in zip(pair, reversed(pair), strict=True):
            # nginx's workers, www-data under root, must be able to enter.
            machine.folder.chmod(0o755)
            machine.database_url = site.database_url
            same = {name: keys[name] for name in KEYS}
            machine.write_settings(site.database_url, MEDIA_STORAGE=media, **same)
            machine.certificate.parent.mkdir()
            for file in site.certificate.parent.iterdir():
                shutil.copy(file, machine.certificate.parent)
            machine.write_nginx(others=[other.app_port])
            machine.link = machine.folder / "current"
            machine.link.symlink_to(releases[0])
            if static:
                # What the command would do again, in less time.
                shutil.copytree(static, machine.folder / "cache" / "static")
            else:
                collect(machine, releases[0])
                static = machine.folder / "cache" / "static"
            machine.places["/opt/openup"] = machine.link
            machine.manage("write_error_pages")
            stack.enter_context(machine.running())
        yield pair
    site.start_application()


def post(machine, body, source, **others):
    fields = {"email": "mina@example.com", "password": PASSWORD, "body": body, **others}
    return machine.request("POST", COMMENTS, urlencode(fields), FORM, source=source)


def sign_in(machine, name):
    """Return the headers of a member of staff."""
    page = machine.request("GET", "/manage/login/")
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)', page.content.decode())[1]
    headers = {"Cookie": cookie, "Referer": f"https://{HOST}/manage/login/"}
    fields = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = machine.request("POST", "/manage/login/", urlencode(fields), headers | FORM)
    cookies = [each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie")]
    return {
        "Cookie": "; ".join(
            {cookie.partition("=")[0]: cookie for cookie in [cookie, *cookies]}.values()
        )
    }


def part(name, value, more=b""):
    return b'--part\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
        name.encode(), more, value
    )  # fmt: skip


@contextmanager
def asking(*tasks):
    """Do each task again and again, until the block is over."""
    is_over = threading.Event()

    def repeat(task):
        while not is_over.is_set():
            task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        running = [pool.submit(repeat, task) for task in tasks]
        try:
            yield
        finally:
            is_over.set()
        for each in running:
            each.result()


@pytest.mark.exercise("Two nodes, one site")
def test_what_one_machine_takes_the_other_shows_at_once(machines, record_property):
    first, second = machines
    record_property("bucket", "a mock" if ceph.obstacle() else "Ceph")
    make = (
        "from django.contrib.auth.models import Group, User;"
        f" u = User.objects.create_user('uploader', password='{PASSWORD}', is_staff=True);"
        " u.groups.add(Group.objects.get(name='editor'))"
    )
    first.manage("shell", "--no-imports", "-c", make)
    staff = sign_in(first, "uploader")

    # Signed in on one machine, whoever sends a form to the other is who they are there.
    form = second.request("GET", "/manage/articles/picture/add/", headers=staff)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)', form.content.decode())[1]
    file = part("file", picture_file(800, 400), b'; filename="a.png"\r\nContent-Type: image/png')
    sent = first.request(
        "POST",
        "/manage/articles/picture/add/",
        part("csrfmiddlewaretoken", token.encode()) + file + b"--part--\r\n",
        {**staff, **FILES, "Referer": f"https://{HOST}/manage/articles/picture/add/"},
    )
    page = second.request("GET", sent.headers["Location"], headers=staff).content.decode()
    address = re.search(r'href="(/media/articles/[^"]+)"', page)[1]
    pictures = [machine.request("GET", address) for machine in machines]
    assert [each.status for each in pictures] == [200, 200]
    assert pictures[0].content == pictures[1].content
    assert not any((machine.folder / "lib" / "media").exists() for machine in machines)

    answer = post(first, "한 기계에 쓴 글", "127.9.0.1")
    shown = second.request("GET", answer.headers["Location"].partition("#")[0])
    assert "한 기계에 쓴 글" in shown.content.decode()

    # Five a minute for a network, whichever machine counts.
    turns = zip(range(6), cycle(machines))
    answers = [post(each, f"글 {number}", "127.9.0.2").status for number, each in turns]
    assert answers == [302] * 5 + [429]


@pytest.mark.exercise("Two nodes, a rolling update")
def test_rolling_update_leaves_no_page_without_its_files(machines, releases, record_property):
    _old, new = releases
    answers, seen = [], set()
    paths = cycle([f"{path}{'&' if '?' in path else '?'}comment=1" for path in PAGES])

    def read(machine, other):
        path = next(paths)
        page = machine.request("GET", path)
        answers.append((path, page.status))
        for address in dict.fromkeys(STATIC.findall(page.content.decode())):
            # The next request of a browser may come to the other machine.
            for asked in (machine, other):
                answers.append((address, asked.request("GET", address).status))
                seen.add((asked.app_port, address))

    def rounds(number):
        before = len(answers)
        wait_until(lambda: len(answers) > before + number, tries=4800)

    first, second = machines
    with asking(lambda: read(first, second), lambda: read(second, first)):
        rounds(100)
        for machine in machines:
            collect(machine, new)
        for machine in machines:
            switch(machine.link, new)
            reload(machine)
            rounds(200)

    failed = [each for each in answers if each[1] not in {200, 302} and "/nowhere/" not in each[0]]
    record_property("requests", len(answers))
    record_property("failed", len(failed))
    assert failed == []
    styles = {address for _port, address in seen if address.startswith("/static/css/site.")}
    assert len(styles) == 2


@pytest.mark.exercise("Two nodes, one forgotten")
def test_file_that_only_one_machine_has_is_given_by_both(machines):
    first, second = machines
    name = "css/only-here.0123456789ab.css"
    (first.folder / "cache" / "static" / name).write_text("a{color:red}")
    # WhiteNoise lists the files when a worker begins.
    reload(first)

    answers = [machine.request("GET", f"/static/{name}") for machine in machines]
    nowhere = second.request("GET", "/static/css/nowhere.0123456789ab.css")

    assert [(each.status, each.content) for each in answers] == [(200, b"a{color:red}")] * 2
    assert nowhere.status == 404


@pytest.mark.exercise("Two nodes, one killed")
def test_killed_machine_fails_no_reader_and_doubles_no_comment(machines, record_property):
    first, second = machines
    reads, writes = [], []

    def read(machine):
        reads.append(machine.request("GET", f"/?comment={next(numbers)}").status)

    def write(machine):
        number = next(numbers)
        source = f"127.9.{number // 250 + 1}.{number % 250 + 1}"
        body = f"죽는 기계에 쓴 글 {number}."
        answer = post(machine, body, source, email=f"reader{number}@example.com")
        first_status = answer.status
        if first_status == 503:
            # The browser's way back, and the form sent once more.
            answer = post(machine, body, source, email=f"reader{number}@example.com")
        writes.append((body, first_status, answer.status))

    with asking(lambda: read(first), lambda: read(second), lambda: write(first)):
        wait_until(lambda: len(reads) > 40 and len(writes) > 5, tries=2400)
        os.killpg(first.application.pid, signal.SIGKILL)
        first.application.wait()
        before = len(reads), len(writes)
        wait_until(lambda: len(reads) > before[0] + 60 and len(writes) > before[1] + 5, tries=2400)
    first.start_application()

    lost = [status for status in reads if status != 200]
    repeated = [each for each in writes if each[1] != 302]
    with database(first) as connection:
        found = connection.execute(
            "SELECT body FROM comments_comment WHERE body LIKE '죽는 기계에%'"
        ).fetchall()
        connection.execute("DELETE FROM comments_ratelimit")
    record_property("requests", len(reads) + len(writes))
    record_property("lost", len(lost))
    record_property("forms sent again", len(repeated))
    assert lost == []
    assert {status for _body, _first, status in writes} == {302}
    assert sorted(found) == sorted((body,) for body, *_statuses in writes)
