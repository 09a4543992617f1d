"""Static files as they are served: without the comments and spaces that only their readers need."""

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Our own; Django's admin and the editor stay as they came.
OWN_FOLDERS = ("css/", "js/", "manage/")
# Minified when it is built, and its first line names what it is made of.
BUILT = "manage/editor.js"
MINIFIERS = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}


class MinifiedManifestStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which names files by their content, over minified sources."""

    def _save(self, name, content):
        minify = MINIFIERS.get(name[name.rfind(".") :])
        if minify and name.startswith(OWN_FOLDERS) and name != BUILT:
            # By chunks, which begin at the beginning: its hash may have been read from it.
            source = b"".join(content.chunks())
            content = ContentFile(minify(source.decode()).encode())
        return super()._save(name, content)
