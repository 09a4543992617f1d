from datetime import UTC, datetime
from itertools import chain

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from articles.search import sqlite_index
from articles.search.tokens import fold, initials, tokens

_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
# A document's key is its moment in seconds, then its kind, then the end of its object's key.
_KIND_BITS, _OBJECT_BITS = 3, 24
_OBJECTS = 1 << _OBJECT_BITS
# What stands before the tokens of a writer's name, and the token of what no reader may see.
WRITER, WITHHELD = "=^", "=withheld"
# One text is sent faster than an array of thousands.
_POSTGRESQL_TOKENS = "array_to_tsvector(string_to_array(%s, ' '))"


class SearchDocument(models.Model):
    """What can be found: one row for each article, item, ranking, subject and comment.

    A comment that readers do not see has one too, for the staff, with `visible_from` at `NEVER`.

    Written in the transaction that changes what it holds. The key orders the hits: a newer moment
    has a greater one. The tokens stand where only SQL sees them: in a table of FTS5 on SQLite, in a
    tsvector with GIN on PostgreSQL (migration `search_and_ledger`), which makes those of comments
    itself (`comment_pairs`).
    """

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Articles")
        ISSUE_ITEM = "issue", _("Monthly issues")
        RANKING = "ranking", _("Rankings")
        PERIOD = "period", _("Rankings by period")
        SUBJECT = "subject", _("Ranked subjects")
        COMMENT = "comment", _("Comments")

    # The moment of what has none: it stands before everything else.
    TIMELESS = datetime(2999, 12, 31, tzinfo=UTC)
    # When readers see what is the staff's to find alone.
    NEVER = TIMELESS

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind)
    object_id = models.BigIntegerField()
    # What must be public for the document to be found, and goes with it.
    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, null=True, related_name="+"
    )
    issue = models.ForeignKey(
        "articles.MonthlyIssue", on_delete=models.CASCADE, null=True, related_name="+"
    )
    ranking = models.ForeignKey(
        "articles.Ranking", on_delete=models.CASCADE, null=True, related_name="+"
    )
    period = models.ForeignKey(
        "articles.RankingPeriod", on_delete=models.CASCADE, null=True, related_name="+"
    )
    subject = models.ForeignKey(
        "articles.RankingSubject", on_delete=models.CASCADE, null=True, related_name="+"
    )
    # Of an article, to narrow the hits by.
    category_id = models.BigIntegerField(null=True)
    # Set while a text is out of sight until then.
    visible_from = models.DateTimeField(null=True)
    # The longest that an article has: a slug of a hundred syllables, each of nine characters here.
    url = models.CharField(max_length=1000)
    title = models.CharField(max_length=300, blank=True)
    # As it is shown, and folded as it is compared (see `articles.search.tokens`). A comment's is
    # shown from the comment's own row, and "" here.
    text = models.TextField()
    folded_title = models.TextField(blank=True)
    folded_text = models.TextField()
    # The name of a comment's writer, by which the staff find it. NULL takes no room in a row.
    folded_writer = models.TextField(null=True)

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="one_document_per_object")
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id}"

    @property
    def moment(self):
        """Return the moment the document is of, or None."""
        if self.kind == self.Kind.SUBJECT:
            return None
        seconds = self.pk >> (_KIND_BITS + _OBJECT_BITS)
        return datetime.fromtimestamp(seconds + _BEGINNING.timestamp(), UTC)

    @classmethod
    def first_key(cls, moment):
        """Return the least key that documents of `moment` and later have."""
        seconds = int((moment - _BEGINNING).total_seconds())
        return max(0, seconds) << (_KIND_BITS + _OBJECT_BITS)

    @classmethod
    def of(cls, kind, object_id, *, moment, name=None, writer="", **fields):
        """Return an object's document, unsaved; `fields` are title, text, url, what must be public.

        `name` is what is looked for as its title, where that is not all of the title.
        """
        document = cls(kind=kind, object_id=object_id, **fields)
        document.folded_title = fold(document.title if name is None else name)
        folded_text = fold(document.text)
        if kind == cls.Kind.COMMENT:
            document.text = ""
        else:
            document.folded_title += f" {initials(document.folded_title)}"
        document.folded_text = f"{document.folded_title} {folded_text}"
        document.folded_writer = fold(writer) or None
        number = cls.Kind.values.index(kind)
        document.pk = cls.first_key(moment) + (number << _OBJECT_BITS) + object_id % _OBJECTS
        return document

    @classmethod
    def replace(cls, documents, **what):
        """Put `documents` in the place of those that `what`, field look-ups, finds."""
        cls.take_out(**what)
        cls.add(documents)

    @classmethod
    def replace_one(cls, kind, indexed):
        """Put what an object's `search_document` says in the place of what is known of it."""
        document = indexed.search_document()
        cls.replace([document] if document else [], kind=kind, object_id=indexed.pk)

    @classmethod
    def take_out(cls, **what):
        """Take documents out of the index: those that `what`, field look-ups, finds."""
        _take_out(cls.objects.filter(**what), _tables())

    @classmethod
    def add(cls, documents):
        """Index objects that are new."""
        _add(documents, _tables())

    @classmethod
    def replace_in_next(cls, documents, **what):
        """Do what `replace` does while the index is made anew: SQLite's first table ends soon."""
        tables = [sqlite_index.NEXT_TABLE] if connection.vendor == "sqlite" else []
        _take_out(cls.objects.filter(**what), tables)
        _add(documents, tables)

    @classmethod
    def forget_removed(cls):
        """Write SQLite's index anew without the tokens of what was taken out.

        PostgreSQL has them in the row.
        """
        if connection.vendor == "sqlite":
            sqlite_index.merge()

    @cached_property
    def tokens(self):
        """The tokens with a space between each two, or None where PostgreSQL makes its own."""
        if connection.vendor == "postgresql" and self.kind == self.Kind.COMMENT:
            return None
        found = tokens(self.folded_text)
        found |= {f"^{token}" for token in tokens(self.folded_title)}
        found |= {f"{WRITER}{token}" for token in tokens(self.folded_writer or "")}
        found.add(f"={self.kind}")
        if self.visible_from == self.NEVER:
            found.add(WITHHELD)
        if self.category_id:
            found.add(f"=category{self.category_id}")
        return " ".join(found)


def _tables():
    return sqlite_index.tables() if connection.vendor == "sqlite" else []


def _take_out(documents, tables):
    keys = list(documents.values_list("pk", flat=True)) if tables else []
    for table in tables:
        known = sqlite_index.known(table, keys)
        found = SearchDocument.objects.defer("text").in_bulk(known).values()
        sqlite_index.take_out(table, [(document.tokens, document.pk) for document in found])
    documents.delete()


def _add(documents, tables):
    """Save the documents, each under its key or the next free one, with their tokens."""
    waiting = documents
    while waiting:
        by_key = {document.pk: document for document in waiting}
        inserted = _insert(list(by_key.values()))
        # Another object of the same second has the same end of its key: next to it.
        waiting = [
            document
            for document in waiting
            if document.pk not in inserted or by_key[document.pk] is not document
        ]
        for document in waiting:
            document.pk += 1
    for table in tables:
        sqlite_index.put_in(table, [(document.tokens, document.pk) for document in documents])


def _insert(documents):
    """Save those whose key is free, and return the keys.

    In SQL: the ORM knows no tokens, and does not tell which keys were taken.
    """
    fields = [field for field in SearchDocument._meta.get_fields() if field.concrete]
    # Not the proxy, which is asked where it leads for each value.
    used = connections[DEFAULT_DB_ALIAS]
    rows = [
        [field.get_db_prep_save(field.value_from_object(document), used) for field in fields]
        for document in documents
    ]
    columns, places = [field.column for field in fields], ["%s"] * len(fields)
    if connection.vendor == "postgresql":
        columns, places = [*columns, "tokens"], [*places, _POSTGRESQL_TOKENS]
        rows = [[*row, document.tokens] for row, document in zip(rows, documents, strict=True)]
    row = f"({', '.join(places)})"
    sql = (
        f"INSERT INTO articles_searchdocument ({', '.join(columns)})"  # noqa: S608 - names of ours alone
        f" VALUES {', '.join([row] * len(rows))} ON CONFLICT (id) DO NOTHING RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, list(chain.from_iterable(rows)))
        return {key for (key,) in cursor.fetchall()}
