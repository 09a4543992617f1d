"""An article becomes next month's template."""

from datetime import date

import pytest
from django.urls import reverse

from articles.desk.copying import copy_for_next_month
from articles.models import Article, RankingPeriod, Revision
from tests.articles.test_article_admin import WRITE, signed_in
from tests.factories import make_article, make_issue, make_ranking, make_staff, make_table

BODY = "앞글\n\n## 10월의 소식\n\n- 1월과 10월\n\n[[ranking:models]]\n\n### 시사점\n\n끝"


@pytest.mark.django_db
def test_copy_names_the_next_month_and_shows_the_newest_periods():
    issue = make_issue(month=date(2025, 12, 1))
    following = make_issue(month=date(2026, 1, 1))
    ranking = make_ranking()
    fields = {"kicker": "[12월]", "title": "2025년 12월 열린 모형", "body": BODY}
    article = make_article(**fields, monthly_issue=issue)
    table = make_table(article, ranking, slug="models", caption="12월 순위")
    table.periods.set(ranking.periods.all()[:1])
    article.references.create(position=1, title="보고서")
    RankingPeriod.objects.create(ranking=ranking, label="2025년 12월", as_of=date(2025, 12, 1))
    staff = make_staff()

    copy = copy_for_next_month(article, by=staff, keeps_text=True)
    empty = copy_for_next_month(article, by=staff, keeps_text=False)

    assert (copy.kicker, copy.title) == ("[1월]", "2026년 1월 열린 모형")
    assert (copy.state, copy.published_at, copy.monthly_issue) == ("draft", None, following)
    assert copy.body == BODY
    assert empty.body == "## 10월의 소식\n\n[[ranking:models]]\n\n### 시사점"
    assert not copy.references.exists()
    placed = copy.ranking_tables.get()
    assert placed.caption == "1월 순위"
    assert [period.label for period in placed.periods.all()] == ["2025년 12월"]
    assert Revision.objects.of(copy).get().author == staff
    article.refresh_from_db()
    assert (article.kicker, article.uid != copy.uid) == ("[12월]", True)


@pytest.mark.django_db
def test_copied_text_leads_where_it_led_and_its_headings_name_the_month_too():
    links = "[10월 글](/articles/1/10월) https://a.kr/10월 ![10월](/media/a.png)"
    article = make_article(kicker="[10월]", body=f"## 10월\n\n{links}\n\n[[ranking:10월-순위]]")
    make_table(article, make_ranking(), slug="10월-순위")

    copy, empty = (
        copy_for_next_month(article, by=None, keeps_text=keeps_text) for keeps_text in (True, False)
    )

    kept = "[11월 글](/articles/1/10월) https://a.kr/10월 ![11월](/media/a.png)"
    assert copy.body == f"## 11월\n\n{kept}\n\n[[ranking:10월-순위]]"
    assert empty.body == "## 11월\n\n[[ranking:10월-순위]]"
    assert copy.ranking_tables.get().slug == "10월-순위"


@pytest.mark.django_db
def test_copy_is_made_by_who_may_write_articles():
    article = make_article(kicker="[10월]", body=BODY, title="다른 달은 1월")
    address = reverse("admin:articles_article_copy", args=[article.pk])

    refused = signed_in("articles.view_article").post(address, {"text": "keep"})
    asked = signed_in(*WRITE).get(address)
    made = signed_in(*WRITE).post(address, {"text": "keep"})

    assert (refused.status_code, asked.status_code, made.status_code) == (403, 200, 302)
    copy = Article.objects.get(state="draft")
    assert (copy.kicker, copy.title) == ("[11월]", "다른 달은 1월")
    assert "## 11월의 소식\n\n- 1월과 11월" in copy.body
