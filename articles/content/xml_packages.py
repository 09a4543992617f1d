"""A zip file of XML parts, as .docx and .hwpx are, read within bounds and without trust."""

import io
import zipfile
import zlib

from django.utils.translation import gettext as _
from lxml import etree

MAX_FILES = 2_000
MAX_UNPACKED_BYTES = 60 * 1024**2
MAX_XML_BYTES = 16 * 1024**2
# Each takes some 200 bytes of memory.
MAX_ELEMENTS = 300_000

# What zipfile raises on damaged, encrypted and strangely compressed files.
_BROKEN = (
    *(EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)


class PackageError(ValueError):
    """Say why a package, or a part of it, cannot be read."""


class XmlPackage:
    """The parts of a package; `names` are those that it holds."""

    def __init__(self, content: bytes):
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            parts = self._zip.infolist()
        except _BROKEN as error:
            raise PackageError(_("The file is damaged. Save it anew and try again.")) from error
        if any(part.flag_bits & 1 for part in parts):
            raise PackageError(_("The file is protected by a password. Save it without one."))
        # zipfile gives out no more of a part than is declared here, whatever it unpacks to.
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MAX_FILES or unpacked > MAX_UNPACKED_BYTES:
            raise PackageError(_("The file unpacks to more than any manuscript holds."))
        self.names = frozenset(part.filename for part in parts)

    def read(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except KeyError as error:
            raise PackageError(_("The part %(name)s is missing.") % {"name": name[:80]}) from error
        except _BROKEN as error:
            raise PackageError(_("The file is damaged. Save it anew and try again.")) from error

    def xml(self, name: str) -> etree._Element:
        """Return a part's root; entities and document types are refused, nothing is fetched."""
        content = self.read(name)
        if len(content) > MAX_XML_BYTES:
            limit = {"name": name[:80], "limit": MAX_XML_BYTES // 1024**2}
            raise PackageError(_("The part %(name)s is larger than %(limit)s MB.") % limit)
        walker = etree.iterparse(
            io.BytesIO(content),
            events=("start",),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for number, (_event, _element) in enumerate(walker):
                if number > MAX_ELEMENTS:
                    raise PackageError(_("The file holds more than any manuscript does."))
        except (etree.XMLSyntaxError, ValueError) as error:
            if isinstance(error, PackageError):
                raise
            raise PackageError(_("The file is damaged. Save it anew and try again.")) from error
        root = walker.root
        if root is None or root.getroottree().docinfo.doctype:
            raise PackageError(_("The file is damaged. Save it anew and try again."))
        return root
