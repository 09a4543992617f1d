"""SQL that is written once: for a single row the ORM takes longer to write it than the answer.

For what every post asks (docs/decisions/writers.md); elsewhere a queryset is plainer.
"""

from functools import cache
from inspect import signature

from django.db import connection
from django.http import Http404

# Stand for the values while the SQL is written; no condition of ours has numbers like them.
_MARKS = range(2**63 - 61, 2**63 - 51)
_GREATEST_KEY = 2**63 - 1


class Compiled:
    """The rows of `make_queryset(*marks)`, a queryset with a place for each mark, a whole number.

    Its other conditions must be the same at every call. Rows are loaded as by `Manager.raw`: those
    of other tables do not come along.
    """

    def __init__(self, make_queryset):
        self._make_queryset = make_queryset
        self._count = len(signature(make_queryset).parameters)
        self._compile = cache(self._compile)

    def rows(self, *values, change_sql=lambda sql: sql):
        """Return the rows with `values` in the places of the marks; `change_sql` has the last word."""
        model, sql, parameters = self._compile(connection.vendor)
        known = dict(zip(_MARKS, values, strict=False))
        return model.objects.raw(change_sql(sql), [known.get(each, each) for each in parameters])

    def _compile(self, _vendor):
        queryset = self._make_queryset(*_MARKS[: self._count])
        return queryset.model, *queryset.query.sql_with_params()


def first_or_404(compiled, key):
    """Return the row that `compiled`, which has a place for a key, finds; or raise Http404."""
    # No key: the databases would refuse the number itself.
    for row in compiled.rows(key) if key <= _GREATEST_KEY else ():
        return row
    raise Http404(f"There is no row {key}.")


def insert(row):
    """Save a row that is new, and give it its key.

    No signal is sent, and no field fills itself in as those with `auto_now` do.
    """
    fields = _columns_filled(type(row))
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(type(row)), values)
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias


@cache
def _columns_filled(model):
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@cache
def _insert_sql(model):
    quote = connection.ops.quote_name
    names = [quote(field.column) for field in _columns_filled(model)]
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)})"  # noqa: S608 - our names
        f" VALUES ({', '.join(['%s'] * len(names))}) RETURNING {quote(model._meta.pk.column)}"
    )
