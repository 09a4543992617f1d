"""The static files as the server sends them."""

import gzip
import re

import pytest
from django.conf import settings
from django.core.files import File

from openup.backends.static_storage import MinifiedManifestStorage

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
