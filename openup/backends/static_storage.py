"""Static files as they are served: without the comments and spaces that only their readers need.

Several releases collect into one folder while pages of each are read: none takes a file of another
away, nor is a file under its name ever missing or cut short (docs/decisions/static-files.md).
"""

import os
import re

import rcssmin
import rjsmin
from django.conf import settings
from django.core.files.base import ContentFile
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from openup.backends.media_folder import FolderStorage

# Our own; Django's admin and the editor stay as they came.
OWN_FOLDERS = ("css/", "js/", "manage/")
# Minified when it is built, and its first line names what it is made of.
BUILT = "manage/editor.js"
MINIFIERS = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}
HASHED = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")
MANIFESTS = "staticfiles*.json"


class WholeFilesCompressor(Compressor):
    def write_data(self, path, data, suffix, stat_result):
        draft = super().write_data(path, data, f"{suffix}.part", stat_result)
        os.replace(draft, path + suffix)
        return path + suffix


class MinifiedManifestStorage(CompressedManifestStaticFilesStorage, FolderStorage):
    """WhiteNoise's storage, which names files by their content, over minified sources."""

    # Each release has its own: what another has collected since does not change its pages.
    manifest_name = f"staticfiles.{settings.BASE_DIR.name}.json"

    def _save(self, name, content):
        minify = MINIFIERS.get(name[name.rfind(".") :])
        if minify and name.startswith(OWN_FOLDERS) and name != BUILT:
            # By chunks, which begin at the beginning: its hash may have been read from it.
            source = b"".join(content.chunks())
            content = ContentFile(minify(source.decode()).encode())
        return super()._save(name, content)

    def delete(self, name):
        # What is collected again is replaced in one step instead.
        if not HASHED.search(name) and name != self.manifest_name:
            super().delete(name)

    def create_compressor(self, **options):
        return WholeFilesCompressor(**options)
