"""Two people at one article: each is told of the other."""

import pytest
from django.urls import reverse

from tests.factories import make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = [f"articles.{action}_article" for action in ("change", "view")]
EDITOR += ["articles.view_category", "articles.view_tag"]


def test_both_are_told_of_each_other(open_as_staff):
    article = make_article(state="draft", published_at=None)
    address = reverse("admin:articles_article_change", args=[article.pk])

    kim = open_as_staff(address, *EDITOR, username="김편집")
    mina = open_as_staff(address, *EDITOR, username="mina")

    here = mina.locator("#presence li")
    here.wait_for()
    assert here.inner_text() == "김편집 님도 방금 열었습니다."
    assert "김편집" in mina.locator("#presence [role=status]").inner_text()
    mina.goto("/manage/")
    with kim.expect_response("**/presence/**"):
        kim.reload()
    assert kim.locator("#presence").is_hidden()
