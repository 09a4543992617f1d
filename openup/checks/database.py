"""What keeps us out of PostgreSQL, in a sentence with its remedy, before anything asks it for more.

PostgreSQL's own words are in the server's language and say the same for a wrong password as for a
missing role, so what is wrong is told from what works. `configuration` asks it.
"""

import shlex

import psycopg
from django.core.checks import Error
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping
from psycopg.sql import Identifier

# Of Django's parameters those about cursors; the rest are libpq's.
ABOUT_CURSORS = {"context", "cursor_factory", "prepare_threshold", "server_side_binding"}
# What all of PostgreSQL's own programs connect to when they are told no other.
MAINTENANCE_DATABASE = "postgres"
IS_THERE = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)"
MAY_MAKE_TABLES = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


def obstacles(parameters):
    """Return the error for what stands in the way of making our tables, or nothing."""
    told = {name: value for name, value in parameters.items() if name not in ABOUT_CURSORS}
    place = f"{told.get('host', 'the local socket')}, port {told.get('port', 5432)}"
    ping = PGconn.ping(make_conninfo(**told).encode())
    if ping == Ping.REJECT:
        return [_error(f"PostgreSQL ({place}) is just starting or stopping.", "Try again soon.")]
    if ping != Ping.OK:
        return [_nobody_answers(place)]
    try:
        if _ask(told, MAY_MAKE_TABLES):
            return []
    except psycopg.OperationalError as error:
        if _only_reads(told):
            return [_no_primary(place)]
        return [_refused(told, place, error)]
    return [_no_tables(told)]


def _nobody_answers(place):
    return _error(
        f"PostgreSQL does not answer ({place}).",
        "Start it with `sudo systemctl start postgresql`, or correct host and port in"
        " DATABASE_URL.",
    )


def _no_primary(place):
    return _error(
        f"PostgreSQL ({place}) only reads now: none of its servers is the primary.",
        "Try again soon. `patronictl list` tells which server is what, and"
        " docs/more-than-one-machine.md what to do.",
    )


def _refused(told, place, error):
    role = told.get("user", "")
    if _is_missing(told):
        return _error(
            f"PostgreSQL ({place}) has no database “{told['dbname']}”.",
            f"Make it with `sudo -u postgres createdb --owner {shlex.quote(role)} --template"
            f" template0 --encoding UTF8 --locale C.UTF-8 {shlex.quote(told['dbname'])}`, or"
            " correct the name in DATABASE_URL.",
        )
    return _error(
        f"PostgreSQL ({place}) does not let the role “{role}” in: {str(error).strip()}",
        f"Correct name and password in DATABASE_URL. `sudo -u postgres createuser --pwprompt"
        f" {shlex.quote(role)}` makes a role that is missing; `\\password {role}` within"
        " `sudo -u postgres psql` gives it another password.",
    )


def _no_tables(told):
    return _error(
        f"The role “{told.get('user')}” may make no tables in the database “{told['dbname']}”.",
        "Within `sudo -u postgres psql`: ALTER DATABASE"
        f" {_quoted(told['dbname'])} OWNER TO {_quoted(told.get('user', ''))};",
    )


def _is_missing(told):
    """Tell whether the role is let in elsewhere and the database is not there."""
    try:
        return not _ask(told | {"dbname": MAINTENANCE_DATABASE}, IS_THERE, told["dbname"])
    except psycopg.OperationalError:
        return False


def _only_reads(told):
    """Tell whether the role is let in where nothing can be written."""
    try:
        return _ask(told | {"target_session_attrs": "read-only"}, "SELECT TRUE")
    except psycopg.OperationalError:
        return False


def _ask(told, question, *values):
    # Not Django's connection: its pool would go on trying, and log each try.
    with psycopg.connect(**told) as connection:
        return connection.execute(question, values).fetchone()[0]


def _quoted(name):
    return Identifier(name).as_string()


def _error(text, hint):
    return Error(text, hint=hint, id="openup.E006")
