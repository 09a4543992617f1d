"""Staff write, place, publish and withdraw in the admin, and nobody loses what somebody typed."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html
from markdown_it import MarkdownIt

from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    RankingPeriod,
    SitePage,
    Tag,
)
from tests.factories import (
    let_come,
    make_article,
    make_category,
    make_issue,
    make_ranking,
    make_staff,
    make_table,
)
from tests.sent_forms import UNDRAWN, open_form, send

pytestmark = pytest.mark.django_db

MODELS = ["article", "monthlyissue", "category", "tag", "sitepage"]
WRITE = [f"articles.{verb}_{model}" for verb in ("add", "change", "view") for model in MODELS]
DELETE = [f"articles.delete_{model}" for model in MODELS]
PUBLISH = [*WRITE, *DELETE, "articles.publish_article"]


def signed_in(*permissions, **fields):
    client = Client()
    client.force_login(make_staff(*permissions, **fields))
    return client


@pytest.fixture
def editor():
    return signed_in(*WRITE, *DELETE)


@pytest.fixture
def publisher():
    return signed_in(*PUBLISH)


def address_of(obj, view="change"):
    return reverse(f"admin:articles_{obj._meta.model_name}_{view}", args=[obj.pk])


def save(client, address, **changes):
    """Open the form, change some of its fields, and send it."""
    return send(client, address, open_form(client, address), **changes)


def assert_saved(response):
    assert response.status_code == 302, text_of_errors(response)


def text_of_errors(response):
    return str(response.context["errors"])


def messages_of(client, response):
    answer = client.get(response["Location"], **UNDRAWN)
    return " ".join(map(str, answer.context["messages"]))


def rows(prefix, *rows_of_fields):
    """Return the fields of an inline's new rows."""
    fields = {f"{prefix}-TOTAL_FORMS": len(rows_of_fields), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows_of_fields):
        fields |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return fields


ADD = "/manage/articles/article/add/"


# Who may open what


PAGES = [
    reverse(f"admin:articles_{model}_{view}") for model in MODELS for view in ("changelist", "add")
]


def test_visitors_are_led_to_the_sign_in(client):
    for who in (client, signed_in(*PUBLISH, is_staff=False)):
        for address in PAGES:
            response = who.get(address)

            assert response.status_code == 302
            assert response["Location"].startswith(reverse("admin:login"))


def test_inactive_staff_are_led_to_the_sign_in():
    user = make_staff(*PUBLISH)
    client = Client()
    client.force_login(user)
    user.is_active = False
    user.save()

    assert client.get(ADD).status_code == 302


def test_staff_without_permission_are_refused():
    nobody = signed_in()

    assert {nobody.get(address).status_code for address in PAGES} == {403}


def test_editors_and_publishers_open_lists_and_forms_without_inline_code(editor, publisher):
    for address in PAGES:
        response = publisher.get(address)

        assert response.status_code == editor.get(address, **UNDRAWN).status_code == 200
        page = html.fromstring(response.content.decode())
        assert not page.xpath("//script[not(@src) and not(@type='application/json')]")
        assert not page.xpath("//style | //@style | //@*[starts-with(name(), 'on')]")


def test_staff_who_may_only_look_see_every_page(client):
    reader = signed_in(*[name for name in WRITE if ".view_" in name])
    article = make_article(monthly_issue=make_issue())
    make_table(article, make_ranking())
    article.references.create(title="참고한 글")

    for obj in (article, article.monthly_issue, article.category):
        assert reader.get(address_of(obj)).status_code == 200
        assert reader.post(address_of(obj), {}).status_code == 403


# Writing


def test_editor_writes_a_draft_with_its_tables_references_and_old_addresses(editor):
    category, ranking = make_category(), make_ranking()
    first, second = ranking.periods.all()

    response = save(
        editor,
        ADD,
        kicker="[10월]",
        title="열린 모형의 약진",
        body="## 흐름\n\n[[ranking:models]]",
        category=category.pk,
        **rows(
            "ranking_tables",
            {
                "slug": "models",
                "ranking": ranking.pk,
                "periods": [first.pk, second.pk],
                "caption": "선호도",
            },
        ),
        **rows(
            "references", {"title": "둘째", "position": "2"}, {"title": "첫째", "position": "1"}
        ),
        **rows("legacy_paths", {"path": "/pages/11/254"}),
    )

    assert_saved(response)
    article = Article.objects.get()
    assert article.state == "draft"
    assert article.slug == "열린-모형의-약진"
    assert '<h2 id="s-흐름">흐름</h2>' in article.body_html
    assert list(article.ranking_tables.get().periods.all()) == [first, second]
    assert [reference.title for reference in article.references.all()] == ["첫째", "둘째"]
    assert article.legacy_paths.get().path == "/pages/11/254"


def test_text_is_composed_before_it_is_kept(editor):
    save(
        editor,
        ADD,
        title="\u110b\u1167\u11af",
        body="\u110b\u1167\u11af",
        category=make_category().pk,
    )

    article = Article.objects.get()
    assert (article.title, article.body) == ("열", "열")


def test_text_that_cannot_be_saved_is_refused_at_its_field(editor):
    response = save(editor, ADD, title="글", body="- " * 13 + "a", category=make_category().pk)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() == {"body"}
    assert "- - - - - - - - - a" in response.content.decode()


def test_reference_without_a_position_comes_last(editor):
    article = make_article(state="draft")
    article.references.create(title="첫 글", position=5)

    fields = open_form(editor, address_of(article))
    fields |= {
        "references-TOTAL_FORMS": 3,
        "references-1-title": "셋째 글",
        "references-2-title": "둘째 글",
        "references-2-position": "7",
    }
    assert_saved(send(editor, address_of(article), fields))

    found = list(article.references.values_list("position", "title"))
    assert found == [(1, "첫 글"), (2, "둘째 글"), (3, "셋째 글")]


def test_reference_can_be_removed(editor):
    article = make_article(state="draft")
    article.references.create(title="첫 글", position=1)
    article.references.create(title="둘째 글", position=2)

    assert_saved(save(editor, address_of(article), **{"references-0-DELETE": "on"}))

    assert list(article.references.values_list("position", "title")) == [(1, "둘째 글")]


def test_saving_changes_every_page_that_shows_the_article(read, publisher):
    article = make_article()
    pages = [article.get_absolute_url(), "/", article.category.get_absolute_url()]
    assert not [path for path in pages if "새 제목" in read(path).text]

    assert_saved(save(publisher, address_of(article), title="새 제목"))

    assert [path for path in pages if "새 제목" in read(path).text] == pages


def test_list_shows_every_state_in_few_queries(editor, django_assert_max_num_queries):
    for state in Article.State.values:
        make_article(title=f"글 {state}", state=state)

    with django_assert_max_num_queries(13):
        page = editor.get(reverse("admin:articles_article_changelist")).content.decode()

    for article in Article.objects.all():
        assert article.title in page
        assert reverse("article_preview", args=[article.pk]) in page


def test_articles_are_found_by_their_words(editor):
    make_article(title="열린 모형")
    make_article(title="닫힌 모형")

    page = editor.get(reverse("admin:articles_article_changelist"), {"q": "열린"}).content.decode()

    assert "열린 모형" in page
    assert "닫힌 모형" not in page


def test_form_links_the_preview_always_and_the_site_only_when_public(publisher):
    draft, public = make_article(state="draft"), make_article()

    draft_page = publisher.get(address_of(draft)).content.decode()
    public_page = publisher.get(address_of(public)).content.decode()

    assert reverse("article_preview", args=[draft.pk]) in draft_page
    assert "viewsitelink" not in draft_page
    assert reverse("article_preview", args=[public.pk]) in public_page
    assert public.get_absolute_url() in public_page


def test_same_editor_saves_again_and_again(editor):
    article = make_article(state="draft")

    for title in ("둘째 제목", "셋째 제목"):
        assert_saved(save(editor, address_of(article), title=title))

    assert Article.objects.get().title == "셋째 제목"


def test_saving_converts_a_text_once_to_store_it_and_once_to_check_it(publisher, monkeypatch):
    article = make_article(state="draft")
    make_table(article, make_ranking(), slug="preference")
    opened = open_form(publisher, address_of(article))
    converted, parse = [], MarkdownIt.parse

    def note(converter, source, *options):
        converted.append(source)
        return parse(converter, source, *options)

    monkeypatch.setattr(MarkdownIt, "parse", note)
    body = "[[ranking:preference]]\n\n새 글"
    assert_saved(send(publisher, address_of(article), opened, body=body, state="published"))

    assert len(converted) == 2
    assert "새 글" in Article.objects.get().body_html


# Publishing


def set_moment(name, at):
    local = timezone.localtime(at)
    return {f"{name}_0": local.strftime("%Y-%m-%d"), f"{name}_1": local.strftime("%H:%M:%S")}


@pytest.mark.parametrize(
    ("permissions", "state", "button", "then"),
    [
        # It is submitted on the page that this leads to.
        (WRITE, "draft", "검토 요청하기", "draft"),
        (PUBLISH, "draft", "공개하기", "published"),
        (PUBLISH, "in_review", "공개하기", "published"),
    ],
)
def test_main_button_does_the_next_step(permissions, state, button, then):
    client = signed_in(*permissions)
    article = make_article(state=state, published_at=None)
    page = html.fromstring(client.get(address_of(article)).content.decode())
    (main,) = page.cssselect("#saving [name=_next]")

    assert main.text_content() == button
    assert_saved(save(client, address_of(article), _next=main.get("value")))
    article.refresh_from_db()
    assert article.state == then


def test_main_button_publishes_at_the_moment_that_stands_in_the_form(publisher):
    article = make_article(state="draft", published_at=None)
    at = (timezone.now() + timedelta(days=1)).replace(microsecond=0)

    moment = set_moment("published_at", at)
    assert_saved(save(publisher, address_of(article), _next="published", **moment))

    article.refresh_from_db()
    assert (article.state, article.published_at) == ("published", at)


def test_next_step_that_an_editor_may_not_take_is_refused(editor):
    article = make_article(state="in_review", published_at=None)

    response = save(editor, address_of(article), _next="published")

    assert response.status_code == 200
    assert not html.fromstring(editor.get(address_of(article)).content).cssselect("[name=_next]")
    assert Article.objects.get().state == "in_review"


def test_form_says_what_keeps_the_article_from_being_published_and_leads_there(publisher):
    article = make_article(
        state="draft", published_at=None, body="![](/media/a.png)\n\n[[ranking:none]]"
    )
    make_table(article, make_ranking([]), caption="빈 표")

    page = html.fromstring(publisher.get(address_of(article)).content.decode())

    links = page.cssselect(".checks-found a")
    texts = " ".join(link.text for link in links)
    assert "ranking:none" in texts and "빈 표" in texts and "a.png" in texts
    for link in links:
        assert page.cssselect(link.get("href")), link.get("href")


def test_publisher_publishes_at_once(publisher, client):
    article = make_article(state="draft", published_at=None)

    assert_saved(save(publisher, address_of(article), state="published"))

    article.refresh_from_db()
    assert article.is_public
    assert client.get(article.get_absolute_url()).status_code == 200


def test_date_to_come_schedules_and_says_when(read, publisher):
    article = make_article(state="draft", published_at=None)
    at = timezone.make_aware(datetime(2036, 1, 2, 9, 30))

    response = save(
        publisher, address_of(article), state="published", **set_moment("published_at", at)
    )

    assert_saved(response)
    article.refresh_from_db()
    assert not article.is_public
    assert read(article.get_absolute_url()).status == 404
    assert article.title not in read("/").text
    assert "2036.01.02 09:30" in messages_of(publisher, response)

    let_come(at)

    assert read(article.get_absolute_url()).status == 200
    assert article.title in read("/").text


def test_publisher_withdraws(publisher, client):
    article = make_article()

    assert_saved(save(publisher, address_of(article), state="withdrawn"))

    assert client.get(article.get_absolute_url()).status_code == 404


def test_withdrawal_that_has_passed_is_said(publisher):
    article = make_article(published_at=timezone.now() - timedelta(days=9))
    yesterday = timezone.now() - timedelta(days=1)

    response = save(publisher, address_of(article), **set_moment("withdrawn_at", yesterday))

    assert_saved(response)
    page = html.fromstring(publisher.get(response["Location"]).content.decode())
    assert len(page.cssselect(".messagelist .warning")) == 1


def test_editor_cannot_publish(editor):
    article = make_article(state="draft", published_at=None)
    offered = html.fromstring(editor.get(address_of(article)).content.decode())
    assert [option.get("value") for option in offered.cssselect("[name=state] option")] == [
        "draft",
        "in_review",
    ]
    opened = open_form(editor, address_of(article))

    for state in ("published", "withdrawn"):
        response = send(editor, address_of(article), opened, state=state, **UNDRAWN)

        assert response.context["adminform"].form.errors.keys() == {"state"}
        assert Article.objects.get().state == "draft"


def test_editor_cannot_publish_while_adding(editor):
    fields = {"title": "글", "body": "글", "category": make_category().pk, "state": "published"}

    save(editor, ADD, **fields, **UNDRAWN)

    assert not Article.objects.exists()


def test_editor_cannot_set_dates(editor):
    article = make_article(state="draft", published_at=None)
    at = timezone.now() - timedelta(days=1)

    response = save(
        editor,
        address_of(article),
        state="in_review",
        **set_moment("published_at", at),
        **set_moment("withdrawn_at", at),
    )

    assert_saved(response)
    article.refresh_from_db()
    assert (article.state, article.published_at, article.withdrawn_at) == ("in_review", None, None)


@pytest.mark.parametrize(("state", "answer"), [("published", 200), ("withdrawn", 403)])
def test_editor_changes_nothing_of_what_has_been_published(editor, state, answer):
    article = make_article(title="처음 제목", state=state)

    assert editor.get(address_of(article)).status_code == 200
    # What is public may be proposed a change of, by a form that is right.
    assert editor.post(address_of(article), {"title": "내 제목"}).status_code == answer
    assert editor.post(address_of(article, "delete"), {"post": "yes"}).status_code == 403
    assert Article.objects.get().title == "처음 제목"


def test_editor_cannot_delete_published_articles_from_the_list(editor):
    article = make_article()

    editor.post(
        reverse("admin:articles_article_changelist"),
        {"action": "delete_selected", "_selected_action": [article.pk], "post": "yes"},
    )

    assert Article.objects.exists()


UNPUBLISHABLE = [
    "![](/media/a.png)",
    "![ALT?](/media/a.png)",
    "#### 건너뛴 제목",
    "```unread\n읽지 못한 줄\n```",
]


def test_publishing_is_refused_with_the_reason_at_the_text(publisher):
    article = make_article(state="draft")
    opened = open_form(publisher, address_of(article))

    for body in UNPUBLISHABLE:
        changes = {"state": "published", "body": body}
        response = send(publisher, address_of(article), opened, **changes, **UNDRAWN)

        assert "body" in response.context["adminform"].form.errors
        assert Article.objects.get().state == "draft"


def test_publishing_is_refused_when_a_line_places_no_table(publisher):
    article = make_article(state="draft", body="[[ranking:models]]")

    response = save(publisher, address_of(article), state="published")

    page = html.fromstring(response.content.decode())
    errors = [error.text_content() for error in page.cssselect(".errorlist")]
    assert "[[ranking:models]]" in " ".join(errors)
    assert Article.objects.get().state == "draft"


def test_publishing_is_refused_when_the_placed_table_is_being_removed(publisher):
    article = make_article(state="draft", body="[[ranking:models]]")
    make_table(article, make_ranking(), slug="models")

    response = save(
        publisher,
        address_of(article),
        state="published",
        **{"ranking_tables-0-DELETE": "on"},
        **UNDRAWN,
    )

    assert response.status_code == 200
    assert article.ranking_tables.exists()


def test_publishing_is_refused_when_a_table_shows_no_period(publisher):
    article = make_article(state="draft", body="[[ranking:models]]")
    make_table(article, make_ranking(), slug="models").periods.clear()

    response = save(publisher, address_of(article), state="published", **UNDRAWN)

    assert response.status_code == 200
    assert Article.objects.get().state == "draft"


def test_draft_keeps_a_table_without_periods(editor):
    article = make_article(state="draft", body="[[ranking:models]]")
    make_table(article, make_ranking(), slug="models").periods.clear()

    assert_saved(save(editor, address_of(article), title="새 제목"))


def test_periods_of_another_ranking_are_refused(publisher):
    article = make_article(state="draft")
    table = make_table(article, make_ranking())
    foreign = RankingPeriod.objects.create(
        ranking=make_ranking(periods=[]), label="남의 기간", as_of=date(2025, 1, 1)
    )
    periods = {
        "ranking_tables-0-periods": [*table.periods.values_list("pk", flat=True), foreign.pk]
    }
    opened = open_form(publisher, address_of(article))

    for state in ("draft", "published"):
        response = send(publisher, address_of(article), opened, state=state, **periods, **UNDRAWN)

        assert "남의 기간" in text_of_errors(response)
        assert table.periods.count() == 2


def test_two_tables_of_one_slug_are_refused(editor):
    article = make_article(state="draft")
    ranking = make_ranking()
    table = {"slug": "models", "ranking": ranking.pk, "caption": "선호도"}

    response = save(editor, address_of(article), **rows("ranking_tables", table, table), **UNDRAWN)

    assert response.status_code == 200
    assert not article.ranking_tables.exists()


def test_table_that_no_line_places_is_said(publisher):
    article = make_article()
    make_table(article, make_ranking(), caption="외딴 표")

    response = save(publisher, address_of(article))

    assert_saved(response)
    assert "외딴 표" in messages_of(publisher, response)


def test_issue_that_is_still_a_draft_is_said_with_a_link(publisher):
    issue = make_issue(title="초안 이슈", state="draft", published_at=None)
    article = make_article(monthly_issue=issue)

    response = save(publisher, address_of(article))

    page = html.fromstring(publisher.get(response["Location"]).content.decode())
    links = [link.get("href") for link in page.cssselect(".messagelist .warning a")]
    assert links == [address_of(issue)]


def test_saving_says_nothing_more_where_all_is_well(publisher):
    article = make_article(body="[[ranking:models]]", monthly_issue=make_issue())
    make_table(article, make_ranking(), slug="models")

    response = save(publisher, address_of(article))

    page = html.fromstring(publisher.get(response["Location"]).content.decode())
    assert len(page.cssselect(".messagelist li")) == 1


# Deleting


def test_deleting_takes_the_article_off_every_page_that_showed_it(read, publisher):
    article = make_article()
    pages = [article.get_absolute_url(), "/", article.category.get_absolute_url()]
    assert [path for path in pages if article.title in read(path).text] == pages

    response = publisher.post(address_of(article, "delete"), {"post": "yes"})

    assert_saved(response)
    assert not Article.objects.outside_trash().exists()
    assert not [path for path in pages if article.title in read(path).text]


def test_deleting_several_takes_the_page_of_each_away(read, publisher):
    articles = [make_article(), make_article()]
    pages = [article.get_absolute_url() for article in articles]
    assert {read(path).status for path in pages} == {200}

    publisher.post(
        reverse("admin:articles_article_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [article.pk for article in articles],
            "post": "yes",
        },
    )

    assert not Article.objects.outside_trash().exists()
    assert {read(path).status for path in pages} == {410}


def test_editor_deletes_a_draft(editor):
    article = make_article(state="draft")

    assert_saved(editor.post(address_of(article, "delete"), {"post": "yes"}))

    assert not Article.objects.outside_trash().exists()


# Monthly issues


ADD_ISSUE = "/manage/articles/monthlyissue/add/"


def item(headline, **fields):
    return {"category": "정책", "headline": headline, "body": "- 첫째", **fields}


def test_editor_enters_the_items_of_a_month(editor):
    response = save(
        editor,
        ADD_ISSUE,
        month="2025-11-01",
        title="주목할 만한 월간 이슈(11월)",
        **rows("items", item("셋째"), item("둘째", position="2"), item("첫째", position="1")),
    )

    assert_saved(response)
    issue = MonthlyIssue.objects.get()
    assert issue.state == "draft"
    found = list(issue.items.values_list("position", "headline"))
    assert found == [(1, "첫째"), (2, "둘째"), (3, "셋째")]
    assert "<li>첫째</li>" in issue.items.first().body_html


def test_items_change_places(editor):
    issue = make_issue(
        items=[("정책", name, "- 글") for name in ("가", "나", "다")],
        state="draft",
        published_at=None,
    )
    keys = {item.headline: item.pk for item in issue.items.all()}

    response = save(
        editor,
        address_of(issue),
        **{"items-0-position": "3", "items-1-position": "1", "items-2-position": "2"},
    )

    assert_saved(response)
    found = list(issue.items.values_list("position", "headline", "pk"))
    assert found == [(1, "나", keys["나"]), (2, "다", keys["다"]), (3, "가", keys["가"])]


def test_item_is_removed_and_the_others_move_up(editor):
    issue = make_issue(
        items=[("정책", "가", ""), ("정책", "나", "")], state="draft", published_at=None
    )

    assert_saved(save(editor, address_of(issue), **{"items-0-DELETE": "on"}))

    assert list(issue.items.values_list("position", "headline")) == [(1, "나")]


def test_publisher_publishes_the_issue_and_its_articles_pages_show_it(read, publisher):
    issue = make_issue(state="draft", published_at=None)
    article = make_article(monthly_issue=issue)
    assert issue.title not in read(article.get_absolute_url()).text

    assert_saved(save(publisher, address_of(issue), state="published"))

    issue.refresh_from_db()
    assert issue.is_public
    assert issue.title in read(article.get_absolute_url()).text


def test_editor_cannot_publish_an_issue_nor_change_a_published_one(editor):
    draft = make_issue(state="draft", published_at=None)
    public = make_issue(month=date(2025, 9, 1))

    assert save(editor, address_of(draft), state="published", **UNDRAWN).status_code == 200
    assert editor.get(address_of(public)).status_code == 200
    assert editor.post(address_of(public), {}).status_code == 403

    draft.refresh_from_db()
    assert draft.state == "draft"


@pytest.mark.parametrize("is_new", [True, False])
def test_issue_is_not_published_with_a_picture_that_says_nothing(publisher, is_new):
    body = "![ALT?](/media/a.png)"
    if is_new:
        response = save(
            publisher,
            ADD_ISSUE,
            month="2025-11-01",
            title="이슈",
            state="published",
            **rows("items", item("소식", body=body)),
            **UNDRAWN,
        )
    else:
        issue = make_issue(items=[("정책", "소식", body)], state="draft", published_at=None)
        response = save(publisher, address_of(issue), state="published", **UNDRAWN)

    assert response.status_code == 200
    assert "a.png" in text_of_errors(response)
    assert not MonthlyIssue.objects.filter(state="published").exists()


def test_month_that_does_not_begin_on_its_first_day_is_refused(editor):
    response = save(editor, ADD_ISSUE, month="2025-11-02", title="이슈", **UNDRAWN)

    assert response.status_code == 200
    assert not MonthlyIssue.objects.exists()


def test_change_of_the_lead_article_changes_what_both_pages_link_to(read, publisher):
    issue = make_issue()
    before, after = make_article(monthly_issue=issue), make_article(monthly_issue=issue)
    issue.lead_article = before
    issue.store()
    pages = [article.get_absolute_url() for article in (before, after)]
    form = "/articles/{}/comments/?about=item-"
    assert all(form.format(before.pk) in read(path).text for path in pages)

    assert_saved(save(publisher, address_of(issue), lead_article=after.pk))

    assert all(form.format(after.pk) in read(path).text for path in pages)


def test_deleting_an_issue_takes_it_off_its_articles_pages(read, publisher):
    issue = make_issue()
    article = make_article(monthly_issue=issue)
    assert issue.title in read(article.get_absolute_url()).text

    assert_saved(publisher.post(address_of(issue, "delete"), {"post": "yes"}))

    assert issue.title not in read(article.get_absolute_url()).text
    article.refresh_from_db()
    assert article.monthly_issue is None


# Categories, tags and the site's own pages


def test_renamed_category_is_renamed_on_every_page_that_names_it(read, editor):
    article = make_article()
    pages = [article.get_absolute_url(), "/", "/rankings/", article.category.get_absolute_url()]
    assert not [path for path in pages if "새 갈래" in read(path).text]

    assert_saved(save(editor, address_of(article.category), name="새 갈래"))

    assert Category.objects.get().name == "새 갈래"
    assert [path for path in pages if "새 갈래" in read(path).text] == pages


def test_category_that_has_articles_is_not_deleted(publisher):
    category = make_article().category

    publisher.post(address_of(category, "delete"), {"post": "yes"})

    assert Category.objects.exists()


def test_deleted_tag_goes_from_the_pages_that_named_it(read, publisher):
    tag = Tag.objects.create(name="공개", slug="open")
    article = make_article()
    article.tags.add(tag)
    assert "/tags/open/" in read(article.get_absolute_url()).text

    assert_saved(publisher.post(address_of(tag, "delete"), {"post": "yes"}))

    assert "/tags/open/" not in read(article.get_absolute_url()).text


def test_site_page_is_made_and_every_page_links_to_it(read, editor):
    pages = ["/", "/rankings/", make_article().get_absolute_url()]
    assert not [path for path in pages if "연락처" in read(path).text]

    response = save(
        editor, "/manage/articles/sitepage/add/", title="연락처", slug="contact", body="# 연락처"
    )

    assert_saved(response)
    assert [path for path in pages if "연락처" in read(path).text] == pages
    assert "<h2>연락처</h2>" in SitePage.objects.get().body_html


def test_text_of_a_site_page_that_cannot_be_saved_is_refused_at_its_field(editor):
    fields = {"title": "글", "slug": "a", "body": "> " * 13 + "a"}

    response = save(editor, "/manage/articles/sitepage/add/", **fields, **UNDRAWN)

    assert response.context["adminform"].form.errors.keys() == {"body"}


# What the admin calls things


def test_history_names_fields_in_the_language_of_the_catalogue(editor):
    article = make_article(state="draft")
    save(editor, address_of(article), title="새 제목")

    entry = LogEntry.objects.get()

    assert json.loads(entry.change_message) == [{"changed": {"fields": ["title"]}}]


def test_what_deleting_takes_along_has_a_name(publisher):
    article = make_article()
    article.tags.add(Tag.objects.create(name="보안", slug="security"))
    make_table(article, make_ranking())

    page = publisher.get(address_of(article, "delete")).content.decode()

    assert "object (" not in page
    assert "relationship" not in page
