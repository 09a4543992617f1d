"""The tokens on SQLite: in a table of FTS5 that keeps nothing else (migration `search`).

Taking a document out needs the very tokens that it was put in with; FTS5 writes them once more, as
a mark: `merge` ends both. A document that went by cascade (of a month, a series) leaves its tokens
behind: they find nothing any more. While the index is made anew, a second table is filled beside
the first one, whose tokens may be of an earlier program, and whoever writes writes to both.
"""

from collections.abc import Iterable

from django.db import connection

TABLE, NEXT_TABLE = "articles_searchindex", "articles_nextsearchindex"
_CREATE = (
    f"CREATE VIRTUAL TABLE {NEXT_TABLE} USING fts5("
    """tokens, content='', detail=none, tokenize="ascii tokenchars '^_-='")"""
)
# Some tenths of a second, in which nobody else writes.
_PAGES_PER_MERGE = 200
# SQLite takes no more values in one statement.
_KEYS_AT_ONCE = 10_000


def tables() -> list[str]:
    """Return the tables that what is written now belongs in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name IN (%s, %s)", [TABLE, NEXT_TABLE])
        return [name for (name,) in cursor.fetchall()]


def quoted(token: str) -> str:
    """Return a token as a query of FTS5 has it."""
    return f'"{token}"'


def put_in(table: str, rows: Iterable[tuple[str, int]]) -> None:
    """Put the tokens of documents in, rows of tokens and key."""
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} (tokens, rowid) VALUES (%s, %s)", rows)  # noqa: S608 - names of ours alone


def take_out(table: str, rows: Iterable[tuple[str, int]]) -> None:
    """Take the tokens of documents that are `known` there out, rows of tokens and key."""
    sql = f"INSERT INTO {table} ({table}, tokens, rowid) VALUES ('delete', %s, %s)"  # noqa: S608 - names of ours alone
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def known(table: str, keys: list[int]) -> set[int]:
    """Return those of the keys whose tokens are in the table."""
    found: set[int] = set()
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        places = ", ".join(["%s"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT rowid FROM {table} WHERE rowid IN ({places})", some)  # noqa: S608 - names of ours alone
            found.update(key for (key,) in cursor.fetchall())
    return found


def begin_next() -> None:
    """Make the second table, empty."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {NEXT_TABLE}")
        cursor.execute(_CREATE)


def end_next() -> None:
    """Have the second table take the first one's place."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")
        cursor.execute(f"ALTER TABLE {NEXT_TABLE} RENAME TO {TABLE}")


def merge() -> None:
    """Write the index anew, in short steps, without the tokens of what was taken out."""
    sql = f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('merge', %s)"  # noqa: S608 - names of ours alone
    pages = -_PAGES_PER_MERGE
    with connection.cursor() as cursor:
        while True:
            before = connection.connection.total_changes
            cursor.execute(sql, [pages])
            # As the documentation of FTS5 tells that there was nothing left to merge.
            if connection.connection.total_changes - before < 2:
                return
            pages = _PAGES_PER_MERGE
