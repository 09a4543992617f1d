"""Compressed bodies of pages, in memory that the processes of a site share.

Each process makes and confirms its pages by itself. What it compresses it writes to a file; another
that has made the same page maps this file instead of holding the same bytes once more.
"""

import ctypes
import gzip
import logging
import mmap
import os
import stat
import tempfile
import time
import zlib
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256

import brotli

BROTLI_QUALITY = 5
GZIP_LEVEL = 6
COMPRESS = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY),
    "gzip": lambda body: gzip.compress(body, GZIP_LEVEL, mtime=0),
}
DECOMPRESS = {"br": brotli.decompress, "gzip": gzip.decompress}
# Less is not worth pages of memory of its own.
SMALLEST_SHARED_BYTES = 16 * 1024
# Linux lets a process map 65,530 pieces of memory; malloc needs some of them.
MOST_MAPPED = 32_768
# The server sends nothing but `bytes`: what is sent often is not copied every time.
COPIES = 16
SUFFIX = ".openup-page"
# A file may hold what was deleted since, so none that no process keeps stays on the disk.
LONGEST_SECONDS = 24 * 60 * 60
TIDY_SECONDS = 60 * 60

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *3 * [ctypes.c_int], ctypes.c_long]
_libc.mmap.restype = ctypes.c_void_p
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_MAP_FAILED = ctypes.c_void_p(-1).value

logger = logging.getLogger(__name__)


class SharedBodies:
    """Compresses pages, and shares them through files in `folder`; None shares nothing.

    `max_bytes` is what all pages of a process may take. Beyond that, and after a day, a file goes:
    who has mapped it keeps what it said.
    """

    def __init__(self, folder, max_bytes):
        self.folder, self.max_bytes = folder, max_bytes
        self._tidy_at = 0
        self.smallest = max(SMALLEST_SHARED_BYTES, max_bytes // MOST_MAPPED)
        self.copy = lru_cache(COPIES)(bytes)
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_ours(folder.stat())
            # Says whether files can be written, and leaves none.
            tempfile.TemporaryFile(dir=folder).close()
            self._tidy()
        except OSError as error:
            self.folder = None
            logger.warning("PAGE_CACHE_FOLDER: %s; each process keeps pages of its own.", error)

    def compress(self, page, coding, plain):
        """Return what `plain`, the page with this address, is in its coding: bytes, or a file's.

        A file is taken only when it says exactly that, so nobody gets an earlier page, or one of
        another site with the same folder.
        """
        if self.folder is None or len(plain) < self.smallest:
            return COMPRESS[coding](plain)
        file = self._file(page, coding)
        with suppress(OSError, ValueError, EOFError, zlib.error, brotli.error):
            body = _map(file)
            if len(body) <= len(plain) and DECOMPRESS[coding](bytes(body)) == plain:
                return body
        body = COMPRESS[coding](plain)
        if len(body) >= self.smallest:
            with suppress(OSError):
                self._tidy()
                return _write(file, body)
        return body

    def forget(self, page):
        """Remove the files of a page; who has mapped them keeps what they said."""
        if self.folder is not None:
            for coding in COMPRESS:
                with suppress(OSError):
                    os.unlink(self._file(page, coding))

    def _tidy(self):
        """Remove, once an hour, the files that are too old, and the oldest of too many."""
        now = time.monotonic()
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_SECONDS
            _leave_newest(self.folder, self.max_bytes)

    def _file(self, page, coding):
        # No Path: it would keep each name in a table of the interpreter's.
        return f"{self.folder}/{sha256(page.encode()).hexdigest()}.{coding}{SUFFIX}"


class _MappedFile:
    """A file's content in memory that all who map it share; `bytes` copies it.

    Python's own `mmap` keeps a descriptor open for each (until 3.13), and connections need those.
    """

    address = None

    def __init__(self, descriptor, size):
        address = _libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
        if address == _MAP_FAILED:
            raise OSError(ctypes.get_errno(), "The file cannot be mapped.")
        self.address, self.size = address, size

    def __len__(self):
        return self.size

    def __bytes__(self):
        return ctypes.string_at(self.address, self.size)

    def __del__(self):
        if self.address is not None:
            _libc.munmap(self.address, self.size)


def _map(file):
    # Without waiting, should it be a FIFO.
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        _check_ours(status)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("This is no file.")
        return _MappedFile(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _check_ours(status):
    """Raise PermissionError when another user may change what has this status."""
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise PermissionError("It is another user's, or others may write to it")


def _write(file, body):
    """Put the file in its place as a whole, and return it mapped: who has an earlier one keeps it.

    Mapped before it is there for others, who may replace it at once.
    """
    descriptor, draft = tempfile.mkstemp(SUFFIX, dir=os.path.dirname(file))
    try:
        with os.fdopen(descriptor, "w+b") as opened:
            opened.write(body)
            opened.flush()
            os.fchmod(descriptor, 0o400)
            mapped = _MappedFile(descriptor, len(body))
        os.replace(draft, file)
    except OSError:
        os.unlink(draft)
        raise
    return mapped


def _leave_newest(folder, max_bytes):
    """Remove the files beyond `max_bytes` in all, the oldest first, and those of yesterday."""
    found = []
    for file in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):  # gone meanwhile
            status = file.lstat()
            found.append((status.st_mtime, status.st_size, file))
    yesterday = time.time() - LONGEST_SECONDS
    for moment, size, file in sorted(found, reverse=True):
        max_bytes -= size
        if max_bytes < 0 or moment < yesterday:
            with suppress(OSError):
                file.unlink()
