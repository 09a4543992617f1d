"""What the databases are asked about kept pages, in the form that both understand."""

from articles.models import Due, PageVersion

# Longer than any answer takes of a database that is well.
QUERY_SECONDS = 3


class DatabaseAway(Exception):
    """The database cannot be asked now."""


def make_statement(count, mark, now):
    """Return the query for `count` scopes: one row, every column found by one look into an index.

    The newest moment is asked for scope by scope, since over several an index would be walked.
    """
    columns = ", ".join(
        f"(SELECT version FROM {PageVersion._meta.db_table} WHERE scope = {mark}{number}),"  # noqa: S608
        f" (SELECT MAX(at) FROM {Due._meta.db_table} WHERE scope = {mark}{number} AND at <= {now})"
        for number in range(1, count + 1)
    )
    return f"SELECT {columns}"


def make_next_moment(count, mark, now):
    """Return the column for the next due moment of any of `count` scopes: there are few to come."""
    scopes = ", ".join(f"{mark}{number}" for number in range(1, count + 1))
    return f"(SELECT MIN(at) FROM {Due._meta.db_table} WHERE scope IN ({scopes}) AND at > {now})"  # noqa: S608
