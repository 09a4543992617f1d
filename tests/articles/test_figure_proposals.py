"""Who may not enter figures proposes them; a data steward finds them in the grid, marked."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from lxml import html

from articles.models import FigureProposal, RankingCorrection, RankingEntry
from tests.articles.test_article_admin import WRITE, signed_in
from tests.factories import make_article, make_ranking, make_table

pytestmark = pytest.mark.django_db

FIGURES = ["articles.change_ranking", "articles.view_ranking"]


@pytest.fixture
def editor():
    return signed_in(*WRITE, "articles.view_ranking", username="editor")


@pytest.fixture
def steward():
    return signed_in(*FIGURES, username="steward")


def page_of(ranking, page):
    return reverse(f"admin:articles_ranking_{page}", args=[ranking.pk])


def fields_of(client, address):
    page = html.fromstring(client.get(address).content.decode())
    return {box.name: box.value or "" for box in page.cssselect("#grid-form input[name]")}


def cell_of(ranking, period=0, row=1, cell="c1"):
    return f"p{ranking.periods.all()[period].pk}-r{row}-{cell}"


def propose(client, ranking, reason="보고서 3쪽", **cells):
    address = page_of(ranking, "propose")
    fields = fields_of(client, address)
    return client.post(address, {**fields, "reason": reason, **cells})


def text_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def models():
    return [entry.cells["model"] for entry in RankingEntry.objects.order_by("pk")]


def test_editor_proposes_and_no_figure_changes(editor):
    ranking = make_ranking()
    before = models()

    sent = propose(editor, ranking, **{cell_of(ranking): "Gemma 2"})

    assert sent["Location"] == page_of(ranking, "change")
    assert models() == before
    series = text_of(editor.get(page_of(ranking, "change")))
    assert "보고서 3쪽 – 확인 중" in series and "수치 제안하기" in series


def test_editor_finds_no_button_that_leads_to_a_refusal(editor):
    ranking = make_ranking()
    for page in (page_of(ranking, "change"), reverse("admin:articles_ranking_changelist")):
        links = html.fromstring(editor.get(page).content.decode()).xpath("//a/@href")

        assert page_of(ranking, "grid") not in links
        assert page_of(ranking, "paste") not in links


def test_article_leads_each_to_the_figures_as_far_as_they_may(editor):
    ranking, article = make_ranking(), make_article(state="draft", published_at=None)
    make_table(article, ranking)
    both = signed_in(*WRITE, *FIGURES, username="both")
    pages = {"propose": editor, "grid": both}

    for page, client in pages.items():
        form = client.get(reverse("admin:articles_article_change", args=[article.pk]))
        links = html.fromstring(form.content.decode()).xpath(
            "//*[@id='ranking_tables-group']//a/@href"
        )
        keys = ",".join(str(period.pk) for period in ranking.periods.all())

        assert links == [f"{page_of(ranking, page)}?periods={keys}"]
        assert client.get(links[0]).status_code == 200


@pytest.mark.parametrize(
    ("cells", "reason", "said"),
    [
        ({"c1": "Gemma 2"}, "", "이유와 출처를 적어 주세요"),
        ({}, "까닭", "바뀐 것이 없습니다"),
        ({"c1": ""}, "까닭", "1"),
    ],
)
def test_fault_of_a_proposal_is_said_and_what_was_typed_stays(editor, cells, reason, said):
    ranking = make_ranking()
    typed = {cell_of(ranking, cell=name): value for name, value in cells.items()}

    response = propose(editor, ranking, reason=reason, **typed)

    assert response.status_code == 200 and said in text_of(response)
    assert not FigureProposal.objects.exists()
    page = html.fromstring(response.content.decode())
    for name, value in {**typed, "reason": reason}.items():
        assert page.cssselect(f"[name='{name}']")[0].get("value", "") == value


def test_steward_finds_what_differs_marked_and_saves_it(editor, steward):
    ranking = make_ranking()
    make_table(make_article(), ranking)
    propose(editor, ranking, **{cell_of(ranking): "Gemma 2"})
    first = html.fromstring(steward.get(reverse("admin:index")).content.decode())
    (address,) = [href for href in first.xpath("//*[@id='tasks']//a/@href") if "proposal" in href]

    page = html.fromstring(steward.get(address).content.decode())
    (marked,) = page.cssselect("input.proposed")
    assert (marked.value, marked.getnext().text_content()) == ("Gemma 2", "지금: Gemma")
    assert page.cssselect("[name=reason]")[0].value == "보고서 3쪽"
    assert steward.post(address, fields_of(steward, address)).status_code == 302

    assert "Gemma 2" in models()
    assert RankingCorrection.objects.get().reason == "보고서 3쪽"
    assert FigureProposal.objects.get().state == "accepted"
    assert "반영함" in text_of(editor.get(page_of(ranking, "change")))


def test_declined_proposal_comes_back_with_its_reason(editor, steward):
    ranking = make_ranking()
    propose(editor, ranking, **{cell_of(ranking): "Gemma 2"})
    proposal = FigureProposal.objects.get()
    address = f"{page_of(ranking, 'decline')}?proposal={proposal.pk}"

    refused = steward.post(address, {"answer": ""}, follow=True)
    assert "이유를 적어 주세요" in text_of(refused)
    steward.post(address, {"answer": "원문과 같습니다"})

    assert "Gemma 2" not in models()
    assert "원문과 같습니다" in text_of(editor.get(reverse("admin:index")))
    late = text_of(steward.post(address, {"answer": "또"}, follow=True))
    assert "그사이 steward 님이 답했습니다" in late
    assert FigureProposal.objects.get().answer == "원문과 같습니다"


def test_new_period_is_proposed_and_made_when_it_is_accepted(editor, steward):
    ranking = make_ranking()
    address = f"{page_of(ranking, 'propose')}?periods=&new=last"
    fields = fields_of(editor, address)
    editor.post(address, {**fields, "n1-r1-c1": "GLM-5", "reason": "새 달"})
    grid = f"{page_of(ranking, 'grid')}?proposal={FigureProposal.objects.get().pk}"

    assert ranking.periods.count() == 2
    steward.post(grid, fields_of(steward, grid))

    assert ranking.periods.last().label == "2025년 11월"
    assert "GLM-5" in models()


def test_proposal_for_what_is_gone_says_so(editor, steward):
    ranking = make_ranking()
    propose(editor, ranking, **{cell_of(ranking): "Gemma 2"})
    ranking.periods.first().delete()
    grid = f"{page_of(ranking, 'grid')}?proposal={FigureProposal.objects.get().pk}"

    response = steward.get(grid)

    assert response.status_code == 200 and "순위가 바뀌어" in text_of(response)


def test_others_propose_and_decline_nothing(editor):
    ranking = make_ranking()
    propose(editor, ranking, **{cell_of(ranking): "Gemma 2"})
    address = f"{page_of(ranking, 'decline')}?proposal={FigureProposal.objects.get().pk}"
    reader = signed_in("articles.view_ranking", username="reader")

    assert reader.get(page_of(ranking, "propose")).status_code == 403
    for client in (reader, editor):
        assert client.post(address, {"answer": "아님"}).status_code == 403
    assert FigureProposal.objects.get().state == "open"
    assert User.objects.get(username="editor") == FigureProposal.objects.get().proposed_by


def test_of_two_who_decide_at_once_the_first_one_counts(editor):
    ranking = make_ranking()
    propose(editor, ranking, **{cell_of(ranking): "Gemma 2"})
    first, second = FigureProposal.objects.get(), FigureProposal.objects.get()
    user = User.objects.get()

    assert first.decide(FigureProposal.State.DECLINED, by=user, answer="아님")
    assert not second.decide(FigureProposal.State.ACCEPTED, by=user)

    assert FigureProposal.objects.get().state == "declined"
