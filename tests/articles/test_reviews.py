"""A text is submitted to somebody, answered in words, and each knows who has to act."""

import itertools
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.desk import reviews, waiting_changes
from articles.desk.trash import put_in_trash
from articles.models import Article, MonthlyIssue, Review, ShownState, WaitingChange
from tests.articles.test_article_admin import address_of, save
from tests.articles.test_waiting_changes import decide, propose, schedule
from tests.comments.test_comment_races import together
from tests.factories import make_article, make_issue, make_staff

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def member(group, username, **fields):
    user = make_staff(username=username, email=f"{username}@example.com", **fields)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture(autouse=True)
def groups():
    call_command("setup_site", verbosity=0)


@pytest.fixture
def writer():
    return member("editor", "writer")


@pytest.fixture
def reviewer():
    return member("publisher", "reviewer")


@pytest.fixture
def other():
    return member("publisher", "other")


def draft(**fields):
    return make_article(state="draft", published_at=None, **fields)


def submit(client, row, **fields):
    return client.post(address_of(row, "submit"), {"note": "", **fields})


def answer(client, row, button, page=None, **fields):
    """Open the review's page (or take one opened before), and press a button."""
    page = page or opened(client, row)
    return client.post(address_of(row, "review"), {"seen": page, button: "1", **fields})


def opened(client, row):
    page = html.fromstring(client.get(address_of(row, "review")).content.decode())
    return page.cssselect("#answer-form [name=seen]")[0].get("value")


def text_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def first_page(client):
    return text_of(client.get(reverse("admin:index")))


def listed(client):
    """Return the state of the list's only row, and who has to act."""
    page = client.get(reverse("admin:articles_article_changelist")).content.decode()
    cells = html.fromstring(page).cssselect("td.field-state_shown, td.field-acting")
    return [cell.text_content() for cell in cells]


def state_of(row):
    return type(row).objects.get(pk=row.pk).state


# Where it stands


def expected(state, published, withdrawn, answers):
    """Say the rule once more, in plain words."""
    if state == "withdrawn":
        return "withdrawn"
    if state == "published":
        if published > 0:
            return "scheduled"
        return "withdrawn" if withdrawn is not None and withdrawn <= 0 else "published"
    if state == "in_review":
        return "in_review"
    return "returned" if answers[-1:] == ["returned"] else "draft"


def test_list_filter_and_form_say_the_same_of_every_row_there_can_be():
    now, wanted = timezone.now(), {}
    answers = [
        [],
        ["returned"],
        ["approved"],
        ["returned", "taken_back"],
        ["published", "returned"],
    ]
    for state, published, withdrawn, given in itertools.product(
        Article.State.values, (-2, 2), (None, -1, 1, 3), answers
    ):
        if withdrawn is not None and withdrawn < published:
            continue
        article = make_article(
            state=state,
            published_at=now + published * DAY,
            withdrawn_at=withdrawn and now + withdrawn * DAY,
        )
        revision = waiting_changes.record_proposed(
            article, waiting_changes.whole_data(article), by=None, note=""
        )
        about = {"article": article, "revision": revision, "answered_at": now, "remark": "고칠 점"}
        for each in given:
            Review.objects.create(answer=each, **about)
        # Of what waits for a public article, which says nothing of the article.
        Review.objects.create(answer="returned", of_change=True, **about)
        wanted[article.pk] = expected(state, published, withdrawn, given)

    assert {row.pk: row.shown_state for row in Article.objects.all()} == wanted
    found = {}
    for state in ShownState.values:
        found |= dict.fromkeys(Article.objects.showing(state).values_list("pk", flat=True), state)
    assert found == wanted
    assert set(wanted.values()) == set(ShownState.values)


def test_list_is_kept_to_what_is_scheduled(reviewer):
    make_article(title="나간 글")
    make_article(title="나갈 글", published_at=timezone.now() + DAY)

    page = text_of(
        reviewer.get(reverse("admin:articles_article_changelist"), {"state": "scheduled"})
    )

    assert "나갈 글" in page and "나간 글" not in page


# Asking


def test_main_button_saves_and_asks_who_should_look(writer, reviewer):
    article = draft(title="새 글")

    response = save(writer, address_of(article), title="고친 제목", _next="in_review")

    assert response["Location"] == address_of(article, "submit")
    assert Article.objects.get().title == "고친 제목" and state_of(article) == "draft"
    assert "reviewer" in text_of(writer.get(response["Location"]))
    sent = submit(writer, article, reviewers=[reviewer.user.pk], note="둘째 문단을 봐 주세요")
    assert sent["Location"] == address_of(article)
    assert state_of(article) == "in_review"
    assert "나에게 온 검토" in first_page(reviewer) and "고친 제목" in first_page(reviewer)
    page = text_of(reviewer.get(address_of(article, "review")))
    assert "둘째 문단을 봐 주세요" in page and "writer 님이" in page
    assert listed(writer) == ["검토 중", "reviewer"]


def test_submitting_says_what_keeps_the_text_from_being_published(writer):
    faulty, ready = draft(body="## 소식\n\n[[ranking:none]]"), draft()

    pages = [text_of(writer.get(address_of(each, "submit"))) for each in (faulty, ready)]

    assert "ranking:none" in pages[0] and "ranking" not in pages[1]


def test_group_is_asked_and_each_of_it_finds_it(writer, reviewer, other):
    article = draft()

    submit(writer, article, group=Group.objects.get(name="publisher").pk)

    for each in (reviewer, other):
        assert "나에게 온 검토" in first_page(each)
    assert "나에게 온 검토" not in first_page(writer)


def test_who_has_no_mail_address_is_named_and_who_left_is_not_waited_for(writer, reviewer, other):
    reviewer.user.email = ""
    reviewer.user.save()
    article = draft()

    sent = submit(writer, article, reviewers=[reviewer.user.pk])

    assert "메일 주소가 없어" in text_of(writer.get(sent["Location"]))
    User.objects.filter(pk=reviewer.user.pk).update(is_active=False)
    review = Review.objects.get()
    assert list(reviews.reviewers_of(review)) == [other.user]
    assert "reviewer (정지된 계정)" in text_of(other.get(address_of(article, "review")))
    assert answer(other, article, "approve").status_code == 302


def test_who_lost_the_right_meanwhile_cannot_be_chosen_and_the_note_stays(writer, reviewer):
    reviewer.user.groups.clear()
    article = draft()

    response = submit(writer, article, reviewers=[reviewer.user.pk], note="남을 말")

    assert response.status_code == 200
    page = text_of(response)
    assert "공개 권한이 없는 사람" in page and "남을 말" in page
    assert state_of(article) == "draft"


def test_note_that_is_too_long_is_not_cut_but_told_and_kept(writer):
    article = draft()
    note = "말" * 501

    response = submit(writer, article, note=note)

    page = html.fromstring(response.content.decode())
    (field,) = page.cssselect("[name=note]")
    assert field.text.strip() == note and "maxlength" not in field.attrib
    assert "500자까지" in page.cssselect(".errorlist")[0].text_content()


def published_by_another(article):
    article.state, article.published_at = "published", timezone.now()
    article.store()


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        (put_in_trash, "삭제되었습니다"),
        (published_by_another, "검토할 것이 없습니다"),
    ],
)
def test_what_became_of_it_meanwhile_is_said_in_words(writer, meanwhile, said):
    article = draft()
    meanwhile(article)

    response = writer.post(address_of(article, "submit"), {"note": "말"}, follow=True)

    assert response.status_code == 200
    assert said in text_of(response)
    assert not Review.objects.exists()


def test_submitting_anew_takes_the_place_of_what_was_asked(writer, reviewer, other):
    article = draft()
    submit(writer, article, reviewers=[reviewer.user.pk])

    submit(writer, article, reviewers=[other.user.pk])

    assert [each.answer for each in Review.objects.order_by("pk")] == ["taken_back", ""]
    assert "나에게 온 검토" not in first_page(reviewer)


def test_writer_takes_it_back(writer, reviewer):
    article = draft()
    submit(writer, article, reviewers=[reviewer.user.pk])

    writer.post(address_of(article, "review"), {"take_back": "1"})

    assert state_of(article) == "draft"
    assert "나에게 온 검토" not in first_page(reviewer)


# Answering


def test_returned_text_comes_back_with_its_reason(writer, reviewer):
    article = draft(title="돌아올 글")
    submit(writer, article, reviewers=[reviewer.user.pk])

    refused = answer(reviewer, article, "return", remark="")
    assert refused.status_code == 200 and "고칠 점을 적어 주세요" in text_of(refused)
    answer(reviewer, article, "return", remark="수치의 출처가 없습니다")

    assert state_of(article) == "draft"
    assert Article.objects.get().shown_state == "returned"
    assert "돌려받은 글: 돌아올 글" in first_page(writer)
    assert "수치의 출처가 없습니다" in first_page(writer)
    assert "수치의 출처가 없습니다" in text_of(writer.get(address_of(article)))
    assert listed(writer) == ["반려됨", "writer"]
    submit(writer, article)
    assert "돌려받은 글" not in first_page(writer)


def test_approval_names_its_revision_and_a_later_edit_is_told(writer, reviewer):
    article = draft()
    submit(writer, article, reviewers=[reviewer.user.pk])
    answer(reviewer, article, "approve", remark="좋습니다")
    before = text_of(writer.get(address_of(article)))

    save(writer, address_of(article), body="고쳐 쓴 글")

    after = text_of(writer.get(address_of(article)))
    assert "승인했습니다" in before and "좋습니다" in before
    assert "승인한 뒤에 글이 바뀌었습니다" not in before
    assert "승인한 뒤에 글이 바뀌었습니다" in after


def test_second_of_two_reviewers_hears_who_was_faster_and_keeps_what_was_typed(
    writer, reviewer, other
):
    article = draft()
    submit(writer, article)
    pages = {each: opened(each, article) for each in (reviewer, other)}
    answer(reviewer, article, "approve", pages[reviewer])

    late = answer(other, article, "return", pages[other], remark="쓰던 까닭")

    assert late.status_code == 200
    assert "reviewer 님이 답했습니다: 승인" in text_of(late)
    assert "쓰던 까닭" in text_of(late)
    assert state_of(article) == "in_review"


def test_nobody_approves_what_they_have_asked_for(reviewer):
    article = draft()
    submit(reviewer, article)

    response = answer(reviewer, article, "approve")

    assert "직접 요청한 검토입니다" in text_of(response)
    assert Review.objects.get().is_open


def test_text_that_changed_since_the_page_was_opened_is_looked_at_again(writer, reviewer):
    article = draft()
    submit(writer, article)
    page = opened(reviewer, article)
    save(writer, address_of(article), body="그사이 고친 글")

    response = answer(reviewer, article, "approve", page)

    assert "다시 살펴봐 주세요" in text_of(response)
    assert Review.objects.get().is_open


def test_reviewer_publishes_and_what_is_in_the_way_is_said(writer, reviewer):
    article = draft(body="![](/media/a.png)")
    submit(writer, article)

    refused = answer(reviewer, article, "publish", remark="나갑니다")
    assert refused.status_code == 200 and "나갑니다" in text_of(refused)
    assert state_of(article) == "in_review" and Review.objects.get().is_open
    Article.objects.filter(pk=article.pk).update(body="글")
    answer(reviewer, article, "publish")

    assert Article.objects.get().is_public
    assert Review.objects.get().answer == "published"


def test_publishing_by_the_form_answers_what_was_asked(writer, reviewer):
    article = draft()
    submit(writer, article)

    save(reviewer, address_of(article), _next="published")

    review = Review.objects.get()
    assert (review.answer, review.answered_by) == ("published", reviewer.user)


def test_what_nobody_submitted_by_name_is_answered_too(reviewer):
    article = make_article(state="in_review", published_at=None)

    answer(reviewer, article, "approve", remark="좋습니다")

    assert "좋습니다" in text_of(reviewer.get(address_of(article)))


@pytest.mark.parametrize("button", ["publish", "nothing"])
def test_answer_without_a_button_of_its_own_is_none(writer, reviewer, button):
    issue = make_issue(state="draft", published_at=None)
    submit(writer, issue)

    response = answer(reviewer, issue, button, remark="쓰던 말")

    assert response.status_code == 200 and "쓰던 말" in text_of(response)
    assert Review.objects.get().is_open


def test_writer_answers_nothing(writer):
    article = draft()
    submit(writer, article)

    for button in ("approve", "return", "publish"):
        fields = {"seen": "x", button: "1", "remark": "말"}
        assert writer.post(address_of(article, "review"), fields).status_code == 403
    assert "#answer-form" not in writer.get(address_of(article, "review")).content.decode()


# What waits for a public article, and months


def test_change_of_a_public_article_is_asked_for_and_comes_back(writer, reviewer):
    article = make_article(title="나간 글")
    propose(writer, article, body="고친 글")

    submit(writer, article, reviewers=[reviewer.user.pk], note="한 줄만 봐 주세요")
    assert "나에게 온 검토: 나간 글" in first_page(reviewer)
    waiting = text_of(reviewer.get(address_of(article, "waiting")))
    assert "한 줄만 봐 주세요" in waiting
    decide(reviewer, article, "send_back", answer="한 줄 더")

    assert "돌려받은 글: 나간 글" in first_page(writer) and "한 줄 더" in first_page(writer)
    assert Article.objects.get().shown_state == "published"
    submit(writer, article)
    decide(reviewer, article, "publish")
    assert [each.answer for each in Review.objects.order_by("pk")] == ["returned", "published"]


def test_change_that_has_its_moment_is_asked_for_no_more(writer, reviewer):
    article = make_article()
    propose(writer, article, body="고친 글")
    moment = schedule(reviewer, article, timezone.now() + DAY)

    page = submit(writer, article, reviewers=[reviewer.user.pk])

    assert page.status_code == 200
    assert not Review.objects.open().exists()
    assert WaitingChange.objects.get().publish_at == moment


def test_month_is_submitted_returned_and_shows_its_members_states(writer, reviewer):
    issue = make_issue(state="draft", published_at=None)
    make_article(state="in_review", published_at=None, monthly_issue=issue, title="달의 글")

    submit(writer, issue, reviewers=[reviewer.user.pk])
    assert "나에게 온 검토" in first_page(reviewer) and state_of(issue) == "in_review"
    release = text_of(reviewer.get(address_of(issue, "release")))
    assert "검토 중 다음 할 사람: reviewer" in release
    assert "달의 글 검토 중 다음 할 사람: 공개 권한이 있는 사람" in release
    answer(reviewer, issue, "return", remark="꼭지가 모자랍니다")

    assert MonthlyIssue.objects.get().shown_state == "returned"
    assert "꼭지가 모자랍니다" in first_page(writer)


def test_list_costs_the_same_however_many_are_reviewed(writer, reviewer, django_assert_num_queries):
    submit(writer, draft(), reviewers=[reviewer.user.pk])
    with CaptureQueriesContext(connection) as queries:
        writer.get(reverse("admin:articles_article_changelist"))
    count = len(queries)
    for _number in range(6):
        submit(writer, draft(), reviewers=[reviewer.user.pk])

    with django_assert_num_queries(count):
        writer.get(reverse("admin:articles_article_changelist"))


def test_nobody_approves_a_text_of_their_own_after_somebody_else_has(reviewer, other):
    article = draft()
    submit(reviewer, article)
    answer(other, article, "approve")

    page = html.fromstring(reviewer.get(address_of(article, "review")).content.decode())
    again = answer(reviewer, article, "approve")

    assert not page.cssselect("[name=approve], [name=return]")
    assert "답은 다른 사람이 합니다" in text_of(again)
    assert article.newest_review().answered_by == other.user


def test_nobody_approves_what_they_have_put_into_review_without_asking(reviewer, other):
    article = draft()
    save(reviewer, address_of(article), state="in_review")

    refused = answer(reviewer, article, "approve")
    answer(other, article, "approve")

    assert refused.status_code == 200
    assert [each.answered_by for each in article.reviews.all()] == [other.user]


def test_release_answers_what_was_asked_about_the_month_and_its_articles(writer, reviewer):
    issue = make_issue(state="draft", published_at=None)
    article = draft(monthly_issue=issue)
    issue.lead_article = article
    issue.store()
    for row in (issue, article):
        submit(writer, row)
        answer(reviewer, row, "approve")
    submit(writer, article)

    page = html.fromstring(reviewer.get(address_of(issue, "release")).content.decode())
    opened_with = page.cssselect("[name=opened_with]")[0].value
    fields = {"opened_with": opened_with, "publish_at_0": "", "publish_at_1": "", "schedule": "1"}
    reviewer.post(address_of(issue, "release"), fields)

    assert Article.objects.get().is_public and MonthlyIssue.objects.get().is_public
    assert article.reviews.order_by("-pk").first().answer == "published"
    assert issue.reviews.get().answer == "approved"
    assert "나에게 온 검토" not in first_page(reviewer)


# Two at once


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts_and_the_other_hears_of_it(writer, reviewer, other):
    article = draft()
    submit(writer, article)
    page = opened(reviewer, article)

    answers = together(
        lambda: answer(reviewer, article, "approve", page),
        lambda: answer(other, article, "return", page, remark="고칠 점"),
    )

    assert sorted(each.status_code for each in answers) == [200, 302]
    (refused,) = (each for each in answers if each.status_code == 200)
    assert "님이 답했습니다" in text_of(refused) or "이제 검토 중이 아닙니다" in text_of(refused)
    assert Review.objects.get().answer in {"approved", "returned"}


@pytest.mark.django_db(transaction=True)
def test_text_that_is_submitted_twice_at_once_waits_once(writer, reviewer):
    article = draft()
    second = Client()
    second.force_login(writer.user)

    sent = together(lambda: submit(writer, article), lambda: submit(second, article))

    assert [each.status_code for each in sent] == [302, 302]
    assert Review.objects.open().count() == 1
