"""Data stewards check the reports of wrong figures, correct the figure and say what came of it."""

import pytest
from django.urls import reverse
from lxml import html

from articles.models import Article, RankingEntry
from comments.models import Comment, FigureReport, ModerationEvent, QueuedComment, Report
from tests.factories import make_article, make_comment, make_ranking, make_staff, make_table
from tests.sent_forms import opened_with

pytestmark = pytest.mark.django_db

DECIDE = "comments.decide_figurereport"
LIST = reverse("admin:comments_figurereport_changelist")
State = FigureReport.State


@pytest.fixture
def article():
    article = make_article()
    make_table(article, make_ranking())
    return article


def make_report(article, **fields):
    entry = RankingEntry.objects.order_by("pk").first()
    fields = {"kind": "figure_error", "ranking_entry": entry, "body": "틀린 수치: 모형", **fields}
    return make_comment(article, **fields).figure_report


def address_of(report):
    return reverse("admin:comments_figurereport_change", args=[report.pk])


def decide(client, report, state, answer="", **fields):
    address = address_of(report)
    data = {"state": state, "answer": answer, "opened_with": opened_with(client, address), **fields}
    return client.post(address, data)


@pytest.fixture
def steward(client):
    user = make_staff(DECIDE, "articles.change_ranking", "articles.view_article")
    client.force_login(user)
    return user


def test_queue_shows_what_waits_first_and_leads_to_the_grid(client, steward, article):
    waiting = make_report(article)
    make_report(article, body="닫힌 제보").decide(State.ACCEPTED, by=steward, answer="")

    page = html.fromstring(client.get(LIST).content.decode())
    detail = client.get(address_of(waiting)).content.decode()

    rows = [row.text_content() for row in page.cssselect("#result_list tbody tr")]
    assert "틀린 수치: 모형" in rows[0]
    assert "구글 (미국), 2024년 7월" in rows[0]
    assert "닫힌 제보" in rows[1]
    ranking = waiting.comment.ranking_entry.period.ranking
    assert reverse("admin:articles_ranking_grid", args=[ranking.pk]) in detail


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REJECTED])
def test_closing_shows_the_outcome_and_the_answer_below_the_report(
    read, client, steward, article, state
):
    report = make_report(article)
    assert str(State(state).label) not in read(article.get_absolute_url()).text

    decide(client, report, state, "<b>자료</b>를 확인했습니다.")

    report.refresh_from_db()
    assert (report.state, report.decided_by) == (state, steward)
    assert report.decided_at
    page = read(article.get_absolute_url()).text
    assert "&lt;b&gt;자료&lt;/b&gt;를 확인했습니다." in page
    assert str(State(state).label) in page


def test_refusal_needs_its_reason(client, steward, article):
    report = make_report(article)

    response = decide(client, report, State.REJECTED)

    assert response.status_code == 200
    assert "그대로 두는" in response.content.decode()
    report.refresh_from_db()
    assert report.is_open


def test_decision_can_be_taken_back(client, steward, article):
    report = make_report(article)
    decide(client, report, State.ACCEPTED)

    decide(client, report, State.OPEN)

    report.refresh_from_db()
    assert (report.is_open, report.decided_at, report.decided_by) == (True, None, None)


def test_second_steward_is_told_of_the_first_ones_decision(client, steward, article):
    report = make_report(article)
    stale = opened_with(client, address_of(report))
    report.decide(State.ACCEPTED, by=make_staff(), answer="고침")

    response = client.post(
        address_of(report), {"state": State.REJECTED, "answer": "그대로", "opened_with": stale}
    )

    assert response.status_code == 200
    report.refresh_from_db()
    assert report.state == State.ACCEPTED


@pytest.mark.parametrize(
    ("state", "shown"),
    [(State.ACCEPTED, Comment.State.PUBLISHED), (State.REJECTED, Comment.State.HIDDEN)],
)
def test_report_that_waited_for_review_leaves_it_by_the_decision(
    client, steward, article, state, shown
):
    article.comment_policy = Article.CommentPolicy.REVIEWED
    article.store()
    report = make_report(article)
    assert report.comment.state == Comment.State.HELD

    decide(client, report, state, "답변")

    report.comment.refresh_from_db()
    assert report.comment.state == shown
    assert ModerationEvent.objects.get().moderator == steward


def test_report_that_is_held_waits_for_the_stewards_and_not_for_the_moderators(article):
    report = make_report(article)
    make_comment(article)
    Comment.objects.update(state=Comment.State.HELD)

    waiting = QueuedComment.objects.waiting()

    assert report.pk not in waiting.values_list("pk", flat=True)
    assert waiting.count() == 1


def test_report_of_abuse_about_a_report_reaches_the_moderators(article):
    comment = make_report(article).comment

    Report.objects.create(comment=comment, reason=Report.Reason.SPAM, network_digest="x")

    assert QueuedComment.objects.waiting().get().pk == comment.pk


def test_report_that_was_edited_and_waits_again_is_to_be_checked_again(client, steward, article):
    report = make_report(article)
    report.decide(State.ACCEPTED, by=steward, answer="고쳤습니다.")
    article.comment_policy = Article.CommentPolicy.REVIEWED
    article.store()

    Comment.objects.get().edit(body="다른 제보", name="", version=1)

    report.refresh_from_db()
    assert (report.is_open, report.decided_by) == (True, None)


def test_report_that_its_writer_deleted_leaves_the_queue(client, steward, article):
    report = make_report(article)

    report.comment.delete_by_author()

    assert client.get(address_of(report)).status_code == 302
    assert "틀린 수치" not in client.get(LIST).content.decode()


def test_report_about_the_article_as_a_whole_leads_to_the_article(client, steward, article):
    report = make_report(article, ranking_entry=None)

    detail = client.get(address_of(report)).content.decode()

    assert reverse("admin:articles_article_change", args=[article.pk]) in detail


@pytest.mark.parametrize(
    ("permissions", "may_read", "may_decide"),
    [
        ([], False, False),
        (["comments.moderate_comment", "comments.view_comment"], False, False),
        (["articles.change_article"], False, False),
        (["comments.view_figurereport"], True, False),
        ([DECIDE], True, True),
    ],
)
def test_only_stewards_decide(client, article, permissions, may_read, may_decide):
    report = make_report(article)
    client.force_login(make_staff(*permissions))

    listed = client.get(LIST).status_code
    client.post(address_of(report), {"state": State.ACCEPTED, "answer": ""})

    assert listed == (200 if may_read else 403)
    if may_decide:
        decide(client, report, State.ACCEPTED)
    report.refresh_from_db()
    assert report.is_open != may_decide


def test_page_that_would_be_refused_is_named_and_not_linked(client, article):
    client.force_login(make_staff(DECIDE))
    report = make_report(article, ranking_entry=None)

    page = html.fromstring(client.get(address_of(report)).content.decode())

    (place,) = page.cssselect(".field-grid .readonly")
    assert place.text_content() == article.full_title
    assert not place.cssselect("a")


def grid_link(client, report):
    page = html.fromstring(client.get(address_of(report)).content.decode())
    return page.cssselect(".field-grid a")[0].get("href")


def test_report_opens_the_grid_with_its_cell_marked_and_comes_back_with_the_answer(
    client, steward, article
):
    report = make_report(article, body="틀린 수치: 대표 모델명: Gemma\n바른 값: Gemma 2")
    address = grid_link(client, report)

    page = html.fromstring(client.get(address).content.decode())
    (cell,) = page.cssselect("input.reported")
    assert cell.value == "Gemma" and cell.get("autofocus") is not None
    fields = {box.name: box.value or "" for box in page.cssselect("#grid-form input[name]")}
    sent = client.post(address, {**fields, cell.name: "Gemma 2", "reason": "원문 확인"})

    assert sent.status_code == 302
    back = html.fromstring(client.get(sent["Location"]).content.decode())
    assert "Gemma → Gemma 2" in back.cssselect("[name=answer]")[0].value
    assert back.cssselect("[name=state]:checked")[0].get("value") == State.ACCEPTED
    report.refresh_from_db()
    assert report.is_open


def test_report_of_no_known_figure_marks_its_whole_row(client, steward, article):
    report = make_report(article, body="틀린 수치: 줄 전체")

    page = html.fromstring(client.get(grid_link(client, report)).content.decode())

    assert [box.value for box in page.cssselect("input.reported")] == ["1", "구글 (미국)", "Gemma"]


@pytest.mark.parametrize("back", ["https://example.org/manage/", "//example.org", "/articles/"])
def test_grid_leads_back_to_pages_of_the_desk_alone(client, steward, article, back):
    report = make_report(article)
    ranking = report.comment.ranking_entry.period.ranking
    address = reverse("admin:articles_ranking_grid", args=[ranking.pk])

    page = client.get(address, {"entry": "999999", "back": back})

    assert (page.status_code, page.context["back_address"]) == (200, "")


def test_grid_says_public_of_what_readers_have_seen_alone(client, steward):
    ranking = make_ranking()
    make_table(make_article(), ranking).periods.set(ranking.periods.all()[:1])
    address = reverse("admin:articles_ranking_grid", args=[ranking.pk])

    page = html.fromstring(client.get(address).content.decode())
    alone = client.get(f"{address}?periods={ranking.periods.last().pk}").content.decode()

    heads = [head.text_content().split()[:2] for head in page.cssselect("th[colspan]")]
    seen = [head.text_content() for head in page.cssselect("th .seen")]
    assert heads == [["2025년", "10월"], ["2024년", "7월"]]
    assert seen == ["공개 전", "공개됨"]
    assert 'name="reason"' in page.text_content() or page.cssselect("[name=reason]")
    assert 'name="reason"' not in alone
