"""The static files as the server sends them."""

import builtins
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from time import time

import pytest
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from deploy.processes import child_environment
from deploy.run import new_env_file
from openup.backends.static_storage import HASHED, MinifiedManifestStorage

LARGEST = {"css/site.css": 6 * 1024, "js/site.js": 4 * 1024}


def collect(name, source, folder):
    storage = MinifiedManifestStorage(location=folder)
    with source.open("rb") as file:
        storage.save(name, File(file))
    return (folder / name).read_bytes()


@pytest.mark.parametrize(("name", "largest"), LARGEST.items())
def test_what_every_page_loads_stays_small(name, largest, tmp_path):
    collected = collect(name, settings.BASE_DIR / "static" / name, tmp_path)

    assert len(gzip.compress(collected, 9)) <= largest


def test_own_files_lose_what_only_their_readers_need(tmp_path):
    style = collect("css/site.css", settings.BASE_DIR / "static/css/site.css", tmp_path).decode()

    assert "/*" not in style
    assert "word-break:keep-all" in style


@pytest.mark.parametrize("path", sorted((settings.BASE_DIR / "static").rglob("*.css")), ids=str)
def test_selectors_stay_what_they_were(path, tmp_path):
    name = str(path.relative_to(settings.BASE_DIR / "static"))
    # "a :is(b)" and "a:is(b)" are two things.
    descendant = re.compile(r"[^\s{},>+~]\s+:[a-z-]+")

    style = collect(name, path, tmp_path).decode()

    source = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert descendant.findall(style) == descendant.findall(source)


def test_files_named_by_their_content_are_the_same(tmp_path):
    name = "css/site.css"
    collected = collect(name, settings.BASE_DIR / "static" / name, tmp_path)
    storage = MinifiedManifestStorage(location=tmp_path)

    list(storage.post_process({name: (storage, name)}))

    assert (tmp_path / storage.stored_name(name)).read_bytes() == collected


def test_files_of_others_stay_as_they_came(tmp_path):
    source = tmp_path / "theirs.css"
    source.write_text("/* theirs */\na { color: red; }\n")

    assert collect("admin/css/base.css", source, tmp_path) == source.read_bytes()


# Several releases in one folder


def collect_release(folder, release, sources):
    """Collect {name: text} as a release does; return its storage."""
    source = FileSystemStorage(location=folder.parent / f"source-{release}")
    storage = MinifiedManifestStorage(location=folder)
    storage.manifest_name = f"staticfiles.{release}.json"
    for name, text in sources.items():
        source.save(name, ContentFile(text.encode()))
        storage.delete(name)
        storage.save(name, ContentFile(text.encode()))
    list(storage.post_process({name: (source, name) for name in sources}))
    return storage


def hashed_files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if HASHED.search(path.name)
    }


RELEASE = {"css/site.css": "a{color:red}" * 99, "css/print.css": "@import 'site.css';" * 99}


def test_release_takes_no_file_of_another_away(tmp_path):
    folder = tmp_path / "static"
    first = collect_release(folder, "1", RELEASE)
    before = hashed_files(folder)

    collect_release(folder, "2", {"css/site.css": "a{color:blue}" * 99})

    assert before.items() < hashed_files(folder).items()
    # A worker that begins now still finds the names of its own release.
    again = MinifiedManifestStorage(location=folder)
    again.manifest_name = first.manifest_name
    assert again.load_manifest()[0] == first.hashed_files


def test_file_that_pages_name_is_never_missing_while_it_is_collected_again(tmp_path, monkeypatch):
    folder = tmp_path / "static"
    collect_release(folder, "1", RELEASE)
    hashed, unlinked, opened = hashed_files(folder), [], []
    remove, plain_open = os.remove, builtins.open
    monkeypatch.setattr(os, "remove", lambda path: (unlinked.append(str(path)), remove(path)))
    monkeypatch.setattr(
        builtins,
        "open",
        lambda path, mode="r", *rest, **others: (
            opened.append(str(path)) if "w" in mode else None,
            plain_open(path, mode, *rest, **others),
        )[1],
    )

    shutil.rmtree(folder.parent / "source-1")
    collect_release(folder, "1", RELEASE)

    written_in_place = {str(folder / name) for name in hashed}
    assert opened and unlinked
    assert written_in_place.isdisjoint([*unlinked, *opened])
    assert hashed_files(folder) == hashed


def test_files_that_only_long_gone_releases_name_are_pruned(tmp_path, settings, capsys):
    folder = tmp_path / "static"
    settings.STATIC_ROOT = folder
    texts = [f"a{{color:#{number}{number}{number}}}" * 99 for number in range(6)]
    for number, text in enumerate(texts):
        collect_release(folder, number, {"css/site.css": text, "css/same.css": "b{color:red}" * 99})
    ages_in_days = {0: 90, 1: 80, 2: 20, 3: 70, 4: 60, 5: 50}
    moment = time()
    names = {
        number: json.loads((folder / f"staticfiles.{number}.json").read_text())["paths"]
        for number in ages_in_days
    }
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment - 100 * 86_400))
    for number, days in ages_in_days.items():
        os.utime(folder / f"staticfiles.{number}.json", (moment, moment - days * 86_400))

    call_command("prune_static")

    left = hashed_files(folder)
    # The newest three are 2, 5 and 4.
    assert {number for number, paths in names.items() if paths["css/site.css"] in left} == {2, 4, 5}
    assert f"{names[0]['css/site.css']}.br" not in left and f"{names[5]['css/site.css']}.br" in left
    assert names[0]["css/same.css"] in left
    assert sorted(path.name for path in folder.glob("*.json")) == [
        *("staticfiles.2.json", "staticfiles.4.json", "staticfiles.5.json")
    ]
    assert "of 3 releases" in capsys.readouterr().out


def test_start_without_collected_files_is_refused(tmp_path):
    settings_file = tmp_path / "settings.env"
    settings_file.write_text(new_env_file("http://127.0.0.1:8000"))
    env = child_environment(dict(os.environ)) | {
        "OPENUP_ENV_FILE": str(settings_file),
        "STATIC_ROOT": str(tmp_path / "static"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }

    done = subprocess.run(
        [sys.executable, "-c", "import openup.wsgi"],
        check=False, capture_output=True, text=True, env=env, cwd=settings.BASE_DIR,
    )  # fmt: skip

    assert done.returncode == 1
    assert "collectstatic" in done.stderr
