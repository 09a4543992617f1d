"""From a copied table to a published figure and its correction, in a real browser."""

import re
from datetime import date
from functools import partial

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import RankingCorrection, RankingEntry, RankingSubject
from tests.articles.test_pasted_table import EXCEL, HTML
from tests.browser.looking import violations
from tests.factories import make_article, make_ranking, make_staff, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """([text, html]) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    clipboardData.setData("text/html", html);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true})
    );
}"""
STEWARD = [f"articles.{a}_{m}" for a in ("change", "view") for m in ("ranking", "rankingperiod")]


@pytest.fixture
def open_as_steward(open_page):
    return partial(open_page, staff=make_staff(*STEWARD))


def save(page):
    page.locator(".submit-row [type=submit]").click()


def test_copied_table_is_seen_saved_published_and_corrected(open_as_steward, open_page):
    ranking = make_ranking([])
    page = open_as_steward(reverse("admin:articles_ranking_paste", args=[ranking.pk]))
    page.locator("#id_text").focus()
    page.evaluate(PASTE, ["다른 글", HTML])
    save(page)

    expect(page.locator("#grid-rows input").nth(1)).to_have_value("구글 (미국)")
    expect(page.locator(".grid thead th[colspan]")).to_have_count(2)
    assert not RankingEntry.objects.exists()
    save(page)
    page.locator(".messagelist .success").wait_for()
    assert RankingEntry.objects.count() == 4

    article = make_article(body="## 소식\n\n[[ranking:models]]")
    make_table(article, ranking, slug="models")
    page.reload()
    page.locator("#grid-rows input").nth(2).fill("Gemma 2")
    save(page)
    page.locator("#id_reason[aria-invalid=true]").wait_for()
    expect(page.locator("#grid-rows input").nth(2)).to_have_value("Gemma 2")
    page.locator("#id_reason").fill("표기 오류")
    save(page)
    page.locator(".messagelist .success").wait_for()

    public = open_page(article.get_absolute_url())
    correction = RankingCorrection.objects.get()
    shown = public.locator(".corrections li").inner_text()
    assert "Gemma 2" in shown and "표기 오류" in shown
    public.locator("td a[href*='-c']").click()
    expect(public).to_have_url(re.compile(rf"-c{correction.pk}$"))


def test_table_is_pasted_and_saved_without_javascript(open_as_steward):
    ranking = make_ranking([])
    path = reverse("admin:articles_ranking_paste", args=[ranking.pk])
    page = open_as_steward(path, java_script_enabled=False)

    page.locator("#id_text").fill(EXCEL)
    save(page)
    page.locator("#grid-rows").wait_for()
    save(page)

    expect(page.locator(".messagelist .success")).to_have_count(1)
    assert RankingSubject.objects.count() == 4


def test_name_moves_by_key_and_by_handle_and_tab_goes_on(open_as_steward):
    entries = [(name, "", model) for name, model in zip("가나다", "ABC", strict=True)]
    ranking = make_ranking([("2025년 10월", date(2025, 10, 1), entries)])
    page = open_as_steward(reverse("admin:articles_ranking_grid", args=[ranking.pk]))

    def expect_rows(*expected):
        for number, values in enumerate(expected):
            inputs = page.locator("#grid-rows tr").nth(number).locator("input")
            for place, value in enumerate(values):
                expect(inputs.nth(place)).to_have_value(value)

    page.locator("#grid-rows tr").nth(2).locator("input").nth(1).focus()
    page.keyboard.press("Alt+ArrowUp")
    expect_rows(("1", "가 ()", "A"), ("2", "다 ()", "C"), ("3", "나 ()", "B"))
    expect(page.locator("#paste-status")).to_contain_text("다")
    assert page.evaluate("document.activeElement.value") == "다 ()"

    page.locator("#grid-rows .move").nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect_rows(("1", "다 ()", "C"), ("2", "가 ()", "A"), ("3", "나 ()", "B"))

    page.locator("#grid-rows .move").nth(0).drag_to(page.locator("#grid-rows .move").nth(2))
    expect_rows(("1", "가 ()", "A"), ("2", "나 ()", "B"), ("3", "다 ()", "C"))

    before = page.evaluate("document.activeElement.outerHTML")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.outerHTML") != before


def test_axe_finds_nothing_where_figures_are_entered(open_as_steward):
    subject = {"name": "알리바바", "country": "미국", "slug": "other"}
    RankingSubject.objects.create(**subject)
    path = reverse("admin:articles_ranking_paste", args=[make_ranking([]).pk])
    page = open_as_steward(path, bypass_csp=True)
    # The frame is Django's own.
    ours = "#content-main"

    page.locator("#id_text").fill(EXCEL.replace("GLM-4.6", ""))
    faults = violations(page, ours)
    save(page)
    page.locator(".grid-who").wait_for()
    faults += violations(page, ours)

    assert not faults
