"""The editor's script belongs to its source: whoever changes one builds the other."""

import re
from hashlib import sha256

from django.conf import settings

FOLDER = settings.BASE_DIR / "static-src"
BANNER = re.compile(rb"/\*! .* sources: (\w{64}) bundle: (\w{64}) \*/\n")


def digest_of_sources():
    names = ["build.mjs", "package.json", "package-lock.json"]
    names += [f"editor/{path.name}" for path in (FOLDER / "editor").iterdir()]
    digest = sha256()
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes() + b"\0")
    return digest.hexdigest()


def test_editor_is_built_from_the_source_beside_it():
    script = (settings.BASE_DIR / "static/manage/editor.js").read_bytes()

    banner = BANNER.match(script)

    told = "Run `make assets` and commit what it writes."
    assert banner and banner[1].decode() == digest_of_sources(), told
    assert banner[2].decode() == sha256(script[banner.end() :]).hexdigest(), told
