"""The limit that argon2 sets: `python -m bench.hashing SECONDS` prints hashes a second."""

import multiprocessing
import os
import sys
import time


def hashes(seconds, queue):
    import django  # noqa: PLC0415 - in a process of its own

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
    django.setup()
    from comments.credentials import hash_password  # noqa: PLC0415

    hash_password("right horse key")
    count, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        hash_password("right horse key")
        count += 1
    queue.put(count / (time.monotonic() - began))


def all_cores(seconds):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [
        context.Process(target=hashes, args=(seconds, queue)) for _core in range(os.cpu_count())
    ]
    for process in processes:
        process.start()
    rates = [queue.get() for _process in processes]
    for process in processes:
        process.join()
    return sum(rates)


if __name__ == "__main__":
    print(all_cores(int(sys.argv[1])))
