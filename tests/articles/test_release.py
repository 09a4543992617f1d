"""One month's articles, figures and issue go live together, or not at all."""

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from articles.models import (
    Article,
    EntryRow,
    MonthlyIssue,
    RankingPeriod,
    Release,
    recheck_releases,
)
from tests.factories import (
    let_come,
    make_article,
    make_issue,
    make_ranking,
    make_staff,
    make_subject,
    make_table,
)
from tests.sent_forms import UNDRAWN, data_of

pytestmark = pytest.mark.django_db

SEOUL = ZoneInfo("Asia/Seoul")
MOMENT = datetime(2031, 11, 3, 0, 0, tzinfo=UTC)
PUBLISHER = [
    "articles.publish_article",
    *(f"articles.{action}_{name}" for action in ("add", "change", "delete", "view")
      for name in ("article", "monthlyissue", "ranking", "rankingperiod")),
]  # fmt: skip


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def make_month(*, state="in_review"):
    """Return (issue, article, ranking) of a month that is ready but for the review."""
    issue = make_issue(state="draft", published_at=None)
    ranking = make_ranking([("2025년 10월", date(2025, 10, 1), [("구글", "미국", "Gemma")])])
    article = make_article(state=state, published_at=None, monthly_issue=issue)
    table = make_table(article, ranking, slug="models")
    article.body = f"## 소식\n\n[[ranking:{table.slug}]]"
    article.store()
    issue.lead_article = article
    issue.store()
    return issue, article, ranking


def schedule(issue, moment=MOMENT):
    release = Release(issue=issue)
    release.schedule(moment, by=make_staff())
    return release


def moments(issue):
    """Return the moments that the month's members bear."""
    found = set(Article.objects.filter(monthly_issue=issue).values_list("published_at", flat=True))
    found |= set(RankingPeriod.objects.values_list("published_at", flat=True))
    return found | {MonthlyIssue.objects.get(pk=issue.pk).published_at}


def page(client, issue):
    return reverse("admin:articles_monthlyissue_release", args=[issue.pk])


def public_addresses(issue, article, ranking):
    return [issue.get_absolute_url(), article.get_absolute_url(), ranking.get_absolute_url()]


# Scheduling


def test_one_moment_is_set_on_everything_and_their_pages_follow_it(read):
    issue, article, ranking = make_month()
    addresses = public_addresses(issue, article, ranking)
    assert article.title not in read("/").text

    release = schedule(issue)

    assert moments(issue) == {MOMENT}
    assert release.is_scheduled and list(release.articles.all()) == [article]
    assert [read(address).status for address in addresses] == [404, 404, 404]

    let_come(MOMENT)

    assert [read(address).status for address in addresses] == [200, 200, 200]
    assert article.title in read("/").text


def test_figures_entered_beforehand_are_nowhere_before_the_moment(client):
    issue, article, ranking = make_month()
    shown = make_article()
    make_table(shown, ranking).periods.clear()
    schedule(issue)

    pages = [client.get(address) for address in ("/", "/rankings/", "/issues/", "/articles/")]
    addresses = [client.get(address) for address in public_addresses(issue, article, ranking)]

    assert [answer.status_code for answer in addresses] == [404, 404, 404]
    assert not any("Gemma" in answer.content.decode() for answer in pages)
    assert ranking.title not in pages[1].content.decode()


def test_no_address_gives_figures_away_before_the_moment(client):
    """Downloads, twins, subjects, feeds and the search know no more than the pages."""
    issue, article, ranking = make_month()
    old = RankingPeriod.objects.create(
        ranking=ranking, label="2025년 9월", as_of=date(2025, 9, 1), published_at=timezone.now()
    )
    subject = make_subject("메타", "미국")
    old.replace_entries([EntryRow(1, subject, "메타 (미국)", {"model": "Llama"})])
    schedule(issue)
    google = ranking.periods.get(label="2025년 10월").entries.get().subject
    series = f"/rankings/{ranking.slug}"
    addresses = [
        *(series + end for end in ("/", ".json", ".csv", ".xlsx", "/embed/")),
        *(f"/subjects/{subject.slug}{end}" for end in ("/", ".json")),
        *("/", "/articles/", "/articles.json", "/rankings/", "/issues/", "/feed/", "/corrections/"),
        *("/search/?q=%EA%B5%AC%EA%B8%80", "/sitemap.xml"),
    ]

    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        content = answer.content
        if address.endswith(".xlsx"):
            content = "".join(map(str, load_workbook(BytesIO(content)).active.values)).encode()
        found = content.decode()
        assert "Gemma" not in found, address
        assert "2025년 10월" not in found and article.title not in found, address
    assert client.get(f"/subjects/{google.slug}/").status_code == 404
    assert client.get(f"/issues/{issue.month:%Y-%m}.json").status_code == 404


def test_new_period_of_a_public_series_waits_for_its_release(client):
    issue, _article, ranking = make_month()
    old = RankingPeriod.objects.create(
        ranking=ranking, label="2025년 9월", as_of=date(2025, 9, 1), published_at=timezone.now()
    )
    schedule(issue)

    content = client.get(ranking.get_absolute_url()).content.decode()

    assert old.label in content
    assert "2025년 10월" not in content and "Gemma" not in content
    assert "2025년 10월" not in client.get("/rankings/").content.decode()


def test_everything_is_public_from_the_moment_on(client):
    issue, article, ranking = make_month()

    release = schedule(issue, None)

    answers = [client.get(address) for address in public_addresses(issue, article, ranking)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert release.is_live


def test_figures_dated_in_the_month_belong_to_it_though_no_article_shows_them():
    issue, _article, _ranking = make_month()
    other = make_ranking(
        [
            ("10월 31일", date(2025, 10, 31), [("구글", "미국", "G")]),
            ("11월", date(2025, 11, 1), [("구글", "미국", "G")]),
        ]
    )

    schedule(issue)

    assert list(other.periods.values_list("published_at", flat=True)) == [MOMENT, None]


def test_what_is_public_already_keeps_its_own_moment():
    issue, _article, _ranking = make_month()
    early = make_article(monthly_issue=issue)
    before = early.published_at

    schedule(issue)

    early.refresh_from_db()
    assert early.published_at == before


def test_moment_that_is_past_or_no_moment_is_refused():
    issue, *_others = make_month()

    for moment in (datetime(2020, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)):
        with pytest.raises(ValidationError):
            schedule(issue, moment)

        assert moments(issue) == {None}


def lose_items(issue, article, ranking):
    issue.replace_items([])


def lose_lead(issue, article, ranking):
    MonthlyIssue.objects.filter(pk=issue.pk).update(lead_article=None)


def break_heading(issue, article, ranking):
    Article.objects.filter(pk=article.pk).update(body="#### 너무 깊은 제목")


def break_item(issue, article, ranking):
    issue.items.update(body="![](/media/a.png)")


def lose_table(issue, article, ranking):
    article.ranking_tables.all().delete()


def lose_periods(issue, article, ranking):
    article.ranking_tables.get().periods.clear()


def lose_figures(issue, article, ranking):
    ranking.periods.get().entries.all().delete()


def break_figures(issue, article, ranking):
    ranking.periods.get().entries.update(cells={})


def withdraw_early(issue, article, ranking):
    Article.objects.filter(pk=article.pk).update(withdrawn_at=MOMENT - timedelta(days=1))


@contextmanager
def taken_back():
    """Leave the database as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


BREAKS = [
    (lose_items, "The monthly issue has no item."),
    (lose_lead, "The monthly issue has no lead article."),
    (break_heading, "skips a level"),
    (break_item, "needs a text that says what it shows"),
    (lose_table, "places [[ranking:models]], but no table has that slug"),
    (lose_periods, "shows no period"),
    (lose_figures, "No figures have been entered."),
    (break_figures, "대표 모델명 is empty"),
    (withdraw_early, "withdrawal"),
]


def test_month_with_something_missing_is_not_scheduled():
    made = make_month()

    for damage, sentence in BREAKS:
        with taken_back():
            damage(*made)
            issue = MonthlyIssue.objects.get()

            with pytest.raises(ValidationError) as refused:
                schedule(issue)

            assert sentence in " ".join(refused.value.messages)
            assert MOMENT not in moments(issue)


def test_month_that_is_public_already_has_nothing_to_release():
    issue, *_others = make_month()
    schedule(issue, None)

    with pytest.raises(ValidationError, match="public already"):
        Release.objects.get().schedule(MOMENT, by=make_staff())


def test_article_that_would_show_the_figures_earlier_is_told():
    issue, _article, ranking = make_month()
    early = make_article(published_at=MOMENT - timedelta(days=1))
    make_table(early, ranking)

    with pytest.raises(ValidationError, match="before its moment"):
        schedule(issue)


def test_draft_waits_for_its_review():
    issue, *_others = make_month(state="draft")

    with pytest.raises(ValidationError, match="still a draft"):
        schedule(issue)


# What comes after


def test_member_that_no_longer_passes_takes_the_whole_release_off():
    issue, article, ranking = make_month()
    schedule(issue)

    for damage, sentence in BREAKS[:8]:
        with taken_back():
            damage(MonthlyIssue.objects.get(), article, ranking)

            taken_off = recheck_releases(Article.objects.get())

            release = Release.objects.get()
            assert taken_off == [release] and sentence in release.stopped_because
            assert release.publish_at is None
            assert moments(issue) == {None}
            assert Article.objects.get().state == "in_review"
            assert MonthlyIssue.objects.get().state == "draft"
        assert moments(issue) == {MOMENT}


def test_release_is_looked_at_once_more_just_before_its_moment():
    issue, article, _ranking = make_month()
    schedule(issue, timezone.now() + timedelta(seconds=40))
    other = make_article()
    Article.objects.filter(pk=article.pk).update(
        body=f"## 소식\n\n[그 글의 제목]({other.get_absolute_url()})"
    )
    call_command("send_mail", once=True, stdout=StringIO())
    assert Release.objects.get().is_scheduled

    other.delete()
    call_command("send_mail", once=True, stdout=StringIO())

    assert "No article is there" in Release.objects.get().stopped_because
    assert Article.objects.get().state == "in_review"


def test_member_saved_well_stays_on_the_schedule():
    issue, article, ranking = make_month()
    schedule(issue)

    assert [recheck_releases(member) for member in (article, issue, ranking)] == [[], [], []]
    assert moments(issue) == {MOMENT}


def test_figures_that_an_article_shows_later_come_into_the_release():
    issue, article, ranking = make_month()
    schedule(issue)
    new = RankingPeriod.objects.create(ranking=ranking, label="9월", as_of=date(2025, 9, 1))
    new.replace_entries([])
    old = ranking.periods.get(as_of=date(2025, 10, 1))
    entry = old.entries.get()
    new.replace_entries([EntryRow(1, entry.subject, entry.label, entry.cells)])
    article.ranking_tables.get().periods.add(new)

    recheck_releases(article)

    assert moments(issue) == {MOMENT}


def test_release_that_is_live_is_not_taken_back():
    issue, article, ranking = make_month()
    schedule(issue, None)
    lose_items(issue, article, ranking)

    assert recheck_releases(article) == []
    article.refresh_from_db()
    assert article.state == "published"


def test_article_that_was_published_by_hand_stays_public_when_the_rest_is_taken_off():
    issue, article, _ranking = make_month()
    second = make_article(state="in_review", published_at=None, monthly_issue=issue)
    schedule(issue)
    now = timezone.now() - timedelta(minutes=1)
    Article.objects.filter(pk=article.pk).update(published_at=now)
    issue.replace_items([])

    recheck_releases(issue)

    article.refresh_from_db()
    second.refresh_from_db()
    assert (article.state, article.published_at) == ("published", now)
    assert (second.state, second.published_at) == ("in_review", None)


def test_another_moment_given_to_one_member_takes_the_release_off():
    issue, article, _ranking = make_month()
    schedule(issue)
    Article.objects.filter(pk=article.pk).update(published_at=MOMENT + timedelta(days=1))

    (release,) = recheck_releases(article)

    assert "no longer set for this moment" in release.stopped_because


# The page in the admin


@pytest.fixture
def publisher(client):
    user = make_staff(*PUBLISHER)
    client.force_login(user)
    return user


def post_schedule(client, issue, day="2031-11-03", time="09:00", publishing_reason="", **extra):
    shown = client.get(page(client, issue), **UNDRAWN)
    opened_with = shown.context["form"].opened_with if shown.status_code == 200 else ""
    data = {"publish_at_0": day, "publish_at_1": time, "schedule": "1", "opened_with": opened_with}
    data["publishing_reason"] = publishing_reason
    return client.post(page(client, issue), data, follow=True, **extra)


def test_page_shows_what_is_in_it_and_what_is_missing(client, publisher):
    issue, article, ranking = make_month(state="draft")
    ranking.periods.get().entries.all().delete()

    content = client.get(page(client, issue)).content.decode()

    assert article.title in content and "still a draft" in content
    assert "2025년 10월" in content and "No figures have been entered." in content
    # A screen reader tells the two fields of a moment apart.
    assert len(re.findall('name="publish_at_[01]"[^>]* aria-label="', content)) == 2


def test_page_schedules_and_takes_off(client, publisher):
    issue, *_others = make_month()

    scheduled = post_schedule(client, issue).content.decode()
    assert moments(issue) == {MOMENT}
    assert "2031.11.03 09:00" in scheduled

    client.post(page(client, issue), {"take_off": "1"})
    assert moments(issue) == {None}


def test_moment_that_another_publisher_has_set_is_not_replaced_unasked(client, publisher):
    issue, *_others = make_month()
    opened_with = client.get(page(client, issue), **UNDRAWN).context["form"].opened_with
    post_schedule(client, issue, **UNDRAWN)
    mine = {"publish_at_0": "2031-12-24", "publish_at_1": "10:00", "opened_with": opened_with}

    refused = client.post(page(client, issue), mine)

    assert moments(issue) == {MOMENT}
    assert "2031.11.03 09:00" in refused.content.decode()
    assert 'value="2031-12-24"' in refused.content.decode()
    replaces = refused.context["form"].conflict.digest
    client.post(page(client, issue), {**mine, "replaces": replaces})
    assert moments(issue) != {MOMENT}


def test_refused_schedule_says_why_and_keeps_what_was_typed(client, publisher):
    issue, *_others = make_month(state="draft")

    content = post_schedule(client, issue).content.decode()

    assert "Nothing has been scheduled." in content and "still a draft" in content
    assert 'value="2031-11-03"' in content
    # No reason makes it ready.
    assert "id_publishing_reason" not in content
    assert moments(issue) == {None}


def test_publisher_releases_with_a_reason_what_only_the_checks_refuse(client, publisher):
    issue, article, _ranking = make_month()
    Article.objects.filter(pk=article.pk).update(body="## 소식\n\n#### 건너뜀")
    assert "id_publishing_reason" in client.get(page(client, issue)).content.decode()

    post_schedule(client, issue, publishing_reason="인용한 그대로임", **UNDRAWN)

    assert moments(issue) == {MOMENT}
    assert article.waivers.get().reason == "인용한 그대로임"
    assert not recheck_releases(Article.objects.get())


def test_reason_mends_nothing_but_what_the_checks_say(client, publisher):
    issue, article, _ranking = make_month(state="draft")
    Article.objects.filter(pk=article.pk).update(body="## 소식\n\n#### 건너뜀")

    post_schedule(client, issue, publishing_reason="급함")

    assert moments(issue) == {None} and not article.waivers.exists()


def test_moment_that_is_none_is_told_at_its_field(client, publisher):
    issue, *_others = make_month()

    for day in ["x", "2031-13-01", "0001-01-01", "99999-01-01", "2020-01-01"]:
        response = post_schedule(client, issue, day, **UNDRAWN)

        assert response.status_code == 200 and response.context["form"].errors["publish_at"]
        assert moments(issue) == {None}


def test_only_publishers_release(client):
    issue, *_others = make_month()

    for permissions in ([], PUBLISHER[1:]):
        client.force_login(make_staff(*permissions))

        assert client.get(page(client, issue)).status_code == 403
        assert post_schedule(client, issue).status_code == 403
        assert moments(issue) == {None}


def article_form(client, article):
    """Return the address of an article's form and what it would send as it stands."""
    address = reverse("admin:articles_article_change", args=[article.pk])
    context = client.get(address, **UNDRAWN).context
    form = context["adminform"].form
    data = data_of(form) | {"tags": []}
    for inline in context["inline_admin_formsets"]:
        management = inline.formset.management_form
        data |= {management.add_prefix(k): v for k, v in management.initial.items()}
        for each in inline.formset.initial_forms:
            data |= {each.add_prefix(name): each[name].value() or "" for name in each.fields}
    for name in ("published_at", "withdrawn_at", "comments_close_at"):
        moment = getattr(article, name)
        typed = moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M").split() if moment else ["", ""]
        data |= zip((f"{name}_0", f"{name}_1"), typed, strict=True)
    return address, data


def test_saving_an_article_that_no_longer_passes_says_so(client, publisher):
    issue, article, _ranking = make_month()
    schedule(issue)
    article.refresh_from_db()
    address, data = article_form(client, article)

    response = client.post(address, data | {"published_at_0": "2031-11-09"}, follow=True)

    content = re.sub(r"\s+", " ", response.content.decode())
    assert "has been taken off the schedule" in content and page(client, issue) in content
    assert moments(issue) == {None}


def test_saving_an_article_as_it_stands_keeps_the_schedule(client, publisher):
    issue, article, _ranking = make_month()
    schedule(issue)
    article.refresh_from_db()
    address, data = article_form(client, article)

    response = client.post(address, data)

    assert response.status_code == 302 and moments(issue) == {MOMENT}


def test_public_article_cannot_show_figures_that_wait(client, publisher):
    issue, _article, ranking = make_month()
    public = make_article()
    table = make_table(public, ranking)
    table.periods.clear()
    schedule(issue)
    address, data = article_form(client, public)
    data["ranking_tables-0-periods"] = [ranking.periods.get().pk]

    response = client.post(address, data)

    assert "is public only from" in response.content.decode()
    assert not table.periods.exists()


def test_deleting_a_member_takes_the_release_off(client, publisher):
    issue, _article, _ranking = make_month()
    second = make_article(state="in_review", published_at=None, monthly_issue=issue)
    schedule(issue)

    address = reverse("admin:articles_article_delete", args=[second.pk])
    client.post(address, {"post": "yes"})

    assert moments(issue) == {None}
    assert second.title in Release.objects.get().stopped_because


def test_release_page_costs_the_same_however_many_items(
    client, publisher, django_assert_num_queries
):
    issue, *_others = make_month()
    client.get(page(client, issue), **UNDRAWN)
    issue.replace_items([("정책", f"소식 {number}", "- 가") for number in range(30)])

    with django_assert_num_queries(26):
        client.get(page(client, issue))


def test_what_is_amiss_is_looked_for_once(client, publisher, django_assert_max_num_queries):
    issue, article, _ranking = make_month()
    article.body += "\n\n[없는 글](/articles/999999/)"
    article.store()
    client.get(page(client, issue))

    # Those of a month without a fault, the link's article and who let it pass.
    with django_assert_max_num_queries(28):
        response = client.get(page(client, issue))

    assert "No article is there" in response.content.decode()
