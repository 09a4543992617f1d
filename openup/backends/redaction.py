"""What the log never repeats: values out of rows and forms, addresses beyond our routes, tokens.

A database quotes the row that it refuses, Python the value that it cannot take, and whoever types a
password into the address bar has it in the line of a missing page.
"""

import logging
import re
import sqlite3
import sys
import threading
import traceback
from collections.abc import Mapping

from django.db import Error
from django.urls import Resolver404, resolve

MAX_ERROR_CHARACTERS = 500
# As deep as our longest route, and no deeper: each part is looked up.
MAX_SEGMENTS = 8

# What PostgreSQL tells of an error after its first line (libpq writes the words in English).
_SERVER_FIELDS = re.compile(
    r"(?:\A|\n)\s*(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+):.*", re.DOTALL
)
_QUOTED = re.compile(r"(?<!\w)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?!\w)", re.S)
_BEYOND_HOST = re.compile(r"(https?://[^\s/?#'\"]*)[/?#][^\s'\"]*")
_MAIL_ADDRESS = re.compile(r"[^\s@<>'\"(]+@[^\s@<>'\")]+\.[^\s@<>'\").]+")
# The tokens of links that were mailed or shared: whoever reads one in a log could act with it.
_TOKEN = re.compile(
    r"(/comments/(?:mine|notices)/|/shared/|/manage/password/\w+/)[A-Za-z0-9_-]{16,}"
)
# SQLSTATEs whose quotes name a column, a table or a function that is missing.
_ABOUT_NAMES = {"42703", "42P01", "42883"}
# Errors that quote names out of the code alone.
_ABOUT_THE_PROGRAM = (AttributeError, ImportError, NameError)

_ROUTE_PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)\$?")


class RedactedRecords(logging.Filter):
    """Write out a record's message as it may be read, whichever logger it comes from."""

    def filter(self, record):
        if isinstance(record.msg, BaseException):
            record.msg = error_text(record.msg)
        if isinstance(record.args, Mapping):
            record.args = {name: _argument(value) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(map(_argument, record.args))
        if request := getattr(record, "request", None):
            _hide_path(record, request.path_info, readable_path(request))
        record.msg, record.args = redacted(record.getMessage()), ()
        return True


def _argument(value):
    return error_text(value) if isinstance(value, BaseException) else value


def _hide_path(record, path, shown):
    # Django escapes what is not ASCII before it logs a path.
    forms = {path, path.encode("unicode_escape").decode("ascii")} - {"", "/"}
    if record.args:
        record.args = tuple(shown if value in forms else value for value in record.args)
    else:
        for form in forms:
            record.msg = str(record.msg).replace(form, shown)


def redacted(text):
    """Return a message without what stands beyond a host, in a mailed link or in a row."""
    text = _SERVER_FIELDS.sub("", text)
    text = _TOKEN.sub(r"\1…", _BEYOND_HOST.sub(r"\1/…", text))
    return _MAIL_ADDRESS.sub("…@…", text)


def readable_path(request):
    """Return as much of the request's path as is an address of ours, with the route's numbers.

    `/comments/5/edit/anything` is `/comments/5/edit/…`, and what we have no route for is `/…`.
    """
    pieces = request.path_info.split("/", MAX_SEGMENTS + 1)
    for size in range(len(pieces), 0, -1):
        path = "/".join(pieces[:size])
        for tried in dict.fromkeys((path, f"{path}/")):
            try:
                match = resolve(tried, getattr(request, "urlconf", None))
            except (Resolver404, ValueError):
                continue
            rest = "" if len(tried) >= len(request.path_info) else "…"
            return f"/{_route(match)}{rest}"
    return "/…"


def _route(match):
    """Return a route with its numbers in their places and the names of everything else."""

    def fill(part):
        name = part[1] or part[2]
        value = match.kwargs.get(name)
        return str(value) if isinstance(value, int) else f"<{name}>"

    return _ROUTE_PART.sub(fill, match.route)


def format_error(error):
    """Return the traceback of an error and of those that led to it, each by `error_text`."""
    blocks, known = [], set()
    reason = ""
    while error is not None and id(error) not in known:
        known.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        blocks.append(f"Traceback (most recent call last):\n{frames}{error_text(error)}\n{reason}")
        if error.__cause__ is not None:
            error, reason = error.__cause__, "\nwhich was the cause of this:\n\n"
        else:
            error = None if error.__suppress_context__ else error.__context__
            reason = "\nduring which this happened:\n\n"
    return "".join(reversed(blocks)).rstrip()


def error_text(error):
    """Return an error's kind and what it says, but no value that it quotes."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if _is_of_database(error):
        text = _database_text(error)
    else:
        text = str(error) if isinstance(error, _ABOUT_THE_PROGRAM) else _unquoted(str(error))
    text = redacted(" ".join(text.split()))[:MAX_ERROR_CHARACTERS]
    return f"{name}: {text}" if text else name


def _is_of_database(error):
    # Not psycopg's classes: a site on SQLite does without it.
    return isinstance(error, Error | sqlite3.Error) or hasattr(error, "diag")


def _database_text(error):
    """Return what may be told of a database's error: the server's first line, and whose it is."""
    # Django's errors have the driver's as their cause.
    told = getattr(error, "diag", None) or getattr(error.__cause__, "diag", None)
    if told is None or not told.sqlstate:
        text = _SERVER_FIELDS.sub("", str(error))
        return text if _is_about_connection(error) else _unquoted(text)
    text = told.message_primary or ""
    if told.sqlstate not in _ABOUT_NAMES:
        text = _unquoted(text)
    names = " ".join(
        name for name in (told.table_name, told.column_name, told.constraint_name) if name
    )
    return f"{told.sqlstate} {text} [{names}]" if names else f"{told.sqlstate} {text}"


def _is_about_connection(error):
    """Tell whether PostgreSQL could not be reached: what it quotes then is its own address."""
    is_sqlite = isinstance(error, sqlite3.Error) or isinstance(error.__cause__, sqlite3.Error)
    return not is_sqlite and "OperationalError" in {kind.__name__ for kind in type(error).__mro__}


def _unquoted(text):
    return _QUOTED.sub("'…'", text)


def guard_standard_error():
    """Let what Python itself writes of an error that nobody caught be redacted as well."""

    def uncaught(_kind, error, _traceback):
        sys.stderr.write(f"{format_error(error)}\n")

    def uncaught_in_thread(event):
        if event.exc_value is not None and event.exc_type is not SystemExit:
            name = event.thread.name if event.thread else "a thread"
            sys.stderr.write(f"In {name}:\n{format_error(event.exc_value)}\n")

    def unraisable(event):
        if event.exc_value is not None:
            sys.stderr.write(f"Ignored:\n{format_error(event.exc_value)}\n")

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable
