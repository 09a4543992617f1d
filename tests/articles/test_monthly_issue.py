from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from articles.models import MonthlyIssue
from tests.factories import make_article, make_issue

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
        ("정책", "제목", "![](/media/a.png)"),
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
