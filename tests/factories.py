"""Plain functions that make what a test is about; each gives only what is passed a meaning."""

import random
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import count

from django.contrib.auth.models import Permission, User
from django.db.models import F, Q
from django.utils import timezone
from PIL import Image

from articles.models import (
    Article,
    Category,
    Due,
    EntryRow,
    MonthlyIssue,
    Picture,
    Ranking,
    RankingPeriod,
    RankingSubject,
    RankingTable,
    WaitingChange,
)
from comments.identity import credentials
from comments.models import Comment, ModerationRule, Report, Takedown

numbers = count(1)
EMAIL = "mina@example.com"
PASSWORD = "right horse key"
PUBLISHED_AT = datetime(2025, 10, 28, 0, 0, tzinfo=UTC)


def make_category(**fields):
    number = next(numbers)
    category = Category(**{"name": f"갈래 {number}", "slug": f"category-{number}", **fields})
    category.store()
    return category


def let_pass(**duration):
    """Let time pass: whatever was planned comes nearer by the duration, or has come."""
    passed = timedelta(**duration)
    planned = {
        Article: ["published_at", "withdrawn_at", "comments_close_at"],
        MonthlyIssue: ["published_at"],
        RankingPeriod: ["published_at"],
        WaitingChange: ["publish_at"],
        Comment: ["blocked_until"],
    }
    for model, names in planned.items():
        model.objects.update(**{name: F(name) - passed for name in names})
    due = list(Due.objects.all())
    Due.objects.all().delete()
    Due.objects.bulk_create(Due(scope=moment.scope, at=moment.at - passed) for moment in due)


def let_come(moment):
    """Let time pass until a moment has just come."""
    let_pass(seconds=(moment - timezone.now()).total_seconds() + 1)


def long_text(seed=0):
    """Return as many syllables as an article may have, which no compression makes few."""
    chosen = random.Random(seed)  # noqa: S311 - no secret
    return "".join(chr(chosen.randrange(ord("가"), ord("힣") + 1)) for _syllable in range(16_000))


def make_article(**fields):
    """Return a stored article, published unless `state` says otherwise."""
    number = next(numbers)
    article = Article(
        **{
            "title": f"열린 모형의 흐름 {number}",
            "slug": f"open-models-{number}",
            "body": "## 첫 소식\n\n- 첫째 줄",
            "state": Article.State.PUBLISHED,
            "published_at": PUBLISHED_AT,
            **fields,
        }
    )
    if not article.category_id:
        article.category = make_category()
    article.full_clean()
    article.store()
    return article


def make_issue(items=(("정책", "새 전략", "- 첫째"),), **fields):
    """Return a stored monthly issue, published unless `state` says otherwise."""
    issue = MonthlyIssue(
        **{
            "month": date(2025, 10, 1),
            "title": "주목할 만한 월간 이슈(10월)",
            "state": MonthlyIssue.State.PUBLISHED,
            "published_at": PUBLISHED_AT,
            **fields,
        }
    )
    issue.full_clean()
    issue.store()
    issue.replace_items(items)
    return issue


def picture_file(width=600, height=400, colour="red"):
    """Return the bytes of a PNG."""
    file = BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def make_picture(size=(600, 400), colour=None, *, by=None, **fields):
    """Upload a picture unlike the others; the test has given MEDIA_ROOT a folder of its own."""
    number = next(numbers)
    content = picture_file(*size, colour or (number % 256, number // 256, 90))
    picture = Picture.objects.upload(BytesIO(content), len(content), by)
    for name, value in fields.items():
        setattr(picture, name, value)
    picture.store()
    return picture


def make_ranking(periods=None, **fields):
    """Return a series; `periods` is [(label, as_of, [(name, country, model)])], ranks ascending."""
    if periods is None:
        periods = [
            (
                "2024년 7월",
                date(2024, 7, 1),
                [("구글", "미국", "Gemma"), ("메타", "미국", "Llama 3")],
            ),
            ("2025년 10월", date(2025, 10, 1), [("지푸 AI", "중국", "GLM-4.6")]),
        ]
    number = next(numbers)
    ranking = Ranking(
        **{
            "slug": f"ranking-{number}",
            "title": f"순위 {number}",
            "rank_heading": "순위",
            "columns": [
                {"key": "company", "heading": "기업(국가)"},
                {"key": "model", "heading": "대표 모델명"},
            ],
            **fields,
        }
    )
    ranking.full_clean()
    ranking.store()
    for label, as_of, entries in periods:
        period = RankingPeriod.objects.create(ranking=ranking, label=label, as_of=as_of)
        period.replace_entries(
            [
                EntryRow(rank, make_subject(name, country), f"{name} ({country})", {"model": model})
                for rank, (name, country, model) in enumerate(entries, start=1)
            ]
        )
    return ranking


def make_subject(name, country=""):
    subject, _is_new = RankingSubject.objects.get_or_create(
        name=name, country=country, defaults={"slug": f"subject-{next(numbers)}"}
    )
    return subject


def make_table(article, ranking, **fields):
    """Place the whole of `ranking` in `article`."""
    table = RankingTable.objects.create(
        **{
            "article": article,
            "ranking": ranking,
            "slug": f"table-{next(numbers)}",
            "caption": "모형 선호도 순위",
            **fields,
        }
    )
    table.periods.set(ranking.periods.all())
    return table


def make_comment(article=None, *, email=EMAIL, password=PASSWORD, **fields):
    """Return a posted comment whose pair is `email` and `password`."""
    address = credentials.canonical_address(email)
    comment = Comment(
        **{
            "article": article or make_article(),
            "body": "잘 읽었습니다.",
            "email_digest": credentials.email_digest(address),
            "password": credentials.hash_password(password),
            **fields,
        }
    )
    return comment.post()


def make_rule(**fields):
    """Return a stored moderation rule; with `is_active`, one that was rehearsed and is on."""
    rule = ModerationRule(**{"name": f"규칙 {next(numbers)}", "kind": "words", **fields})
    rule.rehearsed_definition = rule.definition if rule.is_active else ""
    rule.full_clean()
    rule.store()
    return rule


def make_report(comment=None, **fields):
    """Return a report of a comment from a network of its own."""
    comment = comment or make_comment()
    report = Report(comment=comment, **{"reason": Report.Reason.SPAM, **fields})
    report.file(f"192.0.2.{next(numbers)}/32")
    return comment.reports.last()


def make_takedown(comment=None, **fields):
    return Takedown.objects.create(
        **{
            "comment": comment or make_comment(),
            "ground": Takedown.Ground.PRIVACY,
            "reason": "제 전화번호가 있습니다.",
            **fields,
        }
    )


def make_staff(*permissions, **fields):
    """Return a staff user with `permissions`, each "app_label.codename"; no password opens it."""
    user = User.objects.create_user(
        **{"username": f"staff-{next(numbers)}", "is_staff": True, **fields}
    )
    wanted = Q(pk__in=[])
    for name in permissions:
        app_label, codename = name.split(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    found = Permission.objects.filter(wanted)
    assert len(found) == len(set(permissions)), permissions
    user.user_permissions.set(found)
    return user
