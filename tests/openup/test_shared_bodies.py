"""Bodies that processes share through files: memory taken once, and nothing else than the page."""

import gzip
import os
import time
from pathlib import Path

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler

from openup.pagecache import PageCache, bodies
from openup.pagecache.bodies import SharedBodies
from tests.factories import long_text, make_article, make_comment
from tests.wsgi import ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

DECODE = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
MAX_BYTES = 2**22


@pytest.fixture
def path():
    return make_article(body=long_text()).get_absolute_url()


@pytest.fixture
def start(tmp_path):
    """Start a page cache as one of a site's processes has it; all share a folder."""
    caches = []

    def start(folder=tmp_path / "pages", max_bytes=MAX_BYTES):
        caches.append(PageCache(WSGIHandler(), max_bytes, folder=folder))
        return caches[-1]

    yield start
    for cache in caches:
        cache.validators.close()


@pytest.fixture
def compressed(monkeypatch):
    """Return the codings that something was compressed in, one for each time."""
    found = []

    def counted(coding, function):
        return lambda plain: found.append(coding) or function(plain)

    for coding, function in list(bodies.COMPRESS.items()):
        monkeypatch.setitem(bodies.COMPRESS, coding, counted(coding, function))
    return found


def read(cache, path, coding="br"):
    """Return the page as a reader who takes that coding sees it."""
    response = ask(cache, path, accept_encoding=coding)
    assert response.status == 200
    assert response.header("Content-Encoding") == (coding or None)
    assert response.header("Content-Length") == str(len(response.body))
    return DECODE[coding](response.body).decode()


def mapped(folder):
    """Return the folder's files that this process has in its memory, each as often as it has."""
    lines = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    # A file that was replaced says "(deleted)".
    return sorted(line[5] for line in lines if len(line) == 6 and f"{folder}/" in line[5])


def shared_files(cache):
    return sorted(cache._bodies.folder.iterdir())


def test_body_is_compressed_by_one_process_and_mapped_by_all(start, path, compressed):
    first, second = start(), start()
    texts = {read(cache, path, coding) for cache in (first, second) for coding in ("br", "gzip")}

    assert len(texts) == 1
    assert compressed == ["br", "gzip"]
    files = shared_files(first)
    assert len(files) == 2
    assert mapped(first._bodies.folder) == sorted(2 * [str(file) for file in files])
    assert read(second, path, "") in texts


def test_mapped_file_takes_no_descriptor_from_the_connections(start, path):
    cache = start()
    read(cache, path)
    read(cache, path, "gzip")

    folder = cache._bodies.folder
    assert len(mapped(folder)) == 2
    opened = [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]
    assert not [file for file in opened if file.startswith(f"{folder}/")]


def test_change_is_in_the_next_answer_of_all_whoever_made_the_file(start):
    first, second = start(), start()
    article = make_article(body=long_text())
    for number in range(4):
        make_comment(article, body=f"댓글 {number}")
        for cache in (first, second) if number % 2 else (second, first):
            assert f"댓글 {number}" in read(cache, article.get_absolute_url())

    assert len(shared_files(first)) == 1


def test_who_has_mapped_a_file_keeps_what_it_said(tmp_path):
    first, second = SharedBodies(tmp_path, MAX_BYTES), SharedBodies(tmp_path, MAX_BYTES)
    earlier, later = long_text(1).encode(), long_text(2).encode()
    body = first.compress("/page", "br", earlier)

    replaced = second.compress("/page", "br", later)
    assert brotli.decompress(bytes(body)) == earlier
    assert brotli.decompress(bytes(replaced)) == later

    second.forget("/page")
    assert not list(tmp_path.iterdir())
    assert brotli.decompress(bytes(body)) == earlier
    assert brotli.decompress(bytes(replaced)) == later


def test_file_that_is_replaced_at_once_is_not_taken_for_the_own(tmp_path, monkeypatch):
    first, second = SharedBodies(tmp_path, MAX_BYTES), SharedBodies(tmp_path, MAX_BYTES)
    newer, older = long_text(1).encode(), long_text(2).encode()
    replace = os.replace

    def replace_twice(draft, file):
        replace(draft, file)
        monkeypatch.undo()
        second.compress("/page", "br", older)

    monkeypatch.setattr(os, "replace", replace_twice)

    assert brotli.decompress(bytes(first.compress("/page", "br", newer))) == newer


@pytest.mark.parametrize("coding", ["br", "gzip"])
@pytest.mark.parametrize(
    "kind", ["other", "cut", "empty", "noise", "folder", "loop", "fifo", "huge"]
)
def test_file_that_says_anything_else_is_not_given_out(start, path, coding, kind):
    first = start()
    text = read(first, path, coding)
    (file,) = shared_files(first)
    content = file.read_bytes()
    file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "loop":
        file.symlink_to(file)
    elif kind == "fifo":
        os.mkfifo(file, 0o600)
    elif kind == "huge":
        file.touch(0o600)
        os.truncate(file, 2**42)
    else:
        other = bodies.COMPRESS[coding](b"<script>alert(1)</script>" * 2_000)
        kinds = {"other": other, "cut": content[:-9], "empty": b"", "noise": os.urandom(30_000)}
        file.write_bytes(kinds[kind])
        file.chmod(0o600)

    assert read(start(), path, coding) == text
    assert read(first, path, coding) == text


@pytest.mark.parametrize("mode", [0o600, 0o620, 0o602])
def test_file_that_somebody_else_may_change_is_replaced(start, path, mode, monkeypatch):
    first, second = start(), start()
    text = read(first, path)
    (file,) = shared_files(first)
    file.chmod(mode)
    status = file.stat()
    if mode == 0o600:
        monkeypatch.setattr(os, "geteuid", lambda: status.st_uid + 1)

    assert read(second, path) == text
    assert file.stat().st_ino != status.st_ino
    assert not file.stat().st_mode & 0o022


def test_small_page_takes_no_file(start):
    cache = start()
    read(cache, make_article().get_absolute_url())

    assert not shared_files(cache)


@pytest.mark.parametrize("place", ["file", "file/pages", "open"])
def test_without_a_folder_each_process_keeps_its_own(start, path, tmp_path, place, caplog):
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    cache = start(folder=tmp_path / place)

    assert read(cache, path) == read(start(folder=None), path)
    (record,) = caplog.records
    assert "PAGE_CACHE_FOLDER" in record.getMessage()
    assert not list((tmp_path / "open").iterdir())


def test_folder_that_goes_while_pages_are_made_costs_no_page(start, path, tmp_path):
    cache = start()
    text = read(cache, path)
    for file in shared_files(cache):
        file.unlink()
    cache._bodies.folder.rmdir()

    assert read(cache, path) == text
    assert read(cache, path, "gzip") == text


def test_pages_that_go_from_memory_take_their_files_along(start):
    cache = start(max_bytes=200_000)
    for seed in range(8):
        read(cache, make_article(body=long_text(seed)).get_absolute_url())

    files = shared_files(cache)
    assert mapped(cache._bodies.folder) == [str(file) for file in files]
    assert 100_000 < sum(file.stat().st_size for file in files) <= 200_000


def test_page_that_is_withdrawn_leaves_the_disk_when_it_is_asked_for(start):
    article = make_article(body=long_text())
    cache = start()
    read(cache, article.get_absolute_url())
    article.state = article.State.WITHDRAWN
    article.store()

    assert ask(cache, article.get_absolute_url()).status != 200
    assert not shared_files(cache)
    assert not cache.bytes


def test_file_of_yesterday_leaves_the_disk_whoever_had_it(start, path, monkeypatch):
    cache = start()
    read(cache, path)
    (file,) = shared_files(cache)
    os.utime(file, (0, 0))
    monkeypatch.setattr(bodies, "TIDY_SECONDS", 0)
    other = start()
    assert not shared_files(cache)

    read(other, path)
    (file,) = shared_files(cache)
    os.utime(file, (0, 0))
    read(other, make_article(body=long_text(1)).get_absolute_url())
    read(other, make_article(body=long_text(2)).get_absolute_url())

    assert file not in shared_files(cache)
    assert read(cache, path) == read(other, path)


def test_what_killed_processes_left_is_bounded_and_nothing_else_is_touched(tmp_path):
    now = time.time()
    for number in range(10):
        file = tmp_path / f"{number}.br.openup-page"
        file.write_bytes(bytes(1_000))
        os.utime(file, (now - 60 + number, now - 60 + number))
    (tmp_path / "notes.page").write_bytes(bytes(100_000))

    SharedBodies(tmp_path, 3_500)

    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ["7.br.openup-page", "8.br.openup-page", "9.br.openup-page", "notes.page"]


def test_cache_that_keeps_nothing_leaves_the_folder_alone(start, tmp_path):
    start(max_bytes=0)

    assert not (tmp_path / "pages").exists()
