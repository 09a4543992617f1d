"""What an editor confirms as related stands under the article; what is alike is proposed."""

import pytest
from django.urls import reverse
from lxml import html

from articles.models import Article, Tag
from tests.articles.test_article_admin import PUBLISH, WRITE, address_of, signed_in
from tests.factories import make_article, make_subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher():
    return signed_in(*PUBLISH)


def tagged(*names, **fields):
    article = make_article(**fields)
    for name in names:
        tag, is_new = Tag.objects.get_or_create(name=name, defaults={"slug": name})
        if is_new:
            tag.store()
        article.tags.add(tag)
    return article


def confirm(client, article, *chosen, others=()):
    address = address_of(article, "related")
    page = html.fromstring(client.get(address).content.decode())
    shown = [field.get("value") for field in page.cssselect("[name=shown]")]
    keys = [each.pk for each in chosen]
    fields = {"shown": shown, "related": keys, "others": [each.pk for each in others]}
    return client.post(address, fields)


def proposed(client, article):
    page = html.fromstring(client.get(address_of(article, "related")).content.decode())
    return [int(box.get("value")) for box in page.cssselect("[name=related]")]


def titles_under(read, article):
    page = html.fromstring(read(article.get_absolute_url()).text)
    return [link.text_content() for link in page.cssselect("[aria-labelledby=related-title] h3 a")]


def test_what_shares_most_is_proposed_first_and_what_shares_nothing_is_not(publisher):
    article = tagged("가", "나", summary="오픈업의 소식")
    make_subject("오픈업")
    by_subject = make_article(summary="오픈업")
    for each in (article, by_subject):
        each.store()
    by_one, by_two = tagged("가"), tagged("가", "나", summary="오픈업")
    by_two.store()
    tagged("다")

    assert proposed(publisher, article) == [by_two.pk, by_subject.pk, by_one.pk]


def test_confirmed_articles_stand_under_each_other_until_they_are_unticked(read, publisher):
    article, alike = tagged("가", title="처음 글"), tagged("가", title="닮은 글")
    other = make_article(title="다른 글")
    hidden = tagged("가", title="숨은 글", state="draft", published_at=None)
    assert titles_under(read, article) == []

    assert confirm(publisher, article, alike, hidden, others=[other]).status_code == 302
    assert set(titles_under(read, article)) == {"닮은 글", "다른 글"}
    assert titles_under(read, alike) == ["처음 글"]
    confirm(publisher, article, other)

    assert titles_under(read, article) == ["다른 글"]
    assert titles_under(read, alike) == []


def test_what_another_confirmed_meanwhile_stays(publisher):
    article, other = tagged("가"), make_article()
    address = address_of(article, "related")
    article.related.add(other)

    publisher.post(address, {"shown": [], "related": []})

    assert list(article.related.all()) == [other]


def test_writer_confirms_for_a_draft_and_not_for_what_readers_see():
    writer = signed_in(*WRITE)
    draft, public = tagged("가", state="draft", published_at=None), tagged("가")

    assert confirm(writer, draft, public).status_code == 302
    assert writer.post(address_of(public, "related"), {}).status_code == 403
    assert reverse("admin:articles_article_related", args=[public.pk]) not in (
        writer.get(address_of(public)).content.decode()
    )
    assert Article.objects.get(pk=draft.pk).related.get() == public
