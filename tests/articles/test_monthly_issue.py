from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from articles.models import MonthlyIssue
from tests.factories import make_article, make_issue, make_staff

pytestmark = pytest.mark.django_db


def test_issue_is_led_by_an_article_of_its_month_only():
    issue, other = make_issue(), make_issue(month=date(2025, 9, 1))
    issue.lead_article = make_article(monthly_issue=other)

    with pytest.raises(ValidationError) as refused:
        issue.full_clean()

    assert "lead_article" in refused.value.message_dict


def test_article_that_leaves_the_month_no_longer_leads_it():
    issue = make_issue()
    article = make_article(monthly_issue=issue)
    issue.lead_article = article
    issue.full_clean()
    issue.store()

    article.monthly_issue = None
    article.store()

    issue.refresh_from_db()
    assert issue.lead_article is None


def test_item_keeps_its_anchor_when_its_text_changes():
    issue = make_issue(items=[("정책", "첫 소식", ""), ("기술", "둘째 소식", "")])
    before = list(issue.items.values_list("pk", flat=True))

    issue.replace_items(
        [("정책", "고친 소식", "- 글"), ("기술", "둘째 소식", ""), ("인물", "새", "")]
    )

    assert list(issue.items.values_list("pk", flat=True))[:2] == before
    assert [item.position for item in issue.items.all()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("category", "headline", "body"),
    [
        ("", "제목", ""),
        ("정책)", "제목", ""),
        ("정책", "", ""),
        ("정책", "제목", "## 너무 큰 제목"),
        ("정책", "제목", "# 너무 큰 제목"),
    ],
)
def test_item_that_cannot_stand_is_refused_and_nothing_changes(category, headline, body):
    issue = make_issue()

    with pytest.raises(ValidationError), transaction.atomic():
        issue.replace_items([("정책", "다른 소식", ""), (category, headline, body)])

    assert [item.headline for item in issue.items.all()] == ["새 전략"]


def test_database_refuses_two_issues_of_a_month_and_a_month_that_begins_late():
    make_issue()
    for month in (date(2025, 10, 1), date(2025, 9, 15)):
        with pytest.raises(IntegrityError), transaction.atomic():
            MonthlyIssue.objects.create(month=month, title="이슈")


def test_database_refuses_a_published_issue_without_a_date():
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthlyIssue.objects.create(
            month=date(2025, 10, 1), title="이슈", state=MonthlyIssue.State.PUBLISHED
        )


@pytest.mark.parametrize("month", [date(1, 1, 1), date(999, 1, 1), date(9999, 12, 1)])
def test_month_that_no_address_can_name_is_refused(month):
    with pytest.raises(ValidationError) as refused:
        MonthlyIssue(month=month, title="이슈").full_clean()

    assert "month" in refused.value.message_dict


@pytest.mark.parametrize("name", ["published_at", "withdrawn_at", "comments_close_at"])
@pytest.mark.parametrize("year", [1, 999, 9999])
def test_article_refuses_a_moment_that_no_time_zone_can_follow(name, year):
    article = make_article()
    setattr(article, name, datetime(year, 1, 1, tzinfo=UTC))

    with pytest.raises(ValidationError) as refused:
        article.full_clean()

    assert name in refused.value.message_dict


# The archive by year


def test_archive_shows_the_newest_year_and_leads_to_the_others(client):
    for month in (date(2024, 12, 1), date(2025, 1, 1), date(2025, 10, 1)):
        make_issue(month=month, title=f"{month:%Y-%m} 이슈")
    make_issue(month=date(2023, 1, 1), title="2023-01 이슈", state="draft", published_at=None)

    newest = client.get("/issues/").content.decode()
    earlier = client.get("/issues/2024/").content.decode()

    assert "2025-10 이슈" in newest and "2025-01 이슈" in newest and "2024-12 이슈" not in newest
    assert 'href="/issues/2024/"' in newest and "2023" not in newest
    assert "2024-12 이슈" in earlier and "2025-10 이슈" not in earlier
    assert client.get("/issues/2023/").status_code == 404


def test_archive_leads_to_each_item(client):
    issue = make_issue()

    page = client.get("/issues/").content.decode()

    assert f'href="{issue.get_absolute_url()}#{issue.items.get().anchor}"' in page


def test_archive_costs_the_same_however_many_months(client, django_assert_num_queries):
    make_issue()
    with django_assert_num_queries(6) as queries:
        client.get("/issues/")
    for month in range(1, 10):
        make_issue(month=date(2025, month, 1))

    with django_assert_num_queries(len(queries)):
        client.get("/issues/")


# The next month's skeleton


def skeleton(client, issue):
    return reverse("admin:articles_monthlyissue_add") + f"?copy={issue.pk}"


@pytest.fixture
def editor(client, settings):
    settings.LANGUAGE_CODE = "en"
    client.force_login(make_staff("articles.add_monthlyissue", "articles.view_monthlyissue"))


def test_skeleton_has_the_next_month_the_title_and_the_categories_and_saves_nothing(client, editor):
    items = [("오픈소스 AI", "첫 소식", "- 글"), ("정책", "둘째 소식", "- 글")]
    issue = make_issue(items=items, month=date(2025, 12, 1), title="월간 이슈(12월)")

    page = client.get(skeleton(client, issue))

    form = page.context["adminform"].form
    formset = page.context["inline_admin_formsets"][0].formset
    assert (form["month"].value(), form["title"].value()) == (date(2026, 1, 1), "월간 이슈(1월)")
    assert [row["category"].value() for row in formset] == ["오픈소스 AI", "정책"]
    assert "첫 소식" not in page.content.decode()
    assert MonthlyIssue.objects.count() == 1


def test_items_of_the_skeleton_that_stay_without_a_headline_are_passed_over(client, editor):
    issue = make_issue(items=[("AI", "첫 소식", ""), ("정책", "둘째 소식", "")])
    data = {"month": "2025-11-01", "title": "11월", "state": "draft"}
    data |= {"items-TOTAL_FORMS": 2, "items-INITIAL_FORMS": 0}
    data |= {"items-0-category": "AI", "items-1-category": "정책", "items-1-headline": "새 소식"}

    response = client.post(skeleton(client, issue), data)

    assert response.status_code == 302
    new = MonthlyIssue.objects.get(month=date(2025, 11, 1))
    assert [str(item) for item in new.items.all()] == ["(정책) 새 소식"]


@pytest.mark.parametrize("key", ["", "x", "0", "-1", "²", "9" * 40])
def test_skeleton_of_no_issue_is_an_empty_form(client, editor, key):
    address = reverse("admin:articles_monthlyissue_add") + f"?copy={key}"

    assert client.get(address).status_code == 200
