"""Fill a database for the benchmarks: `python -m bench.fixture --thread 50x1` tells what is where.

Rows are written in bulk, past the operations that a site goes through: never into a site's own
database. Texts are made of bits of the sample articles, so that they compress about as text does.
"""

import argparse
import json
import os
import random
import re
import uuid
from datetime import timedelta
from functools import cache
from io import StringIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openup.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from articles.content.text import plain_text  # noqa: E402
from articles.models import Article, RankingTable, SearchDocument  # noqa: E402
from articles.search.tokens import fold, initials, tokens  # noqa: E402
from comments.models import Comment, Thread  # noqa: E402
from comments.models.comment.placement import REPLY_DIGITS, ROOT_DIGITS  # noqa: E402
from comments.threads.text import body_to_html  # noqa: E402

SAMPLE_UID = "2025-10-open-models"
SYLLABLES = 200
BATCH = 2_000
# Documents in one statement.
AT_ONCE = 500
# Long texts are made once and used in turn; titles and summaries differ.
TEXTS = 500


class Words:
    """Sentences of 200 syllables; the same in every run."""

    def __init__(self):
        texts = Article.objects.order_by("pk").values_list("body_html", flat=True)
        self.words = re.findall(r"[가-힣]{1,8}", " ".join(map(plain_text, texts)))
        self.random = random.Random(2025)  # noqa: S311 - no secret

    def text(self, syllables=SYLLABLES):
        found, length = [], 0
        while length < syllables:
            start = self.random.randrange(len(self.words))
            for word in self.words[start : start + self.random.randint(2, 5)]:
                found.append(word[: syllables - length])
                length += len(found[-1])
        return " ".join(filter(None, found))


def copy_article(sample, number):
    """Return a copy of the sample with its table, tags and references, at another address."""
    copy = Article.objects.get(pk=sample.pk)
    copy.pk, copy._state.adding = None, True
    copy.uid, copy.slug = uuid.uuid4().hex, f"{sample.slug}-{number}"[:100]
    copy.published_at -= timedelta(hours=number)
    copy.save()
    copy.tags.set(sample.tags.all())
    for row in (*sample.references.all(), *sample.ranking_tables.all()):
        periods = list(row.periods.all()) if isinstance(row, RankingTable) else None
        row.pk, row.article, row._state.adding = None, copy, True
        row.save()
        if periods:
            row.periods.set(periods)
    return copy


def in_batches(rows, size=BATCH):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def add_thread(article, roots, replies, words):
    """Give the article `roots` comments with `replies` answers each."""
    now = timezone.now()

    def comment(number, path, **fields):
        body = words.text()
        return Comment(
            article=article, body=body, body_html=body_to_html(body), root_number=number, path=path,
            name="독자", email_digest="bench:0", password="none",  # noqa: S106 - opens nothing
            created_at=now + timedelta(milliseconds=number), **fields,
        )  # fmt: skip

    for numbers in in_batches(range(1, roots + 1), max(1, BATCH // (1 + replies))):
        written = Comment.objects.bulk_create(
            comment(number, f"{number:0{ROOT_DIGITS}d}", reply_count=replies, branch_count=replies)
            for number in numbers
        )
        answers = (
            comment(
                root.root_number, f"{root.path}{number:0{REPLY_DIGITS}d}",
                parent=root, depth=2, reply_number=number,
            )
            for root in written
            for number in range(1, replies + 1)
        )  # fmt: skip
        for batch in in_batches(answers):
            Comment.objects.bulk_create(batch)
    Thread.objects.create(article=article, root_total=roots, comment_count=roots * (1 + replies))


def add_articles(sample, count, length, words):
    """Add articles of `length` syllables, one every 52 minutes back in time, and index them."""
    texts = [f"<p>{words.text(length)}</p>" for _number in range(TEXTS)]
    tags = list(sample.tags.all())
    for numbers in in_batches(range(count)):
        articles = Article.objects.bulk_create(
            Article(
                title=words.text(20), slug=f"bench-{number}", category=sample.category,
                summary=words.text(60), body="", body_html=texts[number % TEXTS], state="published",
                published_at=sample.published_at - timedelta(minutes=52 * (number + 1)),
            )
            for number in numbers
        )  # fmt: skip
        through = Article.tags.through
        through.objects.bulk_create(
            through(article=article, tag=tag) for article in articles for tag in tags
        )
        index(articles)


def index(articles):
    """Do for many articles what `SearchDocument.of` and `add` do for one."""
    documents = []
    for article in articles:
        title = fold(article.title)
        title += f" {initials(title)}"
        text, folded_text, body_tokens = read_body(article.body_html)
        # What stands before the text that many articles share.
        head = f"{title} {fold(article.summary)}"
        document = SearchDocument(
            pk=SearchDocument.first_key(article.published_at) + article.pk,
            kind="article", object_id=article.pk, article=article, category_id=article.category_id,
            url=article.get_absolute_url(), title=article.title, text=f"{article.summary} {text}",
            folded_title=title, folded_text=head,
        )  # fmt: skip
        joint = f"{head.rpartition(' ')[2]} {folded_text.partition(' ')[0]}"
        own = document.tokens.split(" ")
        document.tokens = " ".join({*own, *tokens(joint), *body_tokens})
        document.folded_text += f" {folded_text}"
        documents.append(document)
    for start in range(0, len(documents), AT_ONCE):
        SearchDocument.add(documents[start : start + AT_ONCE])


@cache
def read_body(html):
    """Return its text, folded text and tokens."""
    text = plain_text(html)
    folded = fold(text)
    return text, folded, tokens(folded)


def fill(threads, pages, articles, length=SYLLABLES):
    """Return {"article": the sample's path, "threads": {"50x1": path}, "pages": [paths]}."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("setup_site", verbosity=0)
    call_command("import_articles", str(settings.BASE_DIR / "articles/sample"), stdout=StringIO())
    sample = Article.objects.get(uid=SAMPLE_UID)
    words = Words()
    found = {"article": sample.get_absolute_url(), "threads": {}, "pages": []}
    with transaction.atomic():
        for number, text in enumerate(threads, start=1):
            article = copy_article(sample, number)
            add_thread(article, *map(int, text.split("x")), words)
            found["threads"][text] = article.get_absolute_url()
        for number in range(pages):
            article = copy_article(sample, len(threads) + number + 1)
            add_thread(article, 50, 1, words)
            found["pages"].append(article.get_absolute_url())
    with transaction.atomic():
        add_articles(sample, articles, length, words)
    if connection.vendor == "postgresql":
        # As its autovacuum does by itself; on SQLite nothing does.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--thread", action="append", default=[], help="ROOTSxREPLIES")
    parser.add_argument("--pages", type=int, default=0, help="copies with 50x1 comments each")
    parser.add_argument("--articles", type=int, default=0, help="articles besides")
    parser.add_argument("--length", type=int, default=SYLLABLES, help="their syllables")
    options = parser.parse_args()
    print(json.dumps(fill(options.thread, options.pages, options.articles, options.length)))


if __name__ == "__main__":
    main()
