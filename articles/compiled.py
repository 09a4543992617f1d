"""SQL that is written once: for a row or a page the ORM takes longer to write it than the answer.

For what every page of a thread and every post asks; elsewhere a queryset is plainer
(docs/decisions/rendering.md, writers.md).
"""

from functools import cache
from inspect import signature

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.query import get_related_populators
from django.http import Http404

# Stand for the values while the SQL is written: no condition of ours has such numbers, and every
# column but a small one may have them.
_MARKS = range(2**31 - 61, 2**31 - 51)
_GREATEST_KEY = 2**63 - 1
# Fields whose values both drivers take as they are.
_AS_THEY_ARE = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey)


class Compiled:
    """The rows of `make_queryset(*marks)`, a queryset with a place for each mark, a whole number.

    Its other conditions must be the same at every call. What it prefetches is not loaded.
    """

    def __init__(self, make_queryset):
        self._make_queryset = make_queryset
        self._count = len(signature(make_queryset).parameters)
        self._compile = cache(self._compile)

    def rows(self, *values, replace=("", "")):
        """Return the rows with `values` in the places of the marks.

        Of what the SQL has instead of parameters `replace` changes the first text to the second.
        """
        compiled = self._compile(connection.vendor)
        known = dict(zip(_MARKS, values, strict=False))
        parameters = [known.get(each, each) for each in compiled.parameters]
        sql = compiled.sql.replace(*replace) if replace[0] else compiled.sql
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                _read_moments_by_the_driver(cursor)
            cursor.execute(sql, parameters)
            return compiled.load(cursor.fetchall())

    def _compile(self, _vendor):
        queryset = self._make_queryset(*_MARKS[: self._count])
        return _CompiledQuery(queryset)


class _CompiledQuery:
    """One query as the ORM writes it, and how it makes its rows from what the database sends."""

    def __init__(self, queryset):
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, self.parameters = compiler.as_sql()
        selected = [expression for expression, _sql, _alias in compiler.select]
        fields = compiler.klass_info["select_fields"]
        self._model = queryset.model
        self._fields = slice(fields[0], fields[-1] + 1)
        self._names = [column.target.attname for column in selected[self._fields]]
        self._related = get_related_populators(
            compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS
        )
        self._annotations = compiler.annotation_col_map.items()
        self._converted = [(place, selected[place]) for place in compiler.get_converters(selected)]

    def load(self, rows):
        # The thread's own, which it takes long to find behind `connection` for every value.
        own = connections[DEFAULT_DB_ALIAS]
        converters = [
            (place, convert, column)
            for place, column in self._converted
            for convert in (*own.ops.get_db_converters(column), *column.get_db_converters(own))
        ]
        loaded = []
        for row in map(list, rows):
            for place, convert, column in converters:
                row[place] = convert(row[place], column, own)
            loaded.append(self._model.from_db(own.alias, self._names, row[self._fields]))
            for related in self._related:
                related.populate(row, loaded[-1])
            for name, place in self._annotations:
                setattr(loaded[-1], name, row[place])
        return loaded


def _read_moments_by_the_driver(cursor):
    """Let psycopg's compiled code read moments, in the session's time zone, which is UTC.

    Django puts code in Python in its place that gives them the connection's zone, UTC too: with
    it a hundred rows took twice the time.
    """
    from psycopg.types.datetime import TimestamptzLoader  # noqa: PLC0415 - there is SQLite too

    cursor.adapters.register_loader("timestamptz", TimestamptzLoader)


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
    columns = column_values(row)
    del columns[type(row)._meta.pk.column]
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(type(row), connection.vendor), [*columns.values()])
        row.pk = cursor.lastrowid if connection.vendor == "sqlite" else cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias


def column_values(row):
    """Return {column: value} as the database takes them.

    Texts, numbers and keys of other rows must be that already: they are not converted.
    """
    given = row.__dict__
    return {
        column: given[name] if field is None else field.get_db_prep_save(given[name], connection)
        for column, name, field in _columns(type(row))
    }


@cache
def _columns(model):
    """Return [(column, attribute, field)]; None for a field whose values the driver takes."""
    return [
        (field.column, field.attname, None if isinstance(field, _AS_THEY_ARE) else field)
        for field in model._meta.concrete_fields
    ]


@cache
def _insert_sql(model, vendor):
    quote = connection.ops.quote_name
    pk = model._meta.pk.column
    names = [quote(column) for column, _name, _field in _columns(model) if column != pk]
    # SQLite takes RETURNING for a trigger, and copies each page aside before it is changed.
    returning = "" if vendor == "sqlite" else f" RETURNING {quote(pk)}"
    return (
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(names)})"  # noqa: S608 - our names
        f" VALUES ({', '.join(['%s'] * len(names))}){returning}"
    )
