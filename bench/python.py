"""Run a line of Python with the site's settings: `python -m bench.python CODE`."""

import sys

if __name__ == "__main__":
    exec(sys.argv[1])  # noqa: S102 - our own, from bench/
