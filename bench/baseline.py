"""The limit that granian sets: a WSGI function that sends the bytes and headers of a file."""

import json
import os
from pathlib import Path

_answer = Path(os.environ["BENCH_ANSWER"])
HEADERS = [tuple(pair) for pair in json.loads(_answer.with_suffix(".json").read_text())]
BODY = _answer.read_bytes()


def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]
