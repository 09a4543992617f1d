"""A PostgreSQL database: dumped at one moment, brought back within one transaction."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress

import psycopg
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from psycopg import sql

from openup.backup.files import TOO_OLD, reason, reason_of_program
from openup.backup.manifest import DATABASES
from openup.checks.database import ABOUT_CURSORS
from openup.checks.squashed_migrations import replaced

FILE = DATABASES["postgresql"]
ASIDE = "before_restore_"
OTHERS = """
SELECT pid, COALESCE(NULLIF(application_name, ''), usename) FROM pg_stat_activity
WHERE datname = CURRENT_DATABASE() AND pid <> pg_backend_pid()
AND COALESCE(backend_type, 'client backend') = 'client backend' ORDER BY pid
"""
ASIDES = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before\\_restore\\_%'"
HAS_TABLES = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
# The server notices a closed connection a moment later.
LEAVING_SECONDS = 3
# Who comes in meanwhile waits for the end, and then finds the new tables.
LOCK_TABLES = """
DO $$ DECLARE name text; BEGIN
FOR name IN SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE pg_catalog.format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', name);
END LOOP; END $$;
"""
CHECK_ROWS = """
DO $$ DECLARE expected record; found bigint; BEGIN
FOR expected IN SELECT * FROM pg_catalog.json_each_text('{rows}') LOOP
    EXECUTE pg_catalog.format('SELECT count(*) FROM public.%I', expected.key) INTO found;
    IF found <> expected.value::bigint THEN
        RAISE EXCEPTION 'the table % has % rows in the copy, and had % when it was made',
            expected.key, found, expected.value;
    END IF;
END LOOP; END $$;
"""
CHECK_AGE = """
DO $$ BEGIN
IF (SELECT count(*) FROM public.django_migrations WHERE app || '.' || name IN ({names}))
    NOT IN (0, {count})
THEN RAISE EXCEPTION '{too_old}'; END IF; END $$;
"""
DROP_WAITING_MAILS = """
UPDATE public.comments_outbox SET ended_at = CURRENT_TIMESTAMP, outcome = 'dropped',
    recipient = '', recipient_digest = '' WHERE ended_at IS NULL;
DELETE FROM public.comments_notice;
"""


def find_program(name):
    """Return a program of PostgreSQL's: Debian's of the server's version, or that of the path."""
    # A newer one writes settings that an older server does not know.
    of_server = f"/usr/lib/postgresql/{connection.get_database_version()[0]}/bin"
    found = shutil.which(name, path=of_server) or shutil.which(name)
    if found is None:
        raise CommandError(
            f"{name} is missing: install it with `sudo apt-get install postgresql-client`."
        )
    return found


def program(name, *options):
    """Return the command and the environment of a program that is to reach the site's database."""
    arguments, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    # In English, since its complaints are searched for words.
    env = os.environ | (env or {}) | {"LC_ALL": "C"}
    # Django leaves it out: of several hosts a standby would do.
    if attrs := connection.settings_dict["OPTIONS"].get("target_session_attrs"):
        env["PGTARGETSESSIONATTRS"] = attrs
    return [find_program(name), *arguments[1:], *options], env


@contextmanager
def snapshot():
    """Let all reading of the database be of one moment; writers go on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def dump(folder):
    """Write what the open snapshot sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
    command, env = program(
        *("pg_dump", "--format=custom", "--no-owner", "--no-privileges"),
        *(f"--snapshot={name}", f"--exclude-schema={ASIDE}*", f"--file={folder / FILE}"),
    )
    done = subprocess.run(command, check=False, capture_output=True, env=env, text=True)
    if done.returncode != 0:
        raise CommandError(f"The backup could not be written: {reason_of_program(done.stderr)}")


def empty(name):
    """Empty a scratch database on the site's server, whose schemas are the role's own."""
    parameters = connection.get_connection_params()
    if name == connection.settings_dict["NAME"]:
        raise CommandError(f"{name} is the site's own database: name another one.")
    told = {key: value for key, value in parameters.items() if key not in ABOUT_CURSORS}
    try:
        with psycopg.connect(**told | {"dbname": name}) as session:
            for schema in ["public", *(row[0] for row in session.execute(ASIDES))]:
                quoted = sql.Identifier(schema)
                session.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(quoted))
            session.execute("CREATE SCHEMA public")
    except psycopg.OperationalError as error:
        raise CommandError(
            f"The scratch database {name} cannot be opened ({reason(error)}). Make it with `sudo -u"
            f" postgres createdb --owner {connection.settings_dict['USER']} --template template0"
            f" --encoding UTF8 --locale C.UTF-8 {name}`."
        ) from error


class Restoration:
    """The steps of bringing a dump back; nothing of the site changes before the last."""

    def __init__(self, stamp):
        self.aside = f"{ASIDE}{re.sub(r'[^0-9a-z]', '', stamp.lower())}"
        self.has_data = False
        self.folder = self.manifest = self.send_mail = None
        self.psql, self.env = program("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
        self.pg_restore = [find_program("pg_restore"), "--no-owner", "--no-privileges"]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        connection.close()

    def seize(self):
        """Raise CommandError when another process is in the database."""
        connection.close()
        connection.close_pool()
        parameters = connection.get_connection_params()
        told = {name: value for name, value in parameters.items() if name not in ABOUT_CURSORS}
        # One connection of our own, since those of a pool would count as others'.
        with psycopg.connect(**told, autocommit=True) as session:
            if others := _others(session):
                who = ", ".join(f"{pid} ({name})" for pid, name in others)
                raise CommandError(
                    f"A process has the database open: PostgreSQL's {who}. Stop the server, the"
                    " mail worker and the numbers' process first; nothing was restored."
                )
            (self.has_data,) = session.execute(HAS_TABLES).fetchone()

    def prepare(self, folder, manifest, send_mail):
        """Have the dump read once, so that a damaged one is refused before anything begins."""
        self.folder, self.manifest, self.send_mail = folder, manifest, send_mail
        command = [*self.pg_restore, f"--file={os.devnull}", str(folder / FILE)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise CommandError(f"{folder / FILE} cannot be read: {reason_of_program(done.stderr)}")

    def finish(self):
        """Replace everything in one transaction; return the schema of the old, or None."""
        dump = [*self.pg_restore, "--file=-", str(self.folder / FILE)]
        silent = {"stdout": subprocess.DEVNULL, "env": self.env}
        with tempfile.TemporaryFile() as errors:
            with (
                subprocess.Popen(
                    self.psql, stdin=subprocess.PIPE, stderr=errors, **silent
                ) as session,
                subprocess.Popen(dump, stdout=subprocess.PIPE, stderr=errors) as reader,
            ):
                # Killed before COMMIT, nothing has happened.
                try:
                    session.stdin.write(self._before().encode())
                    shutil.copyfileobj(reader.stdout, session.stdin)
                    if reader.wait() == 0:
                        session.stdin.write(self._after().encode())
                    session.stdin.close()
                except BrokenPipeError:
                    # psql has stopped at an error, and says which.
                    reader.kill()
                    with suppress(BrokenPipeError):
                        session.stdin.close()
            if session.returncode != 0 or reader.returncode != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace")
                raise CommandError(f"Nothing was restored: {_remedy(reason_of_program(text))}")
        return self.aside if self.has_data else None

    def _before(self):
        lines = ["BEGIN;", "SET client_min_messages = error;", "SET lock_timeout = '5s';"]
        if self.has_data:
            lines += [
                LOCK_TABLES,
                f"ALTER SCHEMA public RENAME TO {self.aside};",
                "CREATE SCHEMA public;",
            ]
        return "\n".join([*lines, ""])

    def _after(self):
        lines = [CHECK_ROWS.replace("{rows}", json.dumps(self.manifest.rows))]
        for names in replaced():
            quoted = ", ".join(f"'{app}.{name}'" for app, name in sorted(names))
            values = {"names": quoted, "count": len(names), "too_old": TOO_OLD}
            lines.append(CHECK_AGE.format(**values))
        if not self.send_mail and "comments_outbox" in (self.manifest.rows or ["comments_outbox"]):
            lines.append(DROP_WAITING_MAILS)
        # The role may not read all of the catalogue, and is told so for each table of it.
        lines += ["SET client_min_messages = error;", "ANALYZE;", "COMMIT;", ""]
        return "\n".join(lines)


def _others(session):
    """Return [(process id, name)] of those who stay; one that is just leaving is waited for."""
    until = time.monotonic() + LEAVING_SECONDS
    while (found := session.execute(OTHERS).fetchall()) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def _remedy(text):
    if "must be owner of schema public" in text or "permission denied for database" in text:
        return (
            f"{text} (the role has to own the database: ALTER DATABASE … OWNER TO … within"
            " `sudo -u postgres psql`)"
        )
    return text
