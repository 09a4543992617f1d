"""The page of what is typed, from the first word on; nothing of it is stored."""

import pytest
from django.urls import reverse

from articles.models import Article, Category, PageVersion, RankingTable, Reference
from tests.factories import make_article, make_issue, make_ranking, make_staff, make_table
from tests.sent_forms import open_form

pytestmark = pytest.mark.django_db

EDITOR = [f"articles.{action}_article" for action in ("add", "change", "view")]


def counts():
    models = (Article, Category, RankingTable, Reference, PageVersion)
    return [model.objects.count() for model in models], list(PageVersion.objects.values_list())


def preview(client, fields, *key):
    return client.post(reverse("typed_preview", args=key), fields)


def test_first_words_are_drawn_before_the_first_save(client):
    client.force_login(make_staff(*EDITOR))
    fields = open_form(client, reverse("admin:articles_article_add"))
    before = counts()

    empty = preview(client, fields)
    page = preview(client, {**fields, "title": "쓰던 글", "body": "## 첫 소식"}).content.decode()
    broken = preview(client, {**fields, "body": "- " * 60 + "깊다", "published_at_0": "?"})

    assert empty.status_code == broken.status_code == 200
    assert "쓰던 글</h1>" in page and "첫 소식</h2>" in page
    assert counts() == before


def test_number_that_no_database_takes_keeps_its_former_value(client):
    client.force_login(make_staff(*EDITOR))
    article = make_article(state="draft", published_at=None, body="앞글")
    fields = open_form(client, reverse("admin:articles_article_change", args=[article.pk]))

    page = preview(
        client, {**fields, "title": "새 제목", "comments_open_days": "9" * 30}, article.pk
    )

    assert page.status_code == 200
    assert "새 제목" in page.content.decode()


def test_page_has_tables_references_and_month_as_they_are_typed(client):
    client.force_login(make_staff(*EDITOR))
    issue, ranking = make_issue(title="월간 이슈(10월)"), make_ranking()
    article = make_article(state="draft", published_at=None, body="앞글")
    make_table(article, ranking, slug="models", caption="모형 순위")
    fields = open_form(client, reverse("admin:articles_article_change", args=[article.pk]))
    before = counts()

    changed = {
        "title": "고친 제목",
        "body": "앞\n\n[[ranking:models]]\n\n뒤 [[ranking:none]]\n\n[[ranking:none]]",
        "monthly_issue": str(issue.pk),
        "ranking_tables-0-caption": "고친 표 제목",
        "references-TOTAL_FORMS": "1",
        "references-0-title": "참고한 글",
    }
    page = preview(client, {**fields, **changed}, article.pk).content.decode()

    for text in ("고친 제목", "고친 표 제목", "참고한 글", "월간 이슈(10월)"):
        assert text in page, text
    assert page.index("고친 표 제목") < page.index(">뒤 ")
    # What keeps it from being published.
    assert page.count("[[ranking:none]]") > 1
    assert counts() == before
    article.refresh_from_db()
    assert article.body == "앞글"


def test_preview_of_what_is_typed_is_for_writers(client):
    article = make_article(state="withdrawn")

    assert preview(client, {}).status_code == 403
    client.force_login(make_staff("articles.view_article"))
    assert preview(client, {}).status_code == 403
    client.force_login(make_staff(*EDITOR))
    assert preview(client, {}, article.pk).status_code == 403
    assert preview(client, {}, article.pk + 1).status_code == 404
