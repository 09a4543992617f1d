"""A comment may speak of one row of a table or one item of a monthly issue."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from articles.models import Article, RankingEntry
from comments.models import Comment
from tests.factories import (
    EMAIL,
    PASSWORD,
    make_article,
    make_comment,
    make_issue,
    make_ranking,
    make_staff,
    make_table,
)

pytestmark = pytest.mark.django_db

FIELDS = {"email": EMAIL, "password": PASSWORD, "body": "이 행에 대한 글"}
REPORT = {
    "email": EMAIL,
    "password": PASSWORD,
    "kind": "figure_error",
    "figure": "대표 모델명: GLM-4.6",
    "should_be": "GLM-4.7",
    "source": "https://example.org/a",
}


@pytest.fixture
def entry():
    """The only entry of the newest period, shown by a published article."""
    make_table(make_article(), make_ranking())
    return RankingEntry.objects.select_related("period__ranking").get(period__as_of="2025-10-01")


@pytest.fixture
def article(entry):
    return Article.objects.get()


@pytest.fixture
def item():
    """An item of an issue that a published article leads."""
    issue = make_issue()
    issue.lead_article = make_article(monthly_issue=issue)
    issue.store()
    return issue.items.get()


def form_address(article, key="", **query):
    return reverse("comments:comment_create", args=[article.pk], query={"about": key, **query})


def post(client, article, key, **fields):
    return client.post(form_address(article), {**FIELDS, "about": key, **fields})


def page_of(response):
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def link_of(client, article, key):
    page = page_of(client.get(article.get_absolute_url()))
    return page.cssselect(f"a.beside[href$='about={key}']")


def test_row_has_one_link_that_opens_the_form_about_it(client, article, entry):
    (link,) = link_of(client, article, f"entry-{entry.pk}")

    page = page_of(client.get(link.get("href")))

    assert link.get("id") == f"entry-{entry.pk}"
    assert link.text == "댓글"
    assert link.get("aria-label") == "댓글: 지푸 AI (중국), 2025년 10월"
    assert "지푸 AI (중국), 2025년 10월" in page.cssselect("h1")[0].text_content()
    assert page.cssselect("input[name=about]")[0].value == f"entry-{entry.pk}"


def test_row_to_speak_of_is_chosen_below_the_table(client, article, entry):
    page = page_of(client.get(article.get_absolute_url()))
    (link,) = page.cssselect(".ranking figcaption a[href$='about=figures']")

    choice = page_of(client.get(link.get("href")))

    (form,) = choice.cssselect("main form")
    assert form.action == reverse("comments:comment_create", args=[article.pk])
    labels = {option.get("value"): option.text for option in form.cssselect("option")}
    assert labels[f"entry-{entry.pk}"] == "1 지푸 AI (중국)"
    periods = [group.get("label") for group in form.cssselect("optgroup")]
    assert [label.split(", ")[1] for label in periods] == ["2025년 10월", "2024년 7월"]


def test_no_row_is_offered_where_nobody_may_write_or_nothing_is_ranked(client, article):
    article.comment_policy = Article.CommentPolicy.CLOSED
    article.store()
    without_table = make_article()

    page = client.get(article.get_absolute_url()).content.decode()
    response = client.get(form_address(without_table, "figures"))

    assert "about=figures" not in page
    assert response.url == f"{without_table.get_absolute_url()}#comment-form"


def test_form_about_a_row_is_never_kept(client, article, entry):
    response = client.get(form_address(article, f"entry-{entry.pk}"))

    assert "no-store" in response["Cache-Control"]


def test_row_counts_the_comments_about_it(client, article, entry):
    for _number in range(2):
        make_comment(article, ranking_entry=entry)
    make_comment(article, ranking_entry=entry).hide(by=make_staff(), reason="광고")
    make_comment(article)

    (link,) = link_of(client, article, f"entry-{entry.pk}")

    assert link.text == "댓글 2"
    assert link.get("aria-label").startswith("댓글 2: ")


def test_posted_comment_speaks_of_the_row_and_its_place_in_the_page(client, article, entry):
    response = post(client, article, f"entry-{entry.pk}")

    comment = Comment.objects.get()
    assert comment.ranking_entry == entry
    page = page_of(client.get(response.url))
    (link,) = page.cssselect(f"#comment-{comment.pk} .of a")
    assert link.text == "지푸 AI (중국), 2025년 10월"
    assert page.get_element_by_id(link.get("href").removeprefix("#")) is not None


def test_row_leads_to_what_is_said_about_it(client, article, entry):
    make_comment(article, ranking_entry=entry, body="이 행의 글")
    make_comment(article, body="다른 글")

    page = page_of(client.get(form_address(article, f"entry-{entry.pk}")))

    texts = [node.text_content() for node in page.cssselect(".comments .text")]
    assert texts == ["이 행의 글"]


def test_item_has_its_link_on_the_issue_and_on_each_article_of_the_month(client, item):
    lead = item.issue.lead_article
    beside = make_article(monthly_issue=item.issue)
    make_comment(lead, issue_item=item)

    for address in (item.issue.get_absolute_url(), *map(Article.get_absolute_url, (lead, beside))):
        page = page_of(client.get(address))
        (link,) = page.cssselect(f"#{item.anchor} a.beside")
        assert link.text == "댓글 1"
        assert link.get("href") == form_address(lead, item.anchor)


def test_comment_on_an_item_is_counted_on_every_page_and_makes_no_other_anew(read, client, item):
    lead, beside = item.issue.lead_article, make_article(monthly_issue=item.issue)
    pages = [place.get_absolute_url() for place in (item.issue, lead, beside)]
    other = make_article().get_absolute_url()
    assert not [path for path in pages if "댓글 1" in read(path).text]
    tag = read(other).header("ETag")

    post(client, lead, item.anchor)

    assert [path for path in pages if "댓글 1" in read(path).text] == pages
    assert read(other).header("ETag") == tag


def test_withdrawing_the_lead_article_takes_the_links_from_the_pages_beside_it(read, item):
    beside = make_article(monthly_issue=item.issue).get_absolute_url()
    assert "about=item-" in read(beside).text

    item.issue.lead_article.state = Article.State.WITHDRAWN
    item.issue.lead_article.store()

    assert "about=item-" not in read(beside).text


def test_item_without_a_lead_article_has_no_link(client):
    issue = make_issue()

    page = page_of(client.get(issue.get_absolute_url()))

    assert not page.cssselect("a.beside")


@pytest.mark.parametrize("key", ["entry-0", "entry-99999999999999999999", "entry-x", "item-1", "'"])
def test_unknown_anchor_leads_to_the_form_below_the_article(client, article, key):
    response = client.get(form_address(article, key))

    assert response.status_code == 302
    assert response.url.endswith("#comment-form")


def test_row_of_another_article_is_no_anchor_here(client, article, entry):
    other = make_article()

    response = post(client, other, f"entry-{entry.pk}")

    assert response.status_code == 422
    assert not Comment.objects.exists()
    page = html.fromstring(response.content.decode())
    assert page.cssselect("[name=body]")[0].text.strip() == FIELDS["body"]
    assert "이 글에 없습니다" in page.cssselect("#errors")[0].text_content()
    # Sent again, it is a comment on the article.
    assert not page.cssselect("input[name=about]")


def test_item_of_an_issue_that_another_article_leads_is_no_anchor_here(client, item):
    beside = make_article(monthly_issue=item.issue)

    assert post(client, beside, item.anchor).status_code == 422


def test_item_of_a_draft_issue_is_no_anchor(client, item):
    item.issue.state = "draft"
    item.issue.store()

    assert post(client, item.issue.lead_article, item.anchor).status_code == 422


def test_same_words_about_two_rows_are_two_comments(client, article):
    first, second = RankingEntry.objects.order_by("pk")[:2]

    for entry in (first, second, second):
        post(client, article, f"entry-{entry.pk}")

    assert Comment.objects.count() == 2


def test_comment_outlives_the_row_that_it_speaks_of(client, article, entry):
    comment = make_comment(article, ranking_entry=entry)

    entry.period.replace_entries([], reason="오기")

    page = page_of(client.get(article.get_absolute_url()))
    assert page.get_element_by_id(f"comment-{comment.pk}") is not None
    assert not page.cssselect(".of")


def test_table_shown_twice_gives_no_id_twice(client, article):
    make_table(article, article.ranking_tables.get().ranking)

    page = page_of(client.get(article.get_absolute_url()))

    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert len(page.cssselect("a.beside")) == 6


def test_keyboard_can_pass_a_table_by(client, article):
    page = page_of(client.get(article.get_absolute_url()))

    (skip,) = page.cssselect("figure.ranking > a.skip")
    assert page.get_element_by_id(skip.get("href").removeprefix("#")).tag == "p"


def test_closed_article_keeps_the_links_where_something_was_said(client, article, entry):
    make_comment(article, ranking_entry=entry)
    article.comment_policy = Article.CommentPolicy.CLOSED
    article.store()

    links = page_of(client.get(article.get_absolute_url())).cssselect("a.beside")
    page = page_of(client.get(links[0].get("href")))

    assert [link.text for link in links] == ["댓글 1"]
    assert page.cssselect(".comments")
    assert not page.cssselect("main form")


def test_counts_cost_the_same_queries_for_any_number_of_rows(client):
    def queries_for(rows):
        names = [(f"회사 {rows}-{number}", "한국", "가") for number in range(rows)]
        ranking = make_ranking([("2025년", date(2025, 1, 1), names)])
        article = make_article()
        make_table(article, ranking)
        for entry in RankingEntry.objects.filter(period__ranking=ranking):
            make_comment(article, ranking_entry=entry)
        client.get(article.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            client.get(article.get_absolute_url())
        return len(queries)

    assert queries_for(1) == queries_for(12)


# Reports of wrong figures


def test_report_is_a_comment_with_a_mark_that_says_what_is_wrong(client, article, entry):
    response = client.post(form_address(article), {**REPORT, "about": f"entry-{entry.pk}"})

    comment = Comment.objects.get()
    assert comment.kind == Comment.Kind.FIGURE_ERROR
    assert comment.figure_report.is_open
    assert comment.body == (
        "틀린 수치: 대표 모델명: GLM-4.6\n바른 값: GLM-4.7\n출처: https://example.org/a"
    )
    page = page_of(client.get(response.url))
    (mark,) = page.cssselect(f"#comment-{comment.pk} .report")
    assert "수치 오류 제보" in mark.text_content()
    assert "확인 중" in mark.text_content()


def test_report_form_offers_the_figures_that_the_row_prints(client, article, entry):
    page = page_of(client.get(form_address(article, f"entry-{entry.pk}", kind="figure_error")))

    offered = [option.get("value") for option in page.cssselect("select[name=figure] option")]
    assert offered == ["", "순위: 1", "기업(국가): 지푸 AI (중국)", "대표 모델명: GLM-4.6"]


@pytest.mark.parametrize("name", ["figure", "should_be", "source"])
def test_report_without_one_of_its_parts_says_which(client, article, entry, name):
    fields = {**REPORT, "about": f"entry-{entry.pk}", name: " ", "body": "설명입니다"}

    response = client.post(form_address(article), fields)

    assert response.status_code == 422
    assert not Comment.objects.exists()
    page = html.fromstring(response.content.decode())
    assert page.get_element_by_id(f"id_{name}_error").text_content().strip()
    assert page.cssselect("[name=body]")[0].text.strip() == "설명입니다"


def test_report_of_a_row_that_went_meanwhile_keeps_what_was_typed(client, article, entry):
    fields = {**REPORT, "about": f"entry-{entry.pk}"}
    entry.period.replace_entries([], reason="오기")

    response = client.post(form_address(article), fields)
    again = client.post(form_address(article), {**fields, "about": ""})

    assert response.status_code == 422
    page = html.fromstring(response.content.decode())
    assert page.cssselect("input[name=should_be]")[0].value == "GLM-4.7"
    assert again.status_code == 302
    assert Comment.objects.get().figure_report.is_open


def test_report_of_an_item_names_its_figure_in_words(client, item):
    fields = {**REPORT, "about": item.anchor, "figure": "매개변수 100억"}

    client.post(form_address(item.issue.lead_article), fields)

    assert Comment.objects.get().issue_item == item


def test_report_that_is_too_long_in_all_is_refused_in_words(client, article, entry):
    fields = {**REPORT, "about": f"entry-{entry.pk}", "body": "가" * 5_000}

    response = client.post(form_address(article), fields)

    assert response.status_code == 422
    assert "5,000" in response.content.decode()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_markup_in_a_report_and_in_a_label_stays_text(client, article, entry, text):
    entry.label = text
    entry.save()
    fields = {**REPORT, "about": f"entry-{entry.pk}", "source": text, "figure": "순위: 1"}

    response = client.post(form_address(article), fields)
    pages = [client.get(response.url), client.get(form_address(article, f"entry-{entry.pk}"))]

    for page in pages:
        assert b"<script>alert" not in page.content
        assert b"<img src=x" not in page.content


def test_draft_has_no_form(client, entry):
    draft = make_article(state=Article.State.DRAFT)
    make_table(draft, entry.period.ranking)

    assert client.get(form_address(draft, f"entry-{entry.pk}")).status_code == 404
