"""An article that is given no slug gets one of its title, whatever that is."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from articles.addresses import article_slug, is_article_slug
from tests.factories import make_article


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("2025", "article-2025"),
        ("10", "article-10"),
        ("２０２５", "article-2025"),
        ("0", "article-0"),
        ("4" * 150, "article-" + "4" * 92),
        ("2025!", "article-2025"),
        ("(7)", "article-7"),
        ("Comments", "article-comments"),
        ("read", "article-read"),
        ("Read!", "article-read"),
        ("!!!", "article"),
        ("🎉🎉", "article"),
        ("「」", "article"),
        ("___", "article"),
        ("- - -", "article"),
        ("…", "article"),
        ("2025년", "2025년"),
        ("3.14", "article-314"),
        ("2025. 10.", "2025-10"),
        ("댓글", "댓글"),
    ],
)
def test_every_title_has_a_slug(title, slug):
    found = article_slug(title)

    assert found == slug
    assert is_article_slug(found) and len(found) <= 100


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["2025", "🎉", "Comments", "!?", "7" * 120])
def test_article_of_such_a_title_is_read_at_its_address(title):
    article = make_article(title=title, slug="")

    response = Client().get(article.get_absolute_url())

    assert response.status_code == 200
    assert title in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["2025", "comments", "read"])
def test_a_slug_that_was_typed_and_means_something_else_is_refused_at_its_field(slug):
    with pytest.raises(ValidationError) as refusal:
        make_article(slug=slug)

    assert list(refusal.value.message_dict) == ["slug"]
