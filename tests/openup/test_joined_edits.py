"""A save over another's of what has revisions: joined, asked about, and never lost."""

from functools import partial

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from lxml import html

from articles.desk.revisions import data_of
from articles.models import (
    Article,
    MonthlyIssueItem,
    PageVersion,
    RankingCorrection,
    Revision,
    WorkingCopy,
)
from tests.articles.test_release import make_month, schedule
from tests.comments.test_comment_races import together
from tests.factories import make_article, make_category, make_issue, make_ranking, make_table
from tests.openup.test_edit_conflicts import address, signed_in
from tests.openup.test_presence import signed_in as signed_in_with
from tests.sent_forms import open_form, send

pytestmark = pytest.mark.django_db

EDITOR = ["articles.change_article", "articles.view_article"]


@pytest.fixture
def mina():
    return signed_in("mina")


@pytest.fixture
def other():
    return signed_in("other-editor")


@pytest.fixture
def draft():
    return make_article(
        state="draft", published_at=None, title="처음 제목", body="첫째\n\n둘째\n\n셋째"
    )


def save_both(mina, other, obj, theirs, mine):
    """Let both open it, let the other save first, and return what mina's save is answered."""
    opened = [open_form(client, address(obj)) for client in (other, mina)]
    assert send(other, address(obj), opened[0], **theirs).status_code == 302
    return send(mina, address(obj), opened[1], **mine, follow=True)


class Asked:
    """The page that asks how clashes are settled, as a browser without scripts sends it."""

    def __init__(self, response):
        self.page = html.fromstring(response.content.decode())
        chain = getattr(response, "redirect_chain", None)
        self.address = chain[-1][0] if chain else response.request["PATH_INFO"]
        (form,) = self.page.cssselect(".join form")
        self.fields = {name: value.removeprefix("\n") for name, value in form.form_values()}
        radios = form.cssselect("input[type=radio]")
        self.choices = list(dict.fromkeys(radio.get("name") for radio in radios))
        self.texts = [each.replace("choice", "text") for each in self.choices]

    def send(self, client, *answers, **texts):
        return client.post(
            self.address, {**self.fields, **dict(zip(self.choices, answers, strict=False)), **texts}
        )


def told(response):
    page = html.fromstring(response.content.decode())
    return " ".join(page.cssselect(".messagelist")[0].text_content().split())


def kinds(obj):
    return list(Revision.objects.of(obj).values_list("kind", flat=True))


def test_fields_and_lines_that_do_not_touch_are_joined_by_themselves(mina, other, draft):
    draft.references.create(title="보고서", url="https://example.org/1", position=1)
    versions = list(PageVersion.objects.values_list())

    answer = save_both(
        mina,
        other,
        draft,
        {
            "title": "남의 제목",
            "body": "첫째\n\n둘째\n\n남의 셋째",
            "references-0-publisher": "기관",
        },
        {
            "kicker": "[10월]",
            "body": "나의 첫째\n\n둘째\n\n셋째",
            "references-TOTAL_FORMS": 2,
            "references-1-title": "나의 책",
            "revision_note": "첫 줄을 바로잡음",
        },
    )

    draft.refresh_from_db()
    assert (draft.title, draft.kicker) == ("남의 제목", "[10월]")
    assert draft.body == "나의 첫째\n\n둘째\n\n남의 셋째"
    assert "남의 셋째" in draft.body_html
    rows = draft.references.values_list("title", "publisher")
    assert list(rows) == [("보고서", "기관"), ("나의 책", "")]
    assert "other-editor 님이" in told(answer) and "합쳤습니다" in told(answer)
    assert kinds(draft) == ["found", "saved", "set_aside", "joined"]
    aside, joined = Revision.objects.of(draft)[2:]
    assert data_of(aside).title == "처음 제목" and data_of(aside).kicker == "[10월]"
    assert joined.note == "첫 줄을 바로잡음"
    assert list(PageVersion.objects.values_list()) != versions
    # The way from the message shows what the joining has changed.
    (link,) = html.fromstring(answer.content.decode()).cssselect(".messagelist a[href*=compare]")
    compared = html.fromstring(mina.get(link.get("href")).content.decode())
    assert "[10월]" in compared.cssselect("ins")[0].text_content()


def test_only_what_touches_is_asked_about_and_both_see_their_words_marked(mina, other, draft):
    theirs = {"title": "남의 제목", "body": "첫째\n\n둘째는 남의 글\n\n셋째"}
    mine = {"title": "나의 제목", "body": "첫째\n\n둘째는 나의 글\n\n셋째\n\n넷째"}

    asked = Asked(save_both(mina, other, draft, theirs, mine))

    legends = [each.text_content() for each in asked.page.cssselect(".clash legend")]
    assert legends == ["제목", "본문"]
    assert "첫째" in asked.page.cssselect(".clash .help")[0].text_content()
    marked = [each.text_content() for each in asked.page.cssselect(".clash ins")]
    assert "남의" in marked[0] and "나의" in marked[1]
    assert asked.fields[asked.texts[1]] == "둘째는 남의 글\n둘째는 나의 글"
    assert "넷째" in asked.page.cssselect(".join > section")[0].text_content()
    answer = asked.send(mina, "theirs", "hand", **{asked.texts[1]: "둘째는 두 사람의 글"})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.title == "남의 제목"
    assert draft.body == "첫째\n\n둘째는 두 사람의 글\n\n셋째\n\n넷째"


def test_categories_and_states_are_asked_about_by_name(mina, other, draft):
    one, another = make_category(name="정책", slug="one"), make_category(name="기술", slug="other")

    asked = Asked(
        save_both(
            mina,
            other,
            draft,
            {"category": one.pk, "state": "in_review"},
            {"category": another.pk, "state": "published"},
        )
    )

    texts = [each.text_content() for each in asked.page.cssselect(".clash ins")]
    assert texts == ["정책", "기술", "검토 중", "공개"]
    assert asked.send(mina, "mine", "theirs").status_code == 302
    draft.refresh_from_db()
    assert (draft.category, draft.state) == (another, "in_review")


def test_what_is_typed_stays_when_a_choice_is_missing_or_says_otherwise(mina, other, draft):
    asked = Asked(save_both(mina, other, draft, {"title": "남의 제목"}, {"title": "나의 제목"}))
    typed = {asked.texts[0]: "두 사람의 제목"}

    for answers in ([], ["theirs"], ["x"]):
        again = Asked(asked.send(mina, *answers, **typed))
        assert again.page.cssselect(".clash .errorlist")
        assert again.fields[again.texts[0]] == "두 사람의 제목"
    too_long = Asked(asked.send(mina, "hand", **{asked.texts[0]: "가" * 201}))
    assert too_long.page.cssselect(".clash .errorlist")
    empty = Asked(asked.send(mina, "hand", **{asked.texts[0]: " "}))
    assert empty.page.cssselect(".errorlist")

    assert Article.objects.get().title == "남의 제목"
    assert asked.send(mina, "hand", **typed).status_code == 302
    assert Article.objects.get().title == "두 사람의 제목"


def test_third_save_in_between_begins_the_choice_again(mina, other, draft):
    theirs, mine = (
        {"title": "남의 제목", "kicker": "[9월]"},
        {"title": "나의 제목", "kicker": "[10월]"},
    )
    asked = Asked(save_both(mina, other, draft, theirs, mine))
    send(other, address(draft), open_form(other, address(draft)), title="더 새로운 제목")

    again = asked.send(mina, "hand", "mine", **{asked.texts[0]: "손으로 쓴 제목"})

    assert again.status_code == 200
    assert Article.objects.get().title == "더 새로운 제목"
    again = Asked(again)
    assert "더 새로운 제목" in again.page.cssselect(".clash")[0].text_content()
    # What is asked as before keeps its answer; what was worded for what is gone is shown.
    assert again.fields[asked.choices[1]] == "mine"
    assert "손으로 쓴 제목" in again.page.cssselect("section.clash")[0].text_content()
    assert again.choices[0] not in again.fields
    assert again.send(mina, "mine", "mine").status_code == 302
    assert Article.objects.get().full_title == "[10월] 나의 제목"
    assert kinds(draft) == ["found", "saved", "set_aside", "saved", "joined"]


def test_what_was_set_aside_waits_for_its_writer_alone(mina, other, draft):
    asked = Asked(save_both(mina, other, draft, {"title": "남의 제목"}, {"title": "나의 제목"}))
    history = address(draft).replace("/change/", "/history/")

    def links(client):
        return html.fromstring(client.get(history).content.decode()).cssselect("a[href*=join]")

    assert [link.get("href") for link in links(mina)] == [asked.address]
    assert not links(other)
    for method in (other.get, other.post):
        assert method(asked.address).status_code == 404
    assert mina.get(asked.address.replace("/3/", "/2/")).status_code == 404
    # The form reminds of it until its writer has saved again.
    form = html.fromstring(mina.get(address(draft)).content.decode())
    assert form.cssselect(".set-aside a")[0].get("href") == asked.address
    assert "set-aside" not in other.get(address(draft)).content.decode()
    # To save anew what was typed once sets nothing more aside.
    assert mina.get(asked.address).status_code == 200
    assert asked.send(mina, "theirs").status_code == 302
    assert kinds(draft) == ["found", "saved", "set_aside"]
    restored = mina.get(reverse("admin:articles_article_revision_restore", args=[draft.pk, 3]))
    page = html.fromstring(restored.content.decode())
    assert [each.text_content() for each in page.cssselect("section ins")] == ["나의"]


def test_draft_in_the_browser_goes_only_when_both_are_joined(mina, other, draft):
    user = User.objects.get(username="mina")
    form = f"article-{draft.pk}"
    WorkingCopy.objects.write(user, form, writer="1" * 32, replaces="", data="{}")
    sent = {"title": "나의 제목", "working_copy": f"{form}:{'1' * 32}"}

    asked = Asked(save_both(mina, other, draft, {"title": "남의 제목"}, sent))
    assert WorkingCopy.objects.exists()
    asked.send(mina, "mine")

    assert not WorkingCopy.objects.exists()
    # It has been seen to.
    assert "set-aside" not in mina.get(address(draft)).content.decode()
    history = mina.get(address(draft).replace("/change/", "/history/"))
    assert asked.address not in history.content.decode()


def test_joined_text_that_cannot_be_published_is_not_stored_and_says_why(mina, other):
    article = make_article(body="글\n\n[[ranking:models]]\n\n끝")
    make_table(article, make_ranking(), slug="models")
    theirs = {"body": "글\n\n끝", "ranking_tables-0-DELETE": "on"}
    mine = {"title": "나의 제목", "body": f"{article.body}\n\n[[ranking:models]]"}

    answer = save_both(mina, other, article, theirs, mine)

    asked = Asked(answer)
    assert "[[ranking:models]]" in told(answer)
    # Nothing clashes: it is stored as soon as it may be.
    assert not asked.choices
    again = asked.send(mina)
    assert "[[ranking:models]]" in Asked(again).page.cssselect("[role=alert]")[0].text_content()
    article.refresh_from_db()
    assert (article.title, article.body) != ("나의 제목", "글\n\n끝")
    assert kinds(article) == ["found", "saved", "set_aside"]
    make_table(article, make_ranking(), slug="models")
    assert asked.send(mina).status_code == 200
    assert Asked(mina.get(asked.address)).send(mina).status_code == 302
    article.refresh_from_db()
    assert article.title == "나의 제목"


def test_release_that_joining_takes_off_the_schedule_is_told(mina, other):
    issue, article, _ranking = make_month()
    schedule(issue)

    answer = save_both(mina, other, article, {"summary": "남의 요약"}, {"state": "draft"})

    assert "공개 예약을 모두 풀었습니다" in told(answer)
    article.refresh_from_db()
    assert (article.state, article.summary) == ("draft", "남의 요약")


def test_form_that_is_sent_as_it_was_opened_sets_nothing_aside(mina, other, draft):
    answer = save_both(mina, other, draft, {"title": "남의 제목"}, {})

    assert "다른 사람이 저장한" in told(answer)
    assert kinds(draft) == ["found", "saved"]


def test_who_may_not_publish_publishes_nothing_by_joining(mina, other, draft):
    asked = Asked(
        save_both(
            mina, other, draft, {"title": "남의 제목"}, {"title": "나의 제목", "state": "published"}
        )
    )
    user = User.objects.get(username="mina")
    user.is_superuser = False
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_article"]))

    answer = asked.send(mina, "mine")

    assert answer.status_code == 403
    assert Article.objects.get().title == "남의 제목"
    user.user_permissions.add(Permission.objects.get(codename="publish_article"))
    assert asked.send(mina, "mine").status_code == 302
    assert Article.objects.get().is_public
    assert kinds(draft)[-1] == "published"


def test_what_a_form_does_not_show_stays_as_the_other_has_set_it(other, draft):
    editor = signed_in_with("editor", *EDITOR)
    moment = {"published_at_0": "2036-01-02", "published_at_1": "09:30:00"}

    save_both(editor, other, draft, {"kogl": "type2", **moment}, {"body": "나의 글"})

    draft.refresh_from_db()
    assert (draft.kogl, draft.body, draft.published_at.year) == ("type2", "나의 글", 2036)
    assert data_of(Revision.objects.of(draft)[2]).published_at is None


def test_items_of_a_month_keep_their_place_and_what_the_other_has_added(mina, other):
    issue = make_issue([("정책", "첫 소식", "처음")], state="draft")
    (item,) = issue.items.all()
    added = {"items-TOTAL_FORMS": 2, "items-1-category": "정책", "items-1-headline": "남의 소식"}

    asked = Asked(
        save_both(
            mina, other, issue, {"items-0-body": "남의 글", **added}, {"items-0-body": "나의 글"}
        )
    )
    asked.send(mina, "mine")

    found = MonthlyIssueItem.objects.values_list("position", "headline", "body")
    assert list(found) == [(1, "첫 소식", "나의 글"), (2, "남의 소식", "")]
    assert issue.items.first() == item


def test_item_keeps_its_anchor_when_i_put_another_before_it(mina, other):
    issue = make_issue([("정책", "첫 소식", "처음")], state="draft")
    (item,) = issue.items.all()
    added = {
        "items-TOTAL_FORMS": 2,
        "items-0-position": 2,
        "items-1-position": 1,
        "items-1-category": "정책",
        "items-1-headline": "나의 소식",
    }

    save_both(mina, other, issue, {"items-0-body": "남의 글"}, added)

    first, second = issue.items.all()
    assert (first.headline, second.headline, second.body) == ("나의 소식", "첫 소식", "남의 글")
    assert second == item


def test_third_form_still_knows_the_rows_that_two_have_joined(mina, other):
    article = make_article(state="draft", published_at=None)
    article.references.create(title="보고서", url="https://example.org/1", position=1)
    make_table(article, make_ranking(), slug="models", caption="처음 표")
    third = signed_in("third")
    opened = open_form(third, address(article))
    theirs = {"references-0-publisher": "기관", "ranking_tables-0-caption": "남의 표"}
    mine = {"references-0-title": "나의 보고서", "ranking_tables-0-source_note": "나의 출처"}
    save_both(mina, other, article, theirs, mine)

    send(third, address(article), opened, title="셋째 제목")

    reference, table = article.references.get(), article.ranking_tables.get()
    assert (reference.title, reference.publisher) == ("나의 보고서", "기관")
    assert (table.caption, table.source_note) == ("남의 표", "나의 출처")
    article.refresh_from_db()
    assert article.title == "셋째 제목"


def test_row_that_one_deletes_while_the_other_changes_it_is_asked_about(mina, other, draft):
    draft.references.create(title="보고서", url="https://example.org/1", position=1)
    theirs, mine = {"references-0-DELETE": "on"}, {"references-0-publisher": "기관"}

    asked = Asked(save_both(mina, other, draft, theirs, mine))

    texts = [each.text_content().strip() for each in asked.page.cssselect(".clash .compared-text")]
    assert "보고서" in texts[0] and "기관" in texts[1]
    assert asked.send(mina, "mine").status_code == 302
    assert draft.references.get().publisher == "기관"


def test_month_of_which_i_change_what_no_revision_holds_is_not_joined(mina, other):
    issue = make_issue(state="draft")
    lead = make_article(monthly_issue=issue)

    answer = save_both(
        mina, other, issue, {"title": "남의 제목"}, {"title": "나의 제목", "lead_article": lead.pk}
    )

    assert html.fromstring(answer.content.decode()).cssselect("[name=replaces]")
    issue.refresh_from_db()
    assert issue.title == "남의 제목"


def test_public_headings_that_are_joined_stand_in_the_ledger_with_my_reason(mina, other):
    article = make_article()
    ranking = make_ranking()
    make_table(article, ranking)
    mine = {"rank_heading": "차례", "reason": "낱말을 바로잡음"}

    save_both(mina, other, ranking, {"title": "남의 순위"}, mine)

    ranking.refresh_from_db()
    assert (ranking.title, ranking.rank_heading) == ("남의 순위", "차례")
    correction = RankingCorrection.objects.get()
    assert (correction.old, correction.new, correction.reason) == (
        "순위",
        "차례",
        "낱말을 바로잡음",
    )


def test_other_errors_are_told_first_beside_what_the_other_has_changed(mina, other, draft):
    answer = save_both(mina, other, draft, {"kicker": "[10월]"}, {"title": "", "body": "나의 글"})

    page = html.fromstring(answer.content.decode())
    assert page.cssselect(".field-title .errorlist")
    assert "[10월]" in page.cssselect(".edit-conflict dl")[0].text_content()
    assert not page.cssselect("[name=replaces]")
    assert page.cssselect("textarea[name=body]")[0].text.strip() == "나의 글"
    assert Article.objects.get().body != "나의 글"


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_one_moment_are_joined_whoever_comes_first(mina, other, draft):
    texts = {mina: "나의 첫째\n\n둘째\n\n셋째", other: "첫째\n\n둘째\n\n남의 셋째"}
    opened = {client: open_form(client, address(draft)) for client in texts}

    def save(client):
        return send(client, address(draft), opened[client], body=texts[client]).status_code

    assert together(*(partial(save, client) for client in texts)) == [302, 302]

    assert Article.objects.get().body == "나의 첫째\n\n둘째\n\n남의 셋째"
    assert kinds(draft) == ["found", "saved", "set_aside", "joined"]
