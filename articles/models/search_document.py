from datetime import UTC, datetime

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from articles.search.tokens import fold, initials, tokens

_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
# A document's key is its moment in seconds, then its kind, then the end of its object's key.
_KIND_BITS, _OBJECT_BITS = 3, 24
_OBJECTS = 1 << _OBJECT_BITS
# FTS5 keeps the tokens only: taking a document out needs the very tokens that it was put in with.
# It writes them once more, as a mark: `SearchDocument.forget_removed` ends both. A document that
# went by cascade (of a month, a series) leaves its tokens behind: they find nothing any more.
_SQLITE_INSERT = "INSERT INTO articles_searchindex (tokens, rowid) VALUES (%s, %s)"
_SQLITE_DELETE = (
    "INSERT INTO articles_searchindex (articles_searchindex, tokens, rowid)"
    " VALUES ('delete', %s, %s)"
)
_SQLITE_MERGE = "INSERT INTO articles_searchindex (articles_searchindex, rank) VALUES ('merge', %s)"
# Some tenths of a second, in which nobody else writes.
_PAGES_PER_MERGE = 200
# One text is sent faster than an array of thousands.
_POSTGRESQL_TOKENS = "array_to_tsvector(string_to_array(%s, ' '))"


class SearchDocument(models.Model):
    """What can be found: one row for each article, item, ranking, subject and comment.

    Written in the transaction that changes what it holds. The key orders the hits: a newer moment
    has a greater one. The tokens stand where only SQL sees them (migration `search`): in a table of
    FTS5 on SQLite, in a tsvector with GIN on PostgreSQL.
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
    # As it is shown, and folded as it is compared (see `articles.search.tokens`).
    text = models.TextField()
    folded_title = models.TextField(blank=True)
    folded_text = models.TextField()

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
    def put(cls, kind, object_id, *, moment, name=None, **fields):
        """Index an object anew; see `add`."""
        cls.take_out(kind=kind, object_id=object_id)
        cls.add(kind, object_id, moment=moment, name=name, **fields)

    @classmethod
    def add(cls, kind, object_id, *, moment, name=None, **fields):
        """Index an object that is new; `fields` are title, text, url and what must be public.

        `name` is what is looked for as its title, where that is not all of the title.
        """
        document = cls(kind=kind, object_id=object_id, **fields)
        document.folded_title = fold(document.title if name is None else name)
        if kind != cls.Kind.COMMENT:
            document.folded_title += f" {initials(document.folded_title)}"
        document.folded_text = f"{document.folded_title} {fold(document.text)}"
        number = cls.Kind.values.index(kind)
        document.pk = cls.first_key(moment) + (number << _OBJECT_BITS) + object_id % _OBJECTS
        document._insert()

    @classmethod
    def take_out(cls, **what):
        """Take documents out of the index: those that `what`, field look-ups, finds."""
        documents = cls.objects.filter(**what)
        if connection.vendor == "sqlite":
            found = documents.defer("text")
            for document in found:
                with connection.cursor() as cursor:
                    cursor.execute(_SQLITE_DELETE, [document._tokens(), document.pk])
            if not found:
                return
        documents.delete()

    @classmethod
    def forget_removed(cls):
        """Write SQLite's index anew, in short steps, without the tokens of what was taken out.

        PostgreSQL has them in the row.
        """
        if connection.vendor != "sqlite":
            return
        pages = -_PAGES_PER_MERGE
        with connection.cursor() as cursor:
            while True:
                before = connection.connection.total_changes
                cursor.execute(_SQLITE_MERGE, [pages])
                # As the documentation of FTS5 tells that there was nothing left to merge.
                if connection.connection.total_changes - before < 2:
                    return
                pages = _PAGES_PER_MERGE

    def _insert(self):
        """Save the document, which is new, with its tokens under its key or the next free one.

        The ORM knows no tokens, and not whether a key was taken before.
        """
        columns = {
            field.column: field.get_db_prep_save(field.value_from_object(self), connection)
            for field in self._meta.get_fields()
            if field.concrete
        }
        places = dict.fromkeys(columns, "%s")
        if connection.vendor == "postgresql":
            columns["tokens"], places["tokens"] = self._tokens(), _POSTGRESQL_TOKENS
        sql = (
            f"INSERT INTO articles_searchdocument ({', '.join(columns)})"  # noqa: S608
            f" VALUES ({', '.join(places.values())}) ON CONFLICT (id) DO NOTHING"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*columns.values()])
            while not cursor.rowcount:
                # Another object of the same second with the same end of its key: next to it.
                columns["id"] += 1
                cursor.execute(sql, [*columns.values()])
            if connection.vendor == "sqlite":
                cursor.execute(_SQLITE_INSERT, [self._tokens(), columns["id"]])

    def _tokens(self):
        """Return the tokens with a space between each two."""
        found = tokens(self.folded_text)
        found |= {f"^{token}" for token in tokens(self.folded_title)}
        found.add(f"={self.kind}")
        if self.category_id:
            found.add(f"=category{self.category_id}")
        return " ".join(found)
