"""The limit that argon2 sets: `python -m bench.hashing SECONDS` prints hashes a second."""

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor


def hashes(seconds):
    import django  # noqa: PLC0415 - in a process of its own

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
    django.setup()
    from comments.identity.credentials import hash_password  # noqa: PLC0415

    hash_password("right horse key")
    count, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        hash_password("right horse key")
        count += 1
    return count / (time.monotonic() - began)


def all_cores(seconds):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        return sum(pool.map(hashes, [seconds] * os.cpu_count()))


if __name__ == "__main__":
    print(all_cores(int(sys.argv[1])))
