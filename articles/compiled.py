"""SQL that is written once: for a single row the ORM takes longer to write it than the answer.

For what every post asks (docs/decisions/writers.md); elsewhere a queryset is plainer.
"""

from functools import cache

from django.db import connection
from django.http import Http404

_GREATEST_KEY = 2**63 - 1
# Stands in the key's place while the SQL is written; no condition has a number like it.
_ANY_KEY = _GREATEST_KEY - 61


class CompiledByKey:
    """The rows of `make_queryset()` by their keys; its conditions are the same at every call.

    Rows are loaded as by `Manager.raw`: those of other tables do not come along.
    """

    def __init__(self, make_queryset):
        self._make_queryset = make_queryset
        self._compile = cache(self._compile)

    def get_or_404(self, key):
        """Return the row whose key is the whole number `key`, or raise Http404."""
        if key <= _GREATEST_KEY:
            model, sql, parameters = self._compile(connection.vendor)
            parameters = [key if value == _ANY_KEY else value for value in parameters]
            for row in model.objects.raw(sql, parameters):
                return row
        raise Http404(f"There is no row {key}.")

    def _compile(self, _vendor):
        queryset = self._make_queryset().filter(pk=_ANY_KEY)
        return queryset.model, *queryset.query.sql_with_params()


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
