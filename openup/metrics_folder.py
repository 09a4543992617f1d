"""The folder through which processes give Prometheus their numbers, and a disk without room.

prometheus_client maps sparse files into memory: where the disk has no block left for one of their
pages, the kernel ends the process (SIGBUS), and every process that is started in its place. So a
process takes its blocks at its start, and counts for itself alone where there are none.
"""

import os
import tempfile

# Of each of the process's files; some 16 kB are used.
RESERVED_BYTES = 64 * 1024
MOST_FILES = 8


def use_folder(folder):
    """Let this process count in the folder; tell whether there is room. Before anything counts."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, MOST_FILES * RESERVED_BYTES)
    except OSError:
        return False
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return True


def reserve(folder):
    """Take the disk's blocks for what this process will count."""
    for path in folder.glob(f"*_{os.getpid()}.db"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
