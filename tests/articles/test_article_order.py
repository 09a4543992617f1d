"""The next and the earlier article are found by one look at an index, however many there are."""

import pytest
from django.db import connection

from articles.models import Article
from tests.factories import make_article

pytestmark = pytest.mark.django_db

BOUNDS = {
    "sqlite": ["published_at>?", "published_at<?"],
    "postgresql": ["published_at >=", "published_at <="],
}


@pytest.mark.parametrize("name", ["older_than", "newer_than"])
def test_neighbour_is_looked_up_from_where_the_article_stands(name):
    article = make_article()
    neighbours = getattr(Article.objects.filter(state="published"), name)(article)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")

        lines = neighbours.newest().explain().splitlines()

    used = next(line for line in lines if "published_at" in line and "Sort" not in line)
    assert any(bound in used for bound in BOUNDS[connection.vendor]), lines


def test_articles_of_one_moment_stand_in_the_order_of_their_keys():
    first = make_article()
    second, third = (make_article(published_at=first.published_at) for _number in range(2))
    everything = Article.objects.newest()

    assert list(everything.older_than(second)) == [first]
    assert list(everything.newer_than(second)) == [third]
