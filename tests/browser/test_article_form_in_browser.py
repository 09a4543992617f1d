"""The page on which an article is written: by keys, on a phone, and what it says of itself."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Article, LegacyPath, Reference, Tag
from tests.browser.looking import violations
from tests.factories import make_article, make_ranking, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PUBLISHER = [f"articles.{action}_article" for action in ("add", "change", "view")]
PUBLISHER += ["articles.view_category", "articles.view_tag", "articles.publish_article"]
# The desk's head alone has nine; one can skip past them.
MOST_TABS = 27


def make_whole_article(**fields):
    # So long that its preview scrolls.
    body = "## 첫 소식\n\n[[ranking:models]]\n\n" + "긴 글 " * 1500
    article = make_article(body=body, **fields)
    article.tags.add(Tag.objects.create(name="열린 자료", slug="open-data"))
    make_table(article, make_ranking(), slug="models", caption="모형 선호도")
    for number, title in enumerate(("참고한 글", "둘째 글"), start=1):
        Reference.objects.create(article=article, position=number, title=title)
    LegacyPath.objects.create(article=article, path="/old/1")
    return article


def tabs_to(page, selector):
    """Press Tab until the selected element has the focus; return how often."""
    for count in range(1, 60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return count
    raise AssertionError(f"Tab does not lead to {selector}")


def test_article_is_written_and_published_from_its_page(open_page, open_as_staff):
    article = make_whole_article(state="draft", published_at=None)
    form = reverse("admin:articles_article_change", args=[article.pk])
    page = open_as_staff(form, *PUBLISHER)
    page.locator(".cm-content").wait_for()
    assert not open_page.complaints
    assert violations(page, "#content") == []
    open_page.complaints.clear()

    # By keys alone: on through the form, or past it.
    assert tabs_to(page, "#saving [name=_save]") <= MOST_TABS
    page.goto(form)
    assert tabs_to(page, ".skip-to-saving") <= MOST_TABS
    page.keyboard.press("Enter")
    expect(page.locator("#saving")).to_be_focused()
    assert tabs_to(page, "#saving [name=_save]") == 2

    # Rows are one line until they are opened, and are called what stands in them.
    title = page.locator("#id_references-0-title")
    assert not title.is_visible()
    page.locator("#references-0 summary").click()
    title.fill("고친 참고")
    page.locator("#id_references-0-publisher").focus()
    expect(page.locator("#references-0 .row-title")).to_have_text("고친 참고")
    page.locator("#references-group .add-row a").click()
    page.locator("#id_references-2-title").fill("셋째 글")

    # The main button says what happens next.
    main = page.locator("#saving .default")
    expect(main).to_have_text("공개하기")
    page.locator("#id_published_at_0").fill("2099-10-28")
    page.locator("#id_published_at_1").fill("09:00")
    expect(main).to_have_text("10. 28. 09:00에 공개하기")
    page.locator("#id_published_at_0").fill("2025-10-28")
    page.keyboard.press("Control+s")
    page.locator(".messagelist .success").wait_for()
    assert [*article.references.values_list("title", flat=True)] == [
        "고친 참고",
        "둘째 글",
        "셋째 글",
    ]
    assert Article.objects.get().state == "draft"

    # On a phone all of it is there.
    page.wait_for_load_state()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#saving").get_by_role("button", name="공개하기").click()
    page.locator("#changelist").wait_for()
    assert Article.objects.published().exists()
    page.goto(form)
    main = page.locator("#saving .default")
    expect(main).to_have_text("고친 글 바로 올리기")
    page.get_by_label("검토한 뒤에").check()
    expect(main).to_have_text("고친 글 검토에 올리기")
