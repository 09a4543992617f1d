"""What a page costs, in what can be counted: queries, and bytes."""

import gzip
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import brotli
import django
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openup.pagecache import PageCache
from tests.factories import make_article, make_comment
from tests.openup.whole_site import WholeSite
from tests.wsgi import ask

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")

DJANGO = Path(django.__file__).parent
TEMPLATES = str(DJANGO / "template/base.py")
# Where Django loads what was not loaded with its row: a related row, a column left out.
LOADERS = {
    str(DJANGO / "db/models/fields/related_descriptors.py"),
    str(DJANGO / "db/models/query_utils.py"),
}
SYLLABLES = "열린소프트웨어가공공서비스를바꾸는방식에대해생각해볼점이많은글입니다"


@contextmanager
def unforeseen_queries():
    """Note each query for which a template had to load something that its view did not."""
    noted = []

    def look(execute, sql, params, many, context):
        frame, files, functions = sys._getframe(), set(), set()
        while frame:
            files.add(frame.f_code.co_filename)
            functions.add(frame.f_code.co_name)
            frame = frame.f_back
        # A list that the view has prepared may be asked for when it is drawn.
        is_prepared = "prefetch_related_objects" in functions
        if TEMPLATES in files and files & LOADERS and not is_prepared:
            noted.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield noted


@pytest.mark.django_db
def test_templates_load_nothing_that_their_view_has_not(client):
    for path in WholeSite().paths():
        with unforeseen_queries() as noted:
            assert client.get(path).status_code == 200, path
        assert not noted, path


@pytest.mark.django_db
def test_no_page_asks_for_a_list_of_every_published_article(client):
    listed = re.compile(r'IN \(SELECT \w+\."id"[^()]*FROM "articles_article"')
    for path in WholeSite().paths():
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        # Article.objects.is_published("article") asks row by row.
        assert not [query for query in queries if listed.search(query["sql"])], path


def varied_text(number):
    """Return 200 syllables that compress about as text does."""
    return "".join(SYLLABLES[(number * 7 + place * place) % len(SYLLABLES)] for place in range(200))


@pytest.mark.django_db(transaction=True)
def test_article_page_stays_within_its_bytes():
    article = make_article()
    site = PageCache(WSGIHandler(), max_bytes=2**22)
    empty = ask(site, article.get_absolute_url()).body
    for number in range(10):
        root = make_comment(article, body=varied_text(number), password=f"right horse {number}")
        make_comment(article, parent=root, body=varied_text(number + 10), password=f"key {number}x")

    full = ask(site, article.get_absolute_url()).body
    packed = ask(site, article.get_absolute_url(), accept_encoding="br").body
    site.validators.close()

    # Text takes three bytes a syllable; the rest is markup, most of it the same each time.
    markup = (len(full) - len(empty)) / 20 - 3 * 200
    assert markup <= 800
    assert len(empty) <= 20_000
    assert len(gzip.compress(empty, 6)) <= 6_000
    assert len(brotli.compress(empty, quality=6)) <= 5_500
    assert len(packed) - len(brotli.compress(empty, quality=6)) <= 20 * 500
